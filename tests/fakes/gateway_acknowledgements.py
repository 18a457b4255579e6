"""The gateway's port `AcknowledgementStore` in memory."""

from collections.abc import Callable, Sequence

from backstride_gateway.acknowledging import Acknowledgement


class InMemoryAcknowledgements:
    """Knows the names of accounts by what it is given."""

    def __init__(self, name_of: Callable[[str], str | None]) -> None:
        self._name_of = name_of
        self._rows: dict[str, tuple[str | None, int]] = {}

    def add(self, alert_id: str, account_id: str | None, at_ms: int) -> bool:
        if alert_id in self._rows:
            return False
        self._rows[alert_id] = account_id, at_ms
        return True

    def of(self, alert_ids: Sequence[str]) -> dict[str, Acknowledgement]:
        found = {}
        for alert_id in alert_ids:
            if alert_id in self._rows:
                account_id, at_ms = self._rows[alert_id]
                name = None if account_id is None else self._name_of(account_id)
                found[alert_id] = Acknowledgement(alert_id, at_ms, name)
        return found
