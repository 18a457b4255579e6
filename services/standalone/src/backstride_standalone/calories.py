"""The command `backstride calories`: what one speed costs, forward or in reverse, and how sure.

For people in a few lines, with `--json` for other programs.  Bad input gets one line on stderr
and exit 2.
"""

import json
import math
from collections.abc import Callable
from typing import Annotated, Final, Literal, NoReturn

import typer

from backstride_shared.energy import (
    GRADE_LIMIT_PERCENT,
    HEART_RATE_BPM,
    MAX_SPEED_M_PER_S,
    PLAUSIBLE,
    BackwardNotSupportedError,
    Facing,
    Gait,
    ImplausibleWearerError,
    Model,
    Moment,
    Sex,
    Wearer,
    estimate,
    prepare,
    validate_wearer,
)
from backstride_standalone.calories_answer import Question, answer_fields, answer_lines
from backstride_standalone.units import km_per_h_from_m_per_s, m_per_s_from_km_per_h

Direction = Literal["forward", "reverse"]

_BAD_INPUT: Final = 2


def _refuse(message: str) -> NoReturn:
    typer.echo(f"backstride calories: {message}", err=True)
    raise typer.Exit(_BAD_INPUT)


def _number(name: str, low: float, high: float) -> Callable[[str], float]:
    """Return a parser of a number from `low` to `high` that refuses in one line."""

    def parse(text: str) -> float:
        try:
            value = float(text)
        except ValueError:
            value = math.nan
        # NaN compares false with everything, so it is refused here too.
        if not low <= value <= high:
            _refuse(f"{name} must be a number from {low:g} to {high:g}, not {text!r}")
        return value

    return parse


def _plausible(name: str, field: str) -> Callable[[str], float]:
    """Return a parser of what a person can be, such as a body mass."""
    low, high, _ = PLAUSIBLE[field]
    return _number(name, low, high)


def _choice(name: str, *allowed: str) -> Callable[[str], str]:
    """Return a parser of one of `allowed` that refuses in one line."""

    def parse(text: str) -> str:
        if text not in allowed:
            _refuse(f"{name} must be {' or '.join(allowed)}, not {text!r}")
        return text

    return parse


def calories(  # noqa: PLR0913 - one parameter for each option
    *,
    speed_m_per_s: Annotated[
        float | None,
        typer.Option(
            parser=_number("--speed-m-per-s", 0.0, MAX_SPEED_M_PER_S),
            metavar="M/S",
            help="Belt speed, 0 to 8.",
        ),
    ] = None,
    speed_km_per_h: Annotated[
        float | None,
        typer.Option(
            parser=_number("--speed-km-per-h", 0.0, km_per_h_from_m_per_s(MAX_SPEED_M_PER_S)),
            metavar="KM/H",
            help="Belt speed, 0 to 28.8, instead.",
        ),
    ] = None,
    direction: Annotated[
        Direction,
        typer.Option(
            parser=_choice("--direction", "forward", "reverse"),
            metavar="forward|reverse",
            help="Which way the belt runs.",
        ),
    ] = "forward",
    facing: Annotated[
        Facing,
        typer.Option(
            parser=_choice("--facing", "console", "away"),
            metavar="console|away",
            help="Which way the user faces; facing away on a reversed belt is forward gait.",
        ),
    ] = "console",
    grade_percent: Annotated[
        float,
        typer.Option(
            parser=_number("--grade-percent", -GRADE_LIMIT_PERCENT, GRADE_LIMIT_PERCENT),
            metavar="PERCENT",
            help="Grade of the deck, positive with its front up.",
        ),
    ] = 0.0,
    gait: Annotated[
        Gait | None,
        typer.Option(
            parser=_choice("--gait", "walk", "run"),
            metavar="walk|run",
            help="If known; otherwise chosen by speed, blended in between.",
        ),
    ] = None,
    mass_kg: Annotated[
        float | None,
        typer.Option(parser=_plausible("--mass-kg", "mass_kg"), metavar="KG", help="Body mass."),
    ] = None,
    height_cm: Annotated[
        float | None,
        typer.Option(parser=_plausible("--height-cm", "height_cm"), metavar="CM", help="Height."),
    ] = None,
    age_years: Annotated[
        float | None,
        typer.Option(parser=_plausible("--age-years", "age_years"), metavar="YEARS", help="Age."),
    ] = None,
    sex: Annotated[
        Sex | None,
        typer.Option(
            parser=_choice("--sex", "male", "female"),
            metavar="male|female",
            help="For the resting rate; the mean of both if not given.",
        ),
    ] = None,
    hands: Annotated[
        str | None,
        typer.Option(
            parser=_choice("--hands", "free", "rest", "grip"),
            metavar="free|rest|grip",
            help="Whether the hands rest on the rail or grip it.",
        ),
    ] = None,
    backward_minutes: Annotated[
        float | None,
        typer.Option(
            parser=_plausible("--backward-minutes", "backward_minutes"),
            metavar="MINUTES",
            help="Lifetime minutes of backward gait so far.",
        ),
    ] = None,
    heart_rate_bpm: Annotated[
        float | None,
        typer.Option(
            parser=_number("--heart-rate-bpm", *HEART_RATE_BPM),
            metavar="BPM",
            help="Heart rate, after at least 3 minutes at this speed and grade.",
        ),
    ] = None,
    resting_heart_rate_bpm: Annotated[
        float | None,
        typer.Option(
            parser=_plausible("--resting-heart-rate-bpm", "resting_heart_rate_bpm"),
            metavar="BPM",
            help="Heart rate at rest; without it the heart rate is not used.",
        ),
    ] = None,
    vo2max: Annotated[
        float | None,
        typer.Option(
            parser=_plausible("--vo2max", "vo2max_ml_per_kg_per_min"),
            metavar="ML/KG/MIN",
            help="Measured VO2max; estimated from the heart rates if not given.",
        ),
    ] = None,
    beta_blocker: Annotated[
        bool, typer.Option("--beta-blocker", help="The heart rate then tells nothing.")
    ] = False,
    minutes: Annotated[
        float | None,
        typer.Option(
            parser=_number("--minutes", 0.0, 1440.0),
            metavar="MINUTES",
            help="Also the total over so many minutes.",
        ),
    ] = None,
    model: Annotated[
        Model,
        typer.Option(
            parser=_choice("--model", "backstride-1", "acsm"),
            metavar="backstride-1|acsm",
            help="acsm: the figures of older consoles; it knows no backward gait.",
        ),
    ] = "backstride-1",
    as_json: Annotated[bool, typer.Option("--json", help="JSON, for other programs.")] = False,
) -> None:
    """Tell what a speed costs on a belt that runs both ways, with how sure that is."""
    if speed_km_per_h is not None:
        if speed_m_per_s is not None:
            _refuse("give --speed-m-per-s or --speed-km-per-h, not both")
        speed_m_per_s = m_per_s_from_km_per_h(speed_km_per_h)
    if speed_m_per_s is None:
        _refuse("give the speed: --speed-m-per-s or --speed-km-per-h")
    wearer = Wearer(
        mass_kg=mass_kg,
        height_cm=height_cm,
        age_years=age_years,
        sex=sex,
        facing=facing,
        backward_minutes=backward_minutes,
        resting_heart_rate_bpm=resting_heart_rate_bpm,
        vo2max_ml_per_kg_per_min=vo2max,
        vo2max_source=None if vo2max is None else "measured",
        has_beta_blocker=beta_blocker,
        model=model,
    )
    moment = Moment(
        speed_m_per_s=speed_m_per_s,
        is_reverse=direction == "reverse",
        grade_percent=grade_percent,
        hands=hands,
        gait=gait,
        heart_rate_bpm=heart_rate_bpm,
    )
    coefficients = prepare(wearer)
    try:
        validate_wearer(wearer)
        answer = estimate(coefficients, moment)
    except (BackwardNotSupportedError, ImplausibleWearerError) as error:
        _refuse(str(error))
    question = Question(wearer, coefficients, moment, minutes)
    if as_json:
        typer.echo(json.dumps(answer_fields(question, answer)))
    else:
        typer.echo("\n".join(answer_lines(question, answer)))
