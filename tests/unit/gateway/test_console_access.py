import pytest

from backstride_gateway.domain.console_access import (
    ImplausiblePinError,
    check_pin,
    normal_card,
    without_secrets,
)


@pytest.mark.parametrize("pin", ["4711", "00815", "12346", "90210123"])
def test_a_pin_that_is_no_row_of_digits_is_taken(pin: str) -> None:
    check_pin(pin)


@pytest.mark.parametrize(
    "pin", ["", "471", "123456789", "47a1", "0000", "77777777", "1234", "6789", "9876", "3210"]
)
def test_a_pin_that_anybody_would_try_first_is_refused(pin: str) -> None:
    with pytest.raises(ImplausiblePinError):
        check_pin(pin)


def test_readers_may_write_a_card_as_they_like() -> None:
    assert {normal_card(text) for text in ("04:a2:2b", "04-A2-2B", "04 A2 2B", "04a22b")} == {
        "04A22B"
    }


def test_a_message_without_secrets_is_otherwise_the_same() -> None:
    payload = b'{"action":"claim","pin": "47\\"11","card":"04A2","member_number":"1001"}'
    assert without_secrets(payload) == (
        b'{"action":"claim","pin": "***","card":"***","member_number":"1001"}'
    )
