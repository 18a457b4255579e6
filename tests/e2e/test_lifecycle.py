"""Starting and stopping: nothing is lost, nothing is left behind, problems are told in one line."""

import signal
import socket
import subprocess
from pathlib import Path
from typing import Any

import pytest

from tests.e2e.conftest import NewPlatform
from tests.e2e.running_platform import BACKSTRIDE, RunningPlatform
from tests.waiting import wait_until

DEMO = ("--demo", "--treadmills", "2", "--history-days", "1")


def run_and_fail(*options: str) -> tuple[int, list[str]]:
    ended = subprocess.run(
        [BACKSTRIDE, "run", *options],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
        stdin=subprocess.DEVNULL,
    )
    return ended.returncode, (ended.stdout + ended.stderr).splitlines()


def demo_sessions(platform: RunningPlatform) -> dict[str, dict[str, Any]]:
    """Return every session of every member by its id."""
    with platform.http() as http:
        members = http.get("/v1/members").raise_for_status().json()["members"]
        return {
            session["session_id"]: session
            for member in members
            for session in http.get(f"/v1/members/{member['member_id']}/sessions")
            .raise_for_status()
            .json()["sessions"]
        }


def wait_for_history(platform: RunningPlatform) -> dict[str, dict[str, Any]]:
    return wait_until(
        lambda: demo_sessions(platform), what="a past session in the history", within_s=60
    )


def wait_until_nothing_waits(platform: RunningPlatform) -> dict[str, Any]:
    """Return the counts when what is sent is stored, but for the readings of the last seconds."""
    counts: dict[str, Any] = wait_until(
        lambda: platform.status()["readings"],
        what="the readings to be stored",
        within_s=60,
        holds=lambda seen: bool(seen) and 0 < seen["stored"] >= seen["sent"] - 100,
    )
    return counts


def test_ctrl_c_ends_everything_and_says_nothing_alarming(new_platform: NewPlatform) -> None:
    platform = new_platform(*DEMO)
    platform.start()
    wait_for_history(platform)

    status = platform.interrupt()

    assert status == 0
    assert platform.left_behind() == []
    assert "Traceback" not in platform.said()
    assert "restarting" not in platform.said()
    assert not (platform.folder / "run.json").exists()


def test_a_terminal_that_is_closed_ends_everything(new_platform: NewPlatform) -> None:
    platform = new_platform()
    platform.start()
    assert platform.process is not None

    platform.process.send_signal(signal.SIGHUP)

    assert platform.process.wait(15) == 0
    platform.process = None
    assert platform.left_behind() == []


def test_a_killed_supervisor_leaves_no_process_behind(new_platform: NewPlatform) -> None:
    platform = new_platform(*DEMO)
    platform.start()

    platform.kill_supervisor()

    wait_until(platform.left_behind, what="the children's end", holds=lambda left: not left)


def test_killing_everything_loses_nothing_and_sessions_survive(new_platform: NewPlatform) -> None:
    platform = new_platform(*DEMO)
    platform.start()
    before = wait_for_history(platform)

    platform.kill_everything()
    platform.start()

    after = demo_sessions(platform)
    assert before.keys() <= after.keys()
    counts = wait_until_nothing_waits(platform)
    assert (counts["lost"], counts["doubled"]) == (0, 0)
    past = [session for session in before.values() if not session["is_running"]]
    later = demo_sessions(platform)
    assert all(
        later[session["session_id"]]["energy"]["gross_kcal"] >= session["energy"]["gross_kcal"]
        for session in past
    )


def test_fresh_forgets_the_demo(new_platform: NewPlatform) -> None:
    platform = new_platform("--demo", "--treadmills", "0", "--fresh")
    platform.folder.mkdir()
    (platform.folder / "backstride-data.json").write_text("{}", encoding="utf-8")
    (platform.folder / "backstride.db").write_text("of an earlier run", encoding="utf-8")

    platform.start()

    assert demo_sessions(platform) == {}


def test_a_second_run_on_the_same_folder_gets_one_line(new_platform: NewPlatform) -> None:
    platform = new_platform()
    platform.start()
    pid = platform.facts()["pid"]

    status, lines = run_and_fail("--data-dir", str(platform.folder))

    assert (status, len(lines)) == (2, 1)
    assert f"another backstride run (process {pid}) uses {platform.folder}" in lines[0]


@pytest.mark.parametrize("option", ["--http-port", "--mqtt-port", "--kafka-port"])
def test_a_busy_port_gets_one_line_that_names_the_option(tmp_path: Path, option: str) -> None:
    free = {"--http-port": "0", "--mqtt-port": "0"}
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen()
        port = listener.getsockname()[1]
        others = [word for pair in (free | {option: str(port)}).items() for word in pair]

        status, lines = run_and_fail("--data-dir", str(tmp_path / "data"), *others)

    assert (status, len(lines)) == (2, 1)
    assert f"port {port}" in lines[0]
    assert f"is in use; choose another with {option}" in lines[0]


def test_a_folder_that_cannot_be_written_gets_one_line(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("", encoding="utf-8")

    status, lines = run_and_fail("--data-dir", str(tmp_path / "file" / "data"))

    assert (status, len(lines)) == (2, 1)
    assert "cannot write to" in lines[0]


def test_a_folder_with_other_files_is_not_touched(tmp_path: Path) -> None:
    (tmp_path / "thesis.tex").write_text("dear to somebody", encoding="utf-8")

    status, lines = run_and_fail("--data-dir", str(tmp_path), "--demo", "--fresh")

    assert (status, len(lines)) == (2, 1)
    assert [entry.name for entry in tmp_path.iterdir()] == ["thesis.tex"]


def test_fresh_asks_before_it_deletes_real_data(tmp_path: Path) -> None:
    (tmp_path / "backstride-data.json").write_text("{}", encoding="utf-8")
    (tmp_path / "backstride.db").write_text("a gym's year", encoding="utf-8")

    status, lines = run_and_fail("--data-dir", str(tmp_path), "--fresh")

    assert (status, len(lines)) == (2, 1)
    assert (tmp_path / "backstride.db").read_text(encoding="utf-8") == "a gym's year"


def test_a_store_that_is_no_database_ends_the_run_in_words(tmp_path: Path) -> None:
    (tmp_path / "backstride-data.json").write_text("{}", encoding="utf-8")
    (tmp_path / "backstride.db").write_text("no database at all", encoding="utf-8")

    status, lines = run_and_fail(
        "--data-dir", str(tmp_path), "--http-port", "0", "--mqtt-port", "0"
    )

    assert status == 1
    assert any(line.startswith("store ended with status 1") for line in lines)
    assert any("file is not a database" in line for line in lines)
