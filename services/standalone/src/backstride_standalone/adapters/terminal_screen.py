"""The platform on a terminal: a panel that stays in place, or plain lines where there is none."""

from collections import deque
from collections.abc import Callable, Sequence
from typing import Final

from rich.console import Console, Group, RenderableType
from rich.live import Live
from rich.table import Table
from rich.text import Text

from backstride_standalone.domain.figures import Figures
from backstride_standalone.domain.log_lines import Notice
from backstride_standalone.domain.picture import LiveTreadmill, Picture
from backstride_standalone.domain.programs import ProgramView, State
from backstride_standalone.ports import Screen
from backstride_standalone.units import km_per_h_from_m_per_s

_NOTICES_SHOWN: Final = 6
_TREADMILLS_SHOWN: Final = 6
_PLAIN_FIGURES_EVERY_S: Final = 10.0
_PRINTED: Final = frozenset({State.READY, State.DONE, State.RESTARTING, State.STOPPED})
_BANNER_STYLE: Final = "#ffffff on #000000"
_STYLES: Final = {
    State.READY: "green",
    State.DONE: "green",
    State.STARTING: "yellow",
    State.WAITING: "yellow",
    State.RESTARTING: "red",
    State.STOPPED: "dim",
}


def open_screen(
    heading: Sequence[str], now_s: Callable[[], float], banner: str | None = None
) -> Screen:
    """Return a panel when standard output is a terminal, else plain lines.

    A banner, such as a QR code, stands above a panel; among plain lines nobody scans it.
    """
    console = Console(highlight=False)
    if console.is_terminal:
        if banner is not None:
            show_banner(console, banner)
        return PanelScreen(console, heading)
    return PlainScreen(console, heading, now_s)


def show_banner(console: Console, banner: str) -> None:
    """Print light blocks on a dark ground, whatever the colours of the terminal are."""
    for line in banner.splitlines():
        console.print(Text(line, style=_BANNER_STYLE))


def figures_line(figures: Figures | None) -> str:
    """Return the line that tells whether anything was lost."""
    if figures is None:
        return "sent – · stored – · lost – · doubled –"
    return (
        f"sent {figures.sent:,} · stored {figures.stored:,} · "
        f"lost {figures.lost:,} · doubled {figures.doubled:,}"
    ).replace(",", "\N{NARROW NO-BREAK SPACE}")


def treadmill_line(treadmill: LiveTreadmill) -> str:
    """Return one treadmill: which way it runs, how fast, and the energy of its session."""
    velocity = treadmill.belt_velocity_m_per_s
    if velocity is None:
        return f"{treadmill.treadmill:<20} silent"
    way = "reverse" if velocity < 0 else "forward" if velocity > 0 else "stands"
    speed = f"{km_per_h_from_m_per_s(abs(velocity)):.1f} km/h" if velocity else ""
    rate = f"{treadmill.gross_kcal_per_min:.1f} kcal/min" if treadmill.gross_kcal_per_min else ""
    return (
        f"{treadmill.treadmill:<20} {way:<8} {speed:>9}  {rate:>13}   "
        f"{treadmill.session_energy:<24} {treadmill.who}"
    ).rstrip()


class PanelScreen:
    """The whole state in place, refreshed about once a second."""

    def __init__(self, console: Console, heading: Sequence[str]) -> None:
        self._heading = list(heading)
        self._notices: deque[Notice] = deque(maxlen=_NOTICES_SHOWN)
        self._live = Live(console=console, auto_refresh=False)
        self._live.start()

    def show(self, picture: Picture) -> None:
        """Draw everything anew."""
        figures, treadmills = picture.figures, picture.treadmills
        parts: list[RenderableType] = [Text(line) for line in self._heading]
        parts += [Text(), _program_table(picture.programs)]
        parts += [Text()] if treadmills else []
        parts += [Text(treadmill_line(treadmill)) for treadmill in treadmills[:_TREADMILLS_SHOWN]]
        if more := len(treadmills) - _TREADMILLS_SHOWN:
            parts += [Text(f"and {more} more treadmills", style="dim")] if more > 0 else []
        parts += [Text(), Text(figures_line(figures), style=_figures_style(figures))]
        parts += [Text(str(notice), style="yellow") for notice in self._notices]
        if any(view.pid for view in picture.programs):
            parts.append(Text("Ctrl-C stops everything.", style="dim"))
        self._live.update(Group(*parts), refresh=True)

    def notice(self, notice: Notice) -> None:
        """Keep the line in the panel until newer ones push it out."""
        self._notices.append(notice)

    def close(self) -> None:
        """Leave the last panel standing and the cursor below it."""
        self._live.stop()


class PlainScreen:
    """One line for each thing that happens, and the figures now and then."""

    def __init__(
        self, console: Console, heading: Sequence[str], now_s: Callable[[], float]
    ) -> None:
        self._console = console
        self._now_s = now_s
        self._states: dict[str, State] = {}
        self._figures: Figures | None = None
        self._figures_due_s = now_s()
        for line in heading:
            self._print(line)

    def show(self, picture: Picture) -> None:
        """Print what has changed since the last call."""
        figures = picture.figures
        for view in picture.programs:
            # what comes and goes within a start is no line: a busy machine would fill the page
            if view.state in _PRINTED and self._states.get(view.name) != view.state:
                self._states[view.name] = view.state
                self._print(f"{view.name} {view.state}")
        if figures and figures != self._figures and self._now_s() >= self._figures_due_s:
            self._figures = figures
            self._figures_due_s = self._now_s() + _PLAIN_FIGURES_EVERY_S
            self._print(figures_line(figures))

    def notice(self, notice: Notice) -> None:
        """Print the line."""
        self._print(str(notice))

    def close(self) -> None:
        """Leave nothing to do."""

    def _print(self, line: str) -> None:
        self._console.print(line, markup=False, soft_wrap=True)


def _program_table(programs: Sequence[ProgramView]) -> Table:
    table = Table(box=None, padding=(0, 2, 0, 0), header_style="dim")
    for title in ("program", "state", "process", "restarts", ""):
        table.add_column(title)
    for view in programs:
        waiting = f"waits for {', '.join(view.waiting_for)}" if view.waiting_for else ""
        table.add_row(
            view.name,
            Text(view.state, style=_STYLES[view.state]),
            str(view.pid or ""),
            str(view.restarts or ""),
            Text(waiting, style="dim"),
        )
    return table


def _figures_style(figures: Figures | None) -> str:
    return "bold red" if figures and (figures.lost or figures.doubled) else "bold"
