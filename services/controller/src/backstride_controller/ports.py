"""What the controller needs of the world: an outbox on disk, a link to the broker, a log."""

from collections.abc import Sequence
from typing import NamedTuple, Protocol

from backstride_controller.domain.delivery import Position
from backstride_shared.identity import TreadmillKey
from backstride_shared.topics import MqttKind


class OutboxUnavailableError(Exception):
    """The disk is full or broken: nothing of the call is on disk, what could wait is kept."""


class OutboxBusyError(Exception):
    """Another controller works with this outbox."""


class Box(NamedTuple):
    """The part of the outbox that belongs to one treadmill."""

    number: int
    treadmill: TreadmillKey
    device_id: str
    last_boot_id: int
    """0 when the device never booted."""
    history_until_ms: int
    """Up to here past readings were made up already; 0: none."""


class OutboxReading(NamedTuple):
    """A reading on disk: where it stands, and its JSON as it goes into messages."""

    position: Position
    payload: bytes


class OutboxClaim(NamedTuple):
    """A claim on disk: it goes out before the reading at `before`, and after those before it."""

    number: int
    before: Position
    payload: bytes


class OutboxTotals(NamedTuple):
    """Counts over all boxes; all but `waiting` only grow, also across restarts."""

    made: int
    """Readings that were made, kept or not."""
    waiting: int
    """Readings on disk which are not yet `stored`."""
    set_aside: int
    """Readings which the platform refused one by one; they stay on disk, apart."""
    unkept: int
    """Readings that were made while the disk took none, and found no room in memory."""


class Outbox(Protocol):
    """Readings and claims of many treadmills, on disk from `commit` until they are `stored`."""

    def open_box(self, treadmill: TreadmillKey) -> Box:
        """Return the box of a treadmill, made with a random device id when it is new.

        Raises:
            OutboxUnavailableError: it could not be made.

        """
        ...

    def boot(self, box: Box, boot_id: int) -> None:
        """Take note of a new start of the device, durable from the next `commit`."""
        ...

    def keep(self, box: Box, position: Position, payload: bytes) -> None:
        """Take a reading, in order; durable and readable from the next `commit`."""
        ...

    def keep_claim(self, box: Box, before: Position, payload: bytes) -> None:
        """Take a claim that belongs before a reading; durable from the next `commit`."""
        ...

    def mark_history(self, box: Box, until_ms: int) -> None:
        """Take note that past readings up to here exist; durable with the same `commit`."""
        ...

    def prune(self, box: Box, up_to: Position) -> None:
        """Let go of everything up to here, because it is `stored`; done at the next `commit`."""
        ...

    def commit(self) -> None:
        """Put everything taken since the last call on disk, in one transaction.

        Raises:
            OutboxUnavailableError: nothing was; it is tried again with the next call. What is too
                much for memory by then is dropped, oldest first, and counted as unkept.

        """
        ...

    def newest(self, box: Box) -> Position | None:
        """Return the last reading on disk."""
        ...

    def read_after(self, box: Box, position: Position | None, limit: int) -> list[OutboxReading]:
        """Return the readings on disk behind a position, in order; None: from the first."""
        ...

    def before(self, box: Box, position: Position) -> Position | None:
        """Return the reading on disk that stands before a position."""
        ...

    def set_aside(self, box: Box, position: Position, reason: str) -> None:
        """Move a reading out of the way to those that were refused, durable on return.

        Raises:
            OutboxUnavailableError: it still stands where it stood.

        """
        ...

    def claims(self, box: Box) -> list[OutboxClaim]:
        """Return the claims that are on disk, in order."""
        ...

    def drop_claim(self, number: int) -> None:
        """Let go of a claim that the gateway answered; done at the next `commit`."""
        ...

    def waiting(self, box: Box) -> int:
        """Return how many readings of this box are not yet `stored`."""
        ...

    def totals(self) -> OutboxTotals:
        """Return the counts over all boxes."""
        ...

    def close(self) -> None:
        """Commit what can be, and let go of the file."""
        ...


class LinkUp(NamedTuple):
    """A connection stands and its subscriptions are confirmed."""

    link: int


class LinkDown(NamedTuple):
    """The connection is lost, and with it every answer that was due."""

    link: int
    reason: str


class Acknowledged(NamedTuple):
    """The broker has the message with this token."""

    link: int
    token: int


class Received(NamedTuple):
    """A message for this treadmill came."""

    link: int
    kind: MqttKind
    payload: bytes


LinkEvent = LinkUp | LinkDown | Acknowledged | Received


class LinkDownError(Exception):
    """The message was not handed over: there is no connection, or too much is on its way."""


class Link(Protocol):
    """One treadmill's own connection to the broker; reconnects on its own, with back-off."""

    @property
    def number(self) -> int:
        """The number which its events carry."""
        ...

    @property
    def has_room(self) -> bool:
        """Whether a message can be handed over: connected, and not too much on its way."""
        ...

    def set_will(self, payload: bytes) -> None:
        """Give the `state` that the broker publishes when the next connection breaks."""
        ...

    def publish(self, kind: MqttKind, payload: bytes, *, is_retained: bool = False) -> int:
        """Hand a message over, QoS 1, and return the token that its `Acknowledged` will carry.

        Raises:
            LinkDownError: nothing was sent.

        """
        ...

    def drop(self, away_s: float = 0.0) -> None:
        """Lose the connection without a goodbye, and do not connect again for `away_s`."""
        ...


class Network(Protocol):
    """All links of this process, worked by one thread."""

    def add(self, treadmill: TreadmillKey, client_id: str, will: bytes) -> Link:
        """Return a new link, which connects as soon as it can."""
        ...

    def wait(self, timeout_s: float) -> Sequence[LinkEvent]:
        """Do the work on the connections for `timeout_s`, or less, and return what happened."""
        ...

    def close(self, within_s: float) -> None:
        """Send what was handed over, take leave and disconnect; harder after `within_s`."""
        ...


class ReadingLog(Protocol):
    """Writes down each reading made, for tests and demonstrations to compute totals from."""

    def resume(self, boxes: Sequence[Box], outbox: Outbox) -> None:
        """Add what earlier runs put into the outbox and could not log; called once, at start."""
        ...

    def write(self, box: Box, position: Position, payload: bytes) -> None:
        """Take a reading's JSON; it is written with `flush`."""
        ...

    def flush(self) -> None:
        """Write what was taken; called when it is on disk, and before it is published."""
        ...

    def close(self) -> None:
        """Let go of the file."""
        ...
