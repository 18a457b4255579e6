"""What the gateway needs to have corrections kept until they are in the log and in the stores."""

from collections.abc import Sequence
from typing import Protocol

from backstride_gateway.domain.changes import ChangeRequest
from backstride_gateway.domain.claiming import StoredClaim
from backstride_gateway.domain.erasing import MemberErasure


class Changes(Protocol):
    """Changes that were asked for, also the outbox of the log.

    Every method may raise StoreUnavailableError.
    """

    def add(self, *changes: ChangeRequest) -> None:
        """Store requests in one transaction, durable on return."""
        ...

    def of_session(self, session_id: str) -> list[ChangeRequest]:
        """Return the corrections of a session, in the order of asking, and what became of them."""
        ...

    def of_claims(self, claim_ids: Sequence[str]) -> list[ChangeRequest]:
        """Return all requests of these claims, in the order of asking."""
        ...

    def erasure_of_session(self, session_id: str) -> ChangeRequest | None:
        """Return the request to erase a session that is still there."""
        ...

    def erased(self, limit: int) -> list[ChangeRequest]:
        """Return requests to erase whose rows and series are gone, oldest first."""
        ...

    def open_erasures(self) -> int:
        """Return how many requests to erase are not finished."""
        ...

    def finish(self, erased: ChangeRequest) -> None:
        """Forget a claim that was erased, and all requests of it; count it for its member's.

        Of nobody's session only the request.
        """
        ...

    def undelivered(self, limit: int) -> list[ChangeRequest]:
        """Return requests that no stored state holds yet, oldest first."""
        ...

    def mark_stored(self, change_ids: Sequence[str]) -> None:
        """Note that stored states hold these."""
        ...


class MemberErasures(Protocol):
    """Members who are being erased, and the receipts; may raise StoreUnavailableError."""

    def begin(self, erasure: MemberErasure) -> MemberErasure:
        """Store it, durable on return; return the one that goes on already for this member."""
        ...

    def get(self, erasure_id: str) -> MemberErasure | None:
        """Return an erasure, None when there is none of that id."""
        ...

    def unfinished(self) -> list[MemberErasure]:
        """Return those that go on, oldest first."""
        ...

    def claims_to_erase(self, member_id: str, limit: int) -> list[StoredClaim]:
        """Return claims of a member that nobody asked to erase yet."""
        ...

    def finish(self, erasure_id: str, at_ms: int, exports_count: int) -> bool:
        """Delete everything of the member and leave the receipt, in one transaction.

        `exports_count` says how many exports, files and all, are gone already.

        False, and nothing done, while the member still has a claim.
        """
        ...
