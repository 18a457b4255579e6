"""The load of the bench: what treadmills of a gym would have queued, always the same.

Speeds differ from reading to reading, as a real belt's do, and every other bout runs in reverse,
so that no program profits from a belt that repeats itself.
"""

import random
from collections.abc import Iterator
from typing import Final, NamedTuple

from backstride_shared.identity import TreadmillKey, treadmill_key
from backstride_shared.messages import Reading, ReadingsMessage, json_encoder

TREADMILLS: Final = 40
STEP_MS: Final = 250
BOUT_READINGS: Final = 240
"""The belt turns round once a minute."""
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
                device_id=f"device-{which:03}",
                boot_id=first_measured_at_ms,
                first_seq=turn * size + 1,
                count=size,
                first_measured_at_ms=first_measured_at_ms + turn * size * STEP_MS,
            ),
        )


def payload_of(
    rng: random.Random,
    *,
    device_id: str,
    boot_id: int,
    first_seq: int,
    count: int,
    first_measured_at_ms: int,
) -> bytes:
    """Return a message of one device, as our controller publishes it."""
    readings = [
        Reading(
            seq=first_seq + index,
            measured_at_ms=first_measured_at_ms + index * STEP_MS,
            direction="reverse" if (first_seq + index) // BOUT_READINGS % 2 else "forward",
            speed_m_per_s=round(rng.uniform(0.6, 2.4), 3),
            grade_percent=1.5,
            heart_rate_bpm=float(rng.randint(95, 150)),
        )
        for index in range(count)
    ]
    return json_encoder.encode(
        ReadingsMessage(
            device_id=device_id,
            boot_id=boot_id,
            sent_at_ms=readings[-1].measured_at_ms + _SEND_DELAY_MS,
            after=None if first_seq == 1 else (boot_id, first_seq - 1),
            readings=readings,
        )
    )
