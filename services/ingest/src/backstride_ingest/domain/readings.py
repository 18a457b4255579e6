"""Decides which readings of a message are good; the good ones beside a bad one are kept.

The fast path decodes the message in one go and compares ranges; anything odd sends the whole
message through the slow path, reading by reading. NaN and infinities make a whole message no JSON;
the slow path reads such a message as if texts stood there, so that only their readings are bad.
"""

from typing import NamedTuple

import msgspec

from backstride_ingest.domain.no_numbers import as_texts
from backstride_ingest.domain.refusals import Reason, Reject, reject_message
from backstride_shared.decoding import UNREADABLE
from backstride_shared.frames import FrameReading, ReadingsEvent, Skip
from backstride_shared.identity import TreadmillKey, treadmill_id_of
from backstride_shared.messages import (
    MAX_AGE_MS,
    MAX_AHEAD_MS,
    MAX_CLOCK_AHEAD_MS,
    MAX_GRADE_PERCENT,
    MAX_HEART_RATE_BPM,
    MAX_SPEED_M_PER_S,
    MIN_HEART_RATE_BPM,
    Reading,
    ReadingsEnvelope,
    ReadingsMessage,
    SeqNumber,
    envelope_decoder,
    reading_decoder,
    readings_decoder,
)


class _Numbered(msgspec.Struct):
    """A reading of which only the number can be read."""

    seq: SeqNumber


_numbered_decoder = msgspec.json.Decoder(_Numbered)


class _Fault(NamedTuple):
    seq: int | None
    reason: Reason
    detail: str


class Decoded(NamedTuple):
    """What one message holds.

    `event` is None when there is nothing to fold. `refusal` is set when the device must be told:
    the message, or the number of one of its readings, could not be read; only then does silence
    not mean "send again".
    """

    event: ReadingsEvent | None
    rejects: tuple[Reject, ...] = ()
    refusal: str | None = None


def decode_readings(treadmill: TreadmillKey, payload: bytes, received_at_ms: int) -> Decoded:
    """Return the readings of one message, checked, and what of it was refused.

    `received_at_ms` is when ingest took it; measured times are compared with it, or with the
    device's own `sent_at_ms` when its clock is wrong (the fold then shifts them).
    """
    try:
        message = readings_decoder.decode(payload)
    except UNREADABLE:
        return _decode_one_by_one(treadmill, payload, received_at_ms)
    earliest_ms, latest_ms = measured_limits_ms(received_at_ms, message.sent_at_ms)
    readings: list[FrameReading] = []
    last_seq = 0
    for reading in message.readings:
        heart_rate_bpm = reading.heart_rate_bpm
        if (
            reading.seq > last_seq
            and earliest_ms <= reading.measured_at_ms <= latest_ms
            and 0.0 <= reading.speed_m_per_s <= MAX_SPEED_M_PER_S
            and -MAX_GRADE_PERCENT <= reading.grade_percent <= MAX_GRADE_PERCENT
            and (
                heart_rate_bpm is None or MIN_HEART_RATE_BPM <= heart_rate_bpm <= MAX_HEART_RATE_BPM
            )
        ):
            last_seq = reading.seq
            readings.append(to_frame(reading))
        else:
            return _decode_one_by_one(treadmill, payload, received_at_ms)
    return Decoded(_event(treadmill, message, received_at_ms, readings, []))


def measured_limits_ms(received_at_ms: int, sent_at_ms: int | None) -> tuple[int, int]:
    """Return the earliest and latest measured time that are accepted.

    The device's clock is wrong when it runs more than a minute ahead of the receipt or more than
    seven days behind; its readings are then judged by its own clock.
    """
    reference_ms = received_at_ms
    if sent_at_ms is not None:
        behind_ms = received_at_ms - sent_at_ms
        if behind_ms < -MAX_CLOCK_AHEAD_MS or behind_ms > MAX_AGE_MS:
            reference_ms = sent_at_ms
    return reference_ms - MAX_AGE_MS, reference_ms + MAX_AHEAD_MS


def _decode_one_by_one(treadmill: TreadmillKey, payload: bytes, received_at_ms: int) -> Decoded:
    try:
        envelope, readable = _envelope_of(payload)
    except UNREADABLE as error:
        detail = str(error)
        reject = reject_message(Reason.UNREADABLE_MESSAGE, detail, payload)
        return Decoded(None, (reject,), refusal=detail)
    limits_ms = measured_limits_ms(received_at_ms, envelope.sent_at_ms)
    device_id = envelope.device_id or treadmill_id_of(treadmill)
    readings: list[FrameReading] = []
    skips: list[Skip] = []
    rejects: list[Reject] = []
    refusal: str | None = None
    last_seq = 0
    looked_at_bytes = 0
    for raw in envelope.readings:
        judged = _judge(raw, last_seq, limits_ms)
        if isinstance(judged, Reading):
            readings.append(to_frame(judged))
            last_seq = judged.seq
            continue
        seq, reason, detail = judged
        original = bytes(raw)
        if readable is not payload:
            # as it came: what stands for NaN is as long, so that the places are the same
            start = readable.index(original, looked_at_bytes)
            looked_at_bytes = start + len(original)
            as_it_came = payload[start:looked_at_bytes]
            if as_it_came != original:
                detail = f"NaN and infinities are no JSON, read as texts: {detail}"
                original = as_it_came
        rejects.append(
            Reject(reason, detail, original, len(original), device_id, envelope.boot_id, seq)
        )
        if seq is None:
            # no skip can stand for it, so a device with an outbox must set it aside itself
            refusal = detail
        elif seq > last_seq:
            skips.append(Skip(seq, str(reason)))
            last_seq = seq
    if not readings and not skips:
        return Decoded(None, tuple(rejects), refusal)
    event = _event(treadmill, envelope, received_at_ms, readings, skips)
    return Decoded(event, tuple(rejects), refusal)


def _envelope_of(payload: bytes) -> tuple[ReadingsEnvelope, bytes]:
    """Return the envelope, and the bytes as they could be read: the payload itself mostly."""
    try:
        return envelope_decoder.decode(payload), payload
    except UNREADABLE:
        readable = as_texts(payload)
        if readable is payload:
            raise
        return envelope_decoder.decode(readable), readable


def _judge(raw: bytes, last_seq: int, limits_ms: tuple[int, int]) -> Reading | _Fault:
    try:
        reading = reading_decoder.decode(raw)
    except UNREADABLE as error:
        return _Fault(_seq_of(raw), Reason.UNREADABLE_READING, str(error))
    if reading.seq <= last_seq:
        detail = f"seq {reading.seq} after {last_seq} in the same message"
        return _Fault(reading.seq, Reason.SEQ_NOT_INCREASING, detail)
    if detail := _range_problem(reading):
        return _Fault(reading.seq, Reason.OUT_OF_RANGE, detail)
    if detail := _time_problem(reading, limits_ms):
        return _Fault(reading.seq, Reason.TIME_FAR_OFF, detail)
    return reading


def problem_of(reading: Reading, limits_ms: tuple[int, int]) -> str:
    """Return in words why a reading is refused, "" when it is good."""
    return _range_problem(reading) or _time_problem(reading, limits_ms)


def _range_problem(reading: Reading) -> str:
    limits = (
        ("speed_m_per_s", reading.speed_m_per_s, 0.0, MAX_SPEED_M_PER_S),
        ("grade_percent", reading.grade_percent, -MAX_GRADE_PERCENT, MAX_GRADE_PERCENT),
        ("heart_rate_bpm", reading.heart_rate_bpm, MIN_HEART_RATE_BPM, MAX_HEART_RATE_BPM),
    )
    return "; ".join(
        f"{name} {value:g} is not in {least:g} to {most:g}"
        for name, value, least, most in limits
        if value is not None and not least <= value <= most
    )


def _time_problem(reading: Reading, limits_ms: tuple[int, int]) -> str:
    earliest_ms, latest_ms = limits_ms
    if earliest_ms <= reading.measured_at_ms <= latest_ms:
        return ""
    late_s = (latest_ms - MAX_AHEAD_MS - reading.measured_at_ms) / 1000
    where = f"{late_s:.0f} s before" if late_s > 0 else f"{-late_s:.0f} s after"
    return (
        f"measured_at_ms {reading.measured_at_ms} is {where} its message; accepted is "
        f"{MAX_AGE_MS // 1000} s before to {MAX_AHEAD_MS // 1000} s after"
    )


def _seq_of(raw: bytes) -> int | None:
    try:
        return _numbered_decoder.decode(raw).seq
    except UNREADABLE:
        return None


def to_frame(reading: Reading) -> FrameReading:
    """Return a checked reading as the log holds it."""
    return FrameReading(
        reading.seq,
        reading.measured_at_ms,
        reading.direction == "reverse",
        reading.speed_m_per_s,
        reading.grade_percent,
        reading.heart_rate_bpm,
        reading.is_present,
        reading.hands,
        reading.is_emergency_stop,
        reading.distance_m,
        reading.cadence_steps_per_min,
    )


def _event(
    treadmill: TreadmillKey,
    message: ReadingsMessage | ReadingsEnvelope,
    received_at_ms: int,
    readings: list[FrameReading],
    skips: list[Skip],
) -> ReadingsEvent:
    return ReadingsEvent(
        treadmill,
        # a device that names none is the treadmill itself
        message.device_id or treadmill_id_of(treadmill),
        message.boot_id,
        received_at_ms,
        message.sent_at_ms,
        message.after,
        readings,
        skips,
    )
