"""The health pages which our programs serve, asked over a real socket."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from backstride_shared.settings import TelemetryBlock
from backstride_shared.telemetry import serve_health
from backstride_standalone.adapters import local_ports
from backstride_standalone.adapters.child_machine import ChildMachine
from backstride_standalone.adapters.http_health import (
    UnreachableError,
    is_listening,
    json_at,
    metrics_text,
    waiting_for,
)
from backstride_standalone.domain.metrics_text import sums_by_name
from backstride_standalone.domain.programs import Program
from tests.servers.finding import free_port


@contextmanager
def program_lacking(*missing: str) -> Iterator[int]:
    port = free_port()
    server = serve_health("ingest", TelemetryBlock(port=port), lambda: list(missing))
    assert server is not None
    yield port
    server.shutdown()
    server.server_close()


def test_a_ready_program_waits_for_nothing() -> None:
    with program_lacking() as port:
        assert waiting_for(port) == []


def test_a_waiting_program_says_for_what() -> None:
    with program_lacking("kafka", "mqtt") as port:
        assert waiting_for(port) == ["kafka", "mqtt"]


def test_metrics_are_read() -> None:
    with program_lacking("kafka") as port:
        assert sums_by_name(metrics_text(port))["backstride_ready"] == 0.0


def test_json_is_read_and_a_missing_page_is_an_error() -> None:
    with program_lacking() as port:
        assert json_at(port, "/healthz")["status"] == "alive"
        with pytest.raises(UnreachableError, match="404"):
            json_at(port, "/v1/nothing")
        with pytest.raises(UnreachableError, match="no JSON"):
            json_at(port, "/metrics")


def test_nobody_at_the_port_is_an_error() -> None:
    with pytest.raises(UnreachableError):
        waiting_for(free_port())


def test_a_proxy_of_the_machine_is_not_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:9")

    with program_lacking() as port:
        assert waiting_for(port) == []


def test_free_ports_are_different_and_free() -> None:
    ports = local_ports.free_ports(5)

    assert len(set(ports)) == 5
    assert all(local_ports.is_free(port) for port in ports)


def test_a_port_with_a_listener_is_not_free() -> None:
    with program_lacking() as port:
        assert is_listening(port)
        assert not local_ports.is_free(port)


def test_a_program_that_does_not_answer_yet_is_waited_for(tmp_path: Path) -> None:
    ours = Program("ingest", ("a",), ready_port=free_port())
    foreign = Program("mqtt", ("a",), ready_port=free_port(), has_health=False)
    machine = ChildMachine(tmp_path)

    assert machine.waiting_for(ours) == ["its health port"]
    assert machine.waiting_for(foreign) == ["its port"]


def test_a_program_without_a_port_is_ready_as_soon_as_it_runs(tmp_path: Path) -> None:
    assert ChildMachine(tmp_path).waiting_for(Program("a", ("a",))) == []
