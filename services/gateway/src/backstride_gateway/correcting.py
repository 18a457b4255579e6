"""Correcting a session: the request is stored first, then sent to the log (see `delivery`).

What is answered is durable; the recorder folds the session again, and says what became of it.
"""

import threading
from uuid import uuid4

from backstride_gateway.change_ports import Changes
from backstride_gateway.claiming import OnChange
from backstride_gateway.domain.changes import (
    MOST_CORRECTIONS,
    ChangeRequest,
    CorrectedFields,
    TooManyCorrectionsError,
    check_fits,
    corrected_claim,
    merged_fields,
)
from backstride_gateway.domain.claiming import StoredClaim, released
from backstride_gateway.domain.sessions import SessionRecord
from backstride_gateway.ports import Claims, Clock
from backstride_shared.frames import CorrectionEvent


class NobodysSessionError(Exception):
    """Nobody claimed the treadmill, so there is nobody's body to set right."""


class Correcting:
    """Takes corrections; safe to call from several threads."""

    def __init__(self, claims: Claims, changes: Changes, clock: Clock, on_change: OnChange) -> None:
        self._claims = claims
        self._changes = changes
        self._clock = clock
        self._on_change = on_change
        # a correction stands on those before it
        self._lock = threading.Lock()

    def correct(self, session: SessionRecord, fields: CorrectedFields) -> ChangeRequest:
        """Ask for a correction; asked for twice in a row, it is the same one.

        Raises:
            NobodysSessionError: when nobody claimed the treadmill then.
            CorrectionError: when it sets nothing, or ends outside the session.
            TooManyCorrectionsError: when the session was corrected MOST_CORRECTIONS times.

        """
        claim = None if session.claim_id is None else self._claims.get(session.claim_id)
        if claim is None:
            raise NobodysSessionError(session.session_id)
        check_fits(session, fields)
        with self._lock:
            before = self._changes.of_session(session.session_id)
            if before and before[-1].fields == fields and before[-1].status != "refused":
                return before[-1]
            if len(before) >= MOST_CORRECTIONS:
                raise TooManyCorrectionsError(f"{MOST_CORRECTIONS} corrections at most")
            change = self._request(session, claim, fields, before)
            self._end(claim, fields)
            self._changes.add(change)
        self._on_change(claim.treadmill)
        return change

    def of_session(self, session_id: str) -> list[ChangeRequest]:
        """Return the corrections of a session, in the order of asking."""
        return self._changes.of_session(session_id)

    def _request(
        self,
        session: SessionRecord,
        claim: StoredClaim,
        fields: CorrectedFields,
        before: list[ChangeRequest],
    ) -> ChangeRequest:
        now_ms = self._clock()
        # a clock set back must not let an earlier correction win
        at_ms = max(now_ms, before[-1].requested_at_ms + 1) if before else now_ms
        change_id = str(uuid4())
        corrected = corrected_claim(
            claim, session, merged_fields(before, fields), (at_ms, change_id), now_ms
        )
        return ChangeRequest(
            change_id=change_id,
            session_id=session.session_id,
            claim_id=claim.claim_id,
            member_id=claim.member_id,
            treadmill=claim.treadmill,
            requested_at_ms=at_ms,
            fields=fields,
            event=CorrectionEvent(claim.treadmill, corrected),
        )

    def _end(self, claim: StoredClaim, fields: CorrectedFields) -> None:
        """Let a claim that may still hold end where its member left."""
        if fields.ended_at_ms is not None and claim.released_at_ms is None:
            self._claims.save([released(claim, fields.ended_at_ms)])
