"""Decides which messages may be acknowledged: in the order of arrival, each when all is sent."""

from collections import deque
from collections.abc import Iterable


class Delivery:
    """One message on its way: how many Kafka records still carry a part of it."""

    __slots__ = ("mid", "open_records")

    def __init__(self, mid: int) -> None:
        self.mid = mid
        self.open_records = 0


class AckOrder:
    """The messages that wait for Kafka, of the present MQTT connection.

    MQTT wants acknowledgements in the order of the messages [MQTT-4.6.0-2], but Kafka
    acknowledges records of several partitions in any order.
    """

    def __init__(self) -> None:
        self._waiting: deque[Delivery] = deque()

    def __len__(self) -> int:
        return len(self._waiting)

    def arrived(self, mid: int) -> Delivery:
        """Take note of a message; `mid` 0 means that the sender wants no acknowledgement."""
        delivery = Delivery(mid)
        self._waiting.append(delivery)
        return delivery

    def forget(self) -> None:
        """Start anew: the connection is gone, and its message ids mean nothing any more."""
        self._waiting = deque()

    def ready(self) -> list[int]:
        """Return the ids that may be acknowledged now, each once, in order of arrival."""
        waiting = self._waiting
        mids: list[int] = []
        while waiting and waiting[0].open_records == 0:
            mid = waiting.popleft().mid
            if mid:
                mids.append(mid)
        return mids


def record_sent(deliveries: Iterable[Delivery]) -> None:
    """Take note that Kafka has one record which carries these messages."""
    for delivery in deliveries:
        delivery.open_records -= 1
