import json
import logging
import socket
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
import structlog

from backstride_shared import telemetry
from backstride_shared.settings import TelemetryBlock
from backstride_shared.telemetry import serve_health, set_up_logging
from tests.servers.finding import HOST, free_port


@pytest.fixture
def _own_logging() -> Iterator[None]:
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    yield
    root.handlers[:] = handlers
    root.setLevel(level)
    structlog.reset_defaults()
    structlog.contextvars.clear_contextvars()


@contextmanager
def health_of(waiting_for: list[str]) -> Iterator[int]:
    port = free_port()
    server = serve_health("tested", TelemetryBlock(port=port), lambda: waiting_for)
    assert server is not None
    yield port
    server.shutdown()
    server.server_close()


def get(port: int, path: str) -> tuple[int, str]:
    try:
        with urllib.request.urlopen(f"http://{HOST}:{port}{path}", timeout=5) as answer:
            return answer.status, answer.read().decode()
    except urllib.error.HTTPError as error:
        with error:
            return error.code, error.read().decode()


def test_a_program_is_alive_before_it_is_ready() -> None:
    with health_of(["Kafka"]) as port:
        assert get(port, "/healthz")[0] == 200
        status, body = get(port, "/readyz")

    assert status == 503
    assert json.loads(body) == {"status": "waiting", "service": "tested", "waiting_for": ["Kafka"]}


@pytest.mark.parametrize("sent", [b"", b"GET /metr", b"GET /metrics HTTP/1.1\r\nHost: a\r\n"])
def test_who_begins_to_ask_and_does_not_go_on_is_left(
    monkeypatch: pytest.MonkeyPatch, sent: bytes
) -> None:
    monkeypatch.setattr(telemetry, "REQUEST_WITHIN_S", 0.2)
    with health_of([]) as port, socket.create_connection((HOST, port), timeout=10) as asking:
        asking.sendall(sent)
        assert asking.recv(1) == b""


def test_a_program_is_ready_when_it_waits_for_nothing() -> None:
    missing = ["Kafka"]
    with health_of(missing) as port:
        get(port, "/metrics")
        missing.clear()

        assert get(port, "/readyz")[0] == 200
        assert 'backstride_ready{service="tested"} 1.0' in get(port, "/metrics")[1]


def test_an_unknown_path_is_not_found() -> None:
    with health_of([]) as port:
        assert get(port, "/secrets")[0] == 404


@pytest.mark.usefixtures("_own_logging")
def test_a_taken_port_is_logged_and_the_program_goes_on(
    capsys: pytest.CaptureFixture[str],
) -> None:
    telemetry = TelemetryBlock(log_format="json")
    set_up_logging("tested", telemetry)
    with socket.socket() as taken:
        taken.bind((HOST, 0))
        taken.listen()
        port = taken.getsockname()[1]

        assert serve_health("tested", TelemetryBlock(port=port), list) is None

    line = json.loads(capsys.readouterr().err)
    assert (line["event"], line["port"]) == ("health port not served", port)


def test_without_a_port_nothing_is_served() -> None:
    assert serve_health("tested", TelemetryBlock(), list) is None


@pytest.mark.usefixtures("_own_logging")
def test_a_log_line_is_an_event_with_fields(capsys: pytest.CaptureFixture[str]) -> None:
    set_up_logging("tested", TelemetryBlock(log_format="json", log_level="info"))
    log = structlog.get_logger()

    log.debug("not wanted")
    log.info("stored", readings=4)
    logging.getLogger("library").warning("from a library")

    own, foreign = [json.loads(line) for line in capsys.readouterr().err.splitlines()]
    assert (own["event"], own["readings"], own["level"]) == ("stored", 4, "info")
    assert (own["service"], foreign["service"]) == ("tested", "tested")
    assert foreign["event"] == "from a library"


@pytest.mark.usefixtures("_own_logging")
def test_an_unexpected_error_keeps_its_traceback(capsys: pytest.CaptureFixture[str]) -> None:
    set_up_logging("tested", TelemetryBlock(log_format="json"))

    try:
        int("nothing")
    except ValueError:
        structlog.get_logger().exception("it broke")

    line = json.loads(capsys.readouterr().err)
    assert "ValueError: invalid literal" in line["exception"]


@pytest.mark.usefixtures("_own_logging")
def test_a_terminal_gets_a_readable_line(capsys: pytest.CaptureFixture[str]) -> None:
    set_up_logging("tested", TelemetryBlock(log_format="console"))

    structlog.get_logger().info("stored", readings=4)

    line = capsys.readouterr().err
    assert "stored" in line
    assert not line.startswith("{")
