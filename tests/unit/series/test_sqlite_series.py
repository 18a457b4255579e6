"""What only the SQLite series has: a file that outlives the program, and others beside it."""

import sqlite3
from pathlib import Path

import pytest

from backstride_shared.series import SeriesPoint, SeriesUnavailableError
from backstride_shared.series.opening import UnsupportedSeriesError, open_series
from backstride_shared.series.sqlite_series import SCHEMA_VERSION, SqliteSeries
from backstride_shared.settings import SeriesBlock

T0_MS = 1_795_406_900_000


def points(count: int, first_seq: int = 1, treadmill: str = "gym/one") -> list[SeriesPoint]:
    return [
        SeriesPoint(
            treadmill,
            T0_MS + 250 * seq,
            "device-a",
            7,
            seq,
            is_reverse=True,
            speed_m_per_s=1.0,
            grade_percent=0.0,
            heart_rate_bpm=None,
            is_present=True,
            hands="free",
            is_emergency_stop=False,
            gross_kcal_per_min=6.0,
            net_kcal_per_min=4.5,
            uncertainty_percent=20.0,
            flags=0,
            session_gross_kcal=1.5,
        )
        for seq in range(first_seq, first_seq + count)
    ]


def test_points_and_their_number_are_there_after_opening_again(tmp_path: Path) -> None:
    first = SqliteSeries(tmp_path / "series.db")
    first.write(points(3))
    first.close()

    again = SqliteSeries(tmp_path / "series.db")

    assert again.count() == 3
    again.write(points(2, first_seq=3))
    assert again.count() == 4
    assert again.read("gym/one", 0, 2**53) == points(4)
    again.close()


def test_a_second_program_reads_what_the_first_wrote(tmp_path: Path) -> None:
    writer = SqliteSeries(tmp_path / "series.db")
    reader = SqliteSeries(tmp_path / "series.db")
    assert reader.read("gym/one", 0, 2**53) == []

    writer.write(points(2))

    assert reader.read("gym/one", 0, 2**53) == points(2)
    assert reader.count() == 2
    reader.close()
    writer.close()


def test_a_write_that_fails_half_way_leaves_nothing(tmp_path: Path) -> None:
    series = SqliteSeries(tmp_path / "series.db")
    with sqlite3.connect(tmp_path / "series.db") as other:
        other.execute(
            "CREATE TRIGGER full BEFORE INSERT ON belt WHEN NEW.seq = 3 "
            "BEGIN SELECT RAISE(ABORT, 'disk full'); END"
        )
    other.close()

    with pytest.raises(SeriesUnavailableError, match="disk full"):
        series.write(points(3))
    assert series.count() == 0
    assert series.read("gym/one", 0, 2**53) == []

    with sqlite3.connect(tmp_path / "series.db") as other:
        other.execute("DROP TRIGGER full")
    other.close()
    series.write(points(3))
    assert series.count() == 3
    assert series.read("gym/one", 0, 2**53) == points(3)
    series.close()


def test_a_file_of_another_version_is_refused_in_words(tmp_path: Path) -> None:
    with sqlite3.connect(tmp_path / "series.db") as file:
        file.execute(f"PRAGMA user_version={SCHEMA_VERSION + 1}")
    file.close()

    with pytest.raises(SeriesUnavailableError, match=f"version {SCHEMA_VERSION + 1}"):
        SqliteSeries(tmp_path / "series.db")


def test_a_file_that_is_no_database_is_refused_in_words(tmp_path: Path) -> None:
    (tmp_path / "series.db").write_bytes(b"this is a text, and a long enough one, too" * 50)

    with pytest.raises(SeriesUnavailableError, match="not a database"):
        SqliteSeries(tmp_path / "series.db")


def test_a_path_that_cannot_be_made_is_refused_in_words(tmp_path: Path) -> None:
    (tmp_path / "file").touch()

    with pytest.raises(SeriesUnavailableError, match="cannot open"):
        open_series(SeriesBlock(url=f"sqlite:///{tmp_path}/file/series.db"))


@pytest.mark.parametrize("url", ["influx://host/bucket", "postgresql://host/db", "sqlite://"])
def test_an_unknown_kind_of_store_is_refused(url: str) -> None:
    with pytest.raises(UnsupportedSeriesError, match="sqlite:///path"):
        open_series(SeriesBlock(url=url))
