"""`python -m backstride_shared.provision.kafka`: topics as `infra/kafka/topics.yaml` declares.

Creates topics that are missing and sets settings that differ, so that it may run before every
start. It refuses a broker that creates topics by itself, because one of ours made by accident has
another number of partitions, and a topic whose number differs, because changing it would move
treadmills from one log to another. Topics that are not declared are left alone.
"""

import time
from collections.abc import Iterable, Mapping
from typing import Final

import structlog
from confluent_kafka import KafkaException
from confluent_kafka.admin import (
    AdminClient,
    AlterConfigOpType,
    ConfigEntry,
    ConfigResource,
    ResourceType,
)
from confluent_kafka.cimpl import NewTopic

from backstride_shared.lifecycle import backoff_s
from backstride_shared.provision.declared_topics import (
    DeclaredTopic,
    TopicsFileError,
    declared_topics,
)
from backstride_shared.provision.settings import TopicsBlock, TopicsSettings
from backstride_shared.settings import read_settings_or_exit
from backstride_shared.telemetry import set_up_logging

log = structlog.get_logger()

TIMEOUT_S: Final = 20.0
AUTO_CREATION: Final = "auto.create.topics.enable"


class TopicsError(Exception):
    """The broker's topics cannot become what is declared; `problems` holds a sentence each."""

    def __init__(self, problems: list[str]) -> None:
        """Keep every problem, so that all are told at once."""
        super().__init__("; ".join(problems))
        self.problems = problems


def main() -> None:
    """Set the topics up, or say why not and end with status 1."""
    settings = read_settings_or_exit(TopicsSettings)
    set_up_logging("kafka-setup", settings.telemetry)
    try:
        set_up(settings.kafka.bootstrap_servers, settings.topics)
    except (TopicsError, TopicsFileError, KafkaException) as error:
        log.error("topics not set up", error=str(error))  # noqa: TRY400  the text says it all
        raise SystemExit(1) from None


def set_up(bootstrap_servers: str, wanted: TopicsBlock) -> None:
    """Bring the broker's topics to what is declared; nothing is changed when one cannot be.

    Raises:
        TopicsFileError: when the file cannot be read.
        TopicsError: when the broker makes topics by itself, or a number of partitions differs.
        KafkaException: when the broker is not there in time, or refuses a change.

    """
    topics = declared_topics(wanted.file)
    admin = AdminClient({"bootstrap.servers": bootstrap_servers, "log_level": 0})
    found = _partition_counts(admin, wanted.wait_s)
    if problems := [*_auto_creation(admin), *_other_counts(topics, found)]:
        raise TopicsError(problems)
    missing = {name: topic for name, topic in topics.items() if name not in found}
    _create(admin, missing, wanted)
    _mend(admin, {name: topic for name, topic in topics.items() if name in found}, wanted)
    log.info("topics set up", created=len(missing), declared=len(topics))


def _partition_counts(admin: AdminClient, wait_s: float) -> dict[str, int]:
    deadline_s = time.monotonic() + wait_s
    for pause_s in backoff_s(most_s=2.0):
        try:
            metadata = admin.list_topics(timeout=5.0)
        except KafkaException as error:
            if time.monotonic() > deadline_s:
                raise
            log.info("waiting for Kafka", error=str(error))
            time.sleep(pause_s)
        else:
            return {name: len(topic.partitions) for name, topic in metadata.topics.items()}
    raise AssertionError("the waiting times never end")


def _auto_creation(admin: AdminClient) -> list[str]:
    brokers = admin.list_topics(timeout=TIMEOUT_S).brokers
    resources = [ConfigResource(ResourceType.BROKER, str(number)) for number in brokers]
    return [
        f"broker {resource.name} creates topics by itself: set {AUTO_CREATION}=false there"
        for resource, settings in _described(admin, resources).items()
        if settings[AUTO_CREATION] != "false"
    ]


def _other_counts(topics: Mapping[str, DeclaredTopic], found: Mapping[str, int]) -> list[str]:
    return [
        f"topic {name} has {found[name]} partitions, declared are {topic.partitions}: treadmills "
        "would move between logs; empty the broker and rebuild, or declare what it has"
        for name, topic in topics.items()
        if name in found and found[name] != topic.partitions
    ]


def _create(admin: AdminClient, topics: Mapping[str, DeclaredTopic], wanted: TopicsBlock) -> None:
    if not topics:
        return
    created = admin.create_topics(
        [
            NewTopic(
                name,
                num_partitions=topic.partitions,
                replication_factor=wanted.replication_factor,
                config=_settings(topic, wanted),
            )
            for name, topic in topics.items()
        ],
        operation_timeout=TIMEOUT_S,
    )
    for name, done in created.items():
        done.result(TIMEOUT_S)
        log.info("topic made", topic=name)


def _mend(admin: AdminClient, topics: Mapping[str, DeclaredTopic], wanted: TopicsBlock) -> None:
    resources = [ConfigResource(ResourceType.TOPIC, name) for name in topics]
    changes: list[ConfigResource] = []
    for resource, settings in _described(admin, resources).items():
        differing = {
            name: value
            for name, value in _settings(topics[resource.name], wanted).items()
            if settings.get(name) != value
        }
        if differing:
            log.info("topic changed", topic=resource.name, settings=differing)
            changes.append(
                ConfigResource(
                    ResourceType.TOPIC,
                    resource.name,
                    incremental_configs=[
                        ConfigEntry(name, value, incremental_operation=AlterConfigOpType.SET)
                        for name, value in differing.items()
                    ],
                )
            )
    if changes:
        for done in admin.incremental_alter_configs(changes).values():
            done.result(TIMEOUT_S)


def _settings(topic: DeclaredTopic, wanted: TopicsBlock) -> dict[str, str]:
    return {**topic.settings, "min.insync.replicas": str(wanted.min_insync_replicas)}


def _described(
    admin: AdminClient, resources: Iterable[ConfigResource]
) -> dict[ConfigResource, dict[str, str | None]]:
    asked = list(resources)
    if not asked:
        return {}
    return {
        resource: {name: entry.value for name, entry in described.result(TIMEOUT_S).items()}
        for resource, described in admin.describe_configs(asked).items()
    }


if __name__ == "__main__":
    main()
