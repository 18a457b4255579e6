"""What ingest needs of the world: messages from MQTT, and a log that takes records."""

from collections.abc import Sequence
from typing import NamedTuple, Protocol, TypeVar

from backstride_shared.topics import KafkaTopic

ReceiptT = TypeVar("ReceiptT")


class Arrival(NamedTuple):
    """An MQTT message as it came.

    `mid` is 0 when the sender wants no acknowledgement. `payload_bytes` is more than the length of
    `payload` when the message was too large to be kept.
    """

    topic: bytes
    payload: bytes
    mid: int
    payload_bytes: int


class Record(NamedTuple):
    """A record for the log, with the partition that it must go to."""

    topic: KafkaTopic
    partition: int
    value: bytes
    key: bytes | None = None


class RecordsLostError(Exception):
    """The log refused a record or was silent for too long: nothing outstanding may be assumed."""


class WrongTopicError(Exception):
    """The log's topics are not what this program was built for; waiting will not mend it."""


class MessageSource(Protocol):
    """Messages of treadmills, given again after each reconnect until they are acknowledged."""

    def take(self, wait_s: float, *, may_read: bool) -> tuple[int, Sequence[Arrival]]:
        """Return the number of the connection and what arrived, waiting at most `wait_s`.

        Called all the time, also with `may_read` False, when nothing more can be held: then the
        connection is kept alive and nothing is taken. Connects and reconnects by itself; a new
        number says that messages not acknowledged before will come again, with other ids.
        """
        ...

    def acknowledge(self, connection: int, mids: Sequence[int]) -> None:
        """Let the sender forget these messages; without effect if `connection` is gone."""
        ...

    def publish(self, topic: str, payload: bytes) -> None:
        """Send an answer, QoS 1; dropped when there is no connection."""
        ...

    def disconnect(self) -> None:
        """Let the connection go; the next `take` makes a new one."""
        ...

    def waiting_for(self) -> str | None:
        """Name what is missing until messages can arrive; None when they can."""
        ...


class RecordLog(Protocol[ReceiptT]):
    """Takes records and tells, by their receipts, which of them are safe."""

    def open(self) -> bool:
        """Look for the log and its topics; called until it returns True, and after `reset`.

        Raises:
            WrongTopicError: when a topic has another number of partitions.

        """
        ...

    def send(self, record: Record, receipt: ReceiptT) -> None:
        """Hand a record over; records of a partition stay in the order of these calls.

        Raises:
            RecordsLostError: see `take_safe`.

        """
        ...

    def take_safe(self, wait_s: float = 0.0) -> list[ReceiptT]:
        """Return the receipts of records that became safe, waiting at most `wait_s` for one.

        Raises:
            RecordsLostError: a record will not become safe; later ones of its partition were not
                written either. The caller must `reset` and send again what was not safe.

        """
        ...

    def outstanding(self) -> int:
        """Return how many records were handed over and are not safe yet."""
        ...

    def outstanding_bytes(self) -> int:
        """Return how many bytes these records have."""
        ...

    def reset(self) -> None:
        """Give up all outstanding records; `open` must be called again."""
        ...

    def waiting_for(self) -> str | None:
        """Name what is missing until records can be sent; None when they can."""
        ...
