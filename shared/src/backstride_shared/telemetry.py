"""Logs and metrics: set up once here; services use structlog and prometheus-client directly.

Telemetry never breaks its host: a port that is taken is logged, and the program goes on.
"""

import json
import logging
import sys
import threading
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import structlog
from prometheus_client import CONTENT_TYPE_LATEST, Gauge, generate_latest

from backstride_shared.settings import TelemetryBlock

log = structlog.get_logger()

Readiness = Callable[[], list[str]]
"""Returns what the program still waits for; empty when it is ready."""

REQUEST_WITHIN_S = 20.0
"""Who begins to ask and does not go on is left: each of them holds a thread."""

READY = Gauge("backstride_ready", "1 when the program is ready", ["service"])


def set_up_logging(service: str, telemetry: TelemetryBlock) -> None:
    """Make every log line an event with fields: readable on a terminal, JSON otherwise."""
    level = logging.getLevelNamesMapping()[telemetry.log_level.upper()]
    is_console = telemetry.log_format == "console" or (
        telemetry.log_format == "auto" and sys.stderr.isatty()
    )
    renderer: structlog.typing.Processor = (
        structlog.dev.ConsoleRenderer() if is_console else structlog.processors.JSONRenderer()
    )

    # not a context variable: threads of libraries begin with an empty context
    def add_service(
        _logger: object, _method: str, event: structlog.typing.EventDict
    ) -> structlog.typing.EventDict:
        event.setdefault("service", service)
        return event

    shared: list[structlog.typing.Processor] = [
        structlog.contextvars.merge_contextvars,
        add_service,
        structlog.processors.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        structlog.processors.StackInfoRenderer(),
    ]
    # JSON escapes them by itself
    shared.append(_without_controls if is_console else structlog.processors.format_exc_info)
    structlog.configure(
        processors=[*shared, renderer],
        wrapper_class=structlog.make_filtering_bound_logger(level),
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
        cache_logger_on_first_use=True,
    )
    # what libraries log goes the same way, from warnings on
    formatter = structlog.stdlib.ProcessorFormatter(
        foreign_pre_chain=shared,
        processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, renderer],
    )
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(formatter)
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(logging.WARNING)


def _without_controls(
    _logger: object, _method: str, event: structlog.typing.EventDict
) -> structlog.typing.EventDict:
    """Escape what would move the cursor or forge a line: names come from strangers."""
    for name, value in event.items():
        if isinstance(value, str) and not value.isprintable():
            event[name] = "".join(
                character
                if character.isprintable()
                else character.encode("unicode_escape").decode()
                for character in value
            )
    return event


def serve_health(
    service: str, telemetry: TelemetryBlock, waiting_for: Readiness
) -> ThreadingHTTPServer | None:
    """Serve /healthz, /readyz and /metrics from a daemon thread; None when no port is set.

    `waiting_for` is called at each request to /readyz; while it names anything the answer is 503
    with those names.
    """
    if telemetry.port is None:
        return None

    class Handler(BaseHTTPRequestHandler):
        timeout = REQUEST_WITHIN_S

        def do_GET(self) -> None:
            path = self.path.partition("?")[0]
            if path == "/metrics":
                READY.labels(service).set(0 if waiting_for() else 1)
                self._answer(200, CONTENT_TYPE_LATEST, generate_latest())
            elif path == "/healthz":
                self._answer_json(200, {"status": "alive", "service": service})
            elif path == "/readyz":
                missing = waiting_for()
                status = {"status": "waiting" if missing else "ready", "service": service}
                self._answer_json(503 if missing else 200, {**status, "waiting_for": missing})
            else:
                self._answer_json(404, {"status": "unknown path", "service": service})

        def _answer_json(self, status: int, body: dict[str, object]) -> None:
            self._answer(status, "application/json", json.dumps(body).encode())

        def _answer(self, status: int, content_type: str, body: bytes) -> None:
            self.send_response(status)
            self.send_header("Content-Type", content_type)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002  the base's name
            """Keep requests to health pages out of the log."""

    try:
        server = ThreadingHTTPServer((telemetry.host, telemetry.port), Handler)
    except OSError as error:
        log.warning("health port not served", port=telemetry.port, error=str(error))
        return None
    server.daemon_threads = True
    threading.Thread(target=server.serve_forever, name="health", daemon=True).start()
    return server
