"""Safety alerts as the API says them."""

from typing import Literal

from pydantic import BaseModel, Field

from backstride_gateway.acknowledging import Acknowledgement
from backstride_gateway.api.models import UtcTime, utc, utc_or_none
from backstride_gateway.domain.alerts import AlertRecord, sentence_of
from backstride_shared.fold.alerts import AlertKind
from backstride_shared.identity import TreadmillKey, gym_id_of, treadmill_id_of

KINDS = ", ".join(AlertKind)


class AlertView(BaseModel):
    """A safety alert; speed, direction and grade are those of the reading that raised it."""

    alert_id: str
    gym_id: str
    treadmill_id: str
    kind: str = Field(description=KINDS)
    sentence: str = Field(description="For people")
    raised_at: UtcTime
    recovered_at: UtcTime | None = Field(description="null: it goes on")
    is_active: bool
    acknowledged_at: UtcTime | None = Field(description="null: nobody of the staff said so yet")
    acknowledged_by: str | None = Field(description="Who of the staff, by the sign-in name")
    claim_id: str | None = Field(description="Who held the treadmill; null: nobody")
    direction: Literal["forward", "reverse"] | None = Field(description="The belt's")
    speed_m_per_s: float | None
    grade_percent: float | None
    limit_m_per_s: float | None = Field(description="The speed advised, where the kind has one")

    @classmethod
    def of(cls, alert: AlertRecord, seen: Acknowledgement | None) -> "AlertView":
        """Return an alert as the API tells it."""
        key = TreadmillKey(alert.treadmill)
        direction: Literal["forward", "reverse"] | None = None
        if alert.is_reverse is not None:
            direction = "reverse" if alert.is_reverse else "forward"
        return cls(
            alert_id=alert.alert_id,
            gym_id=gym_id_of(key),
            treadmill_id=treadmill_id_of(key),
            kind=alert.kind,
            sentence=sentence_of(alert.kind),
            raised_at=utc(alert.raised_at_ms),
            recovered_at=utc_or_none(alert.recovered_at_ms),
            is_active=alert.recovered_at_ms is None,
            acknowledged_at=utc_or_none(None if seen is None else seen.acknowledged_at_ms),
            acknowledged_by=None if seen is None else seen.sign_in_name,
            claim_id=alert.claim_id,
            direction=direction,
            speed_m_per_s=alert.speed_m_per_s,
            grade_percent=alert.grade_percent,
            limit_m_per_s=alert.limit_m_per_s,
        )


class AlertList(BaseModel):
    """One page of alerts, newest first."""

    alerts: list[AlertView]
    next_cursor: str | None = Field(description="Ask with it for older ones; null: there are none")
