"""Whatever the network, the broker and the platform do: every reading arrives, and in order."""

import hashlib
from dataclasses import dataclass, field

from hypothesis import given
from hypothesis import strategies as st

from backstride_controller.domain.delivery import (
    PATIENCE_MOST_MS,
    WINDOW_READINGS,
    Batch,
    Delivery,
    Position,
    SetAside,
)
from backstride_shared.messages import MAX_READINGS_PER_MESSAGE

_STEPS = st.lists(
    st.one_of(
        st.tuples(st.just("make"), st.integers(1, 900)),
        st.tuples(st.just("reboot"), st.just(0)),
        st.tuples(st.just("connect"), st.just(0)),
        st.tuples(st.just("disconnect"), st.just(0)),
        st.tuples(st.just("wait"), st.sampled_from([250, 1000, 31_000])),
        st.tuples(st.just("lose"), st.integers(1, 4)),
        st.tuples(st.just("stored"), st.just(0)),
        st.tuples(st.just("answer"), st.just(0)),
    ),
    max_size=30,
)
_POISON = st.sets(st.integers(0, 3000), max_size=3)


@dataclass
class _Platform:
    """Handles messages as the fold does: in order, without holes, each reading once."""

    poison: set[Position] = field(default_factory=set)
    mark: Position = field(default_factory=lambda: Position(0, 0))
    handled: list[Position] = field(default_factory=list)
    refusals: list[bytes] = field(default_factory=list)

    def take(self, digest: bytes, rows: list[Position], after: Position | None) -> None:
        if self.poison.intersection(rows):
            self.refusals.append(digest)
        elif after is None or after <= self.mark:
            self.handled.extend(row for row in rows if row > self.mark)
            self.mark = max(self.mark, rows[-1])


class _World:
    """A device with its outbox, a lossy way, and a platform."""

    def __init__(self, poisoned: set[int]) -> None:
        self.delivery = Delivery()
        self.platform = _Platform()
        self.outbox: list[Position] = []
        self.made: list[Position] = []
        self.set_aside: list[Position] = []
        self.boot_id, self.seq, self.now_ms = 1, 0, 0
        self.to_lose = 0
        self.sent_messages = 0
        self._poisoned = poisoned

    def make(self, count: int) -> None:
        for _ in range(count):
            self.seq += 1
            position = Position(self.boot_id, self.seq)
            if len(self.made) in self._poisoned:
                self.platform.poison.add(position)
            self.made.append(position)
            self.outbox.append(position)

    def step(self, kind: str, amount: int) -> None:
        match kind:
            case "make":
                self.make(amount)
            case "reboot":
                self.boot_id, self.seq = self.boot_id + 1, 0
            case "connect":
                self.delivery.connect(self.now_ms)
            case "disconnect":
                self.delivery.disconnect()
            case "wait":
                self.now_ms += amount
            case "lose":
                self.to_lose = amount
            case "stored":
                self.tell_stored()
            case "answer":
                self.answer_refusals()
        self.deliver()

    def deliver(self) -> None:
        newest = self.outbox[-1] if self.outbox else None
        while limit := self.delivery.rows_wanted(newest, self.now_ms):
            sent = self.delivery.sent_up_to
            offered = [row for row in self.outbox if sent is None or row > sent][:limit]
            batch = self.delivery.next_batch(offered, self.now_ms)
            if batch is None:
                return
            self.publish(batch, offered[: batch.size])

    def publish(self, batch: Batch, rows: list[Position]) -> None:
        before = [row for row in self.outbox if row < batch.first]
        assert batch.after == (before[-1] if before else None)
        assert batch.size <= MAX_READINGS_PER_MESSAGE
        assert {row.boot_id for row in rows} == {batch.first.boot_id}
        beyond_stored = [row for row in self.outbox if row <= batch.last]
        assert len(beyond_stored) <= WINDOW_READINGS
        self.sent_messages += 1
        digest = hashlib.sha256(str(self.sent_messages).encode()).digest()
        self.delivery.remember(digest, batch)
        if self.to_lose:
            self.to_lose -= 1
        else:
            self.platform.take(digest, rows, batch.after)

    def tell_stored(self) -> None:
        if self.platform.handled:
            self.delivery.store(self.platform.mark, self.now_ms)
            self.outbox = [row for row in self.outbox if row > self.platform.mark]

    def answer_refusals(self) -> None:
        refusals, self.platform.refusals = self.platform.refusals, []
        for digest in refusals:
            action = self.delivery.refuse(digest)
            if action is None:
                continue
            first = action.position if isinstance(action, SetAside) else action.first
            if isinstance(action, SetAside) and first in self.outbox:
                self.outbox.remove(first)
                self.set_aside.append(first)
            before = [row for row in self.outbox if row < first]
            self.delivery.resume_after(before[-1] if before else None)

    def settle(self) -> None:
        """Let the network heal; bounded, so that a device that stays silent fails the test."""
        self.to_lose = 0
        self.delivery.connect(self.now_ms)
        for _ in range(200):
            if not self.outbox:
                return
            self.deliver()
            self.answer_refusals()
            self.deliver()
            self.tell_stored()
            self.now_ms += 1000 if self.platform.refusals else PATIENCE_MOST_MS // 10


@given(_STEPS, _POISON)
def test_every_reading_arrives_once_and_in_order(
    steps: list[tuple[str, int]], poisoned: set[int]
) -> None:
    world = _World(poisoned)
    for kind, amount in steps:
        world.step(kind, amount)
    world.settle()

    assert world.outbox == []
    good = [position for position in world.made if position not in world.platform.poison]
    assert world.platform.handled == good
    assert sorted(world.set_aside) == sorted(world.platform.poison)
