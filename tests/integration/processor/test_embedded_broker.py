"""The program on the broker of `backstride run`, which forgets everything when it ends."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from sqlalchemy import delete, insert

from backstride_shared.fold import decode_state
from backstride_shared.store.opening import open_engine, writing
from backstride_shared.store.schema import treadmill_states
from backstride_shared.topics import CHANGELOG_TOPIC, PARTITION_COUNT, KafkaTopic
from backstride_standalone.adapters.librdkafka_cluster import open_cluster
from backstride_standalone.embedded_kafka import EmbeddedKafka
from tests.integration.processor.driving import (
    Feeder,
    ProcessorProgram,
    Results,
    Seen,
    treadmill_of_each_partition,
)
from tests.servers.finding import HOST, free_port
from tests.waiting import wait_until


@contextmanager
def broker() -> Iterator[str]:
    """Lend a broker with our topics."""
    cluster = open_cluster()
    cluster.create_topics([*KafkaTopic, CHANGELOG_TOPIC], PARTITION_COUNT)
    yield f"{cluster.address.host}:{cluster.address.port}"
    cluster.close()


@pytest.fixture
def bootstrap_servers() -> Iterator[str]:
    """Lend a broker to one test."""
    with broker() as servers:
        yield servers


@pytest.fixture
def results(bootstrap_servers: str) -> Iterator[Results]:
    """Lend a reader of what comes out."""
    reader = Results(bootstrap_servers)
    yield reader
    reader.close()


def _all_out(results: Results, sent: dict[str, int]) -> Seen:
    wait_until(
        lambda: results.read().missing(sent),
        what="every reading to come out",
        within_s=20,
        holds=lambda missing: not missing,
    )
    return results.seen


def _wait_for_more(results: Results) -> None:
    before = results.read().total()
    wait_until(lambda: results.read().total() > before, what="more readings to come out")


def test_restarts_lose_and_repeat_no_reading(
    bootstrap_servers: str, results: Results, tmp_path: Path
) -> None:
    feeder = Feeder(bootstrap_servers, treadmill_of_each_partition())
    with ProcessorProgram(bootstrap_servers, tmp_path, is_embedded=True) as processor:
        processor.migrate()
        feeder.start(frames_per_s=100, readings_per_frame=4)
        try:
            for _ in range(2):
                processor.start()
                _wait_for_more(results)
                assert processor.terminate() == 0
        finally:
            feeder.stop()
        processor.start()
        seen = _all_out(results, feeder.sent)
        assert processor.terminate() == 0

    assert seen.total() == sum(feeder.sent.values())
    assert seen.dead_letters == []


def test_a_kill_loses_no_reading(bootstrap_servers: str, results: Results, tmp_path: Path) -> None:
    feeder = Feeder(bootstrap_servers, treadmill_of_each_partition())
    with ProcessorProgram(bootstrap_servers, tmp_path, is_embedded=True) as processor:
        processor.migrate()
        processor.start()
        feeder.start(frames_per_s=100, readings_per_frame=4)
        try:
            wait_until(lambda: results.read().checkpoints > 8, what="some checkpoints")
            processor.kill()
            processor.start()
            _wait_for_more(results)
        finally:
            feeder.stop()
        _all_out(results, feeder.sent)
        assert processor.terminate() == 0


def test_poison_is_set_aside_and_never_comes_again(
    bootstrap_servers: str, results: Results, tmp_path: Path
) -> None:
    treadmills = treadmill_of_each_partition()
    feeder = Feeder(bootstrap_servers, treadmills)
    with ProcessorProgram(bootstrap_servers, tmp_path, is_embedded=True) as processor:
        processor.migrate()
        processor.start()
        feeder.send(treadmills[0], 3)
        feeder.send_raw(b"\xc1 poison", 0)
        feeder.send(treadmills[0], 3)
        feeder.flush()
        _all_out(results, feeder.sent)
        assert processor.terminate() == 0
        processor.start()
        feeder.send(treadmills[0], 3)
        feeder.flush()
        seen = _all_out(results, feeder.sent)
        assert processor.terminate() == 0

    assert [letter.payload for letter in seen.dead_letters] == [b"\xc1 poison"]
    assert seen.total() == 9


def test_with_a_new_broker_it_goes_on_from_the_stored_rows(tmp_path: Path) -> None:
    treadmill = treadmill_of_each_partition()[1]
    with broker() as first, ProcessorProgram(first, tmp_path, is_embedded=True) as processor:
        processor.migrate()
        processor.start()
        feeder, results = Feeder(first, [treadmill]), Results(first)
        feeder.send(treadmill, 5)
        feeder.flush()
        wait_until(lambda: results.read().states.get(treadmill), what="a checkpoint")
        _store(processor, treadmill, results.seen.states[treadmill])
        assert processor.terminate() == 0
        results.close()

    with broker() as second, ProcessorProgram(second, tmp_path, is_embedded=True) as processor:
        processor.start()
        again, results = Feeder(second, [treadmill]), Results(second)
        again.send(treadmill, 5)
        again.send(treadmill, 2)
        again.flush()
        wait_until(lambda: results.read().states.get(treadmill), what="a checkpoint")
        assert processor.terminate() == 0
        seen = results.seen
        results.close()

    assert sorted(seen.readings[treadmill]) == [6, 7]
    assert decode_state(seen.states[treadmill]).revision == (2, 7)


def _store(processor: ProcessorProgram, treadmill: str, state: bytes) -> None:
    """Do what the recorder does with a checkpoint."""
    epoch, accepted_count = decode_state(state).revision
    row = {
        "treadmill": treadmill,
        "epoch": epoch,
        "accepted_count": accepted_count,
        "state": state,
        "written_at_ms": 0,
    }
    engine = open_engine(processor.database_url)
    with writing(engine).begin() as connection:
        # the processor has put one there, to have it outranked
        connection.execute(delete(treadmill_states))
        connection.execute(insert(treadmill_states).values(row))
    engine.dispose()


def test_a_broker_that_came_back_empty_ends_the_program(tmp_path: Path) -> None:
    """Its offsets mean nothing there; started again it goes on from the stored rows."""
    port = free_port()
    servers = f"{HOST}:{port}"
    with ProcessorProgram(servers, tmp_path, is_embedded=True) as processor:
        processor.migrate()
        with EmbeddedKafka(port):
            processor.start()
        with EmbeddedKafka(port):
            assert processor.wait(within_s=40) == 1
            assert "GroupIdNotFound" in processor.log.read_text()


def test_it_starts_before_its_servers_and_says_what_it_waits_for(tmp_path: Path) -> None:
    with ProcessorProgram("127.0.0.1:9", tmp_path, is_embedded=True) as processor:
        processor.spawn()
        wait_until(
            processor.readiness,
            what="Kafka to be named",
            holds=lambda answer: '"Kafka at 127.0.0.1:9"' in answer,
        )
        assert processor.terminate() == 0

    with broker() as servers, ProcessorProgram(servers, tmp_path, is_embedded=True) as processor:
        processor.spawn()
        wait_until(
            processor.readiness,
            what="the store to be named",
            within_s=20,
            holds=lambda answer: f"{processor.database} does not exist" in answer,
        )
        processor.migrate()
        wait_until(
            processor.readiness,
            what="the processor to become ready",
            within_s=20,
            holds=lambda answer: '"ready"' in answer,
        )
        assert processor.terminate() == 0


def test_it_refuses_a_log_with_another_number_of_partitions(tmp_path: Path) -> None:
    cluster = open_cluster()
    cluster.create_topics([*KafkaTopic, CHANGELOG_TOPIC], PARTITION_COUNT + 1)
    servers = f"{cluster.address.host}:{cluster.address.port}"

    with ProcessorProgram(servers, tmp_path, is_embedded=True) as processor:
        processor.spawn()
        assert processor.wait(within_s=20) == 1
        assert "has 5 partitions, needed are 4" in processor.log.read_text()
    cluster.close()


def test_it_ends_with_its_supervisor(bootstrap_servers: str, tmp_path: Path) -> None:
    settings = {"BACKSTRIDE_STOP_WITH_PARENT": "1"}
    with ProcessorProgram(
        bootstrap_servers, tmp_path, is_embedded=True, settings=settings
    ) as processor:
        processor.migrate()
        processor.start()
        processor.close_input()

        assert processor.wait(within_s=10) == 0
