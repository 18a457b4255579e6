from pathlib import Path

from backstride_standalone.adapters import program_log
from backstride_standalone.adapters.program_log import ProgramLog


def test_only_whole_new_lines_are_read(tmp_path: Path) -> None:
    path = tmp_path / "a.log"
    path.write_bytes(b"of an earlier run\n")
    log = ProgramLog(path)

    with path.open("ab") as file:
        file.write(b"one\ntw")
    first = log.new_lines()
    with path.open("ab") as file:
        file.write(b"o\n\nthree \xff\n")
    second = log.new_lines()

    assert (first, second) == (["one"], ["two", "three \N{REPLACEMENT CHARACTER}"])
    assert log.new_lines() == []


def test_a_log_that_is_not_there_yet_is_empty(tmp_path: Path) -> None:
    log = ProgramLog(tmp_path / "none.log")

    assert (log.new_lines(), log.last_lines(3)) == ([], [])


def test_the_last_lines_are_those_of_the_file(tmp_path: Path) -> None:
    path = tmp_path / "a.log"
    path.write_text("".join(f"line {number}\n" for number in range(5000)), encoding="utf-8")

    assert ProgramLog(path).last_lines(2) == ["line 4998", "line 4999"]


def test_a_full_log_is_set_aside_while_its_program_goes_on_writing(tmp_path: Path) -> None:
    path = tmp_path / "a.log"
    line = b"x" * 1023 + b"\n"
    with path.open("ab") as file:  # as a child holds it
        log = ProgramLog(path)
        for _ in range(program_log.MAX_LOG_BYTES // len(line) + 1):
            file.write(line)
        file.flush()
        read = 0
        while lines := log.new_lines():
            read += len(lines)
        file.write(b"after\n")
        file.flush()

        assert log.new_lines() == ["after"]
    assert read == program_log.MAX_LOG_BYTES // len(line) + 1
    assert path.stat().st_size == len(b"after\n")
    assert path.with_suffix(".log.1").stat().st_size > program_log.MAX_LOG_BYTES
