"""`make secrets` in a folder of its own: what it makes is all that compose wants, and random."""

import shutil
import stat
import subprocess
from pathlib import Path

import pytest

from backstride_shared.provision.mqtt_accounts import program_accounts
from backstride_shared.provision.postgres import RIGHTS
from tests.contract.compose.compose_file import document, mounts, services
from tests.repository import ROOT

EMPTY = {
    "influxdb/gateway",
    "influxdb/grafana",
    "influxdb/recorder",
    "mosquitto/dynamic-security.json",
}


def made(folder: Path, *hosts: str) -> Path:
    """Run it as in a checkout at `folder` and return the folder of secrets."""
    scripts = ["infra/make_secrets.sh", "infra/mosquitto/make_certificates.sh"]
    for script in scripts:
        (folder / script).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(ROOT / script, folder / script)
    subprocess.run(
        [folder / scripts[0], *hosts], check=True, capture_output=True, text=True, timeout=60
    )
    return folder / "secrets"


@pytest.fixture(scope="module")
def checkout(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("checkout")
    made(folder)
    return folder


def contents(secrets: Path) -> dict[str, str]:
    return {
        path.relative_to(secrets).as_posix(): path.read_text(encoding="utf-8").strip()
        for path in secrets.rglob("*")
        if path.is_file()
    }


def test_every_file_that_compose_mounts_is_made(checkout: Path) -> None:
    wanted = {one["file"] for one in document()["secrets"].values()}
    wanted |= {
        source
        for service in services().values()
        for source in mounts(service).values()
        if source.startswith("./secrets") or source == "./treadmills.txt"
    }

    assert {path for path in wanted if not (checkout / path).exists()} == set()


def test_every_role_and_every_account_has_a_password(checkout: Path) -> None:
    there = contents(checkout / "secrets")

    assert {f"postgres/{rights.role}" for rights in RIGHTS} <= set(there)
    accounts = {account.username for account in program_accounts("demo")}
    assert {f"mqtt/programs/{name}" for name in accounts} <= set(there)


def test_secrets_are_long_and_none_is_there_twice(tmp_path: Path) -> None:
    one, two = contents(made(tmp_path / "one")), contents(made(tmp_path / "two"))
    values = [value for name, value in one.items() if name not in EMPTY]

    assert len(set(values)) == len(values)
    assert all(len(value) >= 20 for name, value in one.items() if name not in EMPTY)
    assert all(value != two[name] for name, value in one.items() if name not in EMPTY)


def test_only_their_owner_gets_to_them_on_this_machine(checkout: Path) -> None:
    assert stat.S_IMODE((checkout / "secrets").stat().st_mode) == 0o700
    authority = checkout / "secrets/certificates/ca.key"
    assert stat.S_IMODE(authority.stat().st_mode) == 0o600


def test_a_second_run_changes_nothing(checkout: Path) -> None:
    before = contents(checkout / "secrets"), (checkout / ".env").read_text()

    made(checkout)

    assert (contents(checkout / "secrets"), (checkout / ".env").read_text()) == before


def test_new_names_renew_the_certificate_and_keep_its_authority(checkout: Path) -> None:
    before = contents(checkout / "secrets/certificates")

    made(checkout, "gym.local", "192.168.1.9")

    after = contents(checkout / "secrets/certificates")
    assert after["ca.crt"] == before["ca.crt"]
    assert after["server.crt"] != before["server.crt"]
    shown = subprocess.run(
        ["openssl", "x509", "-noout", "-ext", "subjectAltName"],
        input=after["server.crt"],
        capture_output=True,
        text=True,
        timeout=30,
        check=True,
    )
    assert "DNS:gym.local, IP Address:192.168.1.9" in shown.stdout


def test_git_knows_none_of_them() -> None:
    for path in ("secrets/postgres/owner", ".env", "treadmills.txt"):
        ignored = subprocess.run(
            ["git", "check-ignore", "--quiet", path], cwd=ROOT, check=False, timeout=30
        )
        assert ignored.returncode == 0, path
