"""The gateway's port `AlertHistory` in memory."""

from backstride_gateway.domain.alerts import AlertRecord
from backstride_gateway.ports import AlertCursor, AlertFilter


class InMemoryAlerts:
    """Alerts that a test puts in."""

    def __init__(self) -> None:
        self._alerts: dict[str, AlertRecord] = {}

    def put(self, alert: AlertRecord) -> None:
        self._alerts[alert.alert_id] = alert

    def find(self, alert_id: str) -> AlertRecord | None:
        return self._alerts.get(alert_id)

    def page(
        self, wanted: AlertFilter, before: AlertCursor | None, limit: int
    ) -> list[AlertRecord]:
        found = [alert for alert in self._alerts.values() if _is_wanted(alert, wanted)]
        found.sort(key=_place, reverse=True)
        if before is not None:
            place = (before.raised_at_ms, before.alert_id)
            found = [alert for alert in found if _place(alert) < place]
        return found[:limit]


def _place(alert: AlertRecord) -> tuple[int, str]:
    return alert.raised_at_ms, alert.alert_id


def _is_wanted(alert: AlertRecord, wanted: AlertFilter) -> bool:
    return (
        (wanted.gym_id is None or alert.treadmill.split("/")[0] == wanted.gym_id)
        and wanted.treadmill in {None, alert.treadmill}
        and wanted.is_active in {None, alert.recovered_at_ms is None}
    )
