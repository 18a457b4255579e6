"""Claiming and releasing a treadmill: the claim's row first, then the log (see `delivery`).

What is returned to a member is durable: the row is committed, and is sent to the log until a
stored treadmill state contains it.
"""

import threading
from collections.abc import Callable
from dataclasses import dataclass, replace
from uuid import uuid4

from backstride_gateway.domain.claiming import (
    ClaimTimeError,
    LastMoving,
    StoredClaim,
    check_claim_time,
    console_claim_id_of,
    holding,
    placed,
    released,
    until_next,
)
from backstride_gateway.domain.fitness import CALIBRATION_MS, totals_of, with_vo2max
from backstride_gateway.domain.members import Member, wearer_of
from backstride_gateway.domain.periods import local_year
from backstride_gateway.member_body import MemberBody
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


class PastClaimedError(Exception):
    """Somebody held the treadmill in the interval that is to be claimed."""


class ElsewhereThenError(Exception):
    """The member moved on another treadmill, which they held, in the time that is to be claimed."""


@dataclass(frozen=True, slots=True)
class ClaimOutcome:
    """A claim, and whether it was made now or stood already."""

    claim: StoredClaim
    is_new: bool


@dataclass(frozen=True, slots=True)
class _NewClaim:
    """A claim that is asked for; `is_of_nobody`: only where nobody holds the treadmill."""

    claim_id: str
    at_ms: int
    until_ms: int | None
    purpose: Purpose | None
    is_of_nobody: bool = False


class Claiming:
    """Claims and releases; safe to call from several threads."""

    def __init__(
        self,
        members: Members,
        body: MemberBody,
        claims: Claims,
        history: SessionHistory,
        live_last_moving: Callable[[str], LastMoving],
        clock: Clock,
        on_change: OnChange,
    ) -> None:
        self._members = members
        self._body = body
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

        A member has one treadmill at a time: one held elsewhere is released.

        Raises:
            UnknownMemberError: when there is no member of that id.

        """
        new = _NewClaim(str(uuid4()), self._clock(), None, purpose)
        return self._claim(treadmill, self._member(member_id), new)

    def claim_past(
        self,
        treadmill: TreadmillKey,
        member_id: str,
        claim_id: str,
        from_ms: int,
        until_ms: int | None,
    ) -> ClaimOutcome:
        """Give a member what nobody held from a moment on; `until_ms` None: it goes on.

        Asked for again with the same claim_id, it is the same claim, whoever asks.

        Raises:
            UnknownMemberError: when there is no member of that id.
            PastClaimedError: when somebody held the treadmill at that moment.
            ElsewhereThenError: when the member moved elsewhere since then, on what they held.

        """
        new = _NewClaim(claim_id, from_ms, until_ms, None, is_of_nobody=True)
        return self._claim(treadmill, self._member(member_id), new)

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

    def release_all(self, member_id: str, gym_id: str) -> None:
        """End what a member holds in a gym, as when they leave it."""
        with self._lock:
            there = [
                claim
                for claim in self._claims.of_member(member_id)
                if gym_id_of(TreadmillKey(claim.treadmill)) == gym_id
            ]
            ended = self._ended_where_held(there, self._clock())
            self._claims.save(ended)
        for claim in ended:
            self._on_change(claim.treadmill)

    def holder_at(self, treadmill: TreadmillKey, at_ms: int) -> StoredClaim | None:
        """Return the claim that holds a treadmill at a moment."""
        return self._holding(treadmill, at_ms)

    def take_console(
        self, treadmill: TreadmillKey, member: Member, message: ConsoleClaimMessage
    ) -> StoredClaim:
        """Claim or release as a member did at a console, at the time told there.

        A repeated message changes nothing.

        Raises:
            ClaimTimeError: when the time is older than seven days, in the future, or in the middle
                of what another member held until they released it.
            NotClaimedError: when a release finds no claim of this member.

        """
        check_claim_time(message.at_ms, self._clock())
        if message.action == "claim":
            claim_id = console_claim_id_of(treadmill, message.console_claim_id)
            new = _NewClaim(claim_id, message.at_ms, None, message.purpose)
            return self._claim(treadmill, member, new).claim
        return self._release_past(treadmill, member, message.at_ms)

    def _member(self, member_id: str) -> Member:
        member = self._members.get(member_id)
        if member is None:
            raise UnknownMemberError(member_id)
        return member

    def _claim(self, treadmill: TreadmillKey, member: Member, new: _NewClaim) -> ClaimOutcome:
        with self._lock:
            known = self._claims.of_treadmill(treadmill)
            for claim in known:
                if claim.claim_id == new.claim_id:
                    return ClaimOutcome(claim, is_new=False)
            held = holding(known, self._last_moving(treadmill, known), new.at_ms)
            if held is not None and new.is_of_nobody:
                raise PastClaimedError(treadmill)
            if held is not None and held.member_id == member.member_id:
                return ClaimOutcome(held, is_new=False)
            if held is not None and self._was_released(held, known):
                raise ClaimTimeError("another member held the treadmill then, and released it")
            own = self._claims.of_member(member.member_id)
            if new.is_of_nobody and self._moved_elsewhere(treadmill, own, new.at_ms):
                raise ElsewhereThenError(treadmill)
            claim, shortened = placed(
                known,
                StoredClaim(
                    claim_id=new.claim_id,
                    member_id=member.member_id,
                    treadmill=treadmill,
                    claimed_at_ms=new.at_ms,
                    released_at_ms=new.until_ms,
                    wearer=self._wearer(member, new.at_ms),
                    purpose=new.purpose,
                ),
            )
            claim = until_next(claim, own)
            changed = [one for one in (shortened, claim) if one is not None]
            # those that hold on other treadmills
            elsewhere = [one for one in own if one.treadmill != treadmill]
            changed += self._ended_where_held(elsewhere, claim.claimed_at_ms)
            self._claims.save(changed)
        for one in changed:
            if one is not shortened:
                self._on_change(one.treadmill)
        return ClaimOutcome(claim, is_new=True)

    def _was_released(self, held: StoredClaim, known: list[StoredClaim]) -> bool:
        """Return whether a claim ended by release, and not by the next one, here or elsewhere."""
        if held.released_at_ms is None:
            return False
        followed = [*known, *self._claims.of_member(held.member_id)]
        return all(one.claimed_at_ms != held.released_at_ms for one in followed)

    def _moved_elsewhere(self, treadmill: str, own: list[StoredClaim], from_ms: int) -> bool:
        """Return whether a claim of these, begun before, has motion on another treadmill since."""
        for claim in own:
            if claim.treadmill == treadmill or claim.claimed_at_ms > from_ms:
                continue
            moved_at_ms = self._last_moving(claim.treadmill, [claim]).get(claim.claim_id, 0)
            if moved_at_ms > from_ms:
                return True
        return False

    def _ended_where_held(self, claims: list[StoredClaim], at_ms: int) -> list[StoredClaim]:
        """Return those of these claims that hold at a moment, ended there."""
        ended: list[StoredClaim] = []
        for claim in claims:
            if claim.released_at_ms is not None:
                continue
            held = self._holding(TreadmillKey(claim.treadmill), at_ms)
            if held is not None and held.claim_id == claim.claim_id:
                ended.append(released(claim, at_ms))
        return ended

    def _wearer(self, member: Member, at_ms: int) -> Wearer:
        """Return the body data, practice and fitness that a claim made at `at_ms` freezes."""
        profile = replace(member.profile, mass_kg=self._body.mass_at(member, at_ms))
        season = self._history.between(member.member_id, at_ms - CALIBRATION_MS, at_ms)
        wearer = wearer_of(
            profile,
            local_year(at_ms, profile.time_zone),
            self._history.backward_minutes(member.member_id, at_ms),
        )
        return with_vo2max(wearer, totals_of(season), may_calibrate=profile.is_calibration_allowed)

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
