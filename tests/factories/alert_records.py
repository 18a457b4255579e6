"""Safety alerts as the recorder stored them."""

from backstride_gateway.domain.alerts import AlertRecord


def alert_record(
    alert_id: str, raised_at_ms: int, *, treadmill: str, recovered_at_ms: int | None = None
) -> AlertRecord:
    """Return an alert of somebody unknown who went backward too fast."""
    return AlertRecord(
        alert_id=alert_id,
        treadmill=treadmill,
        kind="reverse-too-fast",
        raised_at_ms=raised_at_ms,
        recovered_at_ms=recovered_at_ms,
        device_id="d",
        claim_id=None,
        speed_m_per_s=1.9,
        is_reverse=True,
        grade_percent=0.0,
        limit_m_per_s=1.5,
    )
