import pytest

from backstride_gateway.api.cursors import decode_cursor, encode_cursor
from backstride_gateway.api.problems import InvalidCursorError
from backstride_gateway.domain.names import UnfitNameError, plain_name


@pytest.mark.parametrize(
    "name", ["Ada", "Ж", "山田 太郎", "Zoë-Ann O\u2019Neill", "עדה", "\u200fעדה", "🏃\u200d♀️", "7"]
)
def test_names_of_all_scripts_are_taken(name: str) -> None:
    assert plain_name(f"  {name}\u00a0") == name


@pytest.mark.parametrize(
    "name",
    ["a\x00b", "a\nb", "a\tb", "a\x1b[2Jb", "a\x7f", "a\x85b", "a\u2028b", "a\u202eb", "a\u2066b"],
)
def test_a_name_that_would_spoil_what_stands_beside_it_is_refused(name: str) -> None:
    with pytest.raises(UnfitNameError, match="one line"):
        plain_name(name)


@pytest.mark.parametrize("name", ["", " ", "\u3000", "\u200b", "\ufeff\u00ad"])
def test_a_name_of_which_nothing_is_seen_is_refused(name: str) -> None:
    with pytest.raises(UnfitNameError, match="blank"):
        plain_name(name)


def test_a_cursor_comes_back_as_it_was_given() -> None:
    assert decode_cursor(encode_cursor("17", "id"), 2) == ["17", "id"]


def test_a_cursor_never_brings_a_nul() -> None:
    """PostgreSQL cannot be asked for one, also where its checksum is right."""
    with pytest.raises(InvalidCursorError):
        decode_cursor(encode_cursor("17", "i\x00d"), 2)
