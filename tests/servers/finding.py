"""Where a test's server comes from, and what happens when there is none.

Each fixture looks in the same order: an address in `BACKSTRIDE_TEST_<NAME>_URL`,
a local program on a free port in a temporary directory, a skip that tells the reason.
`BACKSTRIDE_TEST_REQUIRE=mosquitto,kafka` turns the skip of the servers named into a failure.
"""

import os
import uuid
from pathlib import Path
from typing import NoReturn

import pytest

from backstride_standalone.adapters.local_ports import free_ports

HOST = "127.0.0.1"
SERVERS = frozenset({"chromium", "influxdb", "kafka", "mosquitto", "postgres"})

_REQUIRE = "BACKSTRIDE_TEST_REQUIRE"


def required_servers() -> frozenset[str]:
    """Return the servers whose absence is a failure; a name nobody knows ends the run."""
    named = frozenset(filter(None, os.environ.get(_REQUIRE, "").replace(" ", "").split(",")))
    if unknown := named - SERVERS:
        message = f"{_REQUIRE} names {sorted(unknown)}; the servers known are {sorted(SERVERS)}"
        raise pytest.UsageError(message)
    return named


def given_address(server: str) -> str | None:
    """Return the address of a server that runs already, as the environment gives it."""
    return os.environ.get(f"BACKSTRIDE_TEST_{server.upper()}_URL")


def unavailable(server: str, reason: str) -> NoReturn:
    """Skip the test, or fail it where the server is required."""
    if server in required_servers():
        pytest.fail(f"{server} is required by {_REQUIRE}, but {reason}", pytrace=False)
    pytest.skip(f"no {server}: {reason}")


def cache_folder() -> Path:
    """Return the folder that keeps servers between runs; the version is part of each path in it."""
    return Path(os.environ.get("BACKSTRIDE_CACHE", "~/.cache/backstride")).expanduser()


def free_port() -> int:
    """Return a TCP port on which nobody listened a moment ago."""
    return free_ports(1)[0]


def fresh_name(purpose: str) -> str:
    """Return a name for a topic, group or client that no other test has."""
    return f"{purpose}-{uuid.uuid4().hex[:12]}"
