"""A member erased on one machine: gone from both files to the last byte, whatever comes again."""

import sqlite3
from pathlib import Path

import pytest

from tests.e2e.conftest import NewPlatform
from tests.e2e.running_platform import RunningPlatform
from tests.integration.erasure.looking import check_retained, check_tables
from tests.integration.erasure.scene import NAME, Scene
from tests.waiting import wait_until

pytestmark = pytest.mark.timeout(300)


def test_nothing_of_an_erased_member_comes_back_on_one_machine(new_platform: NewPlatform) -> None:
    platform = new_platform("--demo", "--treadmills", "0")
    platform.start()
    scene = on(platform)
    scene.begin()
    assert points_count(platform, scene) == 120
    assert any(NAME.encode() in path.read_bytes() for path in stores(platform))

    told = scene.erase()
    look_everywhere(platform, scene)

    scene.send_everything_again()
    scene.run_anew()
    wait_until_all_is_stored(platform)
    look_everywhere(platform, scene)

    # Kafka is in memory: what the stores hold and what treadmills send again is all there is
    platform.kill_everything()
    platform.start()
    scene = moved(scene, platform)
    scene.send_everything_again()
    scene.run_anew()
    wait_until_all_is_stored(platform)
    look_everywhere(platform, scene)
    assert scene.receipt() == told
    scene.http.close()


def on(platform: RunningPlatform) -> Scene:
    return Scene(platform.http(), platform.facts()["mqtt_url"])


def moved(scene: Scene, platform: RunningPlatform) -> Scene:
    """Return the scene at the new addresses of a platform that was started again."""
    scene.http.close()
    scene.http, scene.mqtt_url = platform.http(), platform.facts()["mqtt_url"]
    return scene


def look_everywhere(platform: RunningPlatform, scene: Scene) -> None:
    scene.check_api()
    check_tables(scene, f"sqlite:///{file_with(platform, 'members')}")
    check_retained(scene, scene.mqtt_url)
    assert points_count(platform, scene) == 0
    # the bytes of the files, too: of free pages, and of the log before the file
    wait_until(
        lambda: [path.name for path in stores(platform) if NAME.encode() in path.read_bytes()],
        what="the name to be in no file",
        holds=lambda found: not found,
    )


def stores(platform: RunningPlatform) -> list[Path]:
    return [path for path in platform.folder.rglob("*.db*") if path.is_file()]


def file_with(platform: RunningPlatform, table: str) -> Path:
    """Return the SQLite file that has a table."""
    for path in platform.folder.rglob("*.db"):
        with sqlite3.connect(f"file:{path}?mode=ro", uri=True) as connection:
            query = "SELECT name FROM sqlite_master WHERE name = ?"
            found = connection.execute(query, (table,)).fetchone()
        connection.close()
        if found:
            return path
    raise AssertionError(f"no file has a table {table}")


def points_count(platform: RunningPlatform, scene: Scene) -> int:
    count = 0
    connection = sqlite3.connect(f"file:{file_with(platform, 'belt')}?mode=ro", uri=True)
    for treadmill, (from_ms, to_ms) in scene.intervals_ms().items():
        count += connection.execute(
            "SELECT COUNT(*) FROM belt JOIN treadmills USING (treadmill_no)"
            " WHERE treadmill = ? AND time_ns / 1000000 BETWEEN ? AND ?",
            (f"lab/{treadmill}", from_ms, to_ms + 20_000),
        ).fetchone()[0]
    connection.close()
    return count


def wait_until_all_is_stored(platform: RunningPlatform) -> None:
    """Return when nothing is due any more: the counts stand still and agree."""
    wait_until(
        lambda: platform.status()["readings"],
        what="the counts to agree",
        within_s=60,
        holds=lambda seen: bool(seen) and seen["lost"] == seen["doubled"] == 0,
    )
    connection = sqlite3.connect(f"file:{file_with(platform, 'members')}?mode=ro", uri=True)
    wait_until(
        lambda: connection.execute("SELECT COUNT(*) FROM refolds_due").fetchone()[0],
        what="what is due to be folded again",
        within_s=60,
        holds=lambda due: due == 0,
    )
    connection.close()
