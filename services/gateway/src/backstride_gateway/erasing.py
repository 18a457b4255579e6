"""Erasing sessions and members: asked for once, durable, and worked off until it is done.

Each claim is erased by an event in the log (see `delivery`); the recorder deletes its rows and its
series, and then the claim itself is forgotten here. When a member has no claim left, everything
else of them goes in one transaction. What is open is read from the store, so that it goes on after
a restart.
"""

import asyncio
import secrets
from collections.abc import Callable
from typing import Final
from uuid import uuid4

import structlog
from prometheus_client import Gauge

from backstride_gateway.change_ports import Changes, MemberErasures
from backstride_gateway.claiming import OnChange
from backstride_gateway.domain.accounts import is_same_secret, secret_hash_of
from backstride_gateway.domain.changes import ChangeRequest
from backstride_gateway.domain.claiming import LastMoving, StoredClaim, released
from backstride_gateway.domain.erasing import MemberErasure, claim_erasure, session_erasure
from backstride_gateway.domain.sessions import SessionRecord
from backstride_gateway.export_ports import MemberExports
from backstride_gateway.ports import Claims, Clock, SessionHistory, StoreUnavailableError

log = structlog.get_logger()

CHECK_INTERVAL_S: Final = 0.5
"""How often the store is looked at while something is being erased; without any: never."""
STORE_INTERVAL_S: Final = 2.0
CLAIMS_AT_ONCE: Final = 100
_CODE_BYTES: Final = 16

_OPEN = Gauge("backstride_gateway_erasures_open", "Sessions and members that are being erased")


class UnknownErasureError(Exception):
    """No erasure has this id and code."""


class Erasing:
    """Takes erasures and works them off; safe to call from several threads."""

    def __init__(  # noqa: PLR0913  so much knows of a member
        self,
        *,
        claims: Claims,
        changes: Changes,
        erasures: MemberErasures,
        exports: MemberExports,
        history: SessionHistory,
        live_last_moving: Callable[[str], LastMoving],
        clock: Clock,
        on_change: OnChange,
        on_request: Callable[[], None],
    ) -> None:
        self._claims = claims
        self._changes = changes
        self._erasures = erasures
        self._exports = exports
        self._history = history
        self._live_last_moving = live_last_moving
        self._clock = clock
        self._on_change = on_change
        self._on_request = on_request
        self._wake = asyncio.Event()

    # --- what is asked ------------------------------------------------------------------------

    def erase_session(self, session: SessionRecord) -> ChangeRequest:
        """Ask for a session to be erased, with its claim; asked for again it is the same request.

        Its claim ends with it, if it still holds.
        """
        known = self._changes.erasure_of_session(session.session_id)
        if known is not None:
            return known
        claim = None if session.claim_id is None else self._claims.get(session.claim_id)
        if claim is not None:
            # a file made before holds what is erased now
            self._exports.forget(claim.member_id)
            (change,) = self._erase_claims([claim], session.session_id)
            self._on_request()
            return change
        change_id = str(uuid4())
        change = ChangeRequest(
            change_id=change_id,
            session_id=session.session_id,
            claim_id=None,
            member_id=None,
            treadmill=session.treadmill,
            requested_at_ms=self._clock(),
            event=session_erasure(session, change_id),
        )
        self._changes.add(change)
        self._on_change(session.treadmill)
        self._on_request()
        return change

    def erasure_of_session(self, session_id: str) -> ChangeRequest | None:
        """Return the request to erase a session that is still there."""
        return self._changes.erasure_of_session(session_id)

    def erase_member(self, member_id: str) -> MemberErasure:
        """Ask for a member to be erased; asked for again it is the same erasure with its code."""
        code = secrets.token_urlsafe(_CODE_BYTES)
        erasure = self._erasures.begin(
            MemberErasure(
                erasure_id=str(uuid4()),
                member_id=member_id,
                code=code,
                code_hash=secret_hash_of(code),
                requested_at_ms=self._clock(),
                claims_count=0,
            )
        )
        log.info("a member asked to be erased", erasure_id=erasure.erasure_id)
        self._on_request()
        return erasure

    def progress(self, erasure_id: str, code: str) -> MemberErasure:
        """Return how far an erasure is, or its receipt.

        Raises:
            UnknownErasureError: when there is none of this id, or the code is another's.

        """
        found = self._erasures.get(erasure_id)
        if found is None or not is_same_secret(secret_hash_of(code), found.code_hash):
            raise UnknownErasureError(erasure_id)
        return found

    # --- the work -----------------------------------------------------------------------------

    def wake(self) -> None:
        """Look at what is open now; call it in the event loop's thread."""
        self._wake.set()

    async def run(self) -> None:
        """Work off what is open, for ever."""
        while True:
            self._wake.clear()
            try:
                left = await asyncio.to_thread(self.work_once)
                pause_s = CHECK_INTERVAL_S if left else None
            except StoreUnavailableError as error:
                pause_s = STORE_INTERVAL_S
                log.warning("erasures wait for the store", error=str(error))
            try:
                await asyncio.wait_for(self._wake.wait(), pause_s)
            except TimeoutError:
                continue

    def work_once(self) -> int:
        """Do what can be done now; return how much is still open."""
        for change in self._changes.erased(CLAIMS_AT_ONCE):
            self._changes.finish(change)
            self._on_change(change.treadmill)
        unfinished = self._erasures.unfinished()
        left = len(unfinished)
        for erasure in unfinished:
            left -= self._step(erasure)
        left += self._changes.open_erasures()
        _OPEN.set(left)
        return left

    def _step(self, erasure: MemberErasure) -> bool:
        """Do what can be done for a member; return whether it is done."""
        if erasure.member_id is None:
            return True
        waiting = self._erasures.claims_to_erase(erasure.member_id, CLAIMS_AT_ONCE)
        if waiting:
            self._erase_claims(waiting, None)
            return False
        # before the last row of theirs: whoever still makes a file finds nothing to finish
        exports_count = self._exports.forget(erasure.member_id)
        is_done = self._erasures.finish(erasure.erasure_id, self._clock(), exports_count)
        if is_done:
            log.info("a member was erased", erasure_id=erasure.erasure_id)
        return is_done

    def _erase_claims(
        self, claims: list[StoredClaim], session_id: str | None
    ) -> list[ChangeRequest]:
        now_ms = self._clock()
        claim_ids = [claim.claim_id for claim in claims]
        stored = self._history.last_moving(claim_ids)
        known = self._changes.of_claims(claim_ids)
        found: list[ChangeRequest] = []
        for claim in claims:
            live = self._live_last_moving(claim.treadmill)
            moving_ms = max(stored.get(claim.claim_id, 0), live.get(claim.claim_id, 0))
            change_id = str(uuid4())
            corrections = [one for one in known if one.claim_id == claim.claim_id]
            found.append(
                ChangeRequest(
                    change_id=change_id,
                    session_id=session_id,
                    claim_id=claim.claim_id,
                    member_id=claim.member_id,
                    treadmill=claim.treadmill,
                    requested_at_ms=now_ms,
                    event=claim_erasure(claim, corrections, change_id, moving_ms, now_ms),
                )
            )
        self._claims.save([released(one, now_ms) for one in claims if one.released_at_ms is None])
        self._changes.add(*found)
        for treadmill in sorted({claim.treadmill for claim in claims}):
            self._on_change(treadmill)
        return found
