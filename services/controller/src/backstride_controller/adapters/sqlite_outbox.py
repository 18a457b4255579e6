"""The outbox in one SQLite file (WAL) for all treadmills of a process.

The guarantee: what `commit` has returned for is on disk, through a kill and a power cut
(`synchronous=FULL` syncs each commit). One file and one transaction for all treadmills, because a
sync costs milliseconds and hundreds of treadmills would otherwise sync thousands of times a second.
"""

import contextlib
import fcntl
import secrets
import sqlite3
from collections import defaultdict
from pathlib import Path
from typing import IO

from backstride_controller.adapters.sqlite_pending import SCHEMA, Pending
from backstride_controller.domain.delivery import Position
from backstride_controller.ports import (
    Box,
    OutboxBusyError,
    OutboxClaim,
    OutboxReading,
    OutboxTotals,
    OutboxUnavailableError,
)
from backstride_shared.identity import TreadmillKey

MOST_PENDING_READINGS = 20_000
"""What waits in memory for a disk that takes nothing: about 10 MB."""


class SqliteOutbox:
    """An `Outbox` in `folder`; only one process at a time can open it."""

    def __init__(
        self,
        folder: Path,
        *,
        most_pages: int | None = None,
        most_pending_readings: int = MOST_PENDING_READINGS,
    ) -> None:
        """Open or make the file; `most_pages` bounds it, None: the disk does.

        Raises:
            OutboxBusyError: another process has it open.
            OutboxUnavailableError: the folder or file cannot be written.

        """
        self._newest: dict[int, Position] = {}
        self._waiting: defaultdict[int, int] = defaultdict(int)
        self._pending = Pending()
        self._most_pending_readings = most_pending_readings
        try:
            folder.mkdir(parents=True, exist_ok=True)
            self._lock = _locked(folder / "outbox.lock")
        except OSError as error:
            raise OutboxUnavailableError(f"cannot write {folder}: {error.strerror}") from error
        try:
            self._db = sqlite3.connect(
                folder / "outbox.sqlite3", isolation_level=None, check_same_thread=False
            )
            self._prepare(most_pages)
        except sqlite3.Error as error:
            self._lock.close()
            raise OutboxUnavailableError(f"cannot use the outbox in {folder}: {error}") from error

    def _prepare(self, most_pages: int | None) -> None:
        db = self._db
        db.execute("PRAGMA journal_mode=WAL")
        db.execute("PRAGMA synchronous=FULL")
        if most_pages is not None:
            db.execute(f"PRAGMA max_page_count={most_pages:d}")
        db.executescript(SCHEMA)
        totals = dict(db.execute("SELECT name, value FROM totals"))
        self._made, self._unkept = totals["made"], totals["unkept"]
        (self._set_aside,) = db.execute("SELECT count(*) FROM refused").fetchone()
        for box, waiting in db.execute("SELECT box, count(*) FROM readings GROUP BY box"):
            self._waiting[box] = waiting
            position = db.execute(
                "SELECT boot_id, seq FROM readings WHERE box = ?"
                " ORDER BY boot_id DESC, seq DESC LIMIT 1",
                (box,),
            ).fetchone()
            self._newest[box] = Position(*position)

    def open_box(self, treadmill: TreadmillKey) -> Box:
        """Return the box of a treadmill, made with a random device id when it is new."""
        try:
            self._db.execute(
                "INSERT OR IGNORE INTO boxes (treadmill, device_id) VALUES (?, ?)",
                (treadmill, secrets.token_hex(8)),
            )
            row = self._db.execute(
                "SELECT box, device_id, last_boot_id, history_until_ms FROM boxes"
                " WHERE treadmill = ?",
                (treadmill,),
            ).fetchone()
        except sqlite3.Error as error:
            raise OutboxUnavailableError(str(error)) from error
        number, device_id, last_boot_id, history_until_ms = row
        return Box(number, treadmill, device_id, last_boot_id, history_until_ms)

    def boot(self, box: Box, boot_id: int) -> None:
        """Take note of a new start of the device."""
        self._pending.boots[box.number] = boot_id

    def keep(self, box: Box, position: Position, payload: bytes) -> None:
        """Take a reading, in order."""
        self._pending.readings.append((box.number, *position, payload))
        self._pending.made += 1

    def keep_claim(self, box: Box, before: Position, payload: bytes) -> None:
        """Take a claim that belongs before a reading."""
        self._pending.claims.append((box.number, *before, payload))

    def mark_history(self, box: Box, until_ms: int) -> None:
        """Take note that past readings up to here exist."""
        self._pending.history[box.number] = until_ms

    def prune(self, box: Box, up_to: Position) -> None:
        """Let go of everything up to here at the next commit."""
        self._pending.prunes[box.number] = up_to

    def drop_claim(self, number: int) -> None:
        """Let go of a claim at the next commit."""
        self._pending.dropped_claims.append((number,))

    def commit(self) -> None:
        """Put everything taken since the last call on disk, in one transaction."""
        pending = self._pending
        if not pending:
            return
        try:
            removed = self._write(pending)
        except sqlite3.Error as error:
            self._after_failure(pending)
            raise OutboxUnavailableError(str(error)) from error
        self._pending = Pending()
        for box, boot_id, seq, _payload in pending.readings:
            self._newest[box] = Position(boot_id, seq)
            self._waiting[box] += 1
        for box, count in removed.items():
            self._waiting[box] -= count
        self._made += pending.made
        self._unkept += pending.unkept

    def _write(self, pending: Pending) -> dict[int, int]:
        db = self._db
        db.execute("BEGIN IMMEDIATE")
        try:
            removed = pending.write_removals(db)
            pending.write_additions(db)
            db.execute("COMMIT")
        except sqlite3.Error:
            self._roll_back()
            raise
        return removed

    def _after_failure(self, pending: Pending) -> None:
        excess = len(pending.readings) - self._most_pending_readings
        if excess > 0:
            del pending.readings[:excess]
            pending.unkept += excess
        if not pending.prunes and not pending.dropped_claims:
            return
        # what is stored makes room, also when nothing new fits
        db = self._db
        try:
            db.execute("BEGIN IMMEDIATE")
            removed = pending.write_removals(db)
            db.execute("COMMIT")
        except sqlite3.Error:
            self._roll_back()
            return
        pending.prunes, pending.dropped_claims = {}, []
        for box, count in removed.items():
            self._waiting[box] -= count

    def _roll_back(self) -> None:
        if self._db.in_transaction:
            self._db.execute("ROLLBACK")

    def newest(self, box: Box) -> Position | None:
        """Return the last reading on disk."""
        return self._newest.get(box.number)

    def read_after(self, box: Box, position: Position | None, limit: int) -> list[OutboxReading]:
        """Return the readings on disk behind a position, in order; None: from the first."""
        rows = self._db.execute(
            "SELECT boot_id, seq, payload FROM readings WHERE box = ? AND (boot_id, seq) > (?, ?)"
            " ORDER BY boot_id, seq LIMIT ?",
            (box.number, *(position or (-1, 0)), limit),
        )
        return [OutboxReading(Position(boot_id, seq), payload) for boot_id, seq, payload in rows]

    def before(self, box: Box, position: Position) -> Position | None:
        """Return the reading on disk that stands before a position."""
        row = self._db.execute(
            "SELECT boot_id, seq FROM readings WHERE box = ? AND (boot_id, seq) < (?, ?)"
            " ORDER BY boot_id DESC, seq DESC LIMIT 1",
            (box.number, *position),
        ).fetchone()
        return None if row is None else Position(*row)

    def set_aside(self, box: Box, position: Position, reason: str) -> None:
        """Move a reading out of the way to those that were refused."""
        db, row = self._db, (box.number, *position)
        try:
            db.execute("BEGIN IMMEDIATE")
            moved = db.execute(
                "INSERT OR IGNORE INTO refused SELECT box, boot_id, seq, payload, ? FROM readings"
                " WHERE box = ? AND boot_id = ? AND seq = ?",
                (reason, *row),
            ).rowcount
            db.execute("DELETE FROM readings WHERE box = ? AND boot_id = ? AND seq = ?", row)
            db.execute("COMMIT")
        except sqlite3.Error as error:
            self._roll_back()
            raise OutboxUnavailableError(str(error)) from error
        self._set_aside += moved
        self._waiting[box.number] -= moved

    def claims(self, box: Box) -> list[OutboxClaim]:
        """Return the claims that are on disk, in order."""
        rows = self._db.execute(
            "SELECT claim, boot_id, seq, payload FROM claims WHERE box = ? ORDER BY claim",
            (box.number,),
        )
        return [
            OutboxClaim(number, Position(boot_id, seq), payload)
            for number, boot_id, seq, payload in rows
        ]

    def waiting(self, box: Box) -> int:
        """Return how many readings of this box are not yet `stored`."""
        return self._waiting[box.number]

    def totals(self) -> OutboxTotals:
        """Return the counts over all boxes."""
        return OutboxTotals(
            made=self._made + self._pending.made,
            waiting=sum(self._waiting.values()),
            set_aside=self._set_aside,
            unkept=self._unkept + self._pending.unkept,
        )

    def close(self) -> None:
        """Commit what can be, and let go of the file."""
        with contextlib.suppress(OutboxUnavailableError):
            self.commit()
        self._db.close()
        self._lock.close()


def _locked(path: Path) -> IO[bytes]:
    lock = path.open("ab")
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        lock.close()
        raise OutboxBusyError(
            f"another controller works with the outbox in {path.parent}"
        ) from None
    return lock
