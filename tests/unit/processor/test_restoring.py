import msgspec
import pytest

from backstride_processor.domain.restoring import restore
from backstride_shared.fold import StateVersionError, TreadmillState, encode_state
from backstride_shared.fold.state import STATE_VERSION


def _state(epoch: int, accepted_count: int, version: int = STATE_VERSION) -> bytes:
    return encode_state(
        TreadmillState(version, "gym/a", epoch=epoch, accepted_count=accepted_count)
    )


def _revision(state: TreadmillState | None) -> tuple[int, int]:
    assert state is not None
    return state.revision


def test_a_treadmill_that_nobody_knows_has_no_state() -> None:
    assert restore(None, None) is None


def test_the_changelog_goes_on_in_its_epoch() -> None:
    assert _revision(restore(_state(2, 40), None)) == (2, 40)


def test_the_stored_row_alone_begins_a_new_epoch() -> None:
    assert _revision(restore(None, _state(2, 40))) == (3, 40)


@pytest.mark.parametrize(
    ("logged", "stored", "chosen"),
    [
        ((0, 41), (0, 40), (0, 41)),
        ((0, 40), (0, 40), (0, 40)),
        ((0, 40), (0, 41), (1, 41)),
        ((1, 5), (0, 900), (1, 5)),
        ((0, 900), (1, 5), (2, 5)),
    ],
)
def test_the_higher_revision_wins(
    logged: tuple[int, int], stored: tuple[int, int], chosen: tuple[int, int]
) -> None:
    assert _revision(restore(_state(*logged), _state(*stored))) == chosen


def test_a_state_of_another_version_is_refused() -> None:
    with pytest.raises(StateVersionError):
        restore(_state(0, 1, version=STATE_VERSION + 1), None)


def test_what_is_no_state_is_refused() -> None:
    with pytest.raises(msgspec.DecodeError):
        restore(None, b"\xc1")
