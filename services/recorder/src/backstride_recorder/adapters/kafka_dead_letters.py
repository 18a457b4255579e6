"""Puts records that cannot be read on the dead-letter topic, and waits until Kafka has them."""

from collections.abc import Iterable
from typing import Final

from confluent_kafka import KafkaError, KafkaException, Message, Producer

from backstride_recorder.domain.batch import Poison
from backstride_recorder.ports import DeadLettersUnavailableError
from backstride_shared.frames import FRAME_VERSION, MAX_DEAD_LETTER_BYTES, DeadLetter, encoder
from backstride_shared.topics import KafkaTopic

DELIVERY_TIMEOUT_S: Final = 10.0


class KafkaDeadLetters:
    """`DeadLetters` by librdkafka; the producer is made when the first record needs it."""

    def __init__(
        self, bootstrap_servers: str, delivery_timeout_s: float = DELIVERY_TIMEOUT_S
    ) -> None:
        self._bootstrap_servers = bootstrap_servers
        self._delivery_timeout_s = delivery_timeout_s
        self._producer: Producer | None = None

    def send(self, poison: Iterable[Poison], received_at_ms: int) -> None:
        """Put the records there; on return the broker has them."""
        failures: list[str] = []

        def delivered(error: KafkaError | None, _message: Message) -> None:
            if error is not None:
                failures.append(error.str())

        producer = self._opened()
        try:
            for one in poison:
                producer.produce(
                    KafkaTopic.DEAD_LETTERS,
                    encoder.encode(_dead_letter(one, received_at_ms)),
                    # where the treadmill's log is: all our topics have the same count
                    partition=one.partition,
                    on_delivery=delivered,
                )
            # a message that ran out of time is reported as failed, so nothing lingers
            producer.flush(2 * self._delivery_timeout_s)
        except (BufferError, KafkaException) as error:
            raise DeadLettersUnavailableError(str(error)) from error
        if failures:
            raise DeadLettersUnavailableError(failures[0])

    def _opened(self) -> Producer:
        if self._producer is None:
            self._producer = Producer(
                {
                    "bootstrap.servers": self._bootstrap_servers,
                    "acks": "all",
                    "enable.idempotence": True,
                    "delivery.timeout.ms": round(self._delivery_timeout_s * 1000),
                    "log_level": 2,
                }
            )
        return self._producer


def _dead_letter(poison: Poison, received_at_ms: int) -> DeadLetter:
    payload = poison.payload
    return DeadLetter(
        version=FRAME_VERSION,
        reason=poison.reason,
        topic=KafkaTopic.ENERGY,
        received_at_ms=received_at_ms,
        payload=payload[:MAX_DEAD_LETTER_BYTES],
        payload_bytes=len(payload),
        treadmill=poison.treadmill,
        device_id=poison.device_id,
        boot_id=poison.boot_id,
        seq=poison.seq,
    )
