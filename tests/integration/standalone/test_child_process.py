"""Real child processes: they end when asked, when killed, and when their supervisor is killed."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import psutil
import pytest

from backstride_standalone import leash
from backstride_standalone.adapters.child_process import ChildProcess, environment_for
from tests.waiting import wait_until

PYTHON = sys.executable

SAYS_ITS_PID = "import os, time; print(os.getpid(), flush=True); time.sleep(600)"
DEAF = (
    "import os, signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); "
    "print(os.getpid(), flush=True); time.sleep(600)"
)

SUPERVISOR = f"""
import sys, time
from pathlib import Path
from backstride_standalone.adapters.child_process import ChildProcess
ChildProcess([sys.executable, "-c", {SAYS_ITS_PID!r}], {{}}, Path(sys.argv[1]))
time.sleep(600)
"""


def pid_in(log: Path) -> int:
    text = wait_until(
        lambda: log.read_text(encoding="utf-8") if log.exists() else "",
        what="the child to say its id",
        holds=lambda seen: seen.endswith("\n"),
    )
    return int(text)


def ended(process: ChildProcess) -> int:
    status = wait_until(process.status, what="the child's end", holds=lambda seen: seen is not None)
    process.close()
    assert status is not None
    return status


def test_a_child_runs_with_its_settings_and_its_output_in_the_log(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("BACKSTRIDE_KAFKA__BOOTSTRAP_SERVERS", "somebody's own")
    log = tmp_path / "child.log"
    code = (
        "import os, sys; print('out', flush=True); print('err', file=sys.stderr); "
        "print(sorted(n for n in os.environ if n.startswith('BACKSTRIDE_')))"
    )
    child = ChildProcess([PYTHON, "-c", code], {"BACKSTRIDE_A": "1"}, log)

    assert ended(child) == 0

    text = log.read_text(encoding="utf-8")
    assert {"out", "err"} <= set(text.splitlines())
    assert "['BACKSTRIDE_A', 'BACKSTRIDE_STOP_WITH_PARENT']" in text


def test_the_environment_keeps_what_is_not_ours(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LANG", "sv_SE.UTF-8")

    assert environment_for({})["LANG"] == "sv_SE.UTF-8"


def test_a_child_ends_when_it_is_asked(tmp_path: Path) -> None:
    log = tmp_path / "child.log"
    child = ChildProcess([PYTHON, "-c", SAYS_ITS_PID], {}, log)
    assert pid_in(log) == child.pid

    child.terminate()

    assert ended(child) == -signal.SIGTERM


def test_a_deaf_child_is_killed_and_so_is_what_it_started(tmp_path: Path) -> None:
    log = tmp_path / "child.log"
    code = f"import subprocess, sys, time; subprocess.run([sys.executable, '-c', {DEAF!r}])"
    child = ChildProcess([PYTHON, "-c", code], {}, log)
    grandchild = pid_in(log)

    child.kill()

    assert ended(child) == -signal.SIGKILL
    wait_until(lambda: not psutil.pid_exists(grandchild), what="the grandchild's end")


def test_killing_what_has_ended_does_nothing(tmp_path: Path) -> None:
    child = ChildProcess([PYTHON, "-c", ""], {}, tmp_path / "child.log")
    status = ended(child)

    child.kill()
    child.terminate()

    assert status == 0


def test_ctrl_c_at_the_terminal_does_not_reach_the_child(tmp_path: Path) -> None:
    log = tmp_path / "child.log"
    child = ChildProcess([PYTHON, "-c", SAYS_ITS_PID], {}, log)
    try:
        # the terminal signals a process group; the child is in one of its own
        assert os.getpgid(pid_in(log)) != os.getpgid(0)
    finally:
        child.kill()
        ended(child)


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux ends a child with its parent")
def test_a_child_does_not_outlive_a_killed_supervisor(tmp_path: Path) -> None:
    log = tmp_path / "child.log"
    supervisor = subprocess.Popen([PYTHON, "-c", SUPERVISOR, str(log)])
    child = psutil.Process(pid_in(log))

    supervisor.kill()
    supervisor.wait()

    wait_until(
        lambda: not child.is_running() or child.status() == psutil.STATUS_ZOMBIE,
        what="the child's end",
    )


HOLDING = "import sys; from backstride_standalone.leash import hold; sys.exit(hold(sys.argv[1:]))"


@pytest.mark.parametrize("code", [SAYS_ITS_PID, DEAF], ids=["obedient", "deaf"])
def test_a_held_program_ends_when_standard_input_closes(tmp_path: Path, code: str) -> None:
    log = tmp_path / "held.log"
    with log.open("wb") as output:
        holder = subprocess.Popen(
            [PYTHON, "-c", HOLDING, PYTHON, "-c", code], stdin=subprocess.PIPE, stdout=output
        )
    held = pid_in(log)
    assert holder.stdin is not None

    holder.stdin.close()

    assert holder.wait(20) != 0
    assert not psutil.pid_exists(held)


def test_a_held_program_that_watches_its_input_sees_the_end_of_its_holder(tmp_path: Path) -> None:
    log = tmp_path / "held.log"
    code = "import os, sys; print(os.getpid(), flush=True); sys.stdin.read()"
    with log.open("wb") as output:
        holder = subprocess.Popen(
            [PYTHON, "-c", HOLDING, PYTHON, "-c", code], stdin=subprocess.PIPE, stdout=output
        )
    held = psutil.Process(pid_in(log))
    assert holder.poll() is None

    holder.kill()
    holder.wait()

    wait_until(
        lambda: not held.is_running() or held.status() == psutil.STATUS_ZOMBIE,
        what="the held program's end",
    )
    assert holder.stdin is not None
    holder.stdin.close()


def test_a_held_program_gets_the_signal_and_gives_its_status(tmp_path: Path) -> None:
    log = tmp_path / "held.log"
    code = (
        "import os, signal, sys, time; signal.signal(signal.SIGTERM, lambda *_: sys.exit(7)); "
        "print(os.getpid(), flush=True); time.sleep(600)"
    )
    with log.open("wb") as output:
        holder = subprocess.Popen(
            [PYTHON, "-c", HOLDING, PYTHON, "-c", code], stdin=subprocess.PIPE, stdout=output
        )
    pid_in(log)

    holder.terminate()

    assert holder.wait(20) == 7
    assert holder.stdin is not None
    holder.stdin.close()


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux ends a child with its parent")
def test_a_program_whose_supervisor_is_gone_already_does_not_start() -> None:
    nobody = 2**22 + 1  # above the highest process id of Linux

    started = subprocess.run(
        [PYTHON, leash.__file__, str(nobody), PYTHON, "-c", "print('ran')"],
        capture_output=True,
        check=False,
        timeout=20,
    )

    assert (started.returncode, started.stdout) == (1, b"")
