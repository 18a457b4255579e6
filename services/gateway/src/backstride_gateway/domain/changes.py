"""Corrections of a session: what a member may set right, and what the log is then told.

A later correction of the same session adds to the earlier ones: only what it names replaces them.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Final, Literal

import msgspec

from backstride_gateway.domain.claiming import StoredClaim
from backstride_gateway.domain.sessions import SessionRecord
from backstride_shared.claims import Claim
from backstride_shared.energy.wearer import Facing
from backstride_shared.fold.sessions import CLAIMED_IDLE_MS, is_over
from backstride_shared.fold.state import TreadmillState
from backstride_shared.fold.timeline import KEPT_MS
from backstride_shared.frames import CorrectionEvent, ErasureEvent, TreadmillEvent
from backstride_shared.messages import Hands

ChangeStatus = Literal["pending", "applied", "refused"]

MOST_CORRECTIONS: Final = 100
"""Of one session; each is kept, and each folds the session again."""


class CorrectionError(ValueError):
    """A correction that does not fit the session; the text says why."""


class TooManyCorrectionsError(Exception):
    """The session was corrected as often as it may be."""


class CorrectedFields(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What a correction sets; None leaves it as it is.

    `hands` holds for the whole session, whatever the readings say. From `ended_at_ms` on it was
    somebody else.
    """

    mass_kg: float | None = None
    hands: Hands | None = None
    facing: Facing | None = None
    ended_at_ms: int | None = None


NO_FIELDS: Final = CorrectedFields()


@dataclass(frozen=True, slots=True, kw_only=True)
class ChangeRequest:
    """What somebody asked to be changed of a claim, the event for the log, what became of it."""

    change_id: str
    # None: the whole claim was asked for, as when its member is erased
    session_id: str | None
    # None: of nobody's session
    claim_id: str | None
    member_id: str | None
    treadmill: str
    requested_at_ms: int
    event: TreadmillEvent
    # of an erasure none
    fields: CorrectedFields = NO_FIELDS
    is_stored: bool = False
    applied_at_ms: int | None = None
    refused_reason: str | None = None

    @property
    def status(self) -> ChangeStatus:
        """Return what became of it."""
        if self.refused_reason is not None:
            return "refused"
        return "pending" if self.applied_at_ms is None else "applied"


def merged_fields(before: Iterable[ChangeRequest], new: CorrectedFields) -> CorrectedFields:
    """Return all that was set right, the refused left out; `before` in the order of asking."""
    found: dict[str, object] = {}
    for fields in (*(one.fields for one in before if one.status != "refused"), new):
        found |= {
            name: value
            for name, value in msgspec.structs.asdict(fields).items()
            if value is not None
        }
    return msgspec.convert(found, CorrectedFields)


def check_fits(session: SessionRecord, fields: CorrectedFields) -> None:
    """Return when the correction can be made of this session.

    Raises:
        CorrectionError: when it sets nothing, or ends outside the session.

    """
    if fields == NO_FIELDS:
        raise CorrectionError("name at least one of mass_kg, hands, facing and ended_at")
    end_ms = fields.ended_at_ms
    if end_ms is not None and not session.started_at_ms < end_ms <= session.last_reading_at_ms:
        raise CorrectionError("ended_at must lie within the session")


def corrected_claim(
    claim: StoredClaim,
    session: SessionRecord,
    fields: CorrectedFields,
    correction: tuple[int, str],
    now_ms: int,
) -> Claim:
    """Return the claim as the log shall know it from now on.

    It has an end unless its session runs: a state that let go of it would give it all that
    nobody claimed since.
    """
    wearer = claim.wearer
    if fields.mass_kg is not None:
        wearer = msgspec.structs.replace(wearer, mass_kg=fields.mass_kg)
    if fields.facing is not None:
        wearer = msgspec.structs.replace(wearer, facing=fields.facing)
    released_at_ms = claim.released_at_ms
    if released_at_ms is None and is_over(claim.claim_id, session.last_moving_at_ms, now_ms):
        released_at_ms = session.last_moving_at_ms + CLAIMED_IDLE_MS
    return Claim(
        claim_id=claim.claim_id,
        claimed_at_ms=claim.claimed_at_ms,
        wearer=wearer,
        released_at_ms=released_at_ms,
        purpose=claim.purpose,
        hands=fields.hands,
        trimmed_at_ms=fields.ended_at_ms,
        correction=correction,
    )


def is_in_state(change: ChangeRequest, states: Mapping[str, TreadmillState], now_ms: int) -> bool:
    """Return whether a stored state holds the change, so that no log can lose it any more.

    A correction that is older than the log keeps is not sent any more.
    """
    event = change.event
    if isinstance(event, ErasureEvent):
        # the recorder erases when the stored state knows; long after, the state may forget it
        state = states.get(change.treadmill)
        return change.applied_at_ms is not None or (
            state is not None and any(one.erasure_id == change.change_id for one in state.erased)
        )
    if change.requested_at_ms < now_ms - KEPT_MS:
        return True
    state = states.get(change.treadmill)
    if state is None:
        return False
    if isinstance(event, CorrectionEvent):
        return any(
            claim.claim_id == event.claim.claim_id
            and claim.correction is not None
            and event.claim.correction is not None
            and claim.correction >= event.claim.correction
            for claim in state.claims
        )
    return False
