"""The load of the bench: what treadmills of a gym would have queued, always the same.

Speeds differ from reading to reading, as a real belt's do, so that no program profits from a belt
that repeats itself. A gym's mixture: half walk forward, a quarter jogs uphill, and a quarter takes
turns forward and in reverse, with a belt that slows down before it turns.
"""

import random
from collections.abc import Iterator
from typing import Final, NamedTuple

from backstride_shared.identity import TreadmillKey, treadmill_key
from backstride_shared.messages import Reading, ReadingsMessage, json_encoder

TREADMILLS: Final = 40
STEP_MS: Final = 250
BOUT_READINGS: Final = 240
"""A belt that takes turns does so once a minute."""
_TURN_READINGS: Final = 16
"""So long it is slow at the beginning and at the end of a bout."""
_SEND_DELAY_MS: Final = 120


class Load(NamedTuple):
    """Messages of equal size, dealt out to the treadmills in turn."""

    messages_count: int
    readings_per_message: int

    @property
    def readings_count(self) -> int:
        """How many readings there are in all."""
        return self.messages_count * self.readings_per_message

    @property
    def name(self) -> str:
        """The load in words."""
        each = "1 reading" if self.readings_per_message == 1 else self._several
        return f"{self.messages_count // 1000} k messages of {each}"

    @property
    def _several(self) -> str:
        return f"{self.readings_per_message} readings"


def treadmills_of(gym_id: str, count: int = TREADMILLS) -> list[TreadmillKey]:
    """Return the treadmills of a gym."""
    return [treadmill_key(gym_id, f"treadmill-{number:03}") for number in range(count)]


def messages(load: Load, gym_id: str, first_measured_at_ms: int) -> Iterator[tuple[str, bytes]]:
    """Yield `gym_id/treadmill_id` and payload of each message, in the order of their sending."""
    rng = random.Random(1)
    treadmills = treadmills_of(gym_id)
    size = load.readings_per_message
    for number in range(load.messages_count):
        turn, which = divmod(number, len(treadmills))
        yield (
            treadmills[which],
            payload_of(
                rng,
                device_number=which,
                boot_id=first_measured_at_ms,
                first_seq=turn * size + 1,
                count=size,
                first_measured_at_ms=first_measured_at_ms + turn * size * STEP_MS,
            ),
        )


def payload_of(
    rng: random.Random,
    *,
    device_number: int,
    boot_id: int,
    first_seq: int,
    count: int,
    first_measured_at_ms: int,
) -> bytes:
    """Return a message of one device, as our controller publishes it."""
    readings = [
        _reading(rng, device_number, first_seq + index, first_measured_at_ms + index * STEP_MS)
        for index in range(count)
    ]
    return json_encoder.encode(
        ReadingsMessage(
            device_id=f"device-{device_number:03}",
            boot_id=boot_id,
            sent_at_ms=readings[-1].measured_at_ms + _SEND_DELAY_MS,
            after=None if first_seq == 1 else (boot_id, first_seq - 1),
            readings=readings,
        )
    )


def _reading(rng: random.Random, device_number: int, seq: int, measured_at_ms: int) -> Reading:
    is_reverse = False
    pace_m_per_s, grade_percent = 1.3, 0.0
    if device_number % 4 == 1:
        pace_m_per_s, grade_percent = 2.6, 1.0
    elif device_number % 4 == 3:  # noqa: PLR2004  every fourth
        bout, position = divmod(seq, BOUT_READINGS)
        is_reverse = bool(bout % 2)
        is_turning = not _TURN_READINGS <= position < BOUT_READINGS - _TURN_READINGS
        pace_m_per_s = 0.3 if is_turning else 0.8
    return Reading(
        seq=seq,
        measured_at_ms=measured_at_ms,
        direction="reverse" if is_reverse else "forward",
        speed_m_per_s=round(pace_m_per_s + rng.uniform(-0.1, 0.1), 3),
        grade_percent=grade_percent,
        heart_rate_bpm=float(rng.randint(95, 150)),
    )
