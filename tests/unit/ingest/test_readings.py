import json
from time import process_time
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from backstride_ingest.domain.readings import decode_readings, measured_limits_ms
from backstride_ingest.domain.refusals import Reason
from backstride_shared.frames import FrameReading, Skip
from backstride_shared.identity import TreadmillKey
from backstride_shared.messages import MAX_AGE_MS, MAX_AHEAD_MS, MAX_CLOCK_AHEAD_MS
from tests.factories.mqtt_payloads import NOW_MS, raw_reading, readings_payload

TREADMILL = TreadmillKey("gym/treadmill-07")


def test_a_full_reading_keeps_every_field() -> None:
    full = raw_reading(
        7,
        grade_percent=-2.5,
        distance_m=1200.5,
        heart_rate_bpm=131,
        cadence_steps_per_min=152,
        is_present=True,
        hands="rest",
        is_emergency_stop=True,
    )

    event, rejects, refusal = decode_readings(
        TREADMILL, readings_payload(full, sent_at_ms=NOW_MS - 5, after=[4, 99]), NOW_MS
    )

    assert (rejects, refusal) == ((), None)
    assert event is not None
    assert (event.treadmill, event.device_id, event.boot_id) == (TREADMILL, "device-a", 5)
    assert (event.received_at_ms, event.sent_at_ms) == (NOW_MS, NOW_MS - 5)
    assert event.after == (4, 99)
    assert event.readings == [
        FrameReading(
            seq=7,
            measured_at_ms=NOW_MS - 1_000,
            is_reverse=True,
            speed_m_per_s=1.2,
            grade_percent=-2.5,
            heart_rate_bpm=131.0,
            is_present=True,
            hands="rest",
            is_emergency_stop=True,
            distance_m=1200.5,
            cadence_steps_per_min=152.0,
        )
    ]


def test_a_device_without_a_name_is_the_treadmill_itself() -> None:
    payload = json.dumps({"boot_id": 1, "readings": [raw_reading(1)]}).encode()

    event, _, _ = decode_readings(TREADMILL, payload, NOW_MS)

    assert event is not None
    assert event.device_id == "treadmill-07"


def test_unknown_fields_are_ignored() -> None:
    event, rejects, _ = decode_readings(
        TREADMILL, readings_payload(raw_reading(1, colour="red"), mood="good"), NOW_MS
    )

    assert event is not None
    assert (len(event.readings), rejects) == (1, ())


BAD_READINGS = [
    (raw_reading(2, speed_m_per_s=8.01), Reason.OUT_OF_RANGE),
    (raw_reading(2, speed_m_per_s=-0.1), Reason.OUT_OF_RANGE),
    (raw_reading(2, grade_percent=45.5), Reason.OUT_OF_RANGE),
    (raw_reading(2, grade_percent=-46), Reason.OUT_OF_RANGE),
    (raw_reading(2, heart_rate_bpm=24.9), Reason.OUT_OF_RANGE),
    (raw_reading(2, heart_rate_bpm=251), Reason.OUT_OF_RANGE),
    (raw_reading(2, measured_at_ms=NOW_MS - MAX_AGE_MS - 1), Reason.TIME_FAR_OFF),
    (raw_reading(2, measured_at_ms=NOW_MS + MAX_AHEAD_MS + 1), Reason.TIME_FAR_OFF),
    (raw_reading(2, measured_at_ms=0), Reason.TIME_FAR_OFF),
    (raw_reading(2, direction="backwards"), Reason.UNREADABLE_READING),
    (raw_reading(2, speed_m_per_s="1.2"), Reason.UNREADABLE_READING),
    (raw_reading(2, speed_m_per_s=None), Reason.UNREADABLE_READING),
    (raw_reading(2, measured_at_ms=12.5), Reason.UNREADABLE_READING),
    (raw_reading(2, is_present="yes"), Reason.UNREADABLE_READING),
    (raw_reading(2, hands="pockets"), Reason.UNREADABLE_READING),
    ({"seq": 2}, Reason.UNREADABLE_READING),
]


@pytest.mark.parametrize(("bad", "reason"), BAD_READINGS)
def test_a_bad_reading_becomes_a_skip_and_the_good_ones_beside_it_are_kept(
    bad: dict[str, Any], reason: Reason
) -> None:
    event, rejects, refusal = decode_readings(
        TREADMILL, readings_payload(raw_reading(1), bad, raw_reading(3)), NOW_MS
    )

    assert event is not None
    assert [reading.seq for reading in event.readings] == [1, 3]
    assert event.skips == [Skip(2, reason)]
    assert [(reject.reason, reject.seq) for reject in rejects] == [(reason, 2)]
    assert json.loads(rejects[0].payload) == bad
    assert (rejects[0].device_id, rejects[0].boot_id) == ("device-a", 5)
    assert refusal is None


@pytest.mark.parametrize(
    ("measured_at_ms", "words"),
    [
        (NOW_MS - MAX_AGE_MS - 60_000, "604860 s before its message"),
        (NOW_MS + MAX_AHEAD_MS + 60_000, "360 s after its message"),
    ],
)
def test_how_far_off_a_time_is_stands_in_words(measured_at_ms: int, words: str) -> None:
    payload = readings_payload(raw_reading(1, measured_at_ms=measured_at_ms))

    _, rejects, _ = decode_readings(TREADMILL, payload, NOW_MS)

    assert words in rejects[0].detail
    assert "604800 s before to 300 s after" in rejects[0].detail


NO_NUMBERS = ["NaN", "Infinity", "-Infinity", "nan", "-nan", "inf", "-inf", "INF", "1e999"]


@pytest.mark.parametrize("number", NO_NUMBERS)
def test_a_speed_that_is_no_number_takes_no_good_reading_along(number: str) -> None:
    payload = readings_payload(raw_reading(1), raw_reading(2), raw_reading(3)).replace(
        b'"seq": 2', b'"seq": 2, "cadence_steps_per_min": ' + number.encode()
    )

    event, rejects, refusal = decode_readings(TREADMILL, payload, NOW_MS)

    assert event is not None
    assert [reading.seq for reading in event.readings] == [1, 3]
    assert event.skips == [Skip(2, Reason.UNREADABLE_READING)]
    assert [(reject.seq, reject.reason) for reject in rejects] == [(2, Reason.UNREADABLE_READING)]
    assert "cadence_steps_per_min" in rejects[0].detail or "range" in rejects[0].detail
    assert refusal is None


def test_the_dead_letter_of_a_reading_that_is_no_number_holds_what_came() -> None:
    readings = b", ".join(
        json.dumps(raw_reading(seq)).encode().replace(b"1.2", number)
        for seq, number in ((1, b"NaN"), (2, b"Infinity"), (3, b"1.2"), (4, b"-inf"))
    )
    payload = b'{"boot_id": 5, "note": "NaN \\" Infinity", "readings": [' + readings + b"]}"

    event, rejects, _ = decode_readings(TREADMILL, payload, NOW_MS)

    assert event is not None
    assert [reading.seq for reading in event.readings] == [3]
    assert b", ".join(bytes(reject.payload) for reject in rejects[:2]) in payload
    assert b"-inf" in rejects[2].payload
    assert all("NaN and infinities are no JSON" in reject.detail for reject in rejects)


def test_a_text_that_names_no_number_is_left_alone() -> None:
    bad = {**raw_reading(1), "direction": "NaN"}
    payload = readings_payload(bad, raw_reading(2)).replace(b"1.2", b"NaN", 1)

    _, rejects, _ = decode_readings(TREADMILL, payload, NOW_MS)

    assert b'"direction": "NaN"' in rejects[0].payload


def test_the_number_of_a_boot_cannot_be_guessed() -> None:
    payload = readings_payload(raw_reading(1)).replace(b'"boot_id": 5', b'"boot_id": NaN')

    event, rejects, refusal = decode_readings(TREADMILL, payload, NOW_MS)

    assert event is None
    assert [(one.reason, one.payload) for one in rejects] == [(Reason.UNREADABLE_MESSAGE, payload)]
    assert refusal is not None


def test_the_time_to_look_for_no_numbers_grows_with_the_length_of_a_message() -> None:
    """A text without an end, full of escaped quotes, is looked at once."""
    payload = b'nan "' + b'\\"' * 120_000
    begun_s = process_time()

    _, rejects, _ = decode_readings(TREADMILL, payload, NOW_MS)

    assert [reject.reason for reject in rejects] == [Reason.UNREADABLE_MESSAGE]
    # the square of it takes minutes
    assert process_time() - begun_s < 5


@pytest.mark.parametrize("seq", [1, 2])
def test_a_number_that_does_not_increase_is_a_dead_letter_and_no_skip(seq: int) -> None:
    event, rejects, refusal = decode_readings(
        TREADMILL, readings_payload(raw_reading(2), raw_reading(seq), raw_reading(3)), NOW_MS
    )

    assert event is not None
    assert [reading.seq for reading in event.readings] == [2, 3]
    assert event.skips == []
    assert [reject.reason for reject in rejects] == [Reason.SEQ_NOT_INCREASING]
    assert refusal is None


@pytest.mark.parametrize(
    "numberless", [5, None, "reading", {"seq": 0}, {"seq": 2**32}, {"seq": "2"}, {}]
)
def test_a_reading_without_a_number_is_set_aside_and_the_device_is_told(numberless: Any) -> None:  # noqa: ANN401
    """No skip can stand for it; a device with an outbox would send it for ever."""
    event, rejects, refusal = decode_readings(
        TREADMILL, readings_payload(raw_reading(1), numberless, raw_reading(3)), NOW_MS
    )

    assert event is not None
    assert [reading.seq for reading in event.readings] == [1, 3]
    assert event.skips == []
    assert [(reject.reason, reject.seq) for reject in rejects] == [
        (Reason.UNREADABLE_READING, None)
    ]
    assert refusal is not None


UNREADABLE = {
    "nothing": b"",
    "rubbish": b"rubbish",
    "no text": b"\xff\xfe\x00",
    "null": b"null",
    "a list": b"[]",
    "an empty object": b"{}",
    "cut off": b'{"boot_id": 5, "readings": ',
    "endless nesting": b"[" * 100_000,
    "endless nesting inside": b'{"x": ' + b"[" * 100_000,
    "no readings": readings_payload(),
    "501 readings": readings_payload(*(raw_reading(seq) for seq in range(1, 502))),
    "negative boot": readings_payload(raw_reading(1), boot_id=-1),
    "boot as text": readings_payload(raw_reading(1), boot_id="5"),
    "nameless device": readings_payload(raw_reading(1), device_id=""),
    "device with a space": readings_payload(raw_reading(1), device_id="a b"),
    "long device": readings_payload(raw_reading(1), device_id="x" * 65),
    "half an after": readings_payload(raw_reading(1), after=[1]),
    "sent as text": readings_payload(raw_reading(1), sent_at_ms="now"),
}


@pytest.mark.parametrize("payload", UNREADABLE.values(), ids=UNREADABLE.keys())
def test_a_message_that_cannot_be_read_is_refused_as_a_whole(payload: bytes) -> None:
    event, rejects, refusal = decode_readings(TREADMILL, payload, NOW_MS)

    assert event is None
    assert [reject.reason for reject in rejects] == [Reason.UNREADABLE_MESSAGE]
    assert rejects[0].payload == payload
    assert refusal


def test_a_full_message_of_500_readings_is_taken() -> None:
    payload = readings_payload(*(raw_reading(seq) for seq in range(1, 501)))

    event, rejects, _ = decode_readings(TREADMILL, payload, NOW_MS)

    assert event is not None
    assert (len(event.readings), rejects) == (500, ())


def test_readings_are_judged_by_the_receipt_while_the_clock_is_right() -> None:
    at_the_edge = NOW_MS + MAX_CLOCK_AHEAD_MS

    assert measured_limits_ms(NOW_MS, None) == (NOW_MS - MAX_AGE_MS, NOW_MS + MAX_AHEAD_MS)
    assert measured_limits_ms(NOW_MS, at_the_edge) == (NOW_MS - MAX_AGE_MS, NOW_MS + MAX_AHEAD_MS)
    assert measured_limits_ms(NOW_MS, NOW_MS - MAX_AGE_MS) == (
        NOW_MS - MAX_AGE_MS,
        NOW_MS + MAX_AHEAD_MS,
    )


@pytest.mark.parametrize("sent_at_ms", [NOW_MS + MAX_CLOCK_AHEAD_MS + 1, NOW_MS - MAX_AGE_MS - 1])
def test_readings_of_a_wrong_clock_are_judged_by_that_clock(sent_at_ms: int) -> None:
    payload = readings_payload(
        raw_reading(1, measured_at_ms=sent_at_ms - 1_000),
        raw_reading(2, measured_at_ms=sent_at_ms - MAX_AGE_MS - 1),
        sent_at_ms=sent_at_ms,
    )

    event, _, _ = decode_readings(TREADMILL, payload, NOW_MS)

    assert event is not None
    # the fold shifts them; here they keep the device's time
    assert [reading.measured_at_ms for reading in event.readings] == [sent_at_ms - 1_000]
    assert event.skips == [Skip(2, Reason.TIME_FAR_OFF)]


@given(st.binary(max_size=300))
def test_no_bytes_whatever_stop_it(payload: bytes) -> None:
    event, rejects, _ = decode_readings(TREADMILL, payload, NOW_MS)

    assert (event is None) == bool(rejects)


good = st.integers(1, 2**32 - 1).map(raw_reading)
json_values = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner),
    max_leaves=8,
)
fields = st.sampled_from(
    ["seq", "measured_at_ms", "direction", "speed_m_per_s", "grade_percent", "heart_rate_bpm"]
)
spoilt = st.builds(
    lambda reading, field, value: reading | {field: value}, good, fields, json_values
)


@given(st.lists(good | spoilt | json_values, min_size=1, max_size=8))
def test_every_reading_is_kept_or_set_aside_and_numbers_increase(readings: list[Any]) -> None:
    event, rejects, _ = decode_readings(TREADMILL, readings_payload(*readings), NOW_MS)

    kept = [] if event is None else event.readings
    assert len(kept) + len(rejects) == len(readings)
    skipped = [] if event is None else [skip.seq for skip in event.skips]
    seqs = [reading.seq for reading in kept]
    assert seqs == sorted(set(seqs))
    assert skipped == sorted(set(skipped))
    assert not set(seqs) & set(skipped)


@given(st.lists(good, min_size=1, max_size=8, unique_by=lambda reading: reading["seq"]), st.data())
def test_good_readings_survive_any_neighbour(
    readings: list[dict[str, Any]], data: st.DataObject
) -> None:
    readings.sort(key=lambda reading: int(reading["seq"]))
    place = data.draw(st.integers(0, len(readings)))
    # a number of its own, so that it hides no good reading behind it
    bad = data.draw(json_values.filter(lambda value: not isinstance(value, dict)))

    event, rejects, _ = decode_readings(
        TREADMILL, readings_payload(*readings[:place], bad, *readings[place:]), NOW_MS
    )

    assert event is not None
    assert [reading.seq for reading in event.readings] == [reading["seq"] for reading in readings]
    assert len(rejects) == 1
