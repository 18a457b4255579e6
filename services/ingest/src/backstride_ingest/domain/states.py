"""Turns a treadmill's `state` message into the record of `treadmill-states.v1`."""

import msgspec

from backstride_ingest.domain.refusals import Reason, Reject, reject_message
from backstride_shared.decoding import UNREADABLE
from backstride_shared.frames import FRAME_VERSION, StateRecord
from backstride_shared.identity import TreadmillKey
from backstride_shared.messages import StateMessage

_decoder = msgspec.json.Decoder(StateMessage)


def decode_state(
    treadmill: TreadmillKey, payload: bytes, received_at_ms: int
) -> StateRecord | Reject:
    """Return the birth or last will in `payload`, or why it cannot be read."""
    try:
        message = _decoder.decode(payload)
    except UNREADABLE as error:
        return reject_message(Reason.UNREADABLE_MESSAGE, str(error), payload)
    return StateRecord(
        version=FRAME_VERSION,
        treadmill=treadmill,
        received_at_ms=received_at_ms,
        status=message.status,
        device_id=message.device_id,
        boot_id=message.boot_id,
        firmware=message.firmware,
        reverse_capable=message.reverse_capable,
        max_speed_m_per_s=message.max_speed_m_per_s,
        reading_rate_hz=message.reading_rate_hz,
        outbox_depth=message.outbox_depth,
    )
