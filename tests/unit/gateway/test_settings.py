import pytest

from backstride_gateway.settings import GatewaySettings
from backstride_shared.settings import SettingsError, read_settings

NEEDED = {
    "BACKSTRIDE_DATABASE__URL": "sqlite:////nowhere/b.db",
    "BACKSTRIDE_SERIES__URL": "sqlite:////nowhere/s.db",
}


@pytest.mark.parametrize("host", ["127.0.0.1", "127.0.0.9", "::1", "localhost"])
def test_loopback_may_be_listened_on(host: str) -> None:
    settings = read_settings(GatewaySettings, {**NEEDED, "BACKSTRIDE_HTTP__HOST": host})
    assert settings.http.host == host


@pytest.mark.parametrize("host", ["0.0.0.0", "192.168.1.4", "::", "gym.example", ""])  # noqa: S104
def test_every_other_address_is_refused_because_there_are_no_accounts(host: str) -> None:
    with pytest.raises(SettingsError, match="no accounts yet"):
        read_settings(GatewaySettings, {**NEEDED, "BACKSTRIDE_HTTP__HOST": host})


def test_a_demonstration_is_asked_for_and_never_the_default() -> None:
    assert not read_settings(GatewaySettings, NEEDED).is_demo
    assert read_settings(GatewaySettings, {**NEEDED, "BACKSTRIDE_IS_DEMO": "true"}).is_demo
