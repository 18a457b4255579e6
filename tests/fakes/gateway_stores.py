"""The gateway's stores and its log in memory, which a test can take away."""

import threading
from collections.abc import Callable, Sequence
from dataclasses import replace

from backstride_gateway.domain.claiming import LastMoving, StoredClaim
from backstride_gateway.domain.delivery import is_delivered
from backstride_gateway.domain.members import GymMembership, Member
from backstride_gateway.domain.platform import PlatformStatus
from backstride_gateway.domain.sessions import ALL_SESSIONS, SessionFilter, SessionRecord
from backstride_gateway.ports import (
    LogUnavailableError,
    MemberNumberTakenError,
    SessionCursor,
    StoredState,
    StoreUnavailableError,
    UnstorableError,
)
from backstride_shared.fold import TreadmillsFold
from backstride_shared.fold.state import decode_state
from backstride_shared.frames import DeadLetter, TreadmillEvent


class InMemoryMembers:
    """The port `Members`."""

    def __init__(self) -> None:
        self.is_away = False
        self.note_first_gym: Callable[[str, str], None] = lambda _member_id, _gym_id: None
        self._members: dict[str, Member] = {}

    def all(
        self, after_member_id: str | None, limit: int, gym_id: str | None = None
    ) -> list[Member]:
        self._check()
        found = sorted(self._members.values(), key=lambda member: member.member_id)
        found = [member for member in found if gym_id is None or gym_id in member.gym_ids]
        after = after_member_id or ""
        return [member for member in found if member.member_id > after][:limit]

    def get(self, member_id: str) -> Member | None:
        self._check()
        return self._members.get(member_id)

    def by_number(self, gym_id: str, member_number: str) -> Member | None:
        self._check()
        if "\x00" in member_number:
            # as PostgreSQL, which has no place for it
            raise UnstorableError(member_number)
        for member in self._members.values():
            for one in member.memberships:
                if (one.gym_id, one.member_number) == (gym_id, member_number):
                    return member
        return None

    def add(self, member: Member) -> None:
        if self.by_number(member.gym_id, member.member_number) is not None:
            raise MemberNumberTakenError(member.member_number)
        self._members[member.member_id] = member

    def forget(self, member_id: str) -> None:
        """Do as an erasure would."""
        self._members.pop(member_id, None)

    def replace(self, member: Member) -> None:
        kept = self._members[member.member_id]
        self._members[member.member_id] = replace(kept, profile=member.profile)

    def join_gym(self, member_id: str, membership: GymMembership) -> None:
        member = self._members[member_id]
        if membership.gym_id in member.gym_ids:
            return
        if self.by_number(membership.gym_id, membership.member_number) is not None:
            raise MemberNumberTakenError(membership.member_number)
        others = sorted((*member.other_gyms, membership), key=lambda one: one.joined_at_ms)
        self._members[member_id] = replace(member, other_gyms=tuple(others))

    def leave_gym(self, member_id: str, gym_id: str) -> bool:
        member = self._members[member_id]
        left = [one for one in member.memberships if one.gym_id != gym_id]
        if not left or len(left) == len(member.memberships):
            return False
        first = left[0]
        changed = replace(member, other_gyms=tuple(left[1:]))
        if first.gym_id != member.gym_id:
            changed = replace(
                changed,
                gym_id=first.gym_id,
                member_number=first.member_number,
                joined_at_ms=first.joined_at_ms,
            )
            self.note_first_gym(member_id, first.gym_id)
        self._members[member_id] = changed
        return True

    def _check(self) -> None:
        if self.is_away:
            raise StoreUnavailableError("away")


class InMemoryClaims:
    """The port `Claims`; keeps every claim for ever."""

    def __init__(self) -> None:
        self.is_away = False
        self.rows: dict[str, StoredClaim] = {}
        self._lock = threading.Lock()

    def of_treadmill(self, treadmill: str) -> list[StoredClaim]:
        self._check()
        found = [claim for claim in self.rows.values() if claim.treadmill == treadmill]
        return sorted(found, key=lambda claim: claim.claimed_at_ms)

    def get(self, claim_id: str) -> StoredClaim | None:
        self._check()
        return self.rows.get(claim_id)

    def of_member(self, member_id: str) -> list[StoredClaim]:
        self._check()
        found = [claim for claim in self.rows.values() if claim.member_id == member_id]
        return sorted(found, key=lambda claim: (claim.claimed_at_ms, claim.claim_id))

    def latest(self) -> list[StoredClaim]:
        self._check()
        found: dict[str, StoredClaim] = {}
        for claim in sorted(self.rows.values(), key=lambda claim: claim.claimed_at_ms):
            found[claim.treadmill] = claim
        return list(found.values())

    def save(self, claims: Sequence[StoredClaim]) -> None:
        self._check()
        with self._lock:
            self.rows |= {claim.claim_id: claim for claim in claims}

    def mark_stored(self, claims: Sequence[StoredClaim]) -> None:
        self._check()
        with self._lock:
            for claim in claims:
                row = self.rows[claim.claim_id]
                if claim.is_claim_stored:
                    row = replace(row, is_claim_stored=True)
                if claim.is_release_stored and row.released_at_ms == claim.released_at_ms:
                    row = replace(row, is_release_stored=True)
                self.rows[claim.claim_id] = row

    def undelivered(self, limit: int) -> list[StoredClaim]:
        self._check()
        found = [claim for claim in self.rows.values() if not is_delivered(claim)]
        return sorted(found, key=lambda claim: (claim.claimed_at_ms, claim.claim_id))[:limit]

    def _check(self) -> None:
        if self.is_away:
            raise StoreUnavailableError("away")


class InMemoryHistory:
    """The port `SessionHistory`, over sessions and states that a test puts in."""

    def __init__(self, claims: InMemoryClaims) -> None:
        self.is_away = False
        self.stored_states: dict[str, StoredState] = {}
        self._claims = claims
        self._sessions: dict[str, SessionRecord] = {}

    def forget(self, claim_id: str | None, session_id: str | None) -> None:
        """Do as an erasure would."""
        self._sessions = {
            key: one
            for key, one in self._sessions.items()
            if key != session_id and (claim_id is None or one.claim_id != claim_id)
        }

    def put(self, session: SessionRecord) -> None:
        self._sessions[session.session_id] = session

    def page(
        self,
        member_id: str,
        before: SessionCursor | None,
        limit: int,
        wanted: SessionFilter = ALL_SESSIONS,
    ) -> list[SessionRecord]:
        found = [one for one in self._of(member_id) if wanted.holds(one)]
        found.sort(key=lambda one: (one.started_at_ms, one.session_id), reverse=True)
        if before is not None:
            place = (before.started_at_ms, before.session_id)
            found = [one for one in found if (one.started_at_ms, one.session_id) < place]
        return found[:limit]

    def between(self, member_id: str, from_ms: int, until_ms: int) -> list[SessionRecord]:
        found = [one for one in self._of(member_id) if from_ms <= one.started_at_ms < until_ms]
        return sorted(found, key=lambda one: (one.started_at_ms, one.session_id))

    async def kept_between(
        self, member_id: str, from_ms: int, until_ms: int
    ) -> list[SessionRecord]:
        return self.between(member_id, from_ms, until_ms)

    def recent(self, treadmill: str, since_ms: int) -> list[SessionRecord]:
        self._check()
        found = [self._with_member(one) for one in self._sessions.values()]
        found = [one for one in found if one.treadmill == treadmill]
        found.sort(key=lambda one: (one.started_at_ms, one.session_id), reverse=True)
        return [one for one in found if one.last_moving_at_ms >= since_ms][:20]

    def get(self, session_id: str) -> SessionRecord | None:
        self._check()
        found = self._sessions.get(session_id)
        return None if found is None else self._with_member(found)

    def backward_minutes(self, member_id: str, before_ms: int) -> float:
        found = [one for one in self._of(member_id) if one.started_at_ms < before_ms]
        return sum(one.totals.backward_seconds for one in found) / 60

    def last_moving(self, claim_ids: Sequence[str]) -> LastMoving:
        self._check()
        found: dict[str, int] = {}
        for one in self._sessions.values():
            if one.claim_id is not None and one.claim_id in claim_ids:
                found[one.claim_id] = max(one.last_moving_at_ms, found.get(one.claim_id, 0))
        return found

    def states(self, treadmills: Sequence[str] | None = None) -> list[StoredState]:
        self._check()
        return [
            stored
            for treadmill, stored in self.stored_states.items()
            if treadmills is None or treadmill in treadmills
        ]

    def everybodys(self) -> list[SessionRecord]:
        return [self._with_member(one) for one in self._sessions.values()]

    def _of(self, member_id: str) -> list[SessionRecord]:
        self._check()
        found = [self._with_member(one) for one in self._sessions.values()]
        return [one for one in found if one.member_id == member_id]

    def _with_member(self, session: SessionRecord) -> SessionRecord:
        claim = self._claims.rows.get(session.claim_id or "")
        if claim is None:
            return replace(session, member_id=None)
        return replace(session, member_id=claim.member_id, released_at_ms=claim.released_at_ms)

    def _check(self) -> None:
        if self.is_away:
            raise StoreUnavailableError("away")


class FakeEventLog:
    """The port `EventLog`: keeps what it is given; `is_away` makes it refuse."""

    def __init__(self) -> None:
        self.is_away = False
        self.frames: list[tuple[str, list[TreadmillEvent]]] = []
        self.letters: list[DeadLetter] = []

    async def append(self, treadmill: str, events: Sequence[TreadmillEvent]) -> None:
        if self.is_away:
            raise LogUnavailableError("away")
        self.frames.append((treadmill, list(events)))

    async def dead_letter(self, letter: DeadLetter) -> None:
        if self.is_away:
            raise LogUnavailableError("away")
        self.letters.append(letter)

    def store_states(self, history: InMemoryHistory, written_at_ms: int) -> None:
        """Do as processor and recorder would: fold what was sent, store the states."""
        fold = TreadmillsFold(stored.state for stored in history.stored_states.values())
        for _, events in self.frames:
            for event in events:
                fold.apply(event)
        fold.drain()
        for checkpoint in fold.take_checkpoints():
            history.stored_states[checkpoint.treadmill] = StoredState(
                decode_state(checkpoint.state), written_at_ms
            )


class FakeStatus:
    """The port `StatusSource`."""

    def __init__(self) -> None:
        self.status: PlatformStatus | None = None

    def read(self) -> PlatformStatus | None:
        return self.status
