"""Writes a treadmill's made-up past into its outbox, one session at a time, once and for all.

The readings take the ordinary way: through MQTT, as an old backlog that this outbox still holds.
"""

from collections.abc import Sequence
from random import Random

from backstride_controller.domain.history import PastSession
from backstride_controller.domain.treadmill import SimulatedTreadmill
from backstride_controller.ports import Box, Outbox, ReadingLog
from backstride_controller.sampling import Sampler, next_boot_id

RATE_HZ = 1.0
"""Enough for a chart, and a quarter of the volume of live readings."""
HISTORY_COMPLETE_MS = 2**53
"""The mark of a past that is written: nothing is ever added to it."""
_AFTERWARDS_MS = 3_000
"""The belt ramps down after the programme's end."""


class HistoryWriter:
    """The past of one treadmill; a session is on disk whole, or not at all and made again."""

    def __init__(
        self,
        box: Box,
        outbox: Outbox,
        sessions: Sequence[PastSession],
        *,
        seed: str,
        reading_log: ReadingLog,
    ) -> None:
        """Leave out what an earlier run has written; a device that has lived has its own past."""
        self._box = box
        self._outbox = outbox
        has_lived = box.last_boot_id > 0 and box.history_until_ms == 0
        self._sessions = [
            session
            for session in sessions
            if not has_lived and session.started_at_ms > box.history_until_ms
        ]
        self._seed = seed
        self._log = reading_log
        self._last_boot_id = box.last_boot_id

    @property
    def is_done(self) -> bool:
        """Whether the whole past is written."""
        return not self._sessions

    def write_session(self) -> None:
        """Put the next session into the outbox; a commit makes it durable."""
        session = self._sessions.pop(0)
        chance = Random(f"{self._seed}/{session.started_at_ms}")
        sampler = Sampler(
            self._box,
            self._outbox,
            SimulatedTreadmill(iter(session.programme.segments), chance),
            rate_hz=RATE_HZ,
            start_ms=session.started_at_ms,
            reading_log=self._log,
            claims=session.claims(),
        )
        self._last_boot_id = next_boot_id(self._last_boot_id, session.started_at_ms)
        sampler.boot(self._last_boot_id, session.started_at_ms)
        end_ms = session.ended_at_ms + _AFTERWARDS_MS
        sampler.observe(end_ms, most=round((end_ms - session.started_at_ms) / 1000 * RATE_HZ) + 1)
        sampler.finish_claims()
        self._outbox.mark_history(
            self._box, session.ended_at_ms if self._sessions else HISTORY_COMPLETE_MS
        )
