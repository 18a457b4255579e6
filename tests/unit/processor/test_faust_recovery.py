import pytest

from backstride_processor.adapters.faust_recovery import (
    TRIED_VERSION,
    FaustChangedError,
    check_library,
    is_needed,
)


def test_the_installed_faust_is_the_one_that_was_tried() -> None:
    check_library()


def test_the_installed_faust_still_resumes_before_it_seeks() -> None:
    assert is_needed(), "adapters/faust_recovery.py may be needless now"


def test_another_faust_is_refused_with_what_to_do() -> None:
    with pytest.raises(FaustChangedError, match=f"is 0.16.0, tried was {TRIED_VERSION}: run tests"):
        check_library("0.16.0")
