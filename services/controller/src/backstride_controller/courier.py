"""Delivers one treadmill's outbox: publishes in order, listens to what the platform answers.

The guarantee: a reading is published only after it is on disk, and leaves the disk only after the
platform said `stored`, or refused that reading alone, and then it is kept apart. A claim leaves it
after the gateway's answer: a broker that dies forgets what it had acknowledged. Readings wait until
the broker has the claim before them, not for the answer.
"""

import contextlib
import hashlib
from collections import deque
from typing import NamedTuple

import msgspec
import structlog

from backstride_controller import metrics
from backstride_controller.domain import wire
from backstride_controller.domain.delivery import Batch, Delivery, Position, SetAside
from backstride_controller.domain.faults import Faults
from backstride_controller.ports import (
    Acknowledged,
    Box,
    Link,
    LinkDown,
    LinkDownError,
    LinkEvent,
    LinkUp,
    Outbox,
    OutboxClaim,
    OutboxReading,
    OutboxUnavailableError,
    Received,
)
from backstride_shared.decoding import UNREADABLE
from backstride_shared.messages import (
    ClaimAnswerMessage,
    ConsoleClaimMessage,
    RefusedMessage,
    StoredMessage,
)
from backstride_shared.topics import MqttKind

log = structlog.get_logger()

_SETTLE_MS = 250
"""After a connect the retained `stored` usually comes within this: what it covers is not resent."""

_ANSWER_MS = 5_000
_MOST_ANSWER_MS = 60_000
"""How long a claim waits for its answer before it goes out again: doubled up to this."""

_claim_decoder = msgspec.json.Decoder(ConsoleClaimMessage)
_answer_decoder = msgspec.json.Decoder(ClaimAnswerMessage)
_stored_decoder = msgspec.json.Decoder(StoredMessage)
_refused_decoder = msgspec.json.Decoder(RefusedMessage)


class Now(NamedTuple):
    """One moment on the clocks that delivery needs."""

    monotonic_ms: int
    sent_at_ms: int
    """The device's clock: its anchor plus the monotonic clock."""


class Courier:
    """Carries the readings and claims of one box over one link."""

    def __init__(
        self,
        box: Box,
        outbox: Outbox,
        link: Link,
        *,
        firmware: str,
        rate_hz: float,
        faults: Faults,
        speed_up: float = 1.0,
    ) -> None:
        """Take what lies in the box from earlier runs."""
        self.box = box
        self.link = link
        self.is_up = False
        self._outbox = outbox
        self._firmware = firmware
        self._rate_hz = rate_hz
        self._faults = faults
        self._speed_up = speed_up
        self._boot_id = box.last_boot_id
        self._delivery = Delivery()
        self._resent_counted = 0
        self._ready_at_ms = 0
        self._hold_until_ms = 0
        self._claims: deque[OutboxClaim] = deque()
        self._claim_token: int | None = None
        self._claim_again_ms = 0
        self._answer_within_ms = _ANSWER_MS
        self.reload_claims()

    @property
    def is_done(self) -> bool:
        """Whether everything that was in the box is `stored`, and every claim answered."""
        return not self._claims and self._outbox.waiting(self.box) == 0

    def set_boot(self, boot_id: int) -> None:
        """Use the id of the device's new start from the next connection on."""
        self._boot_id = boot_id
        self.link.set_will(wire.last_will(self.box.device_id, boot_id))

    def reload_claims(self) -> None:
        """Take the claims that are on disk; call it after a commit with new ones."""
        self._claims = deque(self._outbox.claims(self.box))
        for claim in self._claims:
            self._delivery.break_before(claim.before)

    def handle(self, event: LinkEvent, now: Now) -> None:
        """Take note of what happened on the link."""
        match event:
            case LinkUp():
                self._greet(now)
            case LinkDown():
                self.is_up = False
                self._delivery.disconnect()
            case Acknowledged(token=token) if token == self._claim_token:
                self._claim_token = None
                self._claim_again_ms = now.monotonic_ms + self._answer_within_ms
                self._answer_within_ms = min(2 * self._answer_within_ms, _MOST_ANSWER_MS)
            case Received(kind=MqttKind.ANSWERS, payload=payload):
                self._take_answer(payload)
            case Received(kind=MqttKind.STORED, payload=payload):
                self._take_stored(payload, now)
            case Received(kind=MqttKind.REFUSED, payload=payload):
                self._take_refused(payload)
            case _:
                pass  # other acknowledgements: only `stored` counts

    def deliver(self, now: Now) -> None:
        """Hand over what may go out now."""
        if not self.is_up or now.monotonic_ms < self._ready_at_ms:
            return
        while self.link.has_room and self._claim_token is None:
            if now.monotonic_ms < self._hold_until_ms:
                return
            try:
                if not (self._send_claim(now) or self._send_readings(now)):
                    return
            except LinkDownError:
                return  # LinkDown follows, or the lack of progress, and then all goes out again

    def say_goodbye(self) -> None:
        """Replace the birth by what the last will would say."""
        with contextlib.suppress(LinkDownError):
            will = wire.last_will(self.box.device_id, self._boot_id)
            self.link.publish(MqttKind.STATE, will, is_retained=True)

    def _greet(self, now: Now) -> None:
        self.is_up = True
        self._claim_token = None
        self._await_answer_anew()
        self._ready_at_ms = now.monotonic_ms + _SETTLE_MS
        self._delivery.connect(now.monotonic_ms)
        depth = self._outbox.waiting(self.box)
        born = wire.birth(self.box.device_id, self._boot_id, self._firmware, self._rate_hz, depth)
        with contextlib.suppress(LinkDownError):
            self.link.publish(MqttKind.STATE, born, is_retained=True)

    def _send_claim(self, now: Now) -> bool:
        # one after the other: the next would be of the past if it were taken first
        if not self._claims or now.monotonic_ms < self._claim_again_ms:
            return False
        claim = self._claims[0]
        following = self._outbox.read_after(self.box, self._delivery.sent_up_to, 1)
        if following and following[0].position < claim.before:
            return False
        self._claim_token = self.link.publish(MqttKind.CLAIMS, claim.payload)
        return True

    def _send_readings(self, now: Now) -> bool:
        delivery = self._delivery
        limit = delivery.rows_wanted(self._outbox.newest(self.box), now.monotonic_ms)
        if limit == 0:
            return False
        rows = self._outbox.read_after(self.box, delivery.sent_up_to, limit)
        batch = delivery.next_batch([row.position for row in rows], now.monotonic_ms)
        if batch is None:
            return False
        self._publish(rows, batch, now)
        metrics.PUBLISHED.inc()
        metrics.SENT.inc(batch.size)
        metrics.RESENT.inc(delivery.resent_count - self._resent_counted)
        self._resent_counted = delivery.resent_count
        self._hold_until_ms = now.monotonic_ms + round(
            1000 * self._faults.delay_s() / self._speed_up
        )
        return True

    def _publish(self, rows: list[OutboxReading], batch: Batch, now: Now) -> None:
        payloads = [row.payload for row in rows[: batch.size]]
        sent_at_ms = now.sent_at_ms
        if batch.first.boot_id != self._boot_id:
            sent_at_ms = wire.sent_at_of_old_boot(sent_at_ms, payloads[-1])
        payload = wire.readings_message(
            self.box.device_id, batch.first.boot_id, sent_at_ms, batch.after, payloads
        )
        self._delivery.remember(hashlib.sha256(payload).digest(), batch)
        self.link.publish(MqttKind.READINGS, payload)
        if self._faults.is_doubled():
            with contextlib.suppress(LinkDownError):
                self.link.publish(MqttKind.READINGS, payload)

    def _take_stored(self, payload: bytes, now: Now) -> None:
        try:
            stored = _stored_decoder.decode(payload)
        except UNREADABLE as error:
            log.warning("stored not understood", treadmill=self.box.treadmill, error=str(error))
            return
        if stored.device_id != self.box.device_id:
            return  # meant for the controller that was here before
        position = Position(stored.boot_id, stored.seq)
        if position > (self._outbox.newest(self.box) or Position(self._boot_id, 0)):
            # believing it would throw away readings that were never sent
            log.warning("stored is ahead of us", treadmill=self.box.treadmill, stored=position)
            return
        self._ready_at_ms = 0
        if self._delivery.store(position, now.monotonic_ms):
            self._outbox.prune(self.box, position)

    def _take_answer(self, payload: bytes) -> None:
        try:
            answer = _answer_decoder.decode(payload)
        except UNREADABLE as error:
            log.warning("answer not understood", treadmill=self.box.treadmill, error=str(error))
            return
        if not self._claims:
            return  # to a message that went out twice
        claim = _claim_decoder.decode(self._claims[0].payload)
        if (answer.console_claim_id, answer.action) != (claim.console_claim_id, claim.action):
            return
        if answer.outcome == "refused":
            log.warning("claim refused", treadmill=self.box.treadmill, reason=answer.reason)
        self._claim_token = None
        self._await_answer_anew()
        self._outbox.drop_claim(self._claims.popleft().number)
        metrics.CLAIMS.inc()

    def _await_answer_anew(self) -> None:
        self._claim_again_ms = 0
        self._answer_within_ms = _ANSWER_MS

    def _take_refused(self, payload: bytes) -> None:
        try:
            refused = _refused_decoder.decode(payload)
        except UNREADABLE as error:
            log.warning("refused not understood", treadmill=self.box.treadmill, error=str(error))
            return
        action = self._delivery.refuse(bytes.fromhex(refused.payload_sha256))
        if action is None:
            return
        metrics.REFUSED.inc()
        log.warning("message refused", treadmill=self.box.treadmill, reason=refused.reason)
        if isinstance(action, SetAside):
            try:
                self._outbox.set_aside(self.box, action.position, refused.reason)
            except OutboxUnavailableError as error:
                log.warning("cannot set aside", treadmill=self.box.treadmill, error=str(error))
            first = action.position
        else:
            first = action.first
        self._delivery.resume_after(self._outbox.before(self.box, first))
