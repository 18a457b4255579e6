"""The screens on a console that remembers what was printed."""

import io

import pytest
from rich.console import Console

from backstride_standalone.adapters.terminal_qr import terminal_qr
from backstride_standalone.adapters.terminal_screen import (
    PanelScreen,
    PlainScreen,
    figures_line,
    show_banner,
    treadmill_line,
)
from backstride_standalone.domain.figures import Figures
from backstride_standalone.domain.log_lines import Notice
from backstride_standalone.domain.picture import LiveTreadmill, Picture
from backstride_standalone.domain.programs import ProgramView, State

HEADING = ["Backstride", "  page and API  http://127.0.0.1:8080"]
SPACE = "\N{NARROW NO-BREAK SPACE}"


def view(state: State, *waiting_for: str) -> ProgramView:
    return ProgramView("recorder", state, 4711, 2, waiting_for)


def console(*, is_terminal: bool) -> Console:
    return Console(
        file=io.StringIO(),
        force_terminal=is_terminal,
        width=100,
        highlight=False,
        color_system=None,
    )


def printed(screen_console: Console) -> str:
    assert isinstance(screen_console.file, io.StringIO)
    return screen_console.file.getvalue()


def test_the_figures_stand_in_one_line() -> None:
    line = figures_line(Figures(sent=1234567, stored=1234000, lost=0, doubled=0))

    assert line == f"sent 1{SPACE}234{SPACE}567 · stored 1{SPACE}234{SPACE}000 · lost 0 · doubled 0"


def test_figures_nobody_tells_are_not_made_up() -> None:
    assert figures_line(None) == "sent – · stored – · lost – · doubled –"


@pytest.mark.parametrize(
    ("treadmill", "words"),
    [
        (
            LiveTreadmill("demo/t", -1.0, 5.53, "≈ 15 kcal (10–20)", "Ada"),
            ["demo/t", "reverse", "3.6 km/h", "5.5 kcal/min", "≈ 15 kcal (10–20)", "Ada"],
        ),
        (LiveTreadmill("demo/t", 2.5, 9.0), ["demo/t", "forward", "9.0 km/h", "9.0 kcal/min"]),
        (LiveTreadmill("demo/t", 0.0, 0.0), ["demo/t", "stands"]),
        (LiveTreadmill("demo/t", None, None), ["demo/t", "silent"]),
    ],
)
def test_a_treadmill_is_told_in_the_order_of_interest(
    treadmill: LiveTreadmill, words: list[str]
) -> None:
    line = treadmill_line(treadmill)

    assert " ".join(line.split()) == " ".join(words)


def test_plain_lines_tell_each_change_once() -> None:
    plain = console(is_terminal=False)
    screen = PlainScreen(plain, HEADING, lambda: 0.0)

    for state in (State.WAITING, State.STARTING, State.READY, State.READY, State.WAITING):
        screen.show(Picture((view(state),)))
    screen.show(Picture((view(State.READY),)))
    screen.show(Picture((view(State.RESTARTING),)))
    screen.notice(Notice("recorder", "warning", "disk [is] full"))
    screen.show(Picture((view(State.READY),)))

    assert printed(plain).splitlines() == [
        *HEADING,
        "recorder ready",
        "recorder restarting",
        "recorder: disk [is] full",
        "recorder ready",
    ]


def test_plain_figures_come_now_and_then() -> None:
    plain = console(is_terminal=False)
    now_s = 0.0
    screen = PlainScreen(plain, [], lambda: now_s)

    for now_s in (1.0, 2.0, 11.5):
        screen.show(Picture((), Figures(sent=int(now_s), stored=0, lost=0, doubled=0)))

    assert [line.split(" · ")[0] for line in printed(plain).splitlines()] == ["sent 1", "sent 11"]


def test_the_panel_shows_everything_in_place() -> None:
    terminal = console(is_terminal=True)
    screen = PanelScreen(terminal, HEADING)
    screen.notice(Notice("ingest", "warning", "kafka is away"))

    screen.show(
        Picture(
            (view(State.WAITING, "kafka"),),
            Figures(5, 5, 0, 0),
            tuple(LiveTreadmill(f"demo/treadmill-{number:02d}", 1.0, 4.0) for number in range(8)),
        )
    )
    screen.close()

    text = printed(terminal)
    for words in (
        "http://127.0.0.1:8080",
        "waits for kafka",
        "4711",
        "demo/treadmill-05",
        "and 2 more treadmills",
        "sent 5 · stored 5 · lost 0 · doubled 0",
        "ingest: kafka is away",
        "Ctrl-C",
    ):
        assert words in text
    assert "demo/treadmill-06" not in text


def test_a_banner_is_light_on_dark_whatever_the_terminal() -> None:
    shown = Console(file=io.StringIO(), force_terminal=True, width=100, color_system="truecolor")

    show_banner(shown, terminal_qr("http://192.0.2.7:8080"))

    lines = printed(shown).splitlines()
    # a code of 25 modules with two around it, two rows in a line
    assert len(lines) == 15
    assert all("38;2;255;255;255;48;2;0;0;0m" in line for line in lines)
    assert "\N{FULL BLOCK}" * 29 in lines[0]
