import pytest
from hypothesis import given
from hypothesis import strategies as st

from backstride_shared.identity import (
    ID_PATTERN,
    InvalidIdentifierError,
    TreadmillKey,
    gym_id_of,
    parse_treadmill_key,
    partition_of,
    session_id_of,
    treadmill_id_of,
    treadmill_key,
)

identifiers = st.from_regex(ID_PATTERN, fullmatch=True)


@given(identifiers, identifiers)
def test_a_key_is_taken_apart_as_it_was_put_together(gym_id: str, treadmill_id: str) -> None:
    key = treadmill_key(gym_id, treadmill_id)

    assert key == f"{gym_id}/{treadmill_id}"
    assert (gym_id_of(key), treadmill_id_of(key)) == (gym_id, treadmill_id)
    assert parse_treadmill_key(key) == key


@pytest.mark.parametrize("bad", ["", "-gym", "Gym", "a/b", "a b", "gym+", "#", "x" * 64, "gym\n"])
def test_a_malformed_identifier_is_refused(bad: str) -> None:
    with pytest.raises(InvalidIdentifierError):
        treadmill_key(bad, "treadmill")
    with pytest.raises(InvalidIdentifierError):
        treadmill_key("gym", bad)


@pytest.mark.parametrize("bad", ["", "gym", "gym/", "/treadmill", "a/b/c"])
def test_a_malformed_key_is_refused(bad: str) -> None:
    with pytest.raises(InvalidIdentifierError):
        parse_treadmill_key(bad)


def test_partitions_stay_where_they_are_for_ever() -> None:
    """The CRC-32 that gzip writes, modulo four; if one moves, a treadmill's log is torn apart."""
    expected = {"demo/treadmill-01": 0, "demo/treadmill-02": 2, "gym/treadmill": 2, "a/b": 0}

    assert {key: partition_of(TreadmillKey(key), 4) for key in expected} == expected


@given(identifiers, st.integers(1, 64))
def test_a_partition_is_one_of_those_there_are(gym_id: str, count: int) -> None:
    assert 0 <= partition_of(treadmill_key(gym_id, "treadmill"), count) < count


def test_partitions_share_the_treadmills_of_a_gym_evenly() -> None:
    partitions = [partition_of(treadmill_key("gym", f"treadmill-{n}"), 4) for n in range(400)]

    assert all(70 <= partitions.count(number) <= 130 for number in range(4))


def test_a_session_has_the_same_id_in_every_replay_and_another_for_every_start() -> None:
    key = TreadmillKey("gym/treadmill")
    session_id = session_id_of(key, "device-a", 5, 100)

    assert session_id == session_id_of(key, "device-a", 5, 100)
    assert session_id == "91ecb09b-2a10-5e93-8de0-d60293a06276"
    others = {
        session_id_of(TreadmillKey("gym/other"), "device-a", 5, 100),
        session_id_of(key, "device-b", 5, 100),
        session_id_of(key, "device-a", 6, 100),
        session_id_of(key, "device-a", 5, 101),
    }
    assert len(others | {session_id}) == 5
