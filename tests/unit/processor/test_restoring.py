import msgspec
import pytest

from backstride_processor.domain.restoring import is_ahead, rows_to_take
from backstride_shared.fold import StateVersionError, TreadmillState, encode_state
from backstride_shared.fold.state import STATE_VERSION
from backstride_shared.identity import TreadmillKey, partition_of
from backstride_shared.topics import PARTITION_COUNT

PARTITION = partition_of(TreadmillKey("gym/a"), PARTITION_COUNT)
OTHER_PARTITION = (PARTITION + 1) % PARTITION_COUNT


def _state(epoch: int, accepted_count: int, version: int = STATE_VERSION) -> bytes:
    return encode_state(
        TreadmillState(version, "gym/a", epoch=epoch, accepted_count=accepted_count)
    )


@pytest.mark.parametrize(
    ("stored", "logged", "is_ahead_of_it"),
    [
        ((0, 40), (0, 41), False),
        ((0, 40), (0, 40), False),
        ((0, 41), (0, 40), True),
        ((0, 900), (1, 5), False),
        ((1, 5), (0, 900), True),
    ],
)
def test_a_row_is_ahead_when_its_revision_is_higher(
    stored: tuple[int, int], logged: tuple[int, int], *, is_ahead_of_it: bool
) -> None:
    assert is_ahead(stored, _state(*logged)) is is_ahead_of_it


def test_a_row_is_ahead_of_a_changelog_that_knows_nothing() -> None:
    assert is_ahead((0, 1), None)


def test_a_state_of_another_version_is_refused() -> None:
    with pytest.raises(StateVersionError):
        is_ahead((0, 1), _state(0, 1, version=STATE_VERSION + 1))


def test_what_is_no_state_is_refused() -> None:
    with pytest.raises(msgspec.DecodeError):
        is_ahead((0, 1), b"\xc1")


def test_rows_that_are_ahead_are_taken_in_our_partitions_only() -> None:
    def behind(_treadmill: str) -> bytes:
        return _state(0, 1)

    rows = {"gym/a": (0, 40)}

    assert rows_to_take(rows, behind, {PARTITION}, ()) == ["gym/a"]
    assert rows_to_take(rows, behind, {OTHER_PARTITION}, ()) == []


def test_where_the_log_began_anew_every_row_is_taken() -> None:
    def ahead(_treadmill: str) -> bytes:
        return _state(0, 99)

    rows = {"gym/a": (0, 40)}

    assert rows_to_take(rows, ahead, {PARTITION}, ()) == []
    assert rows_to_take(rows, ahead, {PARTITION}, {PARTITION}) == ["gym/a"]
