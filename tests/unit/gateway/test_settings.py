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


@pytest.mark.parametrize("host", ["0.0.0.0", "192.168.1.4", "::"])  # noqa: S104
def test_another_address_needs_the_names_under_which_it_is_reached(host: str) -> None:
    environment = {**NEEDED, "BACKSTRIDE_HTTP__HOST": host}
    with pytest.raises(SettingsError, match="BACKSTRIDE_HTTP__NAMES"):
        read_settings(GatewaySettings, environment)
    environment["BACKSTRIDE_HTTP__NAMES"] = "gym.example, 192.168.1.4"
    settings = read_settings(GatewaySettings, environment)
    assert settings.http.host_names == {"gym.example", "192.168.1.4"}


def test_a_demonstration_is_on_this_machine_only() -> None:
    environment = {
        **NEEDED,
        "BACKSTRIDE_HTTP__HOST": "192.168.1.4",
        "BACKSTRIDE_HTTP__NAMES": "gym.example",
        "BACKSTRIDE_IS_DEMO": "true",
    }
    with pytest.raises(SettingsError, match="a demonstration has no accounts"):
        read_settings(GatewaySettings, environment)


@pytest.mark.parametrize("host", ["gym.example", ""])
def test_an_address_is_no_name(host: str) -> None:
    with pytest.raises(SettingsError, match="BACKSTRIDE_HTTP__HOST"):
        read_settings(GatewaySettings, {**NEEDED, "BACKSTRIDE_HTTP__HOST": host})


def test_a_demonstration_is_asked_for_and_never_the_default() -> None:
    assert not read_settings(GatewaySettings, NEEDED).is_demo
    assert read_settings(GatewaySettings, {**NEEDED, "BACKSTRIDE_IS_DEMO": "true"}).is_demo


def test_by_default_nobody_is_believed_who_asks() -> None:
    assert read_settings(GatewaySettings, NEEDED).http.believed_proxies == []


@pytest.mark.parametrize(
    ("given", "believed"),
    [("127.0.0.1, 172.16.0.0/12,::1", ["127.0.0.1", "172.16.0.0/12", "::1"]), (" * ", ["*"])],
)
def test_fronts_are_named_by_address_or_network(given: str, believed: list[str]) -> None:
    environment = {**NEEDED, "BACKSTRIDE_HTTP__TRUSTED_PROXIES": given}
    assert read_settings(GatewaySettings, environment).http.believed_proxies == believed


@pytest.mark.parametrize("given", ["front", "*, 127.0.0.1", "172.16.0.1/12"])
def test_a_front_that_is_no_address_is_refused(given: str) -> None:
    with pytest.raises(SettingsError, match="BACKSTRIDE_HTTP__TRUSTED_PROXIES"):
        read_settings(GatewaySettings, {**NEEDED, "BACKSTRIDE_HTTP__TRUSTED_PROXIES": given})
