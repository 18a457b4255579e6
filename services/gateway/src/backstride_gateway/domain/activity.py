"""A session as something to take along: moments, laps by direction, pauses, one sport.

Readings are drawn together to one moment a second at most: speed and heart rate are means, and what
a reading held for until the next one belongs to the second in which it was measured, so that the
moments add up to the session. Files for other programs are written from this, whatever their form.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Final, Literal

from backstride_gateway.domain.sessions import SessionRecord
from backstride_shared.energy.constants import (
    BACKWARD_TRANSITION_M_PER_S,
    FORWARD_TRANSITION_M_PER_S,
    HOLD_MS,
)
from backstride_shared.energy.equations import run_fraction_between
from backstride_shared.series.ports import SeriesMinute, SeriesPoint

MOST_MOMENTS: Final = 43_200
"""Twelve hours by the second; a longer session is drawn together to longer steps."""
PAUSE_MS: Final = 10_000
"""Without motion for so long, the timer of a workout is stopped."""
LAP_MS: Final = 5_000
"""A turn that is kept for less makes no lap of its own."""
SECOND_MS: Final = 1_000
MINUTE_MS: Final = 60_000
_MOSTLY: Final = 0.5

Source = Literal["readings", "some readings", "minutes", "totals"]

NOTES: Final[dict[Source, str]] = {
    "readings": "Drawn from single readings, one second each at most.",
    "some readings": "Some readings are not kept any more: the records are incomplete, "
    "the sums of the session are whole.",
    "minutes": "Single readings are not kept any more: drawn from minutes, "
    "made to add up to the session.",
    "totals": "Single readings are not kept any more: only the sums of the session are exact, "
    "forward is written first and backward after it.",
}
"""What is told to people in each file."""


@dataclass(slots=True, kw_only=True)
class Moment:
    """What one step came to; `until_ms` is where its last reading stopped to count.

    `direction` is the belt's at the last motion in it: 1 forward, -1 reverse, 0 at rest.
    Speed and grade are means over time in motion, 0 at rest.
    """

    from_ms: int
    until_ms: int
    direction: int = 0
    is_backward: bool = False
    readings_count: int = 0
    moving_s: float = 0.0
    running_s: float = 0.0
    metres: float = 0.0
    gross_kcal: float = 0.0
    net_kcal: float = 0.0
    uncertainty_kcal_percent: float = 0.0
    max_speed_m_per_s: float = 0.0
    speed_m_per_s: float = 0.0
    grade_percent: float = 0.0
    heart_rate_bpm: float | None = None
    max_heart_rate_bpm: float | None = None

    @property
    def is_moving(self) -> bool:
        """Return whether the belt moved with somebody on it."""
        return self.direction != 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Span:
    """Moments [first, last] between two pauses."""

    first: int
    last: int
    from_ms: int
    until_ms: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Lap:
    """Recorded moments of one direction of gait; `timer_ms` leaves out the pauses."""

    is_backward: bool
    from_ms: int
    until_ms: int
    timer_ms: int
    metres_before: float
    gross_kcal_before: float
    metres: float
    gross_kcal: float
    net_kcal: float
    moving_s: float
    max_speed_m_per_s: float
    mean_heart_rate_bpm: float | None
    max_heart_rate_bpm: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Activity:
    """A session ready to be written down."""

    session: SessionRecord
    source: Source
    utc_offset_s: int
    moments: list[Moment]
    spans: list[Span]
    laps: list[Lap]
    is_running: bool

    @property
    def from_ms(self) -> int:
        """Return when the first record begins."""
        return self.spans[0].from_ms

    @property
    def until_ms(self) -> int:
        """Return when the last motion ended."""
        return self.spans[-1].until_ms

    @property
    def timer_ms(self) -> int:
        """Return the time without the pauses."""
        return sum(span.until_ms - span.from_ms for span in self.spans)

    def recorded(self) -> Iterator[tuple[Moment, float, float]]:
        """Yield the moments outside pauses, with metres and gross kcal up to their ends."""
        metres = gross_kcal = 0.0
        for span in self.spans:
            for moment in self.moments[span.first : span.last + 1]:
                metres += moment.metres
                gross_kcal += moment.gross_kcal
                yield moment, metres, gross_kcal


def activity_of(
    session: SessionRecord, source: Source, moments: list[Moment], utc_offset_s: int
) -> Activity:
    """Return the session with its pauses and laps; there is one moment at least."""
    spans = _spans_of(moments)
    moving_s = sum(moment.moving_s for moment in moments)
    running_s = sum(moment.running_s for moment in moments)
    return Activity(
        session=session,
        source=source,
        utc_offset_s=utc_offset_s,
        moments=moments,
        spans=spans,
        laps=_laps_of(moments, spans),
        is_running=running_s > moving_s * _MOSTLY,
    )


def step_ms_of(session: SessionRecord) -> int:
    """Return the step to which a session's readings are drawn together, whole seconds."""
    duration_ms = session.last_reading_at_ms - session.started_at_ms
    return SECOND_MS * max(1, -(-duration_ms // (MOST_MOMENTS * SECOND_MS)))


@dataclass(slots=True)
class Drawing:
    """Draws a session's points together, in the order of time, as they are read."""

    session: SessionRecord
    step_ms: int
    moments: list[Moment] = field(default_factory=list)
    points_count: int = 0
    _held: SeriesPoint | None = None
    _beats: int = 0
    _grade_s: float = 0.0

    def add(self, points: Iterable[SeriesPoint]) -> None:
        """Take the next points; each settles the one before it."""
        for point in points:
            if self._held is not None:
                elapsed_ms = max(0, point.measured_at_ms - self._held.measured_at_ms)
                self._settle(self._held, min(elapsed_ms, HOLD_MS))
            self._begin(point)
            self._held = point
            self.points_count += 1

    def finish(self) -> list[Moment]:
        """Let the last point hold for as long as the session's sums say; return the moments."""
        last = self._held
        if last is not None:
            totals = self.session.totals
            left_s = totals.moving_seconds - sum(one.moving_s for one in self.moments)
            is_whole = self.points_count >= totals.readings
            tail_ms = round(left_s * 1000) if is_whole and _moves(last) else 0
            self._settle(last, min(max(0, tail_ms), HOLD_MS))
            self._held = None
        return self.moments

    def _begin(self, point: SeriesPoint) -> None:
        from_ms = point.measured_at_ms - point.measured_at_ms % self.step_ms
        if not self.moments or from_ms > self.moments[-1].from_ms:
            self.moments.append(Moment(from_ms=from_ms, until_ms=from_ms))
            self._beats = 0
            self._grade_s = 0.0
        moment = self.moments[-1]
        moment.readings_count += 1
        moment.until_ms = max(moment.until_ms, point.measured_at_ms)
        bpm = point.heart_rate_bpm
        if bpm is not None and point.is_present is not False:
            self._beats += 1
            mean = moment.heart_rate_bpm or 0.0
            moment.heart_rate_bpm = mean + (bpm - mean) / self._beats
            moment.max_heart_rate_bpm = max(moment.max_heart_rate_bpm or 0.0, bpm)
        if _moves(point):
            moment.direction = -1 if point.is_reverse else 1
            moment.is_backward = point.is_reverse != self.session.is_facing_away
            moment.max_speed_m_per_s = max(moment.max_speed_m_per_s, point.speed_m_per_s)
            if not moment.moving_s:
                # until something is settled: of a lone reading it is all that is known
                moment.speed_m_per_s = point.speed_m_per_s
                moment.grade_percent = point.grade_percent

    def _settle(self, point: SeriesPoint, held_ms: int) -> None:
        moment = self.moments[-1]
        moment.until_ms = max(moment.until_ms, point.measured_at_ms + held_ms)
        if not _moves(point) or not held_ms:
            return
        seconds = held_ms / 1000.0
        is_backward = point.is_reverse != self.session.is_facing_away
        gross_kcal = point.gross_kcal_per_min * seconds / 60.0
        moment.moving_s += seconds
        moment.running_s += seconds * _run_fraction(point.speed_m_per_s, is_backward=is_backward)
        moment.metres += point.speed_m_per_s * seconds
        moment.gross_kcal += gross_kcal
        moment.net_kcal += point.net_kcal_per_min * seconds / 60.0
        moment.uncertainty_kcal_percent += gross_kcal * point.uncertainty_percent
        moment.speed_m_per_s = moment.metres / moment.moving_s
        self._grade_s += point.grade_percent * seconds
        moment.grade_percent = self._grade_s / moment.moving_s


def moments_of_minutes(session: SessionRecord, minutes: Sequence[SeriesMinute]) -> list[Moment]:
    """Return a moment for each minute; metres and energy are made to add up to the session's.

    The first and last minute may hold something of other sessions, and energy may have been
    corrected since: the session's own sums are right, and are shared out by time and by energy.
    """
    totals = session.totals
    away = session.is_facing_away
    forward_s = [one.reverse_s if away else one.forward_s for one in minutes]
    backward_s = [one.forward_s if away else one.reverse_s for one in minutes]
    ran = [sum(pair) > 0.0 for pair in zip(forward_s, backward_s, strict=True)]
    gross_kcal = [one.gross_kcal if moves else 0.0 for one, moves in zip(minutes, ran, strict=True)]
    shares = zip(
        _shares(forward_s, totals.forward_metres),
        _shares(backward_s, totals.backward_metres),
        _shares(forward_s, totals.forward_seconds),
        _shares(backward_s, totals.backward_seconds),
        _shares(gross_kcal, totals.gross_kcal),
        strict=True,
    )
    moments = []
    for minute, (forward_m, backward_m, ahead_s, back_s, kcal) in zip(minutes, shares, strict=True):
        moving_s = ahead_s + back_s
        is_backward = back_s > ahead_s
        speed = (forward_m + backward_m) / moving_s if moving_s else 0.0
        moments.append(
            Moment(
                from_ms=max(minute.from_ms, session.started_at_ms),
                until_ms=max(
                    session.started_at_ms,
                    min(minute.from_ms + MINUTE_MS, session.last_reading_at_ms),
                ),
                direction=_direction(is_backward=is_backward, away=away) if moving_s else 0,
                is_backward=is_backward,
                readings_count=minute.readings_count,
                moving_s=moving_s,
                running_s=moving_s * _run_fraction(speed, is_backward=is_backward),
                metres=forward_m + backward_m,
                gross_kcal=kcal,
                net_kcal=kcal * totals.net_kcal / totals.gross_kcal if totals.gross_kcal else 0.0,
                uncertainty_kcal_percent=kcal * totals.uncertainty_percent,
                max_speed_m_per_s=minute.max_speed_m_per_s,
                speed_m_per_s=speed,
                heart_rate_bpm=minute.heart_rate_bpm,
                max_heart_rate_bpm=minute.heart_rate_bpm,
            )
        )
    return moments


def moments_of_totals(session: SessionRecord) -> list[Moment]:
    """Return one moment for what was forward, then one for what was backward."""
    totals = session.totals
    moments: list[Moment] = []
    at_ms = session.started_at_ms
    for is_backward, seconds, metres, gross, net, percent, most in (
        (
            *(False, totals.forward_seconds, totals.forward_metres, totals.forward_gross_kcal),
            *(totals.forward_net_kcal, totals.forward_kcal_percent),
            totals.forward_max_speed_m_per_s,
        ),
        (
            *(True, totals.backward_seconds, totals.backward_metres, totals.backward_gross_kcal),
            *(totals.backward_net_kcal, totals.backward_kcal_percent),
            totals.backward_max_speed_m_per_s,
        ),
    ):
        if not seconds and (moments or not is_backward):
            continue
        until_ms = at_ms + round(seconds * 1000)
        speed = metres / seconds if seconds else 0.0
        moments.append(
            Moment(
                from_ms=at_ms,
                until_ms=until_ms,
                direction=(
                    _direction(is_backward=is_backward, away=session.is_facing_away)
                    if seconds
                    else 0
                ),
                is_backward=is_backward,
                moving_s=seconds,
                running_s=seconds * _run_fraction(speed, is_backward=is_backward),
                metres=metres,
                gross_kcal=gross,
                net_kcal=net,
                uncertainty_kcal_percent=percent,
                max_speed_m_per_s=most,
                speed_m_per_s=speed,
                heart_rate_bpm=totals.mean_heart_rate_bpm,
                max_heart_rate_bpm=totals.max_heart_rate_bpm or None,
            )
        )
        at_ms = until_ms
    return moments


def _moves(point: SeriesPoint) -> bool:
    return point.speed_m_per_s > 0.0 and point.is_present is not False


def _direction(*, is_backward: bool, away: bool) -> int:
    return -1 if is_backward != away else 1


def _run_fraction(speed_m_per_s: float, *, is_backward: bool) -> float:
    """Return the model's own share of running at a speed, 0 to 1."""
    low, high = BACKWARD_TRANSITION_M_PER_S if is_backward else FORWARD_TRANSITION_M_PER_S
    return run_fraction_between(speed_m_per_s, low, high)


def _shares(weights: Sequence[float], whole: float) -> list[float]:
    """Share a sum out by weights; evenly where there are none."""
    total = sum(weights)
    if not total:
        return [whole / len(weights)] * len(weights)
    return [whole * weight / total for weight in weights]


def _spans_of(moments: Sequence[Moment]) -> list[Span]:
    """Return what lies between the pauses, each with the moment of rest that ends it."""
    spans: list[Span] = []
    first = last = -1
    for index, moment in enumerate(moments):
        if not moment.is_moving:
            continue
        if first >= 0 and moment.from_ms - moments[last].until_ms >= PAUSE_MS:
            spans.append(_span(moments, first, last))
            first = -1
        if first < 0:
            first = index
        last = index
    # nobody ever moved: the first moment stands for the session
    spans.append(_span(moments, max(first, 0), max(last, 0)))
    return spans


def _span(moments: Sequence[Moment], first: int, last: int) -> Span:
    until_ms = moments[last].until_ms
    following = last + 1
    if following < len(moments) and moments[following].from_ms - until_ms < PAUSE_MS:
        last = following
        until_ms = max(until_ms, moments[following].from_ms)
    return Span(first=first, last=last, from_ms=moments[first].from_ms, until_ms=until_ms)


@dataclass(slots=True)
class _Run:
    """Neighbours in one direction, on the way to a lap."""

    is_backward: bool
    moments: list[Moment]

    @property
    def from_ms(self) -> int:
        return self.moments[0].from_ms

    @property
    def duration_ms(self) -> int:
        return self.moments[-1].until_ms - self.from_ms


def _runs_of(moments: Sequence[Moment], spans: Sequence[Span]) -> list[_Run]:
    """Return the recorded moments by direction; a rest belongs to what was before it."""
    runs: list[_Run] = []
    for span in spans:
        for moment in moments[span.first : span.last + 1]:
            is_same = bool(runs) and (
                not moment.is_moving or moment.is_backward == runs[-1].is_backward
            )
            if is_same:
                runs[-1].moments.append(moment)
            else:
                runs.append(_Run(moment.is_backward, [moment]))
    return runs


def _laps_of(moments: Sequence[Moment], spans: Sequence[Span]) -> list[Lap]:
    kept: list[_Run] = []
    for run in _runs_of(moments, spans):
        if kept and (
            run.duration_ms < LAP_MS
            or run.is_backward == kept[-1].is_backward
            or kept[-1].duration_ms < LAP_MS
        ):
            if kept[-1].duration_ms < LAP_MS <= run.duration_ms:
                # a start too short for a lap is counted to what follows
                kept[-1].is_backward = run.is_backward
            kept[-1].moments.extend(run.moments)
        else:
            kept.append(run)
    laps: list[Lap] = []
    metres = gross_kcal = 0.0
    for index, run in enumerate(kept):
        until_ms = kept[index + 1].from_ms if index + 1 < len(kept) else spans[-1].until_ms
        lap = _lap(run, until_ms, spans, metres, gross_kcal)
        metres += lap.metres
        gross_kcal += lap.gross_kcal
        laps.append(lap)
    return laps


def _lap(
    run: _Run, until_ms: int, spans: Sequence[Span], metres_before: float, gross_kcal_before: float
) -> Lap:
    beats = [one.heart_rate_bpm for one in run.moments if one.heart_rate_bpm is not None]
    peaks = [one.max_heart_rate_bpm for one in run.moments if one.max_heart_rate_bpm is not None]
    return Lap(
        is_backward=run.is_backward,
        from_ms=run.from_ms,
        until_ms=until_ms,
        timer_ms=sum(
            max(0, min(span.until_ms, until_ms) - max(span.from_ms, run.from_ms)) for span in spans
        ),
        metres_before=metres_before,
        gross_kcal_before=gross_kcal_before,
        metres=sum(one.metres for one in run.moments),
        gross_kcal=sum(one.gross_kcal for one in run.moments),
        net_kcal=sum(one.net_kcal for one in run.moments),
        moving_s=sum(one.moving_s for one in run.moments),
        max_speed_m_per_s=max(one.max_speed_m_per_s for one in run.moments),
        mean_heart_rate_bpm=sum(beats) / len(beats) if beats else None,
        max_heart_rate_bpm=max(peaks) if peaks else None,
    )
