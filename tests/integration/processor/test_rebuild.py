"""`backstride rebuild` on a real Kafka: a lost table is made good, with the same totals."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from confluent_kafka import Consumer, Producer, TopicPartition
from confluent_kafka.admin import AdminClient
from sqlalchemy import delete, insert
from typer import Typer
from typer.testing import CliRunner

from backstride_processor.cli import rebuild
from backstride_shared.fold import decode_state
from backstride_shared.identity import TreadmillKey, partition_of
from backstride_shared.store.opening import open_engine, writing
from backstride_shared.store.schema import treadmill_states
from backstride_shared.topics import (
    CHANGELOG_TOPIC,
    PARTITION_COUNT,
    RECORDER_GROUP,
    KafkaTopic,
)
from tests.integration.processor.driving import (
    Feeder,
    ProcessorProgram,
    Results,
    create_topics,
    treadmill_of_each_partition,
)
from tests.servers.kafka import LocalKafka
from tests.waiting import wait_until

READINGS = 40
_WITHIN_S = 40.0

app = Typer()
app.command()(rebuild)


@pytest.fixture
def kafka(own_kafka: LocalKafka) -> str:
    """Lend a Kafka of our own: topics and groups have fixed names."""
    create_topics(own_kafka.address)
    return own_kafka.address.bootstrap


@pytest.fixture
def results(kafka: str) -> Iterator[Results]:
    lent = Results(kafka)
    yield lent
    lent.close()


def rebuilt(kafka: str) -> tuple[int, str]:
    result = CliRunner().invoke(app, ["--kafka", kafka])
    return result.exit_code, result.output


def readings_counts(results: Results) -> dict[str, int]:
    return {
        treadmill: decode_state(state).readings_count
        for treadmill, state in results.read().states.items()
    }


def wait_for_counts(results: Results, wanted: dict[str, int]) -> None:
    wait_until(
        lambda: readings_counts(results),
        what="the states",
        within_s=_WITHIN_S,
        holds=lambda counts: counts == wanted,
    )


def record_everything(kafka: str) -> None:
    """Commit as a recorder that has stored all of `energy.v1`."""
    consumer = Consumer({"bootstrap.servers": kafka, "group.id": RECORDER_GROUP})
    places = [TopicPartition(KafkaTopic.ENERGY, number) for number in range(PARTITION_COUNT)]
    for place in places:
        place.offset = consumer.get_watermark_offsets(place, timeout=10)[1]
    consumer.commit(offsets=places, asynchronous=False)
    consumer.close()


def wait_until_nobody_processes(kafka: str) -> None:
    admin = AdminClient({"bootstrap.servers": kafka})
    wait_until(
        lambda: (
            admin.describe_consumer_groups(["backstride-processor"])["backstride-processor"]
            .result(10)
            .members
        ),
        what="the processor to have left its group",
        within_s=30,
        holds=lambda members: not members,
    )


def test_a_spoilt_table_is_made_good_from_the_rows_and_the_events(
    kafka: str, results: Results, tmp_path: Path
) -> None:
    treadmills = treadmill_of_each_partition()
    feeder = Feeder(kafka, treadmills)
    with ProcessorProgram(kafka, tmp_path) as processor:
        processor.migrate()
        for treadmill in feeder.sent:
            feeder.send(treadmill, READINGS)
        feeder.flush()
        processor.start()
        wait_for_counts(results, feeder.sent)
        # half of the rows are there, as if the others had been lost with a part of the disk
        store_states(processor.database_url, results, treadmills[:2])
        for treadmill in feeder.sent:
            feeder.send(treadmill, READINGS)
        feeder.flush()
        wait_for_counts(results, feeder.sent)

        status, said = rebuilt(kafka)
        assert (status, said) == (
            1,
            "backstride rebuild: 1 processors run; stop them first, then start them again\n",
        )
        assert processor.terminate() == 0
        wait_until_nobody_processes(kafka)
        assert rebuilt(kafka)[1].endswith("still to store; let it finish first\n")
        spoil_changelog(kafka, treadmills)
        record_everything(kafka)

        status, said = rebuilt(kafka)
        assert (status, said.partition(",")[0]) == (0, "4 states dropped"), said
        results.seen.states.clear()
        processor.start()
        wait_for_counts(results, feeder.sent)
        epochs = [decode_state(results.seen.states[treadmill]).epoch for treadmill in feeder.sent]
        assert epochs == [2, 2, 0, 0]
        assert processor.terminate() == 0


def store_states(database_url: str, results: Results, treadmills: list[TreadmillKey]) -> None:
    """Leave these rows, as a recorder that was stopped at this moment has them, and no others."""
    engine = open_engine(database_url)
    with writing(engine).begin() as connection:
        connection.execute(delete(treadmill_states))
        for treadmill in treadmills:
            blob = results.seen.states[treadmill]
            state = decode_state(blob)
            connection.execute(
                insert(treadmill_states).values(
                    treadmill=treadmill,
                    epoch=state.epoch,
                    accepted_count=state.accepted_count,
                    state=blob,
                    written_at_ms=0,
                )
            )
    engine.dispose()


def spoil_changelog(kafka: str, treadmills: list[TreadmillKey]) -> None:
    """Put states that cannot be read into the changelog: the processor could not even start."""
    producer = Producer({"bootstrap.servers": kafka})
    for treadmill in treadmills:
        partition = partition_of(treadmill, PARTITION_COUNT)
        producer.produce(CHANGELOG_TOPIC, b"\xc1", treadmill.encode(), partition)
    assert producer.flush(10) == 0
