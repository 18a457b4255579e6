"""The links of all treadmills of a process, worked by the caller's thread.

Each treadmill has a connection of its own, as real controllers have, also when hundreds live in
one process: only then does each have its own last will, its own order and its own loss. One
selector works them all (a thread per connection would cost more than the treadmills do); what
blocks, finding and greeting the broker, is done by a few helper threads.
"""

import heapq
import selectors
import time
from collections import deque
from collections.abc import Sequence
from concurrent.futures import Future, ThreadPoolExecutor

import structlog
from paho.mqtt.client import Client

from backstride_controller.adapters.paho_link import PahoLink, close_client
from backstride_controller.ports import LinkEvent
from backstride_shared.identity import TreadmillKey
from backstride_shared.settings import MqttBlock

log = structlog.get_logger()

_CONNECT_TIMEOUT_S = 5.0
_ANSWER_TIMEOUT_S = 10.0
_CONNECTORS = 4
_CONNECT_POLL_S = 0.02
_MISC_EVERY_S = 1.0


class PahoNetwork:
    """A `Network` of paho clients on one selector."""

    def __init__(self, mqtt: MqttBlock) -> None:
        """Remember where the broker is; nothing is opened before a link is added."""
        self._mqtt = mqtt
        self._links: list[PahoLink] = []
        self._events: deque[LinkEvent] = deque()
        self._stuffed: set[int] = set()
        self._selector = selectors.DefaultSelector()
        self._connectors = ThreadPoolExecutor(_CONNECTORS, thread_name_prefix="mqtt-connect")
        self._connecting: dict[int, Future[Client]] = {}
        self._due: list[tuple[float, int]] = []
        self._next_misc_s = 0.0
        self._is_broker_away = False
        self._is_closing = False

    def add(self, treadmill: TreadmillKey, client_id: str, will: bytes) -> PahoLink:
        """Return a new link, which connects as soon as it can."""
        link = PahoLink(len(self._links), treadmill, client_id, will, self._events, self._stuffed)
        self._links.append(link)
        heapq.heappush(self._due, (0.0, link.number))
        return link

    def wait(self, timeout_s: float) -> Sequence[LinkEvent]:
        """Do the work on the connections for `timeout_s` and return what happened."""
        now_s = time.monotonic()
        end_s = now_s + timeout_s
        while True:
            self._start_connecting(now_s)
            self._finish_connecting(now_s)
            if now_s >= self._next_misc_s:
                self._next_misc_s = now_s + _MISC_EVERY_S
                self._keep_alive(now_s)
            self._work_on_sockets(max(0.0, self._wake_s(end_s) - now_s))
            now_s = time.monotonic()
            if now_s >= end_s:
                events = list(self._events)
                self._events.clear()
                return events

    def close(self, within_s: float) -> None:
        """Send what was handed over, take leave and disconnect; harder after `within_s`."""
        self._is_closing = True
        self._due.clear()
        end_s = time.monotonic() + within_s
        while any(link.unacknowledged for link in self._links) and time.monotonic() < end_s:
            self.wait(0.02)
        for link in self._links:
            if link.client is not None:
                link.client.disconnect()
            link.let_go("closed")
        self._connectors.shutdown(wait=True, cancel_futures=True)
        for future in self._connecting.values():
            if not future.cancelled() and future.exception() is None:
                close_client(future.result())
        self._selector.close()

    def _wake_s(self, end_s: float) -> float:
        wake_s = min(end_s, self._next_misc_s)
        if self._connecting:
            wake_s = min(wake_s, time.monotonic() + _CONNECT_POLL_S)
        elif self._due:
            wake_s = min(wake_s, self._due[0][0])
        return wake_s

    def _start_connecting(self, now_s: float) -> None:
        while self._due and self._due[0][0] <= now_s and len(self._connecting) < 4 * _CONNECTORS:
            _, number = heapq.heappop(self._due)
            client = self._links[number].new_client(self._mqtt)
            self._connecting[number] = self._connectors.submit(self._connect, client)

    def _connect(self, client: Client) -> Client:
        client.connect_timeout = _CONNECT_TIMEOUT_S
        client.connect(self._mqtt.host, self._mqtt.port, keepalive=self._mqtt.keepalive_s)
        return client

    def _finish_connecting(self, now_s: float) -> None:
        done = [(number, future) for number, future in self._connecting.items() if future.done()]
        for number, future in done:
            del self._connecting[number]
            link = self._links[number]
            error = future.exception()
            if isinstance(error, OSError):
                if not self._is_broker_away:
                    log.warning("waiting for the broker", broker=self._mqtt.url, error=str(error))
                self._is_broker_away = True
                self._retry_later(link)
                continue
            client = future.result()
            self._is_broker_away = False
            link.adopt(client, self._forget_socket)
            link.give_up_at_s = now_s + _ANSWER_TIMEOUT_S
            sock = client.socket()
            if sock is None:
                self._lose(link, "connection lost")
            else:
                self._selector.register(sock.fileno(), selectors.EVENT_READ, link)

    def _forget_socket(self, fileno: int) -> None:
        # paho is about to close it; its number may at once belong to another socket
        if fileno in self._selector.get_map():
            self._selector.unregister(fileno)

    def _work_on_sockets(self, timeout_s: float) -> None:
        while self._stuffed:
            self._watch_writes(self._links[self._stuffed.pop()])
        for key, ready in self._selector.select(timeout_s):
            link: PahoLink = key.data
            client = link.client
            if client is None:
                continue
            if ready & selectors.EVENT_READ:
                client.loop_read()
                # bytes that TLS has decrypted already wake no selector
                while (pending := getattr(client.socket(), "pending", None)) and pending():
                    client.loop_read()
            if ready & selectors.EVENT_WRITE:
                client.loop_write()
            if link.is_lost:
                self._lose(link, "connection lost")
            else:
                self._watch_writes(link)

    def _watch_writes(self, link: PahoLink) -> None:
        """Wait for room in the socket too, while paho holds bytes that did not fit."""
        client = link.client
        sock = client.socket() if client is not None else None
        if client is None or sock is None:
            return
        events = selectors.EVENT_READ
        if client.want_write():
            events |= selectors.EVENT_WRITE
        key = self._selector.get_key(sock.fileno())
        if key.events != events:
            self._selector.modify(key.fd, events, link)

    def _keep_alive(self, now_s: float) -> None:
        for link in self._links:
            if link.client is None:
                continue
            link.client.loop_misc()
            if link.is_lost:
                self._lose(link, "no answer to keep-alive")
            elif not link.is_up and now_s > link.give_up_at_s:
                self._lose(link, "no answer to connect")
            else:
                self._watch_writes(link)

    def _lose(self, link: PahoLink, reason: str) -> None:
        link.let_go(reason)
        self._retry_later(link)

    def _retry_later(self, link: PahoLink) -> None:
        if not self._is_closing:
            heapq.heappush(self._due, (time.monotonic() + link.next_wait_s(), link.number))
