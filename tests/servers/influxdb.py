"""A real InfluxDB: the server that `make influxdb` builds, on a free port."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from urllib.parse import urlsplit

import pytest
import urllib3
from influxdb_client import InfluxDBClient, Permission, PermissionResource
from pydantic import SecretStr

from backstride_shared.settings import SeriesBlock
from tests.servers.finding import (
    HOST,
    cache_folder,
    free_port,
    fresh_name,
    given_address,
    unavailable,
)
from tests.servers.local_process import LocalProcess

_VERSION_FILE = Path(__file__).with_name("influxdb.version")  # install_influxdb.sh reads it too
_READY_WITHIN_S = 180.0
_REQUEST_TIMEOUT_MS = 20_000
_OPERATOR_TOKEN = "operator-of-a-server-that-lives-for-one-test-run"


@dataclass(frozen=True)
class InfluxBucket:
    """An organization with one bucket, and a token that may read and write nothing but it."""

    url: str
    org: str
    bucket: str
    token: str
    # of minutes, where a test asked for it
    per_minute_bucket: str | None = None

    def settings(self) -> SeriesBlock:
        """Return the settings of a program that keeps its series here."""
        return SeriesBlock(
            url=self.url,
            org=self.org,
            bucket=self.bucket,
            per_minute_bucket=self.per_minute_bucket,
            token=SecretStr(self.token),
        )


@dataclass(frozen=True)
class InfluxAddress:
    """Where an InfluxDB listens, and the token of its operator, who may do everything."""

    url: str
    operator_token: str

    def operator(self, org: str | None = None) -> InfluxDBClient:
        """Return a client with all rights; close it."""
        return InfluxDBClient(
            self.url, self.operator_token, org=org or "", timeout=_REQUEST_TIMEOUT_MS
        )

    def fresh_org(self) -> str:
        """Make an organization without buckets and return its name."""
        name = fresh_name("org")
        with self.operator() as client:
            client.organizations_api().create_organization(name)
        return name

    def with_minutes(self) -> InfluxBucket:
        """Make an organization with a bucket of points and one of minutes, and a token for both."""
        made = self.fresh_bucket(of_all_buckets=True)
        with self.operator(made.org) as client:
            name = fresh_name("minutes")
            client.buckets_api().create_bucket(bucket_name=name, org=made.org)
        return replace(made, per_minute_bucket=name)

    def fresh_bucket(
        self, actions: Sequence[str] = ("read", "write"), *, of_all_buckets: bool = False
    ) -> InfluxBucket:
        """Make an organization with a bucket that keeps points for ever, and a token for it.

        The token may do `actions` in this bucket, or in all of the organization.
        """
        name = self.fresh_org()
        with self.operator(name) as client:
            (org,) = client.organizations_api().find_organizations(org=name)
            bucket = client.buckets_api().create_bucket(bucket_name=fresh_name("belt"), org=name)
            resource = PermissionResource(
                type="buckets", id=None if of_all_buckets else bucket.id, org_id=org.id
            )
            granted = client.authorizations_api().create_authorization(
                org_id=org.id, permissions=[Permission(action, resource) for action in actions]
            )
        return InfluxBucket(self.url, name, bucket.name, granted.token)


class LocalInfluxdb:
    """One server of its own, which keeps its points over a restart."""

    def __init__(self, program: Path, folder: Path, *, is_new: bool = False) -> None:
        """Use the folder; a server that `is_new` is left without an operator."""
        self._is_new = is_new
        port = free_port()
        self.address = InfluxAddress(f"http://{HOST}:{port}", _OPERATOR_TOKEN)
        self._process = LocalProcess(
            [
                str(program),
                "run",
                f"--http-bind-address={HOST}:{port}",
                f"--bolt-path={folder}/influxd.bolt",
                f"--sqlite-path={folder}/influxd.sqlite",
                f"--engine-path={folder}/engine",
                "--reporting-disabled",
                "--log-level=warn",
            ],
            log=folder / "influxd.log",
            is_ready=self._is_set_up,
            ready_within_s=_READY_WITHIN_S,
        )

    def start(self) -> None:
        """Start the server, also again after `stop` or `kill`, and wait until it answers."""
        self._process.start()

    def stop(self) -> None:
        """End the server as an operator would."""
        self._process.stop()

    def kill(self) -> None:
        """End the server at once, as a crash would."""
        self._process.kill()

    def _is_set_up(self) -> bool:
        setup = f"{self.address.url}/api/v2/setup"
        first_user = {
            "username": "operator",
            "password": "of-one-test-run",
            "org": "operator",
            "bucket": "operator",
            "token": _OPERATOR_TOKEN,
        }
        with urllib3.PoolManager(retries=False, timeout=_REQUEST_TIMEOUT_MS / 1000) as http:
            try:
                answer = http.request("GET", setup)
                if answer.status != 200:
                    return False
                if answer.json()["allowed"] and not self._is_new:
                    http.request("POST", setup, json=first_user)
            except urllib3.exceptions.HTTPError:
                return False
        return True


def installed_program() -> Path:
    """Return the path of the server; skips, or fails, when it is not built."""
    version = _VERSION_FILE.read_text(encoding="utf-8").strip()
    program = cache_folder() / f"influxdb-{version}" / "influxd"
    if not program.is_file():
        unavailable("influxdb", "it is not installed; `make influxdb` builds it")
    return program


def _given(url: str) -> InfluxAddress:
    """Return the server at `http://operator-token@host:port`."""
    parts = urlsplit(url)
    assert parts.username, "BACKSTRIDE_TEST_INFLUXDB_URL must be http://<operator token>@host:port"
    bare = parts._replace(netloc=parts.netloc.rpartition("@")[2])
    return InfluxAddress(bare.geturl().rstrip("/"), parts.username)


@pytest.fixture(scope="session")
def influxdb(tmp_path_factory: pytest.TempPathFactory) -> Iterator[InfluxAddress]:
    """Lend the InfluxDB that all tests share; take a fresh organization in each test."""
    if url := given_address("influxdb"):
        yield _given(url)
        return
    server = LocalInfluxdb(installed_program(), tmp_path_factory.mktemp("influxdb"))
    server.start()
    yield server.address
    server.kill()  # nobody reads its points again


@pytest.fixture
def influx_bucket(influxdb: InfluxAddress) -> InfluxBucket:
    """Lend a bucket that belongs to one test."""
    return influxdb.fresh_bucket()


@pytest.fixture
def new_influxdb(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LocalInfluxdb]:
    """Lend a running InfluxDB that was never set up; `operator_token` is free to be taken."""
    server = LocalInfluxdb(
        installed_program(), tmp_path_factory.mktemp("new-influxdb"), is_new=True
    )
    server.start()
    yield server
    server.kill()


@pytest.fixture
def own_influxdb(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LocalInfluxdb]:
    """Lend a running InfluxDB that belongs to one test, which may stop, kill and start it."""
    server = LocalInfluxdb(installed_program(), tmp_path_factory.mktemp("own-influxdb"))
    server.start()
    yield server
    server.kill()
