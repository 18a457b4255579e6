"""Reads what the programs tell of themselves over HTTP."""

from collections.abc import Mapping
from typing import Any

from backstride_standalone.adapters.http_health import UnreachableError, json_at, metrics_text
from backstride_standalone.domain.metrics_text import sums_by_name
from backstride_standalone.domain.picture import LiveTreadmill


class ProgramTelemetry:
    """Metrics of controller and recorder, live treadmills of the gateway."""

    def __init__(self, controller_port: int | None, recorder_port: int, gateway_port: int) -> None:
        """Take the ports; the controller has none where no treadmills are simulated."""
        self._controller_port = controller_port
        self._recorder_port = recorder_port
        self._gateway_port = gateway_port

    def controller_metrics(self) -> Mapping[str, float]:
        """Return the simulated treadmills' metrics; `silent` while they cannot be read."""
        if self._controller_port is None:
            return {}
        return _metrics(self._controller_port) or {"silent": 1.0}

    def recorder_metrics(self) -> Mapping[str, float]:
        """Return the recorder's metrics; empty while it is silent."""
        return _metrics(self._recorder_port)

    def treadmills(self) -> list[LiveTreadmill]:
        """Return what each treadmill does now; empty while the gateway cannot tell."""
        try:
            document = json_at(self._gateway_port, "/v1/treadmills")
            return [_treadmill(item) for item in document["treadmills"]]
        except (UnreachableError, KeyError, TypeError):
            return []


def _metrics(port: int) -> Mapping[str, float]:
    try:
        return sums_by_name(metrics_text(port))
    except UnreachableError:
        return {}


def _treadmill(item: dict[str, Any]) -> LiveTreadmill:
    is_silent = item["status"] == "silent"
    session, claim = item["session"], item["claim"]
    return LiveTreadmill(
        f"{item['gym_id']}/{item['treadmill_id']}",
        None if is_silent else item["belt_velocity_m_per_s"],
        None if is_silent else item["gross_kcal_per_min"],
        session["energy"]["display"] if session and session["is_running"] else "",
        (claim and claim["display_name"]) or "",
    )
