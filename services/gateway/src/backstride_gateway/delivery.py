"""The outboxes of claims and of changes: each is sent until a stored treadmill state contains it.

The log may lose it before (the embedded broker is volatile), so an acknowledgement of the log is
not enough; sending again is harmless, because the fold knows a claim by its id.
"""

import asyncio
from collections.abc import Callable, Mapping
from typing import Final, NamedTuple

import structlog
from prometheus_client import Counter, Gauge

from backstride_gateway.change_ports import Changes
from backstride_gateway.domain.changes import ChangeRequest, is_in_state
from backstride_gateway.domain.claiming import StoredClaim
from backstride_gateway.domain.delivery import confirmed, events_of, is_delivered
from backstride_gateway.ports import (
    Claims,
    Clock,
    EventLog,
    LogUnavailableError,
    SessionHistory,
    StoreUnavailableError,
)
from backstride_shared.fold.state import TreadmillState
from backstride_shared.frames import TreadmillEvent

log = structlog.get_logger()

CHECK_INTERVAL_S: Final = 1.0
"""How often stored states are looked at while a claim is not yet in one; without any: never."""
_ROUND_LIMIT: Final = 500
_FIRST_RESEND_MS: Final = 5_000
_MOST_RESEND_MS: Final = 60_000

_UNDELIVERED = Gauge(
    "backstride_gateway_claims_undelivered",
    "Claims and changes that no stored treadmill state contains yet",
)
_SENT = Counter(
    "backstride_gateway_claims_sent_total", "Claims and changes sent to the log, again included"
)


class _Parcel(NamedTuple):
    """What goes to the log as one record, for one claim or change."""

    key: str
    treadmill: str
    events: list[TreadmillEvent]


class ClaimDelivery:
    """Sends undelivered claims and then changes, in the order of their times, and confirms them."""

    def __init__(
        self,
        claims: Claims,
        changes: Changes,
        history: SessionHistory,
        log_: EventLog,
        clock: Clock,
    ) -> None:
        self._claims = claims
        self._changes = changes
        self._history = history
        self._log = log_
        self._clock = clock
        self._wake = asyncio.Event()
        # claim or change -> (what was sent, when to send it again, after which wait)
        self._sent: dict[str, tuple[list[TreadmillEvent], int, int]] = {}

    def wake(self) -> None:
        """Look at the outbox now; call it in the event loop's thread."""
        self._wake.set()

    async def run(self, on_problem: Callable[[str | None], None]) -> None:
        """Deliver for ever; `on_problem` hears what stands in the way, None when nothing does."""
        while True:
            self._wake.clear()
            try:
                left = await self.deliver_once()
                on_problem(None)
            except LogUnavailableError as error:
                left = 1
                on_problem("kafka")
                log.warning("claims wait for the log", error=str(error))
            except StoreUnavailableError as error:
                left = 1
                on_problem("database")
                log.warning("claims wait for the store", error=str(error))
            try:
                await asyncio.wait_for(self._wake.wait(), CHECK_INTERVAL_S if left else None)
            except TimeoutError:
                continue

    async def deliver_once(self) -> int:
        """Send what is due, note what arrived; return how much is still under way.

        Raises:
            LogUnavailableError: when the log does not acknowledge.
            StoreUnavailableError: when the outbox cannot be read.

        """
        left = await asyncio.to_thread(self._confirm)
        _UNDELIVERED.set(len(left))
        now_ms = self._clock()
        for parcel in left:
            sent = self._sent.get(parcel.key)
            wait_ms = _FIRST_RESEND_MS
            if sent is not None and sent[0] == parcel.events:
                _, due_ms, wait_ms = sent
                if now_ms < due_ms:
                    continue
                wait_ms = min(_MOST_RESEND_MS, wait_ms * 2)
            await self._log.append(parcel.treadmill, parcel.events)
            _SENT.inc()
            self._sent[parcel.key] = (parcel.events, self._clock() + wait_ms, wait_ms)
        return len(left)

    def _confirm(self) -> list[_Parcel]:
        claims = self._claims.undelivered(_ROUND_LIMIT)
        changes = self._changes.undelivered(_ROUND_LIMIT)
        if not claims and not changes:
            self._sent.clear()
            return []
        of_claims = {one.treadmill for one in claims}
        treadmills = sorted(of_claims | {one.treadmill for one in changes})
        states = {
            stored.state.treadmill: stored.state for stored in self._history.states(treadmills)
        }
        left = [
            # a change stands on its claim
            *(
                _Parcel(one.claim_id, one.treadmill, events_of(one))
                for one in self._confirm_claims(claims, states)
            ),
            *(
                _Parcel(one.change_id, one.treadmill, [one.event])
                for one in self._confirm_changes(changes, states)
            ),
        ]
        kept = {parcel.key for parcel in left}
        self._sent = {key: value for key, value in self._sent.items() if key in kept}
        return left

    def _confirm_claims(
        self, waiting: list[StoredClaim], states: Mapping[str, TreadmillState]
    ) -> list[StoredClaim]:
        changed = confirmed(waiting, states, self._clock())
        if changed:
            self._claims.mark_stored(changed)
        marked = {claim.claim_id: claim for claim in changed}
        left = [marked.get(claim.claim_id, claim) for claim in waiting]
        return [claim for claim in left if not is_delivered(claim)]

    def _confirm_changes(
        self, waiting: list[ChangeRequest], states: Mapping[str, TreadmillState]
    ) -> list[ChangeRequest]:
        now_ms = self._clock()
        stored = [one for one in waiting if is_in_state(one, states, now_ms)]
        if stored:
            self._changes.mark_stored([one.change_id for one in stored])
        return [one for one in waiting if one not in stored]
