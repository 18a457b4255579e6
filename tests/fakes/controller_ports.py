"""Fakes of the controller's ports: an outbox in memory, links that a test breaks and mends."""

from collections import defaultdict
from collections.abc import Callable, Sequence

from backstride_controller.domain.delivery import Position
from backstride_controller.ports import (
    Acknowledged,
    Box,
    LinkDown,
    LinkDownError,
    LinkEvent,
    LinkUp,
    OutboxClaim,
    OutboxReading,
    OutboxTotals,
    OutboxUnavailableError,
    Received,
)
from backstride_shared.identity import TreadmillKey
from backstride_shared.topics import MqttKind


class InMemoryOutbox:
    """An `Outbox` without a disk; `is_full` makes its commits fail."""

    def __init__(self, most_pending: int = 20_000) -> None:
        self.is_full = False
        self.is_closed = False
        self.refused: list[tuple[int, Position, str]] = []
        self._most_pending = most_pending
        self._boxes: dict[TreadmillKey, Box] = {}
        self._rows: defaultdict[int, list[OutboxReading]] = defaultdict(list)
        self._newest: dict[int, Position] = {}
        self._claims: defaultdict[int, list[OutboxClaim]] = defaultdict(list)
        self._claims_made = 0
        self._pending: list[tuple[int, OutboxReading]] = []
        self._pending_claims: list[tuple[int, Position, bytes]] = []
        self._dropped: list[int] = []
        self._prunes: dict[int, Position] = {}
        self._boots: dict[int, int] = {}
        self._history: dict[int, int] = {}
        self._made = 0
        self._unkept = 0

    def open_box(self, treadmill: TreadmillKey) -> Box:
        number = len(self._boxes) + 1
        return self._boxes.setdefault(treadmill, Box(number, treadmill, f"device-{number}", 0, 0))

    def boot(self, box: Box, boot_id: int) -> None:
        self._boots[box.number] = boot_id

    def keep(self, box: Box, position: Position, payload: bytes) -> None:
        self._pending.append((box.number, OutboxReading(position, payload)))
        self._made += 1

    def keep_claim(self, box: Box, before: Position, payload: bytes) -> None:
        self._pending_claims.append((box.number, before, payload))

    def mark_history(self, box: Box, until_ms: int) -> None:
        self._history[box.number] = until_ms

    def prune(self, box: Box, up_to: Position) -> None:
        self._prunes[box.number] = up_to

    def drop_claim(self, number: int) -> None:
        self._dropped.append(number)

    def commit(self) -> None:
        for number, up_to in self._prunes.items():
            self._rows[number] = [row for row in self._rows[number] if row.position > up_to]
        for number, claims in self._claims.items():
            self._claims[number] = [each for each in claims if each.number not in self._dropped]
        self._prunes.clear()
        self._dropped.clear()
        if self.is_full and (self._pending or self._pending_claims or self._boots):
            excess = max(0, len(self._pending) - self._most_pending)
            del self._pending[:excess]
            self._unkept += excess
            raise OutboxUnavailableError("the disk is full")
        for number, row in self._pending:
            self._rows[number].append(row)
            self._newest[number] = row.position
        for number, before, payload in self._pending_claims:
            self._claims_made += 1
            self._claims[number].append(OutboxClaim(self._claims_made, before, payload))
        self._pending.clear()
        self._pending_claims.clear()
        for treadmill, box in self._boxes.items():
            self._boxes[treadmill] = box._replace(
                last_boot_id=self._boots.get(box.number, box.last_boot_id),
                history_until_ms=self._history.get(box.number, box.history_until_ms),
            )

    def newest(self, box: Box) -> Position | None:
        return self._newest.get(box.number)

    def read_after(self, box: Box, position: Position | None, limit: int) -> list[OutboxReading]:
        rows = self._rows[box.number]
        return [row for row in rows if position is None or row.position > position][:limit]

    def before(self, box: Box, position: Position) -> Position | None:
        before = [row.position for row in self._rows[box.number] if row.position < position]
        return before[-1] if before else None

    def set_aside(self, box: Box, position: Position, reason: str) -> None:
        if self.is_full:
            raise OutboxUnavailableError("the disk is full")
        rows = self._rows[box.number]
        kept = [row for row in rows if row.position != position]
        if len(kept) < len(rows):
            self._rows[box.number] = kept
            self.refused.append((box.number, position, reason))

    def claims(self, box: Box) -> list[OutboxClaim]:
        return list(self._claims[box.number])

    def waiting(self, box: Box) -> int:
        return len(self._rows[box.number])

    def totals(self) -> OutboxTotals:
        return OutboxTotals(
            made=self._made,
            waiting=sum(map(len, self._rows.values())),
            set_aside=len(self.refused),
            unkept=self._unkept,
        )

    def close(self) -> None:
        self.is_closed = True


class FakeLink:
    """A `Link` that keeps what is published; it comes up when the test says so."""

    def __init__(self, network: "FakeNetwork", number: int, treadmill: TreadmillKey) -> None:
        self.number = number
        self.treadmill = treadmill
        self.is_up = False
        self.will = b""
        self.published: list[tuple[MqttKind, bytes]] = []
        self.retained: dict[MqttKind, bytes] = {}
        self.drops: list[float] = []
        self.unacknowledged: list[int] = []
        self.acknowledges = True
        self._network = network
        self._tokens = 0

    @property
    def has_room(self) -> bool:
        return self.is_up and len(self.unacknowledged) < 20

    def set_will(self, payload: bytes) -> None:
        self.will = payload

    def publish(self, kind: MqttKind, payload: bytes, *, is_retained: bool = False) -> int:
        if not self.has_room:
            raise LinkDownError(self.treadmill)
        self._tokens += 1
        self.published.append((kind, payload))
        if is_retained:
            self.retained[kind] = payload
        self.unacknowledged.append(self._tokens)
        if self.acknowledges:
            self.acknowledge()
        return self._tokens

    def drop(self, away_s: float = 0.0) -> None:
        self.drops.append(away_s)
        self.go_down()

    def acknowledge(self) -> None:
        """Let the broker acknowledge everything that was published."""
        for token in self.unacknowledged:
            self._network.events.append(Acknowledged(self.number, token))
        self.unacknowledged.clear()

    def come_up(self) -> None:
        """Connect."""
        self.is_up = True
        self._network.events.append(LinkUp(self.number))

    def go_down(self) -> None:
        """Lose the connection."""
        if self.is_up:
            self._network.events.append(LinkDown(self.number, "dropped"))
        self.is_up = False
        self.unacknowledged.clear()

    def receive(self, kind: MqttKind, payload: bytes) -> None:
        """Let a message for this treadmill come."""
        self._network.events.append(Received(self.number, kind, payload))

    def payloads(self, kind: MqttKind) -> list[bytes]:
        """Return what was published of one kind."""
        return [payload for each, payload in self.published if each is kind]


class FakeNetwork:
    """A `Network` whose waiting costs no time, but counts it, and runs what the test wants."""

    def __init__(self) -> None:
        self.links: list[FakeLink] = []
        self.events: list[LinkEvent] = []
        self.waited_s = 0.0
        self.is_closed = False
        self.on_wait: Callable[[], None] = lambda: None

    def add(self, treadmill: TreadmillKey, client_id: str, will: bytes) -> FakeLink:
        link = FakeLink(self, len(self.links), treadmill)
        link.will = will
        self.links.append(link)
        return link

    def wait(self, timeout_s: float) -> Sequence[LinkEvent]:
        self.waited_s += timeout_s
        self.on_wait()
        events, self.events = self.events, []
        return events

    def close(self, within_s: float) -> None:
        self.is_closed = True


class InMemoryReadingLog:
    """A `ReadingLog` in a list."""

    def __init__(self) -> None:
        self.flushed: list[tuple[Box, Position]] = []
        self._taken: list[tuple[Box, Position]] = []

    def resume(self, boxes: Sequence[Box], outbox: object) -> None:
        return

    def write(self, box: Box, position: Position, payload: bytes) -> None:
        self._taken.append((box, position))

    def flush(self) -> None:
        self.flushed += self._taken
        self._taken.clear()

    def close(self) -> None:
        self.flush()
