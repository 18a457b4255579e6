"""Why something that arrived is refused: the closed list, and what is kept of it."""

from enum import StrEnum

import msgspec

from backstride_shared.frames import FRAME_VERSION, MAX_DEAD_LETTER_BYTES, DeadLetter
from backstride_shared.identity import TreadmillKey


class Reason(StrEnum):
    """The kinds of refusal: labels of the metric, and the first word of a dead letter's reason."""

    UNKNOWN_TOPIC = "unknown-topic"
    UNKNOWN_TREADMILL = "unknown-treadmill"
    UNREADABLE_MESSAGE = "unreadable-message"
    UNREADABLE_READING = "unreadable-reading"
    OUT_OF_RANGE = "out-of-range"
    TIME_FAR_OFF = "time-far-off"
    SEQ_NOT_INCREASING = "seq-not-increasing"


class Reject(msgspec.Struct, frozen=True):
    """One refused message or reading: its bytes, and why in words."""

    reason: Reason
    detail: str
    payload: bytes
    payload_bytes: int
    device_id: str | None = None
    boot_id: int | None = None
    seq: int | None = None

    def to_dead_letter(
        self, topic: str, treadmill: TreadmillKey | None, received_at_ms: int
    ) -> DeadLetter:
        """Return the record for the dead letters, its payload cut to the allowed length."""
        return DeadLetter(
            version=FRAME_VERSION,
            reason=f"{self.reason}: {self.detail}",
            topic=topic,
            received_at_ms=received_at_ms,
            payload=self.payload[:MAX_DEAD_LETTER_BYTES],
            payload_bytes=self.payload_bytes,
            treadmill=treadmill,
            device_id=self.device_id,
            boot_id=self.boot_id,
            seq=self.seq,
        )


def reject_message(reason: Reason, detail: str, payload: bytes, payload_bytes: int = 0) -> Reject:
    """Return the refusal of a whole message; `payload_bytes` if more came than was kept."""
    return Reject(reason, detail, payload, max(payload_bytes, len(payload)))
