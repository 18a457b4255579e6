"""Observes a treadmill at a steady rate: stamps readings and puts them into the outbox."""

from collections.abc import Sequence
from typing import Protocol

from backstride_controller.domain.delivery import Position
from backstride_controller.ports import Box, Outbox, ReadingLog
from backstride_shared.messages import ConsoleClaimMessage, Reading, json_encoder

MOST_BEHIND_MS = 30_000
"""A live program that was held up longer than this goes on from now; the gap is seen as one."""


class Observed(Protocol):
    """What is sampled: a treadmill that can be told that time passes."""

    def advance(self, dt_s: float) -> None:
        """Let `dt_s` seconds pass."""
        ...

    def reading(self, seq: int, measured_at_ms: int) -> Reading:
        """Return what is to be seen now."""
        ...


def next_boot_id(last_boot_id: int, now_ms: float) -> int:
    """Return the id of a start: milliseconds where the clock is sane, higher in any case."""
    return max(last_boot_id + 1, round(now_ms))


class Sampler:
    """Makes the readings of one treadmill, boot by boot; times are the treadmill's, in ms."""

    def __init__(
        self,
        box: Box,
        outbox: Outbox,
        observed: Observed,
        *,
        rate_hz: float,
        start_ms: float,
        reading_log: ReadingLog,
        claims: Sequence[ConsoleClaimMessage] = (),
    ) -> None:
        """Begin at `start_ms`, one period before the first reading; claims in order of time."""
        self.boot_id = 0
        self.seq = 0
        self._box = box
        self._outbox = outbox
        self._observed = observed
        self._period_ms = 1000 / rate_hz
        self._start_ms = start_ms
        self._ticks = 0
        self._off_until_ms = 0.0
        self._log = reading_log
        self._claims = list(claims)

    @property
    def _next_ms(self) -> float:
        return self._start_ms + (self._ticks + 1) * self._period_ms

    def begin(self, start_ms: float) -> None:
        """Let the treadmill's time start here instead; nothing was observed yet."""
        self._start_ms = start_ms
        self._ticks = 0

    def boot(self, boot_id: int, now_ms: float, away_ms: float = 0.0) -> None:
        """Start the device anew under a higher id; it observes nothing for `away_ms`."""
        self.boot_id = boot_id
        self.seq = 0
        self._off_until_ms = now_ms + away_ms
        self._outbox.boot(self._box, boot_id)

    def observe(self, until_ms: float, most: int) -> int:
        """Make the readings that are due up to `until_ms`, at most so many; return their number."""
        made = 0
        while made < most and (next_ms := self._next_ms) <= until_ms:
            self._ticks += 1
            self._observed.advance(self._period_ms / 1000)
            if next_ms < self._off_until_ms:
                continue
            self._keep_claims(next_ms)
            self.seq += 1
            position = Position(self.boot_id, self.seq)
            reading = self._observed.reading(self.seq, round(next_ms))
            payload = json_encoder.encode(reading)
            self._outbox.keep(self._box, position, payload)
            self._log.write(self._box, position, payload)
            made += 1
        return made

    def has_due(self, until_ms: float) -> bool:
        """Return whether readings are due that `observe` has not yet made."""
        return self._next_ms <= until_ms

    def catch_up(self, now_ms: float) -> float:
        """Leave out what was missed while the program was held up; return the time left out."""
        behind_ms = now_ms - self._next_ms
        if behind_ms < MOST_BEHIND_MS:
            return 0.0
        skipped = int(behind_ms / self._period_ms)
        self._ticks += skipped
        return skipped * self._period_ms

    def finish_claims(self) -> None:
        """Keep the claims that come after the last reading."""
        self._keep_claims(float("inf"))

    @property
    def claims_left(self) -> int:
        """Claims that are still to come."""
        return len(self._claims)

    def _keep_claims(self, up_to_ms: float) -> None:
        while self._claims and self._claims[0].at_ms <= up_to_ms:
            claim = self._claims.pop(0)
            before = Position(self.boot_id, self.seq + 1)
            self._outbox.keep_claim(self._box, before, json_encoder.encode(claim))
