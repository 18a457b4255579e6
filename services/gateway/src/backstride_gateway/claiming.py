"""Claiming and releasing a treadmill: the claim's row first, then the log (see `delivery`).

What is returned to a member is durable: the row is committed, and is sent to the log until a
stored treadmill state contains it.
"""

import threading
from collections.abc import Callable
from dataclasses import dataclass
from uuid import uuid4

from backstride_gateway.domain.claiming import (
    LastMoving,
    StoredClaim,
    check_claim_time,
    console_claim_id_of,
    holding,
    placed,
    released,
)
from backstride_gateway.domain.fitness import CALIBRATION_MS, totals_of, with_vo2max
from backstride_gateway.domain.members import Member, wearer_of
from backstride_gateway.domain.periods import local_year
from backstride_gateway.membership import UnknownMemberError
from backstride_gateway.ports import Claims, Clock, Members, SessionHistory
from backstride_shared.claims import Purpose
from backstride_shared.energy import Wearer
from backstride_shared.identity import TreadmillKey, gym_id_of
from backstride_shared.messages import ConsoleClaimMessage

OnChange = Callable[[str], None]
"""Called with the treadmill whose claims changed, after they are durable; from any thread."""


class NotClaimedError(Exception):
    """Nobody holds the treadmill, so there is nothing to release."""


class ClaimedByAnotherError(Exception):
    """The treadmill is held by somebody else than the member named."""


class UnknownMemberNumberError(Exception):
    """No member of the gym has the number keyed in."""


@dataclass(frozen=True, slots=True)
class ClaimOutcome:
    """A claim, and whether it was made now or stood already."""

    claim: StoredClaim
    is_new: bool


class Claiming:
    """Claims and releases; safe to call from several threads."""

    def __init__(
        self,
        members: Members,
        claims: Claims,
        history: SessionHistory,
        live_last_moving: Callable[[str], LastMoving],
        clock: Clock,
        on_change: OnChange,
    ) -> None:
        self._members = members
        self._claims = claims
        self._history = history
        self._live_last_moving = live_last_moving
        self._clock = clock
        self._on_change = on_change
        # reading the timeline and writing to it is one step; the gateway is the only writer
        self._lock = threading.Lock()

    def claim(
        self, treadmill: TreadmillKey, member_id: str, purpose: Purpose | None
    ) -> ClaimOutcome:
        """Give a treadmill to a member now; whoever held it before is released.

        Raises:
            UnknownMemberError: when there is no member of that id.

        """
        member = self._members.get(member_id)
        if member is None:
            raise UnknownMemberError(member_id)
        return self._claim(treadmill, member, self._clock(), purpose, str(uuid4()))

    def release(self, treadmill: TreadmillKey, member_id: str | None) -> StoredClaim:
        """End the claim that holds now; `member_id` None: whoever holds it.

        Raises:
            NotClaimedError: when nobody holds the treadmill.
            ClaimedByAnotherError: when another member holds it.

        """
        now_ms = self._clock()
        with self._lock:
            held = self._holding(treadmill, now_ms)
            if held is None:
                raise NotClaimedError(treadmill)
            if member_id is not None and held.member_id != member_id:
                raise ClaimedByAnotherError(treadmill)
            ended = released(held, now_ms)
            self._claims.save([ended])
        self._on_change(treadmill)
        return ended

    def take_console(self, treadmill: TreadmillKey, message: ConsoleClaimMessage) -> StoredClaim:
        """Claim or release as keyed in at a console, at the time told there.

        A repeated message changes nothing.

        Raises:
            ClaimTimeError: when the time is older than seven days, or in the future.
            UnknownMemberNumberError: when the gym has no member of that number.
            NotClaimedError: when a release finds no claim of this member.

        """
        check_claim_time(message.at_ms, self._clock())
        member = self._members.by_number(gym_id_of(treadmill), message.member_number)
        if member is None:
            raise UnknownMemberNumberError(message.member_number)
        if message.action == "claim":
            claim_id = console_claim_id_of(treadmill, message.console_claim_id)
            return self._claim(treadmill, member, message.at_ms, message.purpose, claim_id).claim
        return self._release_past(treadmill, member, message.at_ms)

    def _claim(
        self,
        treadmill: TreadmillKey,
        member: Member,
        at_ms: int,
        purpose: Purpose | None,
        claim_id: str,
    ) -> ClaimOutcome:
        with self._lock:
            known = self._claims.of_treadmill(treadmill)
            for claim in known:
                if claim.claim_id == claim_id:
                    return ClaimOutcome(claim, is_new=False)
            held = holding(known, self._last_moving(treadmill, known), at_ms)
            if held is not None and held.member_id == member.member_id:
                return ClaimOutcome(held, is_new=False)
            wearer = self._wearer(member, at_ms)
            new, shortened = placed(
                known,
                StoredClaim(
                    claim_id=claim_id,
                    member_id=member.member_id,
                    treadmill=treadmill,
                    claimed_at_ms=at_ms,
                    wearer=wearer,
                    purpose=purpose,
                ),
            )
            self._claims.save([new] if shortened is None else [shortened, new])
        self._on_change(treadmill)
        return ClaimOutcome(new, is_new=True)

    def _wearer(self, member: Member, at_ms: int) -> Wearer:
        """Return the body data, practice and fitness that a claim made at `at_ms` freezes."""
        season = self._history.between(member.member_id, at_ms - CALIBRATION_MS, at_ms)
        wearer = wearer_of(
            member.profile,
            local_year(at_ms, member.profile.time_zone),
            self._history.backward_minutes(member.member_id, at_ms),
        )
        return with_vo2max(wearer, totals_of(season))

    def _release_past(self, treadmill: TreadmillKey, member: Member, at_ms: int) -> StoredClaim:
        with self._lock:
            mine = [
                claim
                for claim in self._claims.of_treadmill(treadmill)
                if claim.member_id == member.member_id and claim.claimed_at_ms <= at_ms
            ]
            if not mine:
                raise NotClaimedError(treadmill)
            latest = max(mine, key=lambda claim: claim.claimed_at_ms)
            if latest.released_at_ms is not None and latest.released_at_ms <= at_ms:
                return latest
            ended = released(latest, at_ms)
            self._claims.save([ended])
        self._on_change(treadmill)
        return ended

    def _holding(self, treadmill: TreadmillKey, at_ms: int) -> StoredClaim | None:
        known = self._claims.of_treadmill(treadmill)
        return holding(known, self._last_moving(treadmill, known), at_ms)

    def _last_moving(self, treadmill: str, claims: list[StoredClaim]) -> LastMoving:
        stored = self._history.last_moving([claim.claim_id for claim in claims])
        found = dict(stored)
        for claim_id, at_ms in self._live_last_moving(treadmill).items():
            found[claim_id] = max(at_ms, found.get(claim_id, 0))
        return found
