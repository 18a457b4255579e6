"""The live picture: what each treadmill does now, drawn from `energy.v1` alone.

It begins with the stored states, so that a restart shows numbers at once, and then takes what
comes: lower revisions are ignored, late readings never overwrite newer ones.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Final, Literal

from backstride_gateway.domain.alerts import TreadmillAlerts
from backstride_shared.decoding import UNREADABLE
from backstride_shared.energy import EnergyTotals
from backstride_shared.energy.flags import X_RAMP
from backstride_shared.fold.sessions import is_over
from backstride_shared.fold.state import StateVersionError, TreadmillState, decode_state
from backstride_shared.frames import (
    Alert,
    Checkpoint,
    EnergyItem,
    EnergyReading,
    EnergySegment,
    Erased,
    SessionSnapshot,
    StateRecord,
)

Status = Literal["moving", "standing", "silent"]

SILENT_AFTER_MS: Final = 10_000
"""A treadmill sends once a second; ten seconds without anything is a lost link, not a delay."""
LATE_AFTER_MS: Final = 75_000
"""Readings older than this are a backlog: a clock may be a minute off, the rest is the way."""


@dataclass(frozen=True, slots=True)
class LiveSession:
    """The session which a treadmill's latest reading belongs to, or the last one it had."""

    session_id: str
    claim_id: str | None
    started_at_ms: int
    last_moving_at_ms: int
    last_reading_at_ms: int
    ended_at_ms: int | None
    totals: EnergyTotals

    def is_running(self, now_ms: int) -> bool:
        """Return whether the session may still go on."""
        return self.ended_at_ms is None and not is_over(
            self.claim_id, self.last_moving_at_ms, now_ms
        )


@dataclass(frozen=True, slots=True)
class LiveReading:
    """What was measured last; velocity is the belt's, negative in reverse."""

    measured_at_ms: int
    is_reverse: bool
    speed_m_per_s: float
    grade_percent: float
    heart_rate_bpm: float | None
    is_present: bool | None
    gross_kcal_per_min: float
    net_kcal_per_min: float
    uncertainty_percent: float
    flags: int

    @property
    def belt_velocity_m_per_s(self) -> float:
        """Signed belt velocity, negative in reverse."""
        # without the condition a belt at rest would show -0.0
        return -self.speed_m_per_s if self.is_reverse and self.speed_m_per_s else self.speed_m_per_s


@dataclass(slots=True)
class TreadmillPicture:
    """What is known of one treadmill; `arrived_at_ms` is when its latest reading came to us."""

    treadmill: str
    revision: tuple[int, int] = (0, 0)
    reading: LiveReading | None = None
    session: LiveSession | None = None
    arrived_at_ms: int = 0
    is_online: bool | None = None
    alerts: TreadmillAlerts = field(default_factory=TreadmillAlerts)

    def status(self, now_ms: int) -> Status:
        """Return what the treadmill does, as far as its latest reading tells."""
        reading = self.reading
        if (
            reading is None
            or now_ms - self.arrived_at_ms > SILENT_AFTER_MS
            or now_ms - reading.measured_at_ms > LATE_AFTER_MS
        ):
            return "silent"
        is_carrying = reading.speed_m_per_s > 0 and reading.is_present is not False
        return "moving" if is_carrying else "standing"


MAX_TREADMILLS: Final = 10_000
"""A chain of gyms has fewer; a device that makes up names must not fill the memory."""


class LivePicture:
    """All treadmills; the methods return whose picture changed.

    Beyond `most` treadmills new ones are not taken, and counted in `left_out`.
    """

    def __init__(self, most: int = MAX_TREADMILLS) -> None:
        self.treadmills: dict[str, TreadmillPicture] = {}
        self.left_out = 0
        self._most = most

    def know(self, treadmill: str) -> TreadmillPicture | None:
        """Return the picture of a treadmill, new where nothing was known, None beyond the bound."""
        picture = self.treadmills.get(treadmill)
        if picture is None:
            if len(self.treadmills) >= self._most:
                self.left_out += 1
                return None
            picture = self.treadmills[treadmill] = TreadmillPicture(treadmill)
        return picture

    def restore(self, state: TreadmillState, written_at_ms: int) -> bool:
        """Take of a stored state what is not known newer; return whether that changed anything."""
        picture = self.know(state.treadmill)
        if picture is None:
            return False
        is_alert_taken = picture.alerts.restore(state)
        if picture.revision > state.revision or picture.reading is not None:
            return is_alert_taken
        picture.revision = state.revision
        session = state.session
        if session is None:
            return True
        energy = session.energy
        picture.session = LiveSession(
            session.session_id,
            session.claim_id,
            session.started_at_ms,
            session.last_moving_at_ms,
            session.last_reading_at_ms,
            None,
            energy.totals,
        )
        is_moving = session.last_moving_at_ms == session.last_reading_at_ms
        picture.reading = LiveReading(
            measured_at_ms=session.last_reading_at_ms,
            is_reverse=energy.is_reverse,
            speed_m_per_s=energy.speed_m_per_s if is_moving else 0.0,
            grade_percent=energy.grade_percent,
            heart_rate_bpm=energy.heart_rate_bpm,
            is_present=None,
            gross_kcal_per_min=energy.gross_kcal_per_min if is_moving else 0.0,
            net_kcal_per_min=energy.net_kcal_per_min if is_moving else 0.0,
            uncertainty_percent=energy.uncertainty_percent if is_moving else 0.0,
            flags=(energy.flags | (X_RAMP if energy.is_ramp else 0)) if is_moving else 0,
        )
        picture.arrived_at_ms = written_at_ms
        return True

    def apply(self, items: Iterable[EnergyItem], arrived_at_ms: int) -> set[str]:
        """Take the items of one record of `energy.v1`, in their order."""
        changed: set[str] = set()
        for item in items:
            # refolds are the recorder's: they change no live number
            if isinstance(item, EnergySegment):
                is_changed = self._apply_segment(item, arrived_at_ms)
            elif isinstance(item, Alert):
                is_changed = self._apply_alert(item)
            elif isinstance(item, Erased):
                is_changed = self._apply_erased(item)
            else:
                is_changed = isinstance(item, Checkpoint) and self._check_alerts(item)
            if is_changed:
                changed.add(item.treadmill)
        return changed

    def apply_state(self, record: StateRecord) -> bool:
        """Take a birth or a last will; return whether it changed the picture."""
        picture = self.know(record.treadmill)
        is_online = record.status == "online"
        if picture is None or picture.is_online is is_online:
            return False
        picture.is_online = is_online
        return True

    def _apply_alert(self, alert: Alert) -> bool:
        picture = self.know(alert.treadmill)
        return picture is not None and picture.alerts.apply(alert)

    def _apply_erased(self, item: Erased) -> bool:
        """Show nothing any more of a session that was erased, nor of its last reading."""
        picture = self.treadmills.get(item.treadmill)
        if picture is None:
            return False
        session, reading = picture.session, picture.reading
        is_session = session is not None and (
            item.from_ms <= session.started_at_ms < item.until_ms
            or (item.claim_id is not None and session.claim_id == item.claim_id)
        )
        is_reading = reading is not None and item.from_ms <= reading.measured_at_ms < item.until_ms
        if is_session:
            picture.session = None
        if is_reading:
            picture.reading = None
        picture.revision = max(picture.revision, item.revision)
        return is_session or is_reading

    def _check_alerts(self, checkpoint: Checkpoint) -> bool:
        """End alerts whose recovery was lost with a broker: the state knows what goes on."""
        picture = self.treadmills.get(checkpoint.treadmill)
        if picture is None or not picture.alerts.active:
            return False
        try:
            return picture.alerts.restore(decode_state(checkpoint.state))
        except (StateVersionError, *UNREADABLE):
            # a newer program's; its alerts and recoveries are understood all the same
            return False

    def _apply_segment(self, segment: EnergySegment, arrived_at_ms: int) -> bool:
        picture = self.know(segment.treadmill)
        if picture is None or segment.revision < picture.revision:
            return False
        picture.revision = segment.revision
        if segment.readings:
            latest = segment.readings[-1]
            if picture.reading is None or latest.measured_at_ms >= picture.reading.measured_at_ms:
                picture.reading = _live_reading(latest)
                picture.arrived_at_ms = arrived_at_ms
        session = segment.session
        if session is not None and (
            picture.session is None
            or session.session_id == picture.session.session_id
            or session.started_at_ms >= picture.session.started_at_ms
        ):
            picture.session = _live_session(session)
        return True


def _live_reading(reading: EnergyReading) -> LiveReading:
    return LiveReading(
        measured_at_ms=reading.measured_at_ms,
        is_reverse=reading.is_reverse,
        speed_m_per_s=reading.speed_m_per_s,
        grade_percent=reading.grade_percent,
        heart_rate_bpm=reading.heart_rate_bpm,
        is_present=reading.is_present,
        gross_kcal_per_min=reading.gross_kcal_per_min,
        net_kcal_per_min=reading.net_kcal_per_min,
        uncertainty_percent=reading.uncertainty_percent,
        flags=reading.flags,
    )


def _live_session(session: SessionSnapshot) -> LiveSession:
    return LiveSession(
        session.session_id,
        session.claim_id,
        session.started_at_ms,
        session.last_moving_at_ms,
        session.last_reading_at_ms,
        session.ended_at_ms,
        session.totals,
    )
