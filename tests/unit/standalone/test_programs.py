import pytest

from backstride_standalone.domain.programs import (
    Program,
    ProgramError,
    check_programs,
    falling_with,
)


def program(name: str, *, needs: tuple[str, ...] = (), falls_with: tuple[str, ...] = ()) -> Program:
    return Program(name, ("true",), needs=needs, falls_with=falls_with)


def test_programs_that_need_each_other_in_some_order_are_accepted() -> None:
    check_programs([program("ingest", needs=("kafka",)), program("kafka")])


def test_a_circle_of_needs_is_refused_with_its_names() -> None:
    circle = [program("a", needs=("b",)), program("b", needs=("a",)), program("c")]

    with pytest.raises(ProgramError, match="wait for each other: a, b"):
        check_programs(circle)


def test_an_unknown_need_is_refused() -> None:
    with pytest.raises(ProgramError, match="ingest hangs on kafka"):
        check_programs([program("ingest", needs=("kafka",))])


def test_an_unknown_companion_is_refused() -> None:
    with pytest.raises(ProgramError, match="ingest hangs on kafka"):
        check_programs([program("ingest", falls_with=("kafka",))])


def test_two_programs_of_one_name_are_refused() -> None:
    with pytest.raises(ProgramError, match="two programs are called a"):
        check_programs([program("a"), program("a")])


def test_those_that_hold_what_died_fall_with_it() -> None:
    programs = [program("kafka"), program("ingest", falls_with=("kafka",)), program("mqtt")]

    assert falling_with(programs, "kafka") == ["ingest"]
    assert falling_with(programs, "mqtt") == []
