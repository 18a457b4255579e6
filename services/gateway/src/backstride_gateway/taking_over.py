"""Taking over a session of nobody: whoever forgot to claim first makes it theirs afterwards.

It becomes a claim of the past like any other: durable at once, sent until the log has it, and the
recorder folds the session again with the member's body.
"""

from dataclasses import dataclass

import structlog

from backstride_gateway.claiming import ClaimedByAnotherError, Claiming, ClaimOutcome
from backstride_gateway.domain.taking_over import (
    TAKE_OVER_MS,
    TakeOver,
    offered,
    take_over_claim_id_of,
)
from backstride_gateway.ports import Claims, Clock, SessionHistory
from backstride_shared.identity import TreadmillKey

log = structlog.get_logger()


class NothingToTakeOverError(Exception):
    """No session of nobody moved on the treadmill within the last 15 minutes."""


@dataclass(frozen=True, slots=True)
class _Recent:
    offer: TakeOver | None
    taken_ids: list[str]


class TakingOver:
    """Offers sessions of nobody, and gives them; safe to call from several threads."""

    def __init__(
        self, claiming: Claiming, claims: Claims, history: SessionHistory, clock: Clock
    ) -> None:
        self._claiming = claiming
        self._claims = claims
        self._history = history
        self._clock = clock

    def offer(self, treadmill: TreadmillKey) -> TakeOver | None:
        """Return what can be taken over on a treadmill now."""
        offer = self._recent(treadmill).offer
        if offer is None:
            return None
        # it may be stored as nobody's while the claim that holds it is on its way
        is_free = self._claiming.holder_at(treadmill, offer.from_ms) is None
        return offer if is_free else None

    def take_over(self, treadmill: TreadmillKey, member_id: str) -> ClaimOutcome:
        """Give a member the latest session of nobody; asked for twice, it is the same claim.

        Raises:
            NothingToTakeOverError: when there is none.
            UnknownMemberError: when there is no member of that id.
            ClaimedByAnotherError: when another member took it over.
            PastClaimedError: when somebody held the treadmill then.

        """
        recent = self._recent(treadmill)
        offer = recent.offer
        if offer is None:
            return self._taken_before(recent.taken_ids, member_id)
        claim_id = take_over_claim_id_of(treadmill, offer.session_id)
        outcome = self._claiming.claim_past(
            treadmill, member_id, claim_id, offer.from_ms, offer.until_ms
        )
        if outcome.claim.member_id != member_id:
            raise ClaimedByAnotherError(treadmill)
        if outcome.is_new:
            log.info("session taken over", treadmill=treadmill, session_id=offer.session_id)
        return outcome

    def _recent(self, treadmill: TreadmillKey) -> _Recent:
        now_ms = self._clock()
        found = self._history.recent(treadmill, now_ms - TAKE_OVER_MS)
        return _Recent(
            offered(found, now_ms),
            [take_over_claim_id_of(treadmill, session.session_id) for session in found],
        )

    def _taken_before(self, claim_ids: list[str], member_id: str) -> ClaimOutcome:
        """Return the claim of a take-over that was asked for before and is folded already."""
        for claim_id in claim_ids:
            claim = self._claims.get(claim_id)
            if claim is not None and claim.member_id == member_id:
                return ClaimOutcome(claim, is_new=False)
        raise NothingToTakeOverError
