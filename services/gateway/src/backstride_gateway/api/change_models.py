"""What the API says of corrections."""

from typing import Literal

from pydantic import BaseModel, Field, StrictFloat

from backstride_gateway.api.models import Session, Strict, UtcTime, utc, utc_or_none
from backstride_gateway.api.texts import Moment
from backstride_gateway.domain.changes import ChangeRequest, ChangeStatus, CorrectedFields
from backstride_gateway.domain.sessions import SessionRecord
from backstride_shared.energy.wearer import PLAUSIBLE, Facing
from backstride_shared.messages import Hands

_LOWEST_KG, _HIGHEST_KG, _ = PLAUSIBLE["mass_kg"]
_MS_PER_S = 1000


class CorrectionBody(Strict):
    """What was wrong about a session; what is left out stays as it is."""

    mass_kg: StrictFloat | None = Field(default=None, ge=_LOWEST_KG, le=_HIGHEST_KG)
    hands: Hands | None = Field(
        default=None,
        description="How the rail was held the whole time, whatever the treadmill said",
    )
    facing: Facing | None = None
    ended_at: Moment | None = Field(
        default=None, description='"Not me": from this moment on it was somebody else'
    )

    def fields(self) -> CorrectedFields:
        """Return the correction as the domain knows it."""
        return CorrectedFields(
            mass_kg=self.mass_kg,
            hands=self.hands,
            facing=self.facing,
            ended_at_ms=(
                None if self.ended_at is None else round(self.ended_at.timestamp() * _MS_PER_S)
            ),
        )


class Correction(BaseModel):
    """A correction that was asked for, and what became of it."""

    correction_id: str
    session_id: str
    requested_at: UtcTime
    status: ChangeStatus
    applied_at: UtcTime | None = Field(description="When the session was computed again")
    reason: str | None = Field(description="Why it was refused, for people")
    mass_kg: float | None
    hands: Literal["free", "rest", "grip"] | None
    facing: Facing | None
    ended_at: UtcTime | None

    @classmethod
    def of(cls, change: ChangeRequest) -> "Correction":
        """Return a request as the API tells it."""
        fields = change.fields
        return cls(
            correction_id=change.change_id,
            session_id=change.session_id,
            requested_at=utc(change.requested_at_ms),
            status=change.status,
            applied_at=utc_or_none(change.applied_at_ms),
            reason=change.refused_reason,
            mass_kg=fields.mass_kg,
            hands=fields.hands,
            facing=fields.facing,
            ended_at=utc_or_none(fields.ended_at_ms),
        )


class SessionDeletion(BaseModel):
    """A session that is being deleted; once it is, no session has its id."""

    session_id: str
    status: Literal["pending"]
    requested_at: UtcTime

    @classmethod
    def of(cls, session_id: str, change: ChangeRequest) -> "SessionDeletion":
        """Return a request as the API tells it."""
        return cls(
            session_id=session_id, status="pending", requested_at=utc(change.requested_at_ms)
        )


class SessionDetail(Session):
    """A session with what was asked to be changed of it."""

    deletion: SessionDeletion | None = Field(description="null: nobody asked for it")
    corrections: list[Correction] = Field(
        description="In the order of asking; to others than the member without what was set"
    )

    @classmethod
    def with_changes(
        cls,
        session: SessionRecord,
        now_ms: int,
        changes: list[ChangeRequest],
        erasure: ChangeRequest | None,
        *,
        sees_body: bool,
    ) -> "SessionDetail":
        """Return a session as the API tells it, body data only to whom they concern."""
        corrections = [Correction.of(change) for change in changes]
        if not sees_body:
            corrections = [one.model_copy(update={"mass_kg": None}) for one in corrections]
        deletion = None if erasure is None else SessionDeletion.of(session.session_id, erasure)
        return cls(**dict(Session.of(session, now_ms)), corrections=corrections, deletion=deletion)
