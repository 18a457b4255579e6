import sqlite3
from pathlib import Path

import pytest

from backstride_controller.adapters.sqlite_outbox import SqliteOutbox
from backstride_controller.domain.delivery import Position
from backstride_controller.ports import Box, OutboxBusyError, OutboxUnavailableError
from backstride_shared.identity import TreadmillKey

_ONE = TreadmillKey("gym/treadmill-01")
_BIG = b"x" * 1000


def _keep(outbox: SqliteOutbox, box: Box, first: int, last: int, payload: bytes = b"{}") -> None:
    for seq in range(first, last + 1):
        outbox.keep(box, Position(7, seq), payload)


def test_everything_outlives_a_restart(tmp_path: Path) -> None:
    outbox = SqliteOutbox(tmp_path)
    box = outbox.open_box(_ONE)
    outbox.boot(box, 7)
    outbox.mark_history(box, 5)
    _keep(outbox, box, 1, 9)
    outbox.keep_claim(box, Position(7, 3), b"claim")
    outbox.commit()
    outbox.prune(box, Position(7, 4))
    outbox.commit()
    outbox.set_aside(box, Position(7, 6), "bad")
    outbox.close()

    again = SqliteOutbox(tmp_path)
    assert again.open_box(_ONE) == box._replace(last_boot_id=7, history_until_ms=5)
    assert [row.position.seq for row in again.read_after(box, None, 10)] == [5, 7, 8, 9]
    assert again.totals() == (9, 4, 1, 0)
    assert again.newest(box) == (7, 9)
    assert again.waiting(box) == 4
    assert [claim.payload for claim in again.claims(box)] == [b"claim"]
    again.close()


def test_only_one_process_can_have_it_open(tmp_path: Path) -> None:
    outbox = SqliteOutbox(tmp_path)
    with pytest.raises(OutboxBusyError, match="another controller"):
        SqliteOutbox(tmp_path)
    outbox.close()

    SqliteOutbox(tmp_path).close()


def test_a_folder_that_cannot_be_made_is_told(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"")
    with pytest.raises(OutboxUnavailableError, match="cannot write"):
        SqliteOutbox(tmp_path / "file" / "outbox")


def test_a_file_that_is_no_database_is_told_and_left_as_it_is(tmp_path: Path) -> None:
    (tmp_path / "outbox.sqlite3").write_bytes(b"this is no database, whatever its name is" * 100)
    with pytest.raises(OutboxUnavailableError, match="cannot use the outbox"):
        SqliteOutbox(tmp_path)

    assert (tmp_path / "outbox.sqlite3").read_bytes().startswith(b"this is no database")


def test_each_commit_is_synced_to_the_disk(tmp_path: Path) -> None:
    """Without it a power cut takes readings that were published: their numbers would come twice."""
    outbox = SqliteOutbox(tmp_path)
    modes = [outbox._db.execute(f"PRAGMA {name}").fetchone()[0] for name in _PRAGMAS]  # noqa: SLF001  SQLite tells it only here
    outbox.close()

    assert modes == ["wal", 2]


_PRAGMAS = ("journal_mode", "synchronous")


def test_on_a_full_disk_readings_wait_in_memory_and_come_in_order(tmp_path: Path) -> None:
    outbox = SqliteOutbox(tmp_path, most_pages=40)
    box = outbox.open_box(_ONE)
    _keep(outbox, box, 1, 20, _BIG)
    outbox.commit()
    _keep(outbox, box, 21, 200, _BIG)
    with pytest.raises(OutboxUnavailableError, match="full"):
        outbox.commit()
    assert outbox.waiting(box) == 20
    assert outbox.newest(box) == (7, 20)

    # what is stored makes room, though the commit with it fails
    outbox.prune(box, Position(7, 20))
    with pytest.raises(OutboxUnavailableError):
        outbox.commit()
    assert outbox.waiting(box) == 0

    outbox._db.execute("PRAGMA max_page_count=10000")  # noqa: SLF001  somebody made room on the disk
    outbox.commit()
    assert [row.position.seq for row in outbox.read_after(box, None, 500)] == [*range(21, 201)]
    assert outbox.totals() == (200, 180, 0, 0)
    outbox.close()


def test_what_finds_no_room_in_memory_is_counted(tmp_path: Path) -> None:
    outbox = SqliteOutbox(tmp_path, most_pages=40, most_pending_readings=100)
    box = outbox.open_box(_ONE)
    _keep(outbox, box, 1, 150, _BIG)
    with pytest.raises(OutboxUnavailableError):
        outbox.commit()
    _keep(outbox, box, 151, 170, _BIG)
    with pytest.raises(OutboxUnavailableError):
        outbox.commit()
    assert outbox.totals() == (170, 0, 0, 70)

    outbox._db.execute("PRAGMA max_page_count=10000")  # noqa: SLF001
    outbox.commit()

    assert [row.position.seq for row in outbox.read_after(box, None, 500)] == [*range(71, 171)]
    outbox.close()
    again = SqliteOutbox(tmp_path)
    assert again.totals() == (170, 100, 0, 70)
    again.close()


def test_pruning_uses_the_index(tmp_path: Path) -> None:
    """A scan of a backlog of millions at every `stored` would stop the gym."""
    SqliteOutbox(tmp_path).close()
    database = sqlite3.connect(tmp_path / "outbox.sqlite3")
    (plan,) = database.execute(
        "EXPLAIN QUERY PLAN DELETE FROM readings WHERE box = 1 AND (boot_id, seq) <= (2, 3)"
    ).fetchall()
    database.close()

    assert "SEARCH readings USING PRIMARY KEY" in plan[3]
    assert "boot_id" in plan[3]
