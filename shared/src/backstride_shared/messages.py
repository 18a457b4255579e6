"""MQTT messages: what devices and programs say to each other on the wire, version 1.

Fields are added as optional only; unknown fields are ignored, so that new ones may come.
Times are milliseconds since 1970 UTC.
"""

from typing import Annotated, Literal

import msgspec
from msgspec import Meta

Direction = Literal["forward", "reverse"]
Hands = Literal["free", "rest", "grip"]

SeqNumber = Annotated[int, Meta(ge=1, le=2**32 - 1)]
BootId = Annotated[int, Meta(ge=0, le=2**53)]
EpochMs = Annotated[int, Meta(ge=0, le=2**53)]
DeviceId = Annotated[str, Meta(min_length=1, max_length=64, pattern="^[A-Za-z0-9._:-]+$")]

MAX_READINGS_PER_MESSAGE = 500
MAX_SPEED_M_PER_S = 8.0
MAX_GRADE_PERCENT = 45.0
MIN_HEART_RATE_BPM = 25.0
MAX_HEART_RATE_BPM = 250.0
MAX_AGE_MS = 7 * 24 * 3600 * 1000
"""A reading may come at most seven days late: the log keeps seven days."""
MAX_AHEAD_MS = 5 * 60 * 1000
MAX_CLOCK_AHEAD_MS = 60 * 1000
"""A device clock further ahead of the receipt than this is wrong; its times are shifted."""


class Reading(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What a treadmill observed at one moment.

    `direction` is the belt's, beside an unsigned speed; at rest it is the direction last used.
    Ranges (speed 0 to 8 m/s, grade ±45 %, heart rate 25 to 250) are checked by ingest reading by
    reading, not by the decoder, so that one bad reading does not take its message with it.
    """

    seq: SeqNumber
    measured_at_ms: EpochMs
    direction: Direction
    speed_m_per_s: float
    grade_percent: float = 0.0
    distance_m: float | None = None
    heart_rate_bpm: float | None = None
    cadence_steps_per_min: float | None = None
    is_present: bool | None = None
    hands: Hands | None = None
    is_emergency_stop: bool = False


class ReadingsMessage(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Topic `readings`, QoS 1: 1 to 500 readings of one boot, in the order of the outbox.

    `after` is the (boot_id, seq) of the reading that now stands before the first of these in the
    device's outbox, also across boots; left out when none does, and by devices without an outbox.
    """

    boot_id: BootId
    readings: Annotated[list[Reading], Meta(min_length=1, max_length=MAX_READINGS_PER_MESSAGE)]
    device_id: DeviceId | None = None
    sent_at_ms: EpochMs | None = None
    after: tuple[BootId, SeqNumber] | None = None


class ReadingsEnvelope(msgspec.Struct, frozen=True, kw_only=True):
    """The same message with its readings left undecoded: to find which of them is bad."""

    boot_id: BootId
    readings: Annotated[list[msgspec.Raw], Meta(min_length=1, max_length=MAX_READINGS_PER_MESSAGE)]
    device_id: DeviceId | None = None
    sent_at_ms: EpochMs | None = None
    after: tuple[BootId, SeqNumber] | None = None


class StateMessage(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Topic `state`, QoS 1, retained: the birth of a device, or its last will.

    Nothing personal is ever retained.
    """

    status: Literal["online", "offline"]
    boot_id: BootId | None = None
    device_id: DeviceId | None = None
    firmware: Annotated[str, Meta(max_length=64)] | None = None
    reverse_capable: bool | None = None
    max_speed_m_per_s: float | None = None
    reading_rate_hz: float | None = None
    outbox_depth: int | None = None


class StoredMessage(msgspec.Struct, frozen=True, kw_only=True):
    """Topic `stored`, QoS 1, retained: everything up to here is in the stores."""

    device_id: DeviceId
    boot_id: BootId
    seq: Annotated[int, Meta(ge=0, le=2**32 - 1)]


class RefusedMessage(msgspec.Struct, frozen=True, kw_only=True):
    """Topic `refused`, QoS 1: a payload that could not be read at all, and why.

    Only this makes a device split a message or set a reading aside; silence means: send again.
    """

    payload_sha256: Annotated[str, Meta(pattern="^[0-9a-f]{64}$")]
    reason: str


class ConsoleClaimMessage(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Topic `claims`, QoS 1: a member's number keyed in or read at the treadmill's console.

    `console_claim_id` makes a repeated message the same claim: it is sent again until an answer
    comes, and a release has the id of the claim that it ends. Somebody is known by their number
    with the PIN, or by what a reader tells of their card; a demonstration needs no PIN.
    """

    console_claim_id: Annotated[str, Meta(min_length=8, max_length=64)]
    action: Literal["claim", "release"]
    at_ms: EpochMs
    member_number: Annotated[str, Meta(min_length=1, max_length=32)] | None = None
    purpose: Literal["warm-up", "agility", "rehabilitation", "training"] | None = None
    pin: Annotated[str, Meta(min_length=1, max_length=16)] | None = None
    card: Annotated[str, Meta(min_length=1, max_length=128)] | None = None


ConsoleRefusal = Literal["not-known", "wait", "not-registered", "not-claimed", "time"]


class ClaimAnswerMessage(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Topic `answers`, QoS 1: what became of a console's message; silence means: send it again.

    `claimed` and `released` are durable. `refused` is final: `not-known` is the number with its
    PIN, or the card; `wait`: too many wrong ones, key it in again later; `not-registered`: the
    treadmill; `not-claimed`: a release by somebody who has no claim; `time`: more than seven days
    ago, or in the future.
    """

    console_claim_id: Annotated[str, Meta(min_length=8, max_length=64)]
    action: Literal["claim", "release"]
    outcome: Literal["claimed", "released", "refused"]
    reason: ConsoleRefusal | None = None


readings_decoder = msgspec.json.Decoder(ReadingsMessage)
envelope_decoder = msgspec.json.Decoder(ReadingsEnvelope)
reading_decoder = msgspec.json.Decoder(Reading)
json_encoder = msgspec.json.Encoder()
