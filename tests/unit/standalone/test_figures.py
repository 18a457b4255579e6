import pytest

from backstride_standalone.domain.figures import Figures, figures_from, settled
from backstride_standalone.domain.metrics_text import sums_by_name


def controller(made: float, outbox: float) -> dict[str, float]:
    return {
        "backstride_controller_readings_made": made,
        "backstride_controller_outbox_readings": outbox,
    }


def recorder(distinct: float, accepted: float, refused: float = 0) -> dict[str, float]:
    return {
        "backstride_recorder_points_distinct": distinct,
        "backstride_recorder_readings_accepted": accepted,
        "backstride_recorder_readings_refused": refused,
    }


def test_readings_still_in_an_outbox_are_not_lost() -> None:
    figures = figures_from(controller(made=1000, outbox=40), recorder(distinct=960, accepted=960))

    assert figures == Figures(sent=1000, stored=960, lost=0, doubled=0)


def test_what_left_the_outbox_and_is_not_stored_is_lost() -> None:
    figures = figures_from(controller(made=1000, outbox=40), recorder(distinct=950, accepted=950))

    assert figures is not None
    assert figures.lost == 10


def test_refused_readings_are_not_lost() -> None:
    figures = figures_from(
        controller(made=1000, outbox=0), recorder(distinct=993, accepted=993, refused=7)
    )

    assert figures == Figures(sent=1000, stored=993, lost=0, doubled=0)


def test_readings_counted_twice_are_doubled() -> None:
    figures = figures_from(controller(made=100, outbox=0), recorder(distinct=100, accepted=103))

    assert figures is not None
    assert figures.doubled == 3


def test_what_was_stored_between_two_looks_makes_nothing_negative() -> None:
    figures = figures_from(controller(made=100, outbox=20), recorder(distinct=90, accepted=85))

    assert figures == Figures(sent=100, stored=90, lost=0, doubled=0)


def test_without_simulated_treadmills_everything_stored_was_sent() -> None:
    assert figures_from({}, recorder(distinct=5, accepted=5, refused=1)) == Figures(6, 5, 0, 0)


def test_a_publisher_beside_the_simulation_is_sent_and_hides_no_loss() -> None:
    beside = {"backstride_recorder_readings_without_outbox": 60.0}

    whole = figures_from(controller(made=100, outbox=0), recorder(160, 160) | beside)
    short = figures_from(controller(made=100, outbox=0), recorder(153, 153) | beside)

    assert whole == Figures(sent=160, stored=160, lost=0, doubled=0)
    assert short == Figures(sent=160, stored=153, lost=7, doubled=0)


def test_what_is_lost_or_doubled_at_one_look_only_is_not_told() -> None:
    looks = [Figures(10, 8, 2, 0), Figures(11, 11, 0, 3), Figures(12, 12, 0, 0)]

    assert settled(looks) == Figures(12, 12, 0, 0)


def test_after_too_few_looks_nothing_is_said_to_be_lost() -> None:
    assert settled([Figures(1, 0, 1, 1)] * 3, 4) == Figures(1, 0, 0, 0)
    assert settled([Figures(1, 0, 1, 1)] * 4, 4) == Figures(1, 0, 1, 1)


def test_what_stays_lost_or_doubled_is_told() -> None:
    looks = [Figures(10, 8, 2, 1), Figures(11, 8, 3, 4), Figures(12, 9, 3, 2)]

    assert settled(looks) == Figures(12, 9, 2, 1)


@pytest.mark.parametrize(
    ("made", "stored"),
    [
        (controller(1, 0), {}),
        ({"python_info": 1.0}, recorder(1, 1)),
    ],
    ids=["recorder silent", "controller silent"],
)
def test_no_figures_are_told_while_a_program_is_silent(
    made: dict[str, float], stored: dict[str, float]
) -> None:
    assert figures_from(made, stored) is None


def test_metrics_are_summed_over_their_labels() -> None:
    text = (
        "# HELP outbox Readings kept\n"
        "# TYPE outbox gauge\n"
        'outbox{treadmill="demo/treadmill-01"} 3.0\n'
        'outbox{treadmill="a } b"} 4.5 1395066363000\n'
        "made 1e+03\n"
        "broken\n"
        "worse x\n"
        "\n"
    )

    assert sums_by_name(text) == {"outbox": 7.5, "made": 1000.0}


def test_what_was_erased_is_neither_stored_nor_lost_nor_doubled() -> None:
    erased = {"backstride_recorder_readings_deleted": 60, "backstride_recorder_readings_erased": 5}

    figures = figures_from(
        controller(made=100, outbox=0), recorder(distinct=35, accepted=100) | erased
    )

    assert figures == Figures(sent=100, stored=35, lost=0, doubled=0)
