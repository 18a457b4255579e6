import pytest

from backstride_ingest.domain.acceptance import AcceptedTreadmills, InvalidPatternError
from backstride_shared.identity import TreadmillKey


@pytest.mark.parametrize(
    ("patterns", "treadmill", "expected"),
    [
        ("*/*", "any/where", True),
        ("mygym/*", "mygym/t-1", True),
        ("mygym/*", "other/t-1", False),
        ("mygym/*", "mygym-2/t-1", False),
        ("mygym/t-0?", "mygym/t-01", True),
        ("mygym/t-0?", "mygym/t-11", False),
        (" mygym/t-1 , other/* ", "other/t-9", True),
        ("mygym/t-1,", "mygym/t-1", True),
    ],
)
def test_a_treadmill_is_accepted_when_a_pattern_fits(
    patterns: str, treadmill: str, expected: object
) -> None:
    assert (TreadmillKey(treadmill) in AcceptedTreadmills(patterns)) is expected


@pytest.mark.parametrize("patterns", ["", " , ", "mygym", "mygym/a/b", "My/*", "/*"])
def test_a_pattern_that_could_fit_nothing_is_refused(patterns: str) -> None:
    with pytest.raises(InvalidPatternError):
        AcceptedTreadmills(patterns)
