# ruff: noqa: INP001 - a script beside what it makes, not a package
"""Draw the figures of "Does running backwards burn twice the calories?" from the model itself.

    python docs/figures/make_figures.py

Writes the SVG files beside this script and the table into the page; the same model gives the same
bytes.  Published points come from the sources that the page lists.
"""

from collections.abc import Iterable
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any, Final, cast

import matplotlib as mpl
import msgspec

mpl.use("svg")
from matplotlib import pyplot as plt
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from backstride_shared.energy import (
    BAND_LABEL,
    HOLD_MS,
    Coefficients,
    EnergyState,
    EnergyTotals,
    Estimate,
    Moment,
    Wearer,
    advance,
    estimate,
    kcal_text,
    prepare,
)

FOLDER: Final = Path(__file__).resolve().parent
PAGE: Final = FOLDER.parent / "does-backwards-burn-twice.md"
BEGIN: Final = "<!-- begin: table made by docs/figures/make_figures.py -->"
END: Final = "<!-- end -->"
# the page /learn draws its charts from it, in the reader's units and colours
LEARN_TABLE: Final = FOLDER.parents[1] / "services/gateway/pages/src/learn-table.ts"

M_PER_S_PER_MPH: Final = 0.44704
KM_PER_H_PER_M_PER_S: Final = 3.6
FORWARD: Final = "#1b6ca8"
BACKWARD: Final = "#c8553d"
INK: Final = "#2b2d33"
FAINT: Final = "#8a8f98"
NOBODY: Final = prepare(None)
SOMEBODY: Final = Wearer(
    mass_kg=75.0, height_cm=178.0, age_years=40.0, sex="male", backward_minutes=45.0
)

# Herrmann 2024, the treadmill codes 17340 to 17364 and 12028 to 12120: m/s, METs.
COMPENDIUM_WALK: Final = (
    (0.355, 2.1),
    (0.447, 2.3),
    (0.693, 2.8),
    (0.983, 3.0),
    (1.207, 3.5),
    (1.431, 3.8),
    (1.654, 4.8),
    (1.878, 5.8),
    (2.101, 6.8),
)
COMPENDIUM_RUN: Final = (
    (1.833, 6.5),
    (2.034, 7.8),
    (2.280, 8.5),
    (2.526, 9.0),
    (2.749, 9.3),
    (2.995, 10.5),
    (3.129, 11.0),
    (3.353, 11.8),
    (3.576, 12.0),
    (3.845, 12.5),
    (4.023, 13.0),
    (4.470, 14.8),
)
COMPENDIUM_BACKWARD: Final = ((3.5 * M_PER_S_PER_MPH, 6.0),)  # code 17320, level
HOOPER_2004: Final = (67.0 / 60.0, 1.17, 1.20)  # m/s, lowest and highest ratio, grades 5 to 10 %
WRIGHT_WEYAND_2001: Final = (3.0, 1.35, 0.06)  # m/s, ratio, SD
RASICA_2020: Final = 1.35  # at every grade
MEASURED_RATIOS: Final = (1.15, 1.48)

LEARN_COLUMNS: Final = ("speed_m_per_s", "forward", "backward", "low", "high")

STYLE: Final = {
    "svg.hashsalt": "backstride",
    "svg.fonttype": "path",
    "font.family": "DejaVu Sans",
    "font.size": 10,
    "axes.edgecolor": FAINT,
    "axes.labelcolor": INK,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.grid": True,
    "grid.color": "#e6e8eb",
    "grid.linewidth": 0.8,
    "axes.axisbelow": True,
    "text.color": INK,
    "xtick.color": INK,
    "ytick.color": INK,
    "legend.frameon": False,
    "figure.facecolor": "white",
}


class Reading(msgspec.Struct, frozen=True):
    """One reading of the session that is drawn."""

    measured_at_ms: int
    is_reverse: bool
    speed_m_per_s: float
    grade_percent: float = 0.0
    heart_rate_bpm: float | None = None
    hands: str | None = "free"
    is_present: bool | None = True


def main() -> None:
    """Draw every figure and write the table into the page."""
    with styled():
        draw_cost(FOLDER)
        draw_ratio(FOLDER)
        draw_session(FOLDER)
    PAGE.write_text(with_table(PAGE.read_text(encoding="utf-8")), encoding="utf-8")
    LEARN_TABLE.write_text(learn_table(), encoding="utf-8")


def styled() -> AbstractContextManager[None]:
    """Return the context in which figures are drawn: our style, ids without chance."""
    return mpl.rc_context(cast("Any", STYLE))


def ask(speed_m_per_s: float, *, is_reverse: bool, of: Coefficients = NOBODY) -> Estimate:
    """Return the model's answer on the level, hands free."""
    return estimate(of, Moment(speed_m_per_s=speed_m_per_s, is_reverse=is_reverse, hands="free"))


def speeds(to_m_per_s: float, from_m_per_s: float = 0.0) -> list[float]:
    """Return speeds (m/s) 2 cm/s apart."""
    return [index / 50 for index in range(round(from_m_per_s * 50), round(to_m_per_s * 50) + 1)]


def draw_cost(folder: Path) -> None:
    """Draw the cost against speed, forward and backward, with the bands and published points."""
    figure, axes = plt.subplots(figsize=(8.0, 5.0), layout="constrained")
    for is_reverse, color, name, to in (
        (False, FORWARD, "forward", 4.6),
        (True, BACKWARD, "backward", 3.5),
    ):
        at = speeds(to)
        answers = [ask(speed, is_reverse=is_reverse) for speed in at]
        mets = [answer.mets for answer in answers]
        _band(axes, at, mets, [answer.uncertainty_percent for answer in answers], color)
        axes.plot(at, mets, color=color, linewidth=2.2, label=f"our model, {name}")
    axes.plot(*_columns(COMPENDIUM_WALK), "o", **_marker(FORWARD), label="Compendium 2024, walking")
    axes.plot(*_columns(COMPENDIUM_RUN), "^", **_marker(FORWARD), label="Compendium 2024, running")
    axes.plot(
        *_columns(COMPENDIUM_BACKWARD),
        "o",
        **_marker(BACKWARD),
        label="Compendium 2024, walking backward",
    )
    axes.set_xlabel("belt speed, m/s")
    axes.set_ylabel("METs (multiples of 3.5 ml O₂ per kg and minute)")
    axes.set_xlim(0.0, 4.6)
    axes.set_ylim(0.0, 18.0)
    _second_axis(axes)
    axes.set_title(
        f"What a minute costs, level, hands free (shaded: ±1 SD for one person, {BAND_LABEL})",
        fontsize=10,
        loc="left",
        pad=8,
    )
    axes.legend(loc="upper left", fontsize=9)
    _save(figure, folder / "cost-by-speed.svg")


def draw_ratio(folder: Path) -> None:
    """Draw backward over forward at the same speed, gross and net, with what was measured."""
    figure, axes = plt.subplots(figsize=(8.0, 5.2), layout="constrained")
    at = speeds(3.5, 0.3)
    backward = [ask(speed, is_reverse=True) for speed in at]
    forward = [ask(speed, is_reverse=False) for speed in at]
    pairs = list(zip(backward, forward, strict=True))
    gross = [back.gross_kcal_per_min / ahead.gross_kcal_per_min for back, ahead in pairs]
    net = [back.net_kcal_per_min / ahead.net_kcal_per_min for back, ahead in pairs]
    axes.axhspan(*MEASURED_RATIOS, color="#f1ede4", zorder=0.5)
    axes.text(3.47, 1.465, "range of what was measured", ha="right", va="top", color=FAINT)
    axes.axhline(2.0, color=INK, linewidth=1.2, linestyle=(0, (5, 3)))
    axes.text(0.33, 2.02, "“twice the calories”", va="bottom", color=INK)
    _band(axes, at, gross, [answer.uncertainty_percent for answer in backward], BACKWARD)
    axes.plot(at, gross, color=BACKWARD, linewidth=2.2, label="our model, gross")
    axes.plot(
        at,
        net,
        color=BACKWARD,
        linewidth=1.2,
        linestyle=(0, (2, 2)),
        label="our model, net of rest",
    )
    axes.annotate(
        "here one may jog backward\nand still walk forward:\nno study has measured the ratio",
        xy=(1.86, 1.58),
        xytext=(2.12, 1.60),
        va="bottom",
        fontsize=9,
        color=BACKWARD,
        arrowprops={"arrowstyle": "-", "color": BACKWARD, "linewidth": 0.8},
    )
    speed, low, high = HOOPER_2004
    axes.errorbar(
        [speed],
        [(low + high) / 2],
        yerr=(high - low) / 2,
        **_error_marker("o"),
        label="Hooper 2004, walking, 5 to 10 % uphill",
    )
    speed, ratio, sd = WRIGHT_WEYAND_2001
    axes.errorbar(
        [speed],
        [ratio],
        yerr=sd,
        **_error_marker("^"),
        label="Wright and Weyand 2001, running (±1 SD)",
    )
    axes.axhline(RASICA_2020, color=INK, linewidth=0.9, linestyle=(0, (1, 2)))
    axes.text(
        0.33, RASICA_2020 + 0.012, "Rasica 2020: 1.35 at every grade", fontsize=9, va="bottom"
    )
    axes.set_xlabel("belt speed, m/s")
    axes.set_ylabel("backward ÷ forward, same speed")
    axes.set_xlim(0.3, 3.5)
    axes.set_ylim(0.8, 2.4)
    _second_axis(axes)
    axes.set_title(
        f"Backward against forward, level (shaded: ±1 SD for one person, {BAND_LABEL})",
        fontsize=10,
        loc="left",
        pad=8,
    )
    axes.legend(loc="upper left", fontsize=9, ncols=2)
    _save(figure, folder / "ratio-by-speed.svg")


# Minutes, whether in reverse, m/s: somebody with 45 minutes of practice.
SESSION: Final = (
    (5, False, 1.3),
    (5, True, 0.8),
    (1, True, 0.0),
    (5, True, 1.0),
    (1, True, 0.0),
    (5, True, 1.2),
    (5, False, 1.2),
)


def session_readings() -> list[Reading]:
    """Return the readings of the session that is drawn, as far apart as one is held."""
    readings: list[Reading] = []
    for minutes, is_reverse, speed in SESSION:
        start = len(readings)
        readings += [
            Reading((start + index) * HOLD_MS, is_reverse, speed)
            for index in range(minutes * 60_000 // HOLD_MS)
        ]
    last = readings[-1]
    return [*readings, msgspec.structs.replace(last, measured_at_ms=len(readings) * HOLD_MS)]


def session_totals() -> EnergyTotals:
    """Return the sums of the session that is drawn."""
    state = EnergyState()
    advance(state, prepare(SOMEBODY), session_readings())
    return state.totals


def draw_session(folder: Path) -> None:
    """Draw a session as it is recorded: signed belt speed, and energy with its band."""
    readings = session_readings()
    points = advance(EnergyState(), prepare(SOMEBODY), readings)
    totals = session_totals()
    minutes = [reading.measured_at_ms / 60_000 for reading in readings]
    velocity = [
        -reading.speed_m_per_s if reading.is_reverse else reading.speed_m_per_s
        for reading in readings
    ]
    figure, (top, bottom) = plt.subplots(
        2, 1, figsize=(8.0, 5.2), sharex=True, height_ratios=[1, 2], layout="constrained"
    )
    for axes, values in ((top, velocity), (bottom, [point[0] for point in points])):
        for is_reverse, color in ((False, FORWARD), (True, BACKWARD)):
            chosen = [
                value if reading.is_reverse is is_reverse else float("nan")
                for reading, value in zip(readings, values, strict=True)
            ]
            axes.plot(minutes, chosen, color=color, linewidth=2.2, drawstyle="steps-post")
    top.axhline(0.0, color=FAINT, linewidth=0.8)
    top.set_ylabel("belt, m/s")
    top.set_ylim(-1.6, 1.6)
    sd = [point[0] * point[2] / 100 for point in points]
    for is_reverse, color in ((False, FORWARD), (True, BACKWARD)):
        where = [reading.is_reverse is is_reverse for reading in readings]
        bottom.fill_between(
            minutes,
            [point[0] - error for point, error in zip(points, sd, strict=True)],
            [point[0] + error for point, error in zip(points, sd, strict=True)],
            where=where,
            step="post",
            color=color,
            alpha=0.16,
            linewidth=0,
        )
    bottom.set_ylabel("gross kcal per minute")
    bottom.set_xlabel("minutes")
    bottom.set_ylim(0.0, 8.0)
    bottom.set_xlim(0.0, minutes[-1])
    dividend = totals.reverse_dividend or 0.0
    bottom.text(
        0.012,
        0.97,
        f"all: {kcal_text(totals.gross_kcal, totals.uncertainty_percent, has_band=True)}\n"
        f"backward: {totals.backward_seconds / 60:.0f} minutes,"
        f" {kcal_text(totals.backward_gross_kcal, totals.backward_uncertainty_percent, has_band=True)},"  # noqa: E501
        f" {dividend:.2f} times the same speeds forward",
        transform=bottom.transAxes,
        va="top",
        fontsize=9.5,
        linespacing=1.5,
    )
    top.text(2.5, 0.35, "forward", ha="center", color=FORWARD, fontsize=9.5)
    top.text(8.0, 0.35, "backward", ha="center", color=BACKWARD, fontsize=9.5)
    top.set_title(
        "A session of 27 minutes: 40 years, 75 kg, 45 minutes of practice backward",
        fontsize=10,
        loc="left",
        pad=8,
    )
    _save(figure, folder / "typical-session.svg")


def table() -> str:
    """Return the table of the page: kcal per minute for 75 kg at ordinary speeds, level."""
    lines = [
        "| belt | forward | backward (two in three) | backward ÷ forward |",
        "|---|---|---|---|",
    ]
    for speed in (0.6, 0.8, 0.9, 1.0, 1.2, 1.34, 1.5):
        ahead, back = ask(speed, is_reverse=False), ask(speed, is_reverse=True)
        kcal = back.gross_kcal_per_min
        sd = kcal * back.uncertainty_percent / 100
        lines.append(
            f"| {speed:.2f} m/s ({speed * KM_PER_H_PER_M_PER_S:.1f} km/h)"
            f" | {ahead.gross_kcal_per_min:.1f}"
            f" | {kcal:.1f} ({kcal - sd:.1f}–{kcal + sd:.1f})"
            f" | {kcal / ahead.gross_kcal_per_min:.2f} |"
        )
    return "\n".join(lines)


def learn_table() -> str:
    """Return the module of the page /learn: kcal per minute for 75 kg, level, 0.1 m/s apart."""
    rows = []
    for tenths in range(4, 31):
        speed = tenths / 10
        ahead, back = ask(speed, is_reverse=False), ask(speed, is_reverse=True)
        kcal = back.gross_kcal_per_min
        sd = kcal * back.uncertainty_percent / 100
        rows.append(
            f"  {{ speed_m_per_s: {speed}, forward: {ahead.gross_kcal_per_min:.3f},"
            f" backward: {kcal:.3f}, low: {kcal - sd:.3f}, high: {kcal + sd:.3f} }},"
        )
    return "\n".join(
        [
            "// Made from the calorie model by `make figures`; do not edit. Gross kcal per minute.",
            "",
            "export interface CostRow {",
            *(f"  {name}: number;" for name in LEARN_COLUMNS),
            "}",
            "",
            "export const COST_TABLE: CostRow[] = [",
            *rows,
            "];",
            "",
        ]
    )


def with_table(page: str) -> str:
    """Return the page with its table made anew."""
    before, _, rest = page.partition(BEGIN)
    _, _, after = rest.partition(END)
    return f"{before}{BEGIN}\n{table()}\n{END}{after}"


def _band(
    axes: Axes, at: list[float], middle: list[float], percents: Iterable[float], color: str
) -> None:
    low, high = [], []
    for value, percent in zip(middle, percents, strict=True):
        low.append(value * (1 - percent / 100))
        high.append(value * (1 + percent / 100))
    axes.fill_between(at, low, high, color=color, alpha=0.14, linewidth=0)


def _columns(points: Iterable[tuple[float, float]]) -> tuple[list[float], list[float]]:
    pairs = list(points)
    return [x for x, _ in pairs], [y for _, y in pairs]


def _marker(color: str) -> dict[str, Any]:
    return {
        "markersize": 6,
        "markerfacecolor": "white",
        "markeredgecolor": color,
        "markeredgewidth": 1.5,
    }


def _error_marker(shape: str) -> dict[str, Any]:
    return {"fmt": shape, "color": INK, "ecolor": INK, "capsize": 3, **_marker(INK)}


def _second_axis(axes: Axes) -> None:
    """Add km/h above: people know it better."""
    axis = axes.secondary_xaxis("top", functions=cast("Any", (_km_per_h, _m_per_s)))
    axis.set_xlabel("km/h", color=FAINT, labelpad=2)
    axis.tick_params(colors=FAINT)
    axis.spines["top"].set_color(FAINT)


def _km_per_h(m_per_s: Any) -> Any:  # noqa: ANN401 - matplotlib hands over arrays
    return m_per_s * KM_PER_H_PER_M_PER_S


def _m_per_s(km_per_h: Any) -> Any:  # noqa: ANN401 - as above
    return km_per_h / KM_PER_H_PER_M_PER_S


def _save(figure: Figure, path: Path) -> None:
    # Without a date the file is the same whenever it is made.
    figure.savefig(path, metadata={"Date": None, "Creator": "Backstride"})
    plt.close(figure)


if __name__ == "__main__":
    main()
