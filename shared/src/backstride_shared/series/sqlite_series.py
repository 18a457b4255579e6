"""The series in one SQLite file: what is written is on the disk when `write` returns.

Rows lie ordered by (treadmill, time) in the table itself (WITHOUT ROWID), so that a session is one
stretch of the file. Names stand once in small tables. The number of points is kept beside them,
because counting rows would read the whole file.
"""

import sqlite3
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

from backstride_shared.full_disk import with_mend
from backstride_shared.series.conditions import packed, unpacked
from backstride_shared.series.ports import (
    RefusedPoint,
    SeriesMinute,
    SeriesPoint,
    SeriesUnavailableError,
)

SCHEMA_VERSION: Final = 1
BUSY_TIMEOUT_S: Final = 5.0

_SEQ_MODULUS: Final = 1_000_000
"""`time_ns` is the measured millisecond plus (seq mod 10⁶) ns: the key, as in InfluxDB."""
_MOST_MS: Final = 2**63 // _SEQ_MODULUS
"""SQLite's integers end here, in the year 2262."""

_SCHEMA: Final = """
CREATE TABLE treadmills (treadmill_no INTEGER PRIMARY KEY, treadmill TEXT NOT NULL UNIQUE);
CREATE TABLE boots (
    boot_no INTEGER PRIMARY KEY, device_id TEXT NOT NULL, boot_id INTEGER NOT NULL,
    UNIQUE (device_id, boot_id));
CREATE TABLE belt (
    treadmill_no INTEGER NOT NULL, time_ns INTEGER NOT NULL, boot_no INTEGER NOT NULL,
    seq INTEGER NOT NULL, bits INTEGER NOT NULL, speed_m_per_s REAL NOT NULL,
    grade_percent REAL NOT NULL, heart_rate_bpm REAL, gross_kcal_per_min REAL NOT NULL,
    net_kcal_per_min REAL NOT NULL, uncertainty_percent REAL NOT NULL, flags INTEGER NOT NULL,
    session_gross_kcal REAL,
    PRIMARY KEY (treadmill_no, time_ns)) WITHOUT ROWID;
CREATE TABLE totals (points INTEGER NOT NULL);
INSERT INTO totals VALUES (0);
"""
_INSERT: Final = "INTO belt VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"
_SELECT: Final = """
SELECT time_ns, device_id, boot_id, seq, bits, speed_m_per_s, grade_percent, heart_rate_bpm,
    gross_kcal_per_min, net_kcal_per_min, uncertainty_percent, flags, session_gross_kcal
FROM belt JOIN boots USING (boot_no)
WHERE treadmill_no = ? AND time_ns BETWEEN ? AND ? ORDER BY time_ns
"""
_DELETE: Final = "DELETE FROM belt WHERE treadmill_no = ? AND time_ns BETWEEN ? AND ?"
_NEXT: Final = "SELECT MIN(time_ns) FROM belt WHERE treadmill_no = ? AND time_ns >= ?"


class SqliteSeries:
    """A `SeriesStore` in a SQLite file; may be used from several threads, one call at a time."""

    def __init__(self, path: Path) -> None:
        """Open the file; make it, its folder and its tables when missing.

        Raises:
            SeriesUnavailableError: when that is not possible now, or another version wrote it.

        """
        self._lock = threading.Lock()
        self._treadmill_numbers: dict[str, int] = {}
        self._boot_numbers: dict[tuple[str, int], int] = {}
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            self._connection = sqlite3.connect(
                path, timeout=BUSY_TIMEOUT_S, isolation_level=None, check_same_thread=False
            )
        except (OSError, sqlite3.Error) as error:
            raise SeriesUnavailableError(f"cannot open {path}: {error}") from error
        try:
            self._set_up()
        except BaseException:
            self._connection.close()
            raise

    def write(self, points: Sequence[SeriesPoint]) -> list[RefusedPoint]:
        """Store the points, durable on return; none is ever refused."""
        if not points:
            return []
        with self._transaction() as connection:
            rows = [self._row(connection, point) for point in points]
            # nearly always all are new; only a replay pays for the second statement
            new: int = connection.executemany(f"INSERT OR IGNORE {_INSERT}", rows).rowcount
            if new < len(rows):
                connection.executemany(f"INSERT OR REPLACE {_INSERT}", rows)
            if new:
                connection.execute("UPDATE totals SET points = points + ?", (new,))
        return []

    def read(self, treadmill: str, from_ms: int, to_ms: int) -> list[SeriesPoint]:
        """Return the points with from_ms <= measured_at_ms <= to_ms, ordered by time, then seq."""
        with self._reading() as connection:
            number = self._treadmill_number(connection, treadmill)
            if number is None:
                return []
            stretch = (_first_ns(from_ms), _first_ns(to_ms + 1) - 1)
            rows = connection.execute(_SELECT, (number, *stretch)).fetchall()
        return [_point(treadmill, row) for row in rows]

    def read_minutes(
        self,
        treadmill: str,  # noqa: ARG002  the port's
        from_ms: int,  # noqa: ARG002
        to_ms: int,  # noqa: ARG002
    ) -> list[SeriesMinute]:
        """Return nothing: a file keeps every reading, so nothing stands in for them."""
        return []

    def delete(self, treadmill: str, from_ms: int, to_ms: int) -> None:
        """Delete the points with from_ms <= measured_at_ms <= to_ms, from the file too."""
        with self._transaction() as connection:
            number = self._treadmill_number(connection, treadmill)
            stretch = (_first_ns(from_ms), _first_ns(to_ms + 1) - 1)
            gone: int = connection.execute(_DELETE, (number, *stretch)).rowcount
            connection.execute("UPDATE totals SET points = points - ?", (gone,))
        with self._reading() as connection:
            # the log before the file still holds the pages as they were
            connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")

    def next_measured_at_ms(self, treadmill: str, after_ms: int) -> int | None:
        """Return when the first point after a moment was measured, None when there is none."""
        with self._reading() as connection:
            number = self._treadmill_number(connection, treadmill)
            (time_ns,) = connection.execute(_NEXT, (number, _first_ns(after_ms + 1))).fetchone()
        return None if time_ns is None else time_ns // _SEQ_MODULUS

    def count(self) -> int:
        """Return the number of distinct points held."""
        with self._reading() as connection:
            (points,) = connection.execute("SELECT points FROM totals").fetchone()
        return int(points)

    def close(self) -> None:
        """Close the file."""
        with self._lock:
            self._connection.close()

    def _set_up(self) -> None:
        with self._reading() as connection:
            connection.execute("PRAGMA journal_mode=WAL")
            # as for the relational store: a treadmill lets go of what was reported stored
            connection.execute("PRAGMA synchronous=FULL")
            # what is erased is overwritten, not only left out of the index
            connection.execute("PRAGMA secure_delete=ON")
        with self._transaction() as connection:
            (version,) = connection.execute("PRAGMA user_version").fetchone()
            if version == 0:
                # executescript would commit the transaction
                for statement in _SCHEMA.split(";"):
                    connection.execute(statement)
                connection.execute(f"PRAGMA user_version={SCHEMA_VERSION}")
            elif version != SCHEMA_VERSION:
                raise SeriesUnavailableError(
                    f"the series file is of version {version}, this program knows {SCHEMA_VERSION}"
                )

    @contextmanager
    def _reading(self) -> Iterator[sqlite3.Connection]:
        with self._lock:
            try:
                yield self._connection
            except sqlite3.Error as error:
                raise SeriesUnavailableError(with_mend(str(error))) from error

    @contextmanager
    def _transaction(self) -> Iterator[sqlite3.Connection]:
        with self._reading() as connection:
            connection.execute("BEGIN IMMEDIATE")
            try:
                yield connection
                connection.execute("COMMIT")
            except BaseException:
                # numbers given in this transaction are gone with it
                self._treadmill_numbers.clear()
                self._boot_numbers.clear()
                if connection.in_transaction:
                    connection.execute("ROLLBACK")
                raise

    def _row(self, connection: sqlite3.Connection, point: SeriesPoint) -> tuple[object, ...]:
        treadmill_no = self._treadmill_numbers.get(point.treadmill)
        if treadmill_no is None:
            connection.execute(
                "INSERT OR IGNORE INTO treadmills (treadmill) VALUES (?)", (point.treadmill,)
            )
            treadmill_no = self._treadmill_number(connection, point.treadmill)
        boot = (point.device_id, point.boot_id)
        boot_no = self._boot_numbers.get(boot)
        if boot_no is None:
            connection.execute(
                "INSERT OR IGNORE INTO boots (device_id, boot_id) VALUES (?, ?)", boot
            )
            (boot_no,) = connection.execute(
                "SELECT boot_no FROM boots WHERE device_id = ? AND boot_id = ?", boot
            ).fetchone()
            self._boot_numbers[boot] = boot_no
        return (
            treadmill_no,
            point.measured_at_ms * _SEQ_MODULUS + point.seq % _SEQ_MODULUS,
            boot_no,
            point.seq,
            packed(point),
            point.speed_m_per_s,
            point.grade_percent,
            point.heart_rate_bpm,
            point.gross_kcal_per_min,
            point.net_kcal_per_min,
            point.uncertainty_percent,
            point.flags,
            point.session_gross_kcal,
        )

    def _treadmill_number(self, connection: sqlite3.Connection, treadmill: str) -> int | None:
        number = self._treadmill_numbers.get(treadmill)
        if number is None:
            row = connection.execute(
                "SELECT treadmill_no FROM treadmills WHERE treadmill = ?", (treadmill,)
            ).fetchone()
            if row is None:
                return None
            number = self._treadmill_numbers[treadmill] = int(row[0])
        return number


def _first_ns(at_ms: int) -> int:
    """Return the first key in a millisecond; far beyond any clock all are the same."""
    return min(at_ms, _MOST_MS) * _SEQ_MODULUS


def _point(treadmill: str, row: tuple[Any, ...]) -> SeriesPoint:
    time_ns, device_id, boot_id, seq, bits, speed, grade, heart_rate, *energies = row
    conditions = unpacked(bits)
    return SeriesPoint(
        treadmill,
        time_ns // _SEQ_MODULUS,
        device_id,
        boot_id,
        seq,
        conditions.is_reverse,
        speed,
        grade,
        heart_rate,
        conditions.is_present,
        conditions.hands,
        conditions.is_emergency_stop,
        *energies,
    )
