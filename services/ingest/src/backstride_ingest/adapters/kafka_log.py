"""Writes records to Kafka by confluent-kafka: in order, acknowledged by all replicas.

Order over failures: the producer is idempotent, never gives a record up by itself
(`message.timeout.ms` 0), and stops for good at an error that would leave a gap; when nothing
becomes safe for `send_timeout_s` we give it up as a whole. So no record of a partition is written
after one that was not, and what is sent again cannot arrive behind its successors.
"""

import contextlib
import logging
import time
from functools import partial
from typing import Final, Generic

import structlog
from confluent_kafka import KafkaError, KafkaException, Message, Producer

from backstride_ingest.ports import ReceiptT, Record, RecordsLostError, WrongTopicError
from backstride_shared.settings import KafkaBlock
from backstride_shared.topics import PARTITION_COUNT, KafkaTopic

log = structlog.get_logger()

TOPICS: Final = (KafkaTopic.TREADMILL_EVENTS, KafkaTopic.TREADMILL_STATES, KafkaTopic.DEAD_LETTERS)
OPEN_TIMEOUT_S: Final = 1.0
QUEUE_FULL_POLL_S: Final = 0.05
QUEUE_FULL_TIMEOUT_S: Final = 5.0
MAX_QUEUE_KBYTES: Final = 512 * 1024
"""librdkafka's own bound on what it holds; the bridge stops far earlier."""


class _Shipment(Generic[ReceiptT]):
    """What one producer was given; late reports of a producer given up end in its own."""

    def __init__(self) -> None:
        self.safe: list[ReceiptT] = []
        self.outstanding = 0
        self.outstanding_bytes = 0
        self.failure: str | None = None
        self.last_progress_s = time.monotonic()

    def sent(self, size_bytes: int) -> None:
        if not self.outstanding:
            self.last_progress_s = time.monotonic()
        self.outstanding += 1
        self.outstanding_bytes += size_bytes

    def report(
        self, receipt: ReceiptT, size_bytes: int, error: KafkaError | None, _message: Message
    ) -> None:
        self.outstanding -= 1
        self.outstanding_bytes -= size_bytes
        self.last_progress_s = time.monotonic()
        if error is None:
            self.safe.append(receipt)
        elif self.failure is None:
            self.failure = error.str()


class KafkaLog(Generic[ReceiptT]):
    """A producer that is replaced by a new one when it fails."""

    def __init__(self, kafka: KafkaBlock, client_id: str, send_timeout_s: float) -> None:
        self._kafka = kafka
        self._send_timeout_s = send_timeout_s
        self._configuration: dict[str, str | int | float | bool] = {
            "bootstrap.servers": kafka.bootstrap_servers,
            "client.id": client_id,
            "acks": "all",
            "enable.idempotence": True,
            "enable.gapless.guarantee": True,
            "message.timeout.ms": 0,
            # frames are made by us; waiting again would only delay them
            "linger.ms": 0,
            "queue.buffering.max.kbytes": MAX_QUEUE_KBYTES,
            "reconnect.backoff.max.ms": 1000,
            # we tell what we wait for; librdkafka would repeat it at each attempt
            "log_level": 2,
        }
        self._producer: Producer | None = None
        self._shipment: _Shipment[ReceiptT] = _Shipment()
        self._is_open = False

    def open(self) -> bool:
        """See `ports.RecordLog`."""
        if self._producer is None:
            self._producer = Producer(self._configuration, logger=logging.getLogger("librdkafka"))
            self._shipment = _Shipment()
        began_s = time.monotonic()
        try:
            counts = self._partition_counts(self._producer)
        except KafkaException as error:
            log.debug("Kafka not reached", error=str(error))
            # an attempt takes its whole time, so that the caller does not spin
            time.sleep(max(0.0, began_s + OPEN_TIMEOUT_S - time.monotonic()))
            return False
        wrong = [
            f"topic {topic} has {count} partitions instead of {PARTITION_COUNT}"
            for topic, count in counts.items()
            if count not in {0, PARTITION_COUNT}
        ]
        if wrong:
            raise WrongTopicError("; ".join(wrong))
        self._is_open = all(counts.values())
        if not self._is_open:
            missing = [str(topic) for topic, count in counts.items() if not count]
            log.debug("Kafka lacks topics", missing=missing)
            time.sleep(max(0.0, began_s + OPEN_TIMEOUT_S - time.monotonic()))
        return self._is_open

    def send(self, record: Record, receipt: ReceiptT) -> None:
        """See `ports.RecordLog`."""
        producer, shipment = self._producer, self._shipment
        if producer is None:
            message = "the log is not open"
            raise RecordsLostError(message)
        size_bytes = len(record.value)
        give_up_s = time.monotonic() + QUEUE_FULL_TIMEOUT_S
        while True:
            try:
                producer.produce(
                    record.topic,
                    record.value,
                    record.key,
                    record.partition,
                    on_delivery=partial(shipment.report, receipt, size_bytes),
                )
            except BufferError as error:
                if time.monotonic() > give_up_s:
                    raise RecordsLostError(str(error)) from error
                self._poll(producer, QUEUE_FULL_POLL_S)
            except KafkaException as error:
                raise RecordsLostError(str(error)) from error
            else:
                break
        shipment.sent(size_bytes)

    def take_safe(self, wait_s: float = 0.0) -> list[ReceiptT]:
        """See `ports.RecordLog`."""
        shipment = self._shipment
        if self._producer is not None and shipment.outstanding:
            self._poll(self._producer, wait_s)
        safe, shipment.safe = shipment.safe, []
        return safe

    def outstanding(self) -> int:
        """See `ports.RecordLog`."""
        return self._shipment.outstanding

    def outstanding_bytes(self) -> int:
        """See `ports.RecordLog`."""
        return self._shipment.outstanding_bytes

    def reset(self) -> None:
        """See `ports.RecordLog`."""
        self._is_open = False
        if self._producer is not None:
            self._producer.purge()
            # its last reports, which nobody waits for; purging what was under way is an error
            with contextlib.suppress(KafkaException):
                self._producer.poll(0)
        self._producer = None
        self._shipment = _Shipment()

    def waiting_for(self) -> str | None:
        """See `ports.RecordLog`."""
        return None if self._is_open else f"Kafka at {self._kafka.bootstrap_servers}"

    def _poll(self, producer: Producer, wait_s: float) -> None:
        shipment = self._shipment
        try:
            producer.poll(wait_s)
        except KafkaException as error:
            raise RecordsLostError(str(error)) from error
        if shipment.failure is not None:
            raise RecordsLostError(shipment.failure)
        silence_s = time.monotonic() - shipment.last_progress_s
        if shipment.outstanding and silence_s > self._send_timeout_s:
            message = f"no answer from Kafka for {silence_s:.0f} s"
            raise RecordsLostError(message)

    def _partition_counts(self, producer: Producer) -> dict[KafkaTopic, int]:
        if self._kafka.is_embedded:
            # the in-process broker makes a topic when it is asked for by name
            return {
                topic: len(producer.list_topics(topic, OPEN_TIMEOUT_S).topics[topic].partitions)
                for topic in TOPICS
            }
        known = producer.list_topics(timeout=OPEN_TIMEOUT_S).topics
        return {topic: len(known[topic].partitions) if topic in known else 0 for topic in TOPICS}
