from itertools import islice

import pytest

from backstride_controller.domain.programmes import (
    HEATH_2001_SESSIONS,
    MIX,
    PAUSE,
    PROGRAMMES,
    UnknownProgrammeError,
    endless,
    heath_2001_session,
)


def _reverse_speeds_m_per_s(name: str) -> set[float]:
    return {
        segment.speed_m_per_s
        for segment in PROGRAMMES[name].segments
        if segment.direction == "reverse"
    }


def test_the_published_protocol_is_four_weeks_of_three_quarters_of_an_hour_backward() -> None:
    sessions = [heath_2001_session(number) for number in range(1, HEATH_2001_SESSIONS + 1)]

    assert len(sessions) == 4 * 3
    assert all(session.duration_s == 15 * 60 for session in sessions)
    assert all(s.direction == "reverse" for session in sessions for s in session.segments)
    assert all("Heath 2001" in (session.source or "") for session in sessions)


@pytest.mark.parametrize(
    ("session", "most_m_per_s"), [(1, 0.8), (2, 0.8), (3, 1.2), (8, 1.2), (9, 1.5), (12, 1.5)]
)
def test_the_protocol_keeps_to_the_tier_of_the_minutes_practised(
    session: int, most_m_per_s: float
) -> None:
    assert _reverse_speeds_m_per_s(f"heath-2001-{session:02d}") == {most_m_per_s}


def test_first_steps_backward_stay_in_the_first_tier() -> None:
    assert max(_reverse_speeds_m_per_s("reverse-practice")) <= 0.8


@pytest.mark.parametrize("programme", PROGRAMMES.values(), ids=str)
def test_reverse_is_always_level_and_never_faster_than_walking(programme: object) -> None:
    segments = [s for s in getattr(programme, "segments", ()) if s.direction == "reverse"]

    assert all(segment.grade_percent == 0.0 for segment in segments)
    assert all(segment.speed_m_per_s <= 1.5 for segment in segments)


def test_a_programme_begins_again_after_a_pause_without_anybody() -> None:
    programme = PROGRAMMES["easy-walk"]
    count = len(programme.segments)

    seen = list(islice(endless("easy-walk", 1), 2 * count + 1))

    assert seen == [*programme.segments, PAUSE, *programme.segments]


def test_neighbours_in_the_mix_begin_with_different_programmes() -> None:
    first = [tuple(islice(endless(MIX, number), 4)) for number in (1, 2)]

    assert first[0] != first[1]


def test_a_gym_of_the_mix_begins_in_both_directions() -> None:
    begin = [next(endless(MIX, number)) for number in range(1, 7)]

    assert [segment.direction for segment in begin] == ["reverse", "forward"] * 3
    assert all(segment.speed_m_per_s > 0 for segment in begin)


def test_every_treadmill_of_the_mix_comes_to_every_workout() -> None:
    for number in (1, 2):
        seen = set(islice(endless(MIX, number), 200))
        assert all(
            set(programme.segments) <= seen
            for programme in PROGRAMMES.values()
            if not programme.name.startswith("heath")
        )


def test_an_unknown_programme_is_refused_with_those_known() -> None:
    with pytest.raises(UnknownProgrammeError, match="easy-walk"):
        endless("hopping", 1)
