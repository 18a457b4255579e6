"""Safety alerts as operators see them: what goes on now, and what was recorded."""

from dataclasses import dataclass

from backstride_shared.fold.alerts import SENTENCES, AlertKind
from backstride_shared.fold.state import TreadmillState
from backstride_shared.frames import Alert

Revision = tuple[int, int]


@dataclass(frozen=True, slots=True)
class ActiveAlert:
    """An alert that was raised and has not recovered."""

    alert_id: str
    kind: str
    raised_at_ms: int


@dataclass(frozen=True, slots=True, kw_only=True)
class AlertRecord:
    """An alert as the recorder stored it, with the reading that raised it."""

    alert_id: str
    treadmill: str
    kind: str
    raised_at_ms: int
    recovered_at_ms: int | None
    device_id: str
    claim_id: str | None
    speed_m_per_s: float | None
    is_reverse: bool | None
    grade_percent: float | None
    limit_m_per_s: float | None


def sentence_of(kind: str) -> str:
    """Return the plain sentence of a kind, also of one that a newer program wrote."""
    try:
        return SENTENCES[AlertKind(kind)]
    except ValueError:
        return f"An alert that this version does not know: {kind}."


class TreadmillAlerts:
    """What goes on at one treadmill: of each kind the latest change known, by its revision.

    An end is remembered too, so that neither a stored state nor a record given again, both older,
    raises what is over.
    """

    def __init__(self) -> None:
        self._latest: dict[str, tuple[Revision, ActiveAlert | None]] = {}

    @property
    def active(self) -> tuple[ActiveAlert, ...]:
        """What goes on, oldest first."""
        found = [alert for _, alert in self._latest.values() if alert is not None]
        return tuple(sorted(found, key=lambda alert: (alert.raised_at_ms, alert.alert_id)))

    def apply(self, item: Alert) -> bool:
        """Take an alert or its recovery; return whether what goes on changed."""
        alert = (
            None if item.is_recovery else ActiveAlert(item.alert_id, item.kind, item.raised_at_ms)
        )
        return self._take(item.kind, item.revision, alert)

    def restore(self, state: TreadmillState) -> bool:
        """Take what a state says goes on, and no more than that; return whether that changed."""
        before = self.active
        raised = {kind: watch for kind, watch in state.alerts.items() if watch.is_raised}
        for kind, watch in raised.items():
            alert = ActiveAlert(watch.alert_id, kind, watch.raised_at_ms)
            self._take(kind, state.revision, alert)
        for kind in self._latest.keys() - raised.keys():
            self._take(kind, state.revision, None)
        return self.active != before

    def _take(self, kind: str, revision: Revision, alert: ActiveAlert | None) -> bool:
        known = self._latest.get(kind)
        if known is not None and revision < known[0]:
            return False
        self._latest[kind] = revision, alert
        return (None if known is None else known[1]) != alert
