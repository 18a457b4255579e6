"""`backstride dead-letters replay`: a refused reading comes back, mended, and counts once."""

from typer.testing import CliRunner

from backstride_ingest.cli import app
from backstride_shared.fold import TreadmillsFold
from backstride_shared.frames import (
    FRAME_VERSION,
    DeadLetter,
    EventsFrame,
    RepairEvent,
    Skip,
    TreadmillEvent,
    encoder,
    events_decoder,
)
from backstride_shared.identity import TreadmillKey, partition_of
from backstride_shared.topics import PARTITION_COUNT, KafkaTopic
from backstride_standalone.embedded_kafka import EmbeddedKafka
from tests.factories.events import DEVICE, START_MS, TREADMILL, message, run_of
from tests.integration.gateway.gateway_process import publish, records_of

PARTITION = partition_of(TreadmillKey(TREADMILL), PARTITION_COUNT)
BAD = b'{"seq": 4, "measured_at_ms": %d, "direction": "reverse", "speed_m_per_s": 12}' % (
    START_MS + 3000
)


def refused() -> DeadLetter:
    return DeadLetter(
        version=FRAME_VERSION,
        reason="out-of-range: speed_m_per_s 12 is not in 0 to 8",
        topic=f"backstride/v1/{TREADMILL}/readings",
        received_at_ms=START_MS + 4000,
        payload=BAD,
        payload_bytes=len(BAD),
        treadmill=TREADMILL,
        device_id=DEVICE,
        boot_id=1,
        seq=4,
    )


def replay(kafka: str, *arguments: str) -> tuple[int, str]:
    result = CliRunner().invoke(app, ["replay", *arguments, "--kafka", kafka])
    return result.exit_code, result.output


def events_in_log(kafka: str) -> list[TreadmillEvent]:
    values = records_of(kafka, KafkaTopic.TREADMILL_EVENTS, PARTITION)
    return [event for value in values for event in events_decoder.decode(value).events]


def test_a_replayed_reading_stands_in_its_treadmills_partition_and_counts_once(
    embedded_kafka: EmbeddedKafka,
) -> None:
    kafka = embedded_kafka.bootstrap_servers
    first = message([*run_of(1, 3, 0.0), *run_of(5, 3, 4.0)], skips=[Skip(4, "out-of-range")])
    frame = encoder.encode(EventsFrame(FRAME_VERSION, [first]))
    publish(kafka, KafkaTopic.TREADMILL_EVENTS, TREADMILL, [frame])
    publish(kafka, KafkaTopic.DEAD_LETTERS, TREADMILL, [encoder.encode(refused())])
    letter_id = f"{PARTITION}:0"

    assert replay(kafka, letter_id) == (
        1,
        (
            f"backstride dead-letters: {letter_id} cannot be replayed: "
            "speed_m_per_s 12 is not in 0 to 8; name good values by --set\n"
        ),
    )
    for _ in range(2):
        status, said = replay(kafka, letter_id, "--set", "speed_m_per_s=1.2")
        assert (status, said) == (0, f"{letter_id}  sent again\n")

    fold = TreadmillsFold()
    events = events_in_log(kafka)
    assert [type(event) for event in events[1:]] == [RepairEvent, RepairEvent]
    for event in events:
        fold.apply(event)
    output = fold.drain()
    state = fold.states[TREADMILL]
    assert state.readings_count == 7
    assert state.marks[DEVICE].skipped == []
    assert output.duplicate_readings == 1


def test_nothing_is_sent_when_one_of_the_letters_is_not_there(
    embedded_kafka: EmbeddedKafka,
) -> None:
    kafka = embedded_kafka.bootstrap_servers
    publish(kafka, KafkaTopic.DEAD_LETTERS, TREADMILL, [encoder.encode(refused())])

    status, said = replay(kafka, f"{PARTITION}:0", "3:99", "--set", "speed_m_per_s=1.2")

    assert (status, said) == (1, "backstride dead-letters: there is no dead letter 3:99\n")
    assert events_in_log(kafka) == []


def test_a_change_that_is_none_is_told_in_one_line(embedded_kafka: EmbeddedKafka) -> None:
    status, said = replay(embedded_kafka.bootstrap_servers, "0:0", "--set", "speed")

    assert (status, said) == (
        1,
        "backstride dead-letters: --set wants FIELD=VALUE, not 'speed'\n",
    )
