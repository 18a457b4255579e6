"""Somebody of the staff has seen an alert: kept with who and when, the first one for ever.

An acknowledgement changes nothing about the alert, which ends when its cause does.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Protocol

from backstride_gateway.live_feed import LiveFeed
from backstride_gateway.ports import AlertHistory


class UnknownAlertError(Exception):
    """No alert has this id, or none that the caller may know of."""


@dataclass(frozen=True, slots=True)
class Acknowledgement:
    """That an alert was seen; `sign_in_name` None: in a demonstration, or the account is gone."""

    alert_id: str
    acknowledged_at_ms: int
    sign_in_name: str | None


class AcknowledgementStore(Protocol):
    """Which alerts were acknowledged; all methods may raise StoreUnavailableError."""

    def add(self, alert_id: str, account_id: str | None, at_ms: int) -> bool:
        """Keep that an alert was seen; return False, and change nothing, when it was already."""
        ...

    def of(self, alert_ids: Sequence[str]) -> dict[str, Acknowledgement]:
        """Return what is known of these alerts, by their ids."""
        ...


class Acknowledging:
    """Acknowledges alerts, also those that the recorder has not written yet."""

    def __init__(
        self,
        alerts: AlertHistory,
        live: LiveFeed,
        store: AcknowledgementStore,
        clock: Callable[[], int],
    ) -> None:
        self._alerts = alerts
        self._live = live
        self._store = store
        self._clock = clock

    def acknowledge(
        self, alert_id: str, account_id: str | None, is_seen: Callable[[str], bool]
    ) -> tuple[Acknowledgement, bool]:
        """Return the acknowledgement of an alert, and whether it is new.

        `is_seen` says of a treadmill whether the caller may know of it.

        Raises:
            UnknownAlertError: otherwise, as if the alert were not there.

        """
        treadmill = self._treadmill_of(alert_id)
        if treadmill is None or not is_seen(treadmill):
            raise UnknownAlertError(alert_id)
        is_new = self._store.add(alert_id, account_id, self._clock())
        return self._store.of([alert_id])[alert_id], is_new

    def of(self, alert_ids: Sequence[str]) -> dict[str, Acknowledgement]:
        """Return what is known of these alerts, by their ids."""
        return self._store.of(alert_ids) if alert_ids else {}

    def _treadmill_of(self, alert_id: str) -> str | None:
        stored = self._alerts.find(alert_id)
        if stored is not None:
            return stored.treadmill
        # a wall screen shows it before the recorder has it
        return next(
            (
                view.treadmill
                for view in self._live.treadmills()
                if any(alert.alert_id == alert_id for alert in view.alerts)
            ),
            None,
        )
