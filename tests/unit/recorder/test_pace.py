"""When refolds may run."""

from backstride_recorder.domain.batch import DueRefold
from backstride_recorder.domain.pace import REST_PER_WORK, RefoldPace

ONE = DueRefold("gym/one", 0, 1, "late readings", (0, 1))
TWO = DueRefold("gym/two", 0, 1, "late readings", (0, 1))


def test_the_first_refold_runs_at_once() -> None:
    assert RefoldPace(5.0).choose([ONE], 0.0) == ONE


def test_nothing_due_is_nothing_to_do() -> None:
    assert RefoldPace(5.0).choose([], 0.0) is None


def test_a_treadmill_waits_for_its_interval() -> None:
    pace = RefoldPace(5.0)
    pace.ended("gym/one", 10.0, 10.0)

    assert pace.choose([ONE], 14.9) is None
    assert pace.choose([ONE], 15.0) == ONE


def test_the_other_treadmill_goes_first() -> None:
    pace = RefoldPace(5.0)
    pace.ended("gym/one", 10.0, 10.0)

    assert pace.choose([ONE, TWO], 10.0) == TWO
    pace.ended("gym/two", 12.0, 12.0)
    assert pace.choose([TWO, ONE], 20.0) == ONE


def test_after_a_long_refold_all_treadmills_rest() -> None:
    """The live stream keeps four fifths of the time."""
    pace = RefoldPace(0.0)
    pace.ended("gym/one", 10.0, 12.0)

    assert REST_PER_WORK == 4.0
    assert pace.choose([TWO], 19.9) is None
    assert pace.choose([TWO], 20.0) == TWO
