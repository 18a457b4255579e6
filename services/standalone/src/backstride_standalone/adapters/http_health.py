"""Asks a program on this machine how it is: readiness, metrics, JSON."""

import http.client
import json
import socket
from typing import Any, Final

HOST: Final = "127.0.0.1"
TIMEOUT_S: Final = 1.0
_OK: Final = 200
_MAX_BYTES: Final = 4 * 1024 * 1024


class UnreachableError(Exception):
    """Nobody answers at the port, or not in HTTP, or not in time."""


def is_listening(port: int) -> bool:
    """Tell whether somebody takes connections at the port."""
    try:
        socket.create_connection((HOST, port), TIMEOUT_S).close()
    except OSError:
        return False
    return True


def waiting_for(port: int) -> list[str]:
    """Return what the program at the port still waits for; empty when it is ready.

    Raises:
        UnreachableError: when it does not answer.

    """
    status, body = _get(port, "/readyz")
    if status == _OK:
        return []
    try:
        missing = json.loads(body)["waiting_for"]
    except (ValueError, KeyError, TypeError):
        return [f"status {status}"]
    return [str(name) for name in missing] or [f"status {status}"]


def metrics_text(port: int) -> str:
    """Return what /metrics says.

    Raises:
        UnreachableError: when it does not answer.

    """
    return _get(port, "/metrics")[1].decode(errors="replace")


def json_at(port: int, path: str) -> Any:  # noqa: ANN401  the shape is the other program's
    """Return the JSON document at a path.

    Raises:
        UnreachableError: when there is none.

    """
    status, body = _get(port, path)
    if status != _OK:
        raise UnreachableError(f"{path} answers with status {status}")
    try:
        return json.loads(body)
    except ValueError as error:
        raise UnreachableError(f"{path} is no JSON: {error}") from error


def _get(port: int, path: str) -> tuple[int, bytes]:
    # http.client and not urllib: a proxy in the environment is not for this machine's programs
    connection = http.client.HTTPConnection(HOST, port, timeout=TIMEOUT_S)
    try:
        connection.request("GET", path, headers={"Connection": "close"})
        response = connection.getresponse()
        return response.status, response.read(_MAX_BYTES)
    except (OSError, http.client.HTTPException) as error:
        raise UnreachableError(f"port {port}: {error}") from error
    finally:
        connection.close()
