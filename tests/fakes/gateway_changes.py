"""The gateway's outbox of changes, and the members who are being erased, in memory."""

from collections.abc import Sequence
from dataclasses import replace

from backstride_gateway.domain.changes import ChangeRequest
from backstride_gateway.domain.claiming import StoredClaim
from backstride_gateway.domain.erasing import MemberErasure, Receipt, RemovedRows
from backstride_gateway.ports import StoreUnavailableError
from backstride_shared.frames import ErasureEvent
from tests.fakes.gateway_accounts import InMemoryAccounts
from tests.fakes.gateway_stores import InMemoryClaims, InMemoryHistory, InMemoryMembers


class InMemoryChanges:
    """The port `Changes`; a test says what became of each."""

    def __init__(
        self, claims: InMemoryClaims | None = None, history: InMemoryHistory | None = None
    ) -> None:
        self.is_away = False
        self.rows: dict[str, ChangeRequest] = {}
        self._claims = claims
        self._history = history

    def add(self, *changes: ChangeRequest) -> None:
        self._check()
        self.rows |= {change.change_id: change for change in changes}

    def of_session(self, session_id: str) -> list[ChangeRequest]:
        return [one for one in self._all() if one.session_id == session_id and not _is_erasure(one)]

    def of_claims(self, claim_ids: Sequence[str]) -> list[ChangeRequest]:
        return [one for one in self._all() if one.claim_id in claim_ids]

    def erasure_of_session(self, session_id: str) -> ChangeRequest | None:
        session = None if self._history is None else self._history.get(session_id)
        claim_id = None if session is None else session.claim_id
        for one in self._all():
            is_meant = one.session_id == session_id or (
                claim_id is not None and one.claim_id == claim_id
            )
            if is_meant and _is_erasure(one):
                return one
        return None

    def erased(self, limit: int) -> list[ChangeRequest]:
        done = [one for one in self._all() if _is_erasure(one) and one.applied_at_ms is not None]
        return done[:limit]

    def open_erasures(self) -> int:
        return sum(_is_erasure(one) for one in self._all())

    def finish(self, erased: ChangeRequest) -> None:
        self._check()
        self.rows = {
            key: one
            for key, one in self.rows.items()
            if key != erased.change_id
            and (erased.claim_id is None or one.claim_id != erased.claim_id)
        }
        if self._claims is not None and erased.claim_id is not None:
            self._claims.rows.pop(erased.claim_id, None)

    def undelivered(self, limit: int) -> list[ChangeRequest]:
        return [one for one in self._all() if not one.is_stored][:limit]

    def mark_stored(self, change_ids: Sequence[str]) -> None:
        self._check()
        for change_id in change_ids:
            self.rows[change_id] = replace(self.rows[change_id], is_stored=True)

    def settle(
        self,
        change_id: str,
        *,
        applied_at_ms: int | None = None,
        refused_reason: str | None = None,
    ) -> None:
        """Do as the recorder would."""
        self.rows[change_id] = replace(
            self.rows[change_id], applied_at_ms=applied_at_ms, refused_reason=refused_reason
        )

    def _all(self) -> list[ChangeRequest]:
        self._check()
        return sorted(self.rows.values(), key=lambda one: (one.requested_at_ms, one.change_id))

    def _check(self) -> None:
        if self.is_away:
            raise StoreUnavailableError("away")


class InMemoryErasures:
    """The port `MemberErasures` over the other fakes."""

    def __init__(
        self,
        members: InMemoryMembers,
        accounts: InMemoryAccounts,
        claims: InMemoryClaims,
        changes: InMemoryChanges,
    ) -> None:
        self.rows: dict[str, MemberErasure] = {}
        self._members = members
        self._accounts = accounts
        self._claims = claims
        self._changes = changes

    def begin(self, erasure: MemberErasure) -> MemberErasure:
        for known in self.rows.values():
            if known.member_id == erasure.member_id:
                return known
        count = len(self._claims_of(erasure.member_id or ""))
        self.rows[erasure.erasure_id] = replace(erasure, claims_count=count)
        return self.rows[erasure.erasure_id]

    def get(self, erasure_id: str) -> MemberErasure | None:
        return self.rows.get(erasure_id)

    def unfinished(self) -> list[MemberErasure]:
        return [one for one in self.rows.values() if one.finished_at_ms is None]

    def claims_to_erase(self, member_id: str, limit: int) -> list[StoredClaim]:
        asked = {one.claim_id for one in self._changes.rows.values() if _is_erasure(one)}
        found = [one for one in self._claims_of(member_id) if one.claim_id not in asked]
        return found[:limit]

    def finish(self, erasure_id: str, at_ms: int, exports_count: int) -> bool:
        erasure = self.rows[erasure_id]
        member_id = erasure.member_id or ""
        if self._claims_of(member_id):
            return False
        self._members.forget(member_id)
        self._accounts.forget_member(member_id)
        self.rows[erasure_id] = replace(
            erasure,
            member_id=None,
            code=None,
            finished_at_ms=at_ms,
            receipt=Receipt(
                [
                    RemovedRows("relational store", "members", 1),
                    RemovedRows("files", "exports", exports_count),
                ]
            ),
        )
        return True

    def _claims_of(self, member_id: str) -> list[StoredClaim]:
        return [one for one in self._claims.rows.values() if one.member_id == member_id]


def _is_erasure(change: ChangeRequest) -> bool:
    return isinstance(change.event, ErasureEvent)
