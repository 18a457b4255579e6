"""A hundred thousand messages nobody should send, and as many records, beside good ones.

The seed is fixed, so that a failure is found again; change it to look elsewhere.
"""

from collections.abc import Iterator
from random import Random

import pytest
import structlog

from backstride_ingest.bridge import Bridge, Clock, Limits, Receipt
from backstride_ingest.domain.acceptance import AcceptedTreadmills
from backstride_ingest.reception import Reception
from backstride_processor.ports import InputRecord
from backstride_processor.processing import Processor
from backstride_shared.frames import (
    FRAME_VERSION,
    MAX_DEAD_LETTER_BYTES,
    ClaimEvent,
    EnergySegment,
    EventsFrame,
    ReadingsEvent,
    dead_letter_decoder,
    encoder,
    energy_decoder,
    events_decoder,
)
from backstride_shared.identity import TreadmillKey, partition_of
from backstride_shared.topics import PARTITION_COUNT, KafkaTopic, MqttKind, mqtt_topic
from tests.component.processor.fakes import MemoryChangelog, MemoryLog, MemoryStoredStates
from tests.factories.events import TREADMILL, claim, message, reading
from tests.factories.mqtt_payloads import NOW_MS, raw_reading, readings_payload
from tests.fakes.ingest_ports import InMemoryLog, InMemorySource
from tests.fuzz.mutations import mutated_bytes, mutated_json, mutated_topic

SEED = 20_261_123
MESSAGES_AT_INGEST = 100_000
RECORDS_AT_PROCESSOR = 100_000
BATCH = 100
GOOD = TreadmillKey("gym/good-one")
FUZZED = TreadmillKey("gym/treadmill-1")
PARTITION = partition_of(TreadmillKey(TREADMILL), PARTITION_COUNT)

pytestmark = pytest.mark.timeout(600)


@pytest.fixture(autouse=True)
def quiet_log() -> Iterator[None]:
    """Keep a warning for each bad record out of the report."""
    structlog.configure(processors=[lambda *_: ""], logger_factory=structlog.ReturnLoggerFactory())
    yield
    structlog.reset_defaults()


def test_ingest_takes_every_mutated_message_and_keeps_every_good_reading() -> None:
    random = Random(SEED)
    source = InMemorySource()
    log: InMemoryLog[Receipt] = InMemoryLog()
    now_s = 0.0
    bridge = Bridge(
        source,
        log,
        Reception(AcceptedTreadmills("*/*")),
        Limits(2 * BATCH, 10**9, 0.02, 0.005),
        Clock(now_ms=lambda: NOW_MS, monotonic_s=lambda: now_s),
    )
    good_topic, fuzzed_topic = (mqtt_topic(key, MqttKind.READINGS) for key in (GOOD, FUZZED))
    originals = [
        readings_payload(*(raw_reading(seq) for seq in range(1, count + 1)), sent_at_ms=NOW_MS)
        for count in (1, 2, 5)
    ]
    came_through: list[int] = []
    set_aside = 0

    for batch in range(MESSAGES_AT_INGEST // BATCH):
        for _ in range(BATCH):
            topic = mutated_topic(random, fuzzed_topic).decode(errors="replace")
            source.treadmill_publishes(topic, mutated_json(random, random.choice(originals)))
        source.treadmill_publishes(good_topic, readings_payload(raw_reading(batch + 1)))
        while len(source.acknowledged) < BATCH + 1:
            bridge.turn()
            now_s += 0.005
        assert source.unacknowledged == []
        for record in log.written:
            if record.topic is KafkaTopic.TREADMILL_EVENTS:
                came_through += _good_seqs(record.value)
            else:
                letter = dead_letter_decoder.decode(record.value)
                set_aside += 1
                assert letter.reason
                assert len(letter.payload) <= MAX_DEAD_LETTER_BYTES
        source.acknowledged.clear()
        log.written.clear()

    assert came_through == list(range(1, MESSAGES_AT_INGEST // BATCH + 1))
    assert set_aside > MESSAGES_AT_INGEST / 2, "the mutations are too mild"


async def test_the_processor_takes_every_mutated_record_and_keeps_every_good_reading() -> None:
    random = Random(SEED)
    log = MemoryLog()
    processor = Processor(log, MemoryChangelog(), MemoryStoredStates())
    await processor.assign(1, {PARTITION: 0})
    originals = [
        encoder.encode(EventsFrame(FRAME_VERSION, [event]))
        for event in (
            message([reading(1, 0.0), reading(2, 0.5, is_reverse=True)], device_id="fuzzed"),
            message([reading(3, 1.0)], device_id="fuzzed", after=(1, 2), sent_at_ms=1),
        )
    ] + [_frame_of_claim()]
    came_through: list[int] = []
    set_aside = 0
    offset = 0

    for batch in range(RECORDS_AT_PROCESSOR // BATCH):
        good = message([reading(batch + 1, float(batch))], device_id="good")
        values = [mutated_bytes(random, random.choice(originals)) for _ in range(BATCH)]
        values.insert(random.randrange(BATCH), encoder.encode(EventsFrame(FRAME_VERSION, [good])))
        records = [
            InputRecord(PARTITION, offset + number, 1, NOW_MS, value)
            for number, value in enumerate(values)
        ]
        offset += len(records)
        await processor.handle(records)
        await processor.checkpoint()
        for record in log.records:
            if record.topic == KafkaTopic.ENERGY:
                came_through += [
                    reading.seq
                    for item in energy_decoder.decode(record.value).items
                    if isinstance(item, EnergySegment) and item.device_id == "good"
                    for reading in item.readings
                ]
            elif record.topic == KafkaTopic.DEAD_LETTERS:
                letter = dead_letter_decoder.decode(record.value)
                set_aside += 1
                assert "could not be folded" not in letter.reason, letter
        log.records.clear()

    assert log.committed == {PARTITION: offset}, "it stalled"
    assert came_through == list(range(1, RECORDS_AT_PROCESSOR // BATCH + 1))
    assert set_aside > RECORDS_AT_PROCESSOR / 2, "the mutations are too mild"


def _good_seqs(record: bytes) -> list[int]:
    return [
        reading.seq
        for event in events_decoder.decode(record).events
        if isinstance(event, ReadingsEvent) and event.treadmill == GOOD
        for reading in event.readings
    ]


def _frame_of_claim() -> bytes:
    return encoder.encode(
        EventsFrame(FRAME_VERSION, [ClaimEvent(TREADMILL, claim("claim-1", 0.0))])
    )
