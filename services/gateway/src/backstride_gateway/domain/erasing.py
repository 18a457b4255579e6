"""Erasing a member: what is sent to the log for each claim, and the receipt that is left."""

from dataclasses import dataclass
from typing import Final, Literal

import msgspec

from backstride_gateway.domain.changes import NO_FIELDS, ChangeRequest, merged_fields
from backstride_gateway.domain.claiming import StoredClaim
from backstride_gateway.domain.sessions import SessionRecord
from backstride_shared.frames import ErasureEvent

LOG_SENTENCE: Final = (
    "For at most 7 days the log still holds the body data of your claims under the claims' ids, "
    "without a name; nothing tells any more whose they were, and reading it again brings nothing "
    "back."
)
INTERVAL_SENTENCE: Final = (
    "Of each claim its treadmill and its time stay, without a name, so that nothing can fill them "
    "again; of safety alerts, what the belt did."
)
BACKUP_SENTENCE: Final = (
    "Backups that your gym made before are not reached; it deletes them by its own rule."
)


class RemovedRows(msgspec.Struct, frozen=True):
    """How much of what was removed from where."""

    store: Literal["relational store", "series", "files"]
    what: str
    count: int


class Receipt(msgspec.Struct, frozen=True):
    """What is left of an erasure: nothing that tells who it was."""

    removed: list[RemovedRows]


@dataclass(frozen=True, slots=True, kw_only=True)
class MemberErasure:
    """A member's wish to be erased; `member_id` and `code` are gone when it is done."""

    erasure_id: str
    member_id: str | None
    # kept while it goes on, so that asking again answers the same
    code: str | None
    code_hash: str
    requested_at_ms: int
    claims_count: int
    claims_erased_count: int = 0
    finished_at_ms: int | None = None
    receipt: Receipt | None = None


def claim_erasure(
    claim: StoredClaim,
    corrections: list[ChangeRequest],
    erasure_id: str,
    last_moving_at_ms: int,
    now_ms: int,
) -> ErasureEvent:
    """Return what the log is told to erase a claim, which ends now at the latest.

    What was trimmed off as "not me" was never its member's. A device's clock may be ahead of ours.
    """
    active_at_ms = max(claim.claimed_at_ms, last_moving_at_ms)
    trimmed_at_ms = merged_fields(corrections, NO_FIELDS).ended_at_ms
    ends = [end for end in (claim.released_at_ms, trimmed_at_ms) if end is not None]
    until_ms = min(ends, default=max(now_ms, active_at_ms + 1))
    return ErasureEvent(
        claim.treadmill,
        erasure_id,
        claim.claim_id,
        claim.claimed_at_ms,
        max(until_ms, claim.claimed_at_ms),
        active_at_ms,
    )


def session_erasure(session: SessionRecord, erasure_id: str) -> ErasureEvent:
    """Return what the log is told to erase a session that nobody claimed."""
    return ErasureEvent(
        session.treadmill,
        erasure_id,
        None,
        session.started_at_ms,
        session.last_reading_at_ms + 1,
        session.last_reading_at_ms,
    )
