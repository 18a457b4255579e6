"""Faust's recovery on a real Kafka under load: nothing lost with the correction, some without."""

from pathlib import Path

import pytest

from tests.integration.processor.driving import (
    Feeder,
    ProcessorProgram,
    Results,
    Seen,
    create_topics,
    treadmill_of_each_partition,
)
from tests.servers.kafka import LocalKafka
from tests.waiting import wait_until

RESTARTS = 2
# each is as likely as not to lose something
RESTARTS_TO_LOSE = 7
FRAMES_PER_S = 400.0
READINGS_PER_FRAME = 4
# as many in each batch as make up for what an answer takes
FOR_A_FAR_BROKER = {
    "BACKSTRIDE_PROCESSOR__BATCH_FRAMES": "512",
    "BACKSTRIDE_PROCESSOR__BUFFERED_FRAMES": "2048",
}
PROGRAM = str(Path(__file__).with_name("far_broker_processor.py"))


@pytest.fixture
def bootstrap_servers(own_kafka: LocalKafka) -> str:
    """Lend a Kafka of our own: topics and the group have fixed names."""
    create_topics(own_kafka.address)
    return own_kafka.address.bootstrap


def _restarted_under_load(
    bootstrap_servers: str, folder: Path, recovery: str, restarts: int
) -> tuple[dict[str, int], Seen]:
    """Return what was sent and what came out until the last reading of every treadmill did."""
    feeder = Feeder(bootstrap_servers, treadmill_of_each_partition())
    results = Results(bootstrap_servers)
    with ProcessorProgram(
        bootstrap_servers, folder, command=(PROGRAM, recovery), settings=FOR_A_FAR_BROKER
    ) as processor:
        processor.migrate()
        feeder.start(frames_per_s=FRAMES_PER_S, readings_per_frame=READINGS_PER_FRAME)
        try:
            for _ in range(restarts):
                processor.start()
                _wait_for_more(results)
                assert processor.terminate() == 0
            processor.start()
        finally:
            feeder.stop()
        wait_until(
            lambda: {
                treadmill: max(results.read().readings[treadmill], default=0)
                for treadmill in feeder.sent
            },
            what=f"the last readings of {feeder.sent}",
            within_s=30,
            holds=lambda last: last == feeder.sent,
        )
        assert processor.terminate() == 0
        seen = results.read()
    results.close()
    return feeder.sent, seen


def _wait_for_more(results: Results) -> None:
    before = results.read().total()
    wait_until(
        lambda: results.read().total() - before,
        what="readings to come out between two restarts",
        within_s=20,
        holds=lambda count: count > FRAMES_PER_S,
    )


def test_restarts_under_load_lose_no_reading(bootstrap_servers: str, tmp_path: Path) -> None:
    sent, seen = _restarted_under_load(bootstrap_servers, tmp_path, "mended", RESTARTS)

    assert seen.missing(sent) == {}
    assert seen.dead_letters == []


def test_without_the_correction_the_same_restarts_lose_readings(
    bootstrap_servers: str, tmp_path: Path
) -> None:
    sent, seen = _restarted_under_load(bootstrap_servers, tmp_path, "unmended", RESTARTS_TO_LOSE)

    assert seen.missing(sent), "the correction in adapters/faust_recovery.py may be needless now"
