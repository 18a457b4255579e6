from pathlib import Path

import pytest

from backstride_shared.provision.declared_topics import TopicsFileError, declared_topics
from backstride_shared.topics import CHANGELOG_TOPIC, PARTITION_COUNT, KafkaTopic
from tests.repository import ROOT

TOPICS = ROOT / "infra/kafka/topics.yaml"
WEEK_MS = 7 * 86_400_000


def test_every_topic_of_the_programs_is_declared_and_no_other() -> None:
    assert set(declared_topics(TOPICS)) == {*KafkaTopic, CHANGELOG_TOPIC}


def test_every_topic_has_the_partitions_that_producers_count_on() -> None:
    assert {topic.partitions for topic in declared_topics(TOPICS).values()} == {PARTITION_COUNT}


def test_body_data_stay_in_the_log_no_longer_than_promised() -> None:
    events = declared_topics(TOPICS)[KafkaTopic.TREADMILL_EVENTS]

    assert events.settings["cleanup.policy"] == "delete"
    assert int(events.settings["retention.ms"]) == WEEK_MS


def test_the_table_is_compacted_so_that_no_treadmill_is_forgotten() -> None:
    assert declared_topics(TOPICS)[CHANGELOG_TOPIC].settings["cleanup.policy"] == "compact"


def test_the_table_is_cut_into_small_segments_so_that_a_restart_reads_little() -> None:
    settings = declared_topics(TOPICS)[CHANGELOG_TOPIC].settings

    assert int(settings["segment.bytes"]) <= 8 * 1024 * 1024
    assert int(settings["segment.ms"]) <= 60_000
    assert float(settings["min.cleanable.dirty.ratio"]) <= 0.1


@pytest.mark.parametrize(
    "text",
    [
        "a: [",
        "a: 4",
        "a: {holds: x, partitions: four, config: {}}",
        "a: {holds: x, partitions: 4, config: {}, partition: 5}",
    ],
)
def test_a_malformed_file_is_told_by_its_name(text: str, tmp_path: Path) -> None:
    path = tmp_path / "topics.yaml"
    path.write_text(text)

    with pytest.raises(TopicsFileError, match=r"topics\.yaml"):
        declared_topics(path)


def test_a_missing_file_is_told(tmp_path: Path) -> None:
    with pytest.raises(TopicsFileError, match="No such file"):
        declared_topics(tmp_path / "none.yaml")
