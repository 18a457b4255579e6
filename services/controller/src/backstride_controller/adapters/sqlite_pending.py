"""The outbox's tables, and how one commit's worth of changes is written to them."""

import sqlite3

from backstride_controller.domain.delivery import Position

SCHEMA = """
CREATE TABLE IF NOT EXISTS boxes (
    box INTEGER PRIMARY KEY,
    treadmill TEXT NOT NULL UNIQUE,
    device_id TEXT NOT NULL,
    last_boot_id INTEGER NOT NULL DEFAULT 0,
    history_until_ms INTEGER NOT NULL DEFAULT 0
);
CREATE TABLE IF NOT EXISTS readings (
    box INTEGER NOT NULL,
    boot_id INTEGER NOT NULL,
    seq INTEGER NOT NULL,
    payload BLOB NOT NULL,
    PRIMARY KEY (box, boot_id, seq)
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS claims (
    claim INTEGER PRIMARY KEY,
    box INTEGER NOT NULL,
    boot_id INTEGER NOT NULL,
    seq INTEGER NOT NULL,
    payload BLOB NOT NULL
);
CREATE TABLE IF NOT EXISTS refused (
    box INTEGER NOT NULL,
    boot_id INTEGER NOT NULL,
    seq INTEGER NOT NULL,
    payload BLOB NOT NULL,
    reason TEXT NOT NULL,
    PRIMARY KEY (box, boot_id, seq)
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS totals (
    name TEXT PRIMARY KEY,
    value INTEGER NOT NULL
) WITHOUT ROWID;
INSERT OR IGNORE INTO totals VALUES ('made', 0), ('unkept', 0);
"""


class Pending:
    """What the next commit writes."""

    def __init__(self) -> None:
        self.readings: list[tuple[int, int, int, bytes]] = []
        self.claims: list[tuple[int, int, int, bytes]] = []
        self.dropped_claims: list[tuple[int]] = []
        self.boots: dict[int, int] = {}
        self.history: dict[int, int] = {}
        self.prunes: dict[int, Position] = {}
        self.made = 0
        self.unkept = 0

    def __bool__(self) -> bool:
        return bool(
            self.readings
            or self.claims
            or self.dropped_claims
            or self.boots
            or self.history
            or self.prunes
            or self.made
        )

    def write_removals(self, db: sqlite3.Connection) -> dict[int, int]:
        """Delete what need not be kept any more; return how many readings of each box."""
        _many(db, "DELETE FROM claims WHERE claim = ?", self.dropped_claims)
        removed = {}
        for box, up_to in self.prunes.items():
            removed[box] = db.execute(
                "DELETE FROM readings WHERE box = ? AND (boot_id, seq) <= (?, ?)", (box, *up_to)
            ).rowcount
        return removed

    def write_additions(self, db: sqlite3.Connection) -> None:
        """Insert what is new."""
        _many(db, "UPDATE boxes SET last_boot_id = ?2 WHERE box = ?1", self.boots.items())
        _many(db, "INSERT INTO readings VALUES (?, ?, ?, ?)", self.readings)
        _many(
            db,
            "INSERT INTO claims (box, boot_id, seq, payload) VALUES (?, ?, ?, ?)",
            self.claims,
        )
        _many(db, "UPDATE boxes SET history_until_ms = ?2 WHERE box = ?1", self.history.items())
        _many(
            db,
            "UPDATE totals SET value = value + ?2 WHERE name = ?1",
            [("made", self.made), ("unkept", self.unkept)],
        )


def _many(db: sqlite3.Connection, statement: str, rows: object) -> None:
    if rows:
        db.executemany(statement, rows)  # type: ignore[arg-type]
