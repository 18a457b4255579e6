"""Writes replayed events into the log, each into its treadmill's partition."""

from collections.abc import Sequence
from typing import Final

from confluent_kafka import KafkaError, KafkaException, Message, Producer

from backstride_shared.frames import FRAME_VERSION, EventsFrame, TreadmillEvent, encoder
from backstride_shared.identity import parse_treadmill_key, partition_of
from backstride_shared.topics import PARTITION_COUNT, KafkaTopic

TIMEOUT_S: Final = 15.0


class RepairsNotSentError(Exception):
    """Kafka did not take the events; sending them again is harmless."""


def send_events(bootstrap_servers: str, events: Sequence[TreadmillEvent]) -> None:
    """Return when Kafka has every event, in the order given.

    Raises:
        RepairsNotSentError: when it has not within 15 seconds.

    """
    failures: list[str] = []

    def note(error: KafkaError | None, _message: Message) -> None:
        if error is not None:
            failures.append(str(error))

    producer = Producer(
        {
            "bootstrap.servers": bootstrap_servers,
            "acks": "all",
            "enable.idempotence": True,
            "delivery.timeout.ms": round(TIMEOUT_S * 1000),
            "log_level": 2,
        }
    )
    try:
        for event in events:
            producer.produce(
                KafkaTopic.TREADMILL_EVENTS,
                encoder.encode(EventsFrame(FRAME_VERSION, [event])),
                partition=partition_of(parse_treadmill_key(event.treadmill), PARTITION_COUNT),
                on_delivery=note,
            )
        unsent = producer.flush(TIMEOUT_S)
    except (KafkaException, BufferError) as error:
        raise RepairsNotSentError(str(error)) from error
    if failures or unsent:
        raise RepairsNotSentError(failures[0] if failures else f"{unsent} events are not sent")
