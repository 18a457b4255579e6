from hypothesis import given
from hypothesis import strategies as st
from prometheus_client import REGISTRY

from backstride_ingest.domain.acceptance import AcceptedTreadmills
from backstride_ingest.domain.coalescing import EVENT_OVERHEAD_BYTES
from backstride_ingest.ports import Arrival
from backstride_ingest.reception import MAX_KNOWN_TOPICS, Reception
from backstride_shared.frames import (
    FRAME_VERSION,
    EventsFrame,
    dead_letter_decoder,
    encoder,
)
from backstride_shared.topics import PARTITION_COUNT
from tests.factories.mqtt_payloads import NOW_MS, raw_reading, readings_payload


def arrival(payload: bytes, topic: bytes = b"backstride/v1/g/t/readings") -> Arrival:
    return Arrival(topic, payload, 1, len(payload))


def test_an_event_takes_no_more_of_a_frame_than_is_said() -> None:
    reception = Reception(AcceptedTreadmills("*/*"))
    long_name = b"backstride/v1/" + b"g" * 63 + b"/" + b"t" * 63 + b"/readings"
    hostile = [{"seq": seq} for seq in range(1, 501)]
    plain = [raw_reading(seq, heart_rate_bpm=1e2) for seq in range(1, 501)]

    for readings in (hostile, plain, plain[:1]):
        outcome = reception.receive(
            arrival(readings_payload(*readings, device_id="d" * 64), long_name), NOW_MS
        )

        assert outcome.event is not None
        frame = encoder.encode(EventsFrame(FRAME_VERSION, [outcome.event]))
        assert len(frame) <= outcome.event_bytes + EVENT_OVERHEAD_BYTES


def test_a_topic_that_is_no_text_is_set_aside() -> None:
    outcome = Reception(AcceptedTreadmills("*/*")).receive(arrival(b"{}", b"\xff/\xfe"), NOW_MS)

    (record,) = outcome.records
    letter = dead_letter_decoder.decode(record.value)
    assert letter.reason.startswith("unknown-topic: ")
    assert letter.treadmill is None


def test_a_message_too_large_to_be_kept_is_set_aside_with_its_true_length() -> None:
    large = Arrival(b"backstride/v1/g/t/readings", b"x" * 100, 1, 5_000_000)

    outcome = Reception(AcceptedTreadmills("*/*")).receive(large, NOW_MS)

    (record,) = outcome.records
    letter = dead_letter_decoder.decode(record.value)
    assert (letter.payload, letter.payload_bytes) == (b"x" * 100, 5_000_000)
    assert letter.reason.startswith("unreadable-message: ")
    assert outcome.answer is None


def test_topics_are_remembered_up_to_a_bound() -> None:
    reception = Reception(AcceptedTreadmills("*/*"))
    payload = readings_payload(raw_reading(1))

    outcomes = [
        reception.receive(arrival(payload, f"backstride/v1/g/t-{number}/readings".encode()), NOW_MS)
        for number in range(MAX_KNOWN_TOPICS + 10)
    ]

    assert all(outcome.event is not None for outcome in outcomes)
    remembered = REGISTRY.get_sample_value("backstride_ingest_known_topics")
    assert remembered is not None
    assert 0 < remembered <= MAX_KNOWN_TOPICS


topics = st.binary(max_size=60) | st.sampled_from(
    [b"backstride/v1/g/t/readings", b"backstride/v1/g/t/state", b"backstride/v1/g/t/stored"]
)


@given(topics, st.binary(max_size=200), st.integers(0, 3))
def test_no_message_whatever_stops_it(topic: bytes, payload: bytes, more_bytes: int) -> None:
    reception = Reception(AcceptedTreadmills("*/*"))

    outcome = reception.receive(Arrival(topic, payload, 1, len(payload) + more_bytes), NOW_MS)

    assert len(outcome.records) >= len(outcome.rejects)
    assert all(0 <= record.partition < PARTITION_COUNT for record in outcome.records)
