"""When the network is let in, and what the gateway is told then."""

from pathlib import Path

import pytest

from backstride_standalone.domain.lan import Lan, LanRefusedError, check_may_open, names_of
from backstride_standalone.domain.ports import PortPlan
from backstride_standalone.platform_programs import (
    GATEWAY,
    PAGE_PORT,
    platform_programs,
    port_wishes,
)
from backstride_standalone.run_options import RunOptions


@pytest.mark.parametrize(
    ("is_demo", "is_fresh", "has_admin", "why"),
    [
        (True, False, False, "a demonstration has no accounts"),
        (True, False, True, "a demonstration has no accounts"),
        (False, False, False, "needs an administrator's account"),
        (False, True, True, "needs an administrator's account"),
    ],
)
def test_the_network_is_kept_out_where_anybody_could_do_everything(
    is_demo: bool,  # noqa: FBT001  a case
    is_fresh: bool,  # noqa: FBT001
    has_admin: bool,  # noqa: FBT001
    why: str,
) -> None:
    with pytest.raises(LanRefusedError, match=why):
        check_may_open(is_demo=is_demo, is_fresh=is_fresh, has_admin=has_admin)


def test_a_gym_with_an_owner_lets_the_network_in() -> None:
    check_may_open(is_demo=False, is_fresh=False, has_admin=True)


@pytest.mark.parametrize(
    ("host_name", "names"),
    [
        ("Desk.example", ("desk", "desk.local")),
        ("desk", ("desk", "desk.local")),
        ("localhost", ()),
        ("", ()),
        ("a,b", ()),
    ],
)
def test_names_of_a_machine(host_name: str, names: tuple[str, ...]) -> None:
    assert names_of(host_name) == names


def environment(lan: Lan | None) -> dict[str, dict[str, str]]:
    options = RunOptions(is_lan=lan is not None)
    wishes = port_wishes(options)
    ports = PortPlan({wish.name: 9000 + number for number, wish in enumerate(wishes)})
    assert ports[PAGE_PORT] == 9000
    programs = platform_programs(options, ports, Path("/data"), None, None, lan)
    return {program.name: dict(program.environment) for program in programs}


def test_only_the_pages_are_opened_and_under_the_names_of_the_machine() -> None:
    opened, closed = environment(Lan("127.0.0.2", ("desk", "desk.local"))), environment(None)
    changed = {name for name in opened if opened[name] != closed[name]}
    assert changed == {GATEWAY}
    gateway = opened[GATEWAY]
    assert gateway["BACKSTRIDE_HTTP__HOST"] == "0.0.0.0"  # noqa: S104
    assert gateway["BACKSTRIDE_HTTP__NAMES"] == "127.0.0.2,desk,desk.local"
    assert gateway["BACKSTRIDE_HTTP__PUBLIC_URL"] == "http://127.0.0.2:9000"
    assert "BACKSTRIDE_HTTP__HOST" not in closed[GATEWAY]
