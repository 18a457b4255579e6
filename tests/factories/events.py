"""Events of the log with the few values that a test cares about."""

from collections.abc import Sequence

import msgspec

from backstride_shared.claims import Claim
from backstride_shared.energy import Wearer
from backstride_shared.frames import (
    CorrectionEvent,
    ErasureEvent,
    FrameReading,
    ReadingsEvent,
    Skip,
)
from backstride_shared.messages import Hands

TREADMILL = "gym/treadmill"
DEVICE = "device-a"
START_MS = 1_795_406_900_000


def reading(
    seq: int,
    at_s: float,
    speed_m_per_s: float = 1.2,
    *,
    is_reverse: bool = False,
    is_present: bool | None = None,
    heart_rate_bpm: float | None = None,
) -> FrameReading:
    """Return a reading measured `at_s` seconds after START_MS."""
    return FrameReading(
        seq=seq,
        measured_at_ms=START_MS + round(at_s * 1000),
        is_reverse=is_reverse,
        speed_m_per_s=speed_m_per_s,
        is_present=is_present,
        heart_rate_bpm=heart_rate_bpm,
    )


def run_of(
    first_seq: int,
    count: int,
    from_s: float,
    speed_m_per_s: float = 1.2,
    step_s: float = 1.0,
    *,
    is_reverse: bool = False,
) -> list[FrameReading]:
    """Return `count` readings of one speed, `step_s` apart."""
    return [
        reading(
            first_seq + number,
            from_s + number * step_s,
            speed_m_per_s,
            is_reverse=is_reverse,
        )
        for number in range(count)
    ]


def message(
    readings: Sequence[FrameReading],
    *,
    skips: Sequence[Skip] = (),
    boot_id: int = 1,
    device_id: str = DEVICE,
    after: tuple[int, int] | None = None,
    sent_at_ms: int | None = None,
    received_at_ms: int = START_MS,
) -> ReadingsEvent:
    """Return one MQTT message as ingest takes it."""
    return ReadingsEvent(
        treadmill=TREADMILL,
        device_id=device_id,
        boot_id=boot_id,
        received_at_ms=received_at_ms,
        sent_at_ms=sent_at_ms,
        after=after,
        readings=list(readings),
        skips=list(skips),
    )


def correction(
    claim_: Claim,
    number: int,
    *,
    mass_kg: float | None = None,
    hands: Hands | None = None,
    trimmed_at_s: float | None = None,
) -> CorrectionEvent:
    """Return the `number`-th correction of a claim; it stands on the claim alone."""
    wearer = claim_.wearer if mass_kg is None else Wearer(mass_kg=mass_kg)
    trimmed_at_ms = None if trimmed_at_s is None else START_MS + round(trimmed_at_s * 1000)
    return CorrectionEvent(
        TREADMILL,
        msgspec.structs.replace(
            claim_,
            wearer=wearer,
            hands=hands,
            trimmed_at_ms=trimmed_at_ms,
            correction=(START_MS + number, f"correction-{number}"),
        ),
    )


def erasure(
    number: int, claim_id: str | None, from_s: float, until_s: float, active_s: float | None = None
) -> ErasureEvent:
    """Return an erasure of what lies in an interval, seconds after START_MS."""
    return ErasureEvent(
        treadmill=TREADMILL,
        erasure_id=f"erasure-{number}",
        claim_id=claim_id,
        from_ms=START_MS + round(from_s * 1000),
        until_ms=START_MS + round(until_s * 1000),
        active_at_ms=START_MS + round((from_s if active_s is None else active_s) * 1000),
    )


def claim(
    claim_id: str,
    at_s: float,
    *,
    released_at_s: float | None = None,
    mass_kg: float = 80.0,
) -> Claim:
    """Return a claim that begins `at_s` seconds after START_MS."""
    return Claim(
        claim_id=claim_id,
        claimed_at_ms=START_MS + round(at_s * 1000),
        wearer=Wearer(mass_kg=mass_kg),
        released_at_ms=None if released_at_s is None else START_MS + round(released_at_s * 1000),
    )
