"""How readings, claims and states look on the wire; `backstride_shared.messages` defines them."""

from collections.abc import Sequence
from typing import Final

import msgspec

from backstride_controller.domain.belt import BeltLimits
from backstride_controller.domain.delivery import Position
from backstride_shared.messages import StateMessage, json_encoder

CLOCKS_WERE_SET_AFTER_MS: Final = 1_577_836_800_000
"""2020: a device that measured something earlier had a clock that nobody had set yet."""


class _Measured(msgspec.Struct):
    measured_at_ms: int


_measured_decoder = msgspec.json.Decoder(_Measured)


class _Envelope(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A `ReadingsMessage` whose readings are JSON already, as they lie in the outbox."""

    device_id: str
    boot_id: int
    sent_at_ms: int
    after: Position | None = None
    readings: list[msgspec.Raw]


def sent_at_of_old_boot(now_ms: int, last_payload: bytes) -> int:
    """Return what an earlier boot's clock would show now, as far as that can be known.

    `last_payload` is the JSON of the last reading sent. The clock may have been set since: what is
    later than now, or of a time before clocks were set, was measured by a wrong one. The platform
    judges and corrects a boot's times by `sent_at_ms`, which so has to be of the same clock.
    """
    last_ms = _measured_decoder.decode(last_payload).measured_at_ms
    return last_ms if last_ms > now_ms or last_ms < CLOCKS_WERE_SET_AFTER_MS else now_ms


def readings_message(
    device_id: str,
    boot_id: int,
    sent_at_ms: int,
    after: Position | None,
    payloads: Sequence[bytes],
) -> bytes:
    """Return a message of the readings whose JSON is given."""
    return json_encoder.encode(
        _Envelope(
            device_id=device_id,
            boot_id=boot_id,
            sent_at_ms=sent_at_ms,
            after=after,
            readings=[msgspec.Raw(payload) for payload in payloads],
        )
    )


def birth(device_id: str, boot_id: int, firmware: str, rate_hz: float, outbox_depth: int) -> bytes:
    """Return the `state` of a device that has come online."""
    return json_encoder.encode(
        StateMessage(
            status="online",
            device_id=device_id,
            boot_id=boot_id,
            firmware=firmware,
            reverse_capable=True,
            max_speed_m_per_s=BeltLimits().max_forward_m_per_s,
            reading_rate_hz=rate_hz,
            outbox_depth=outbox_depth,
        )
    )


def last_will(device_id: str, boot_id: int) -> bytes:
    """Return the `state` of a device that is gone, whether it said so or not."""
    return json_encoder.encode(StateMessage(status="offline", device_id=device_id, boot_id=boot_id))
