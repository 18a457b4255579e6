"""The command `backstride calories`: its answers for people and programs, and its refusals."""

import json
from typing import Any

import pytest
import typer
from typer.testing import CliRunner, Result

from backstride_shared.energy import FLAGS
from backstride_standalone.calories import calories

KEYS = {
    "vo2_ml_per_kg_per_min",
    "power_w_per_kg",
    "mets",
    "gross_kcal_per_min",
    "net_kcal_per_min",
    "uncertainty_percent",
    "gait",
    "run_fraction",
    "is_backward",
    "effective_grade_percent",
    "flags",
    "model_version",
    "mass_kg",
    "is_mass_assumed",
    "is_heart_rate_used",
    "is_practice_assumed",
}


def _invoke(line: str) -> Result:
    app = typer.Typer(pretty_exceptions_enable=False)
    app.command()(calories)
    return CliRunner().invoke(app, line.split())


def _answer(line: str) -> dict[str, Any]:
    result = _invoke(f"{line} --json")
    assert result.exit_code == 0, result.stderr
    fields: dict[str, Any] = json.loads(result.stdout)
    return fields


def test_json_holds_the_whole_answer() -> None:
    answer = _answer("--speed-m-per-s 1.5646 --gait walk --hands free")

    assert set(answer) == KEYS
    assert answer["mets"] == pytest.approx(4.30, abs=0.03)
    assert answer["gait"] == "walk"
    assert answer["is_backward"] is False
    assert answer["flags"] == []
    assert answer["model_version"] == "backstride-1"


def test_without_a_mass_the_answer_is_for_75_kg_and_says_so() -> None:
    answer = _answer("--speed-m-per-s 1.34")

    assert (answer["mass_kg"], answer["is_mass_assumed"]) == (75.0, True)
    assert "for 75 kg, no mass given" in _invoke("--speed-m-per-s 1.34").stdout
    assert "no mass given" not in _invoke("--speed-m-per-s 1.34 --mass-kg 75").stdout


def test_a_person_in_reverse_gets_the_specified_energy_and_the_comparison() -> None:
    answer = _answer(
        "--speed-m-per-s 1.34 --direction reverse"
        " --mass-kg 55 --height-cm 158 --age-years 68 --sex female"
    )

    assert answer["gross_kcal_per_min"] == pytest.approx(4.64, rel=0.005)
    assert answer["forward_gross_kcal_per_min"] == pytest.approx(3.52, rel=0.005)
    assert answer["reverse_dividend"] == pytest.approx(4.64 / 3.52, rel=0.005)
    assert answer["flags"] == ["X_BODY", "X_HANDS"]


def test_speed_in_km_per_h_is_the_same_speed() -> None:
    km_per_h, m_per_s = _answer("--speed-km-per-h 4.32"), _answer("--speed-m-per-s 1.2")

    assert km_per_h["power_w_per_kg"] == pytest.approx(m_per_s["power_w_per_kg"])
    assert "at 1.20 m/s (4.3 km/h)" in _invoke("--speed-km-per-h 4.32").stdout


def test_a_raised_deck_in_reverse_is_downhill() -> None:
    line = "--speed-m-per-s 1.0 --direction reverse --grade-percent 5"

    answer = _answer(line)

    assert answer["effective_grade_percent"] == -5.0
    assert answer["power_w_per_kg"] == pytest.approx(3.635, rel=0.005)
    assert "X_BACK_DOWN" in answer["flags"]
    assert _answer(f"{line} --facing away")["is_backward"] is False


def test_the_heart_rate_of_the_worked_example_is_fused() -> None:
    line = (
        "--speed-m-per-s 1.2 --direction reverse --hands free --mass-kg 75 --height-cm 178"
        " --age-years 40 --sex male --heart-rate-bpm 128 --resting-heart-rate-bpm 60 --vo2max 42"
    )

    assert _answer(line)["gross_kcal_per_min"] == pytest.approx(6.03, rel=0.005)
    assert _answer(line)["is_heart_rate_used"] is True
    blocked = _invoke(f"{line} --beta-blocker").stdout
    assert "The heart rate was not used" in blocked
    assert "go by how hard it feels" in blocked


def test_minutes_add_totals() -> None:
    answer = _answer("--speed-m-per-s 1.2 --minutes 20")

    assert answer["gross_kcal"] == pytest.approx(20.0 * answer["gross_kcal_per_min"])
    assert answer["net_kcal"] == pytest.approx(20.0 * answer["net_kcal_per_min"])


def test_people_in_reverse_read_the_band_the_comparison_and_the_precautions() -> None:
    text = _invoke("--speed-m-per-s 1.2 --direction reverse --minutes 20 --mass-kg 75").stdout

    assert "Backward walk at 1.20 m/s (4.3 km/h)" in text
    assert "(4.3 to 6.6, about two in three)" in text
    assert "in 20 minutes ≈ 110 kcal (85–130)" in text
    assert "it is not double" in text
    assert "0 of 30 minutes at ≤ 0.8 m/s" in text
    assert "safety clip" in text


def test_every_flag_raised_is_explained_in_words() -> None:
    line = "--speed-m-per-s 0.5 --direction reverse --grade-percent 5"
    codes = _answer(line)["flags"]
    text = _invoke(line).stdout

    assert codes == ["X_BACK_SLOW", "X_BACK_DOWN", "X_HANDS"]
    assert [flag.code for flag in FLAGS if flag.sentence in text] == codes


@pytest.mark.parametrize(
    ("line", "gait", "words"),
    [
        ("--speed-m-per-s 0", "stand", "Standing"),
        ("--speed-m-per-s 1.0", "walk", "Forward walk"),
        ("--speed-m-per-s 2.05", "blend", "between walking and running"),
        ("--speed-m-per-s 3.0", "run", "Forward run"),
        ("--speed-m-per-s 3.0 --direction reverse", "run", "Backward run"),
    ],
)
def test_the_gait_is_named(line: str, gait: str, words: str) -> None:
    assert _answer(line)["gait"] == gait
    assert words in _invoke(line).stdout


def test_acsm_is_labelled_as_what_it_is() -> None:
    line = "--speed-m-per-s 3.129 --gait run --model acsm"

    assert _answer(line)["model_version"] == "acsm"
    assert "the figures of older consoles" in _invoke(line).stdout


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        ("--speed-m-per-s -1", "--speed-m-per-s must be a number from 0 to 8, not '-1'"),
        ("--speed-m-per-s 8.01", "--speed-m-per-s must be a number from 0 to 8, not '8.01'"),
        ("--speed-m-per-s nan", "--speed-m-per-s must be a number from 0 to 8, not 'nan'"),
        ("--speed-m-per-s inf", "--speed-m-per-s must be a number from 0 to 8, not 'inf'"),
        ("--speed-m-per-s fast", "--speed-m-per-s must be a number from 0 to 8, not 'fast'"),
        ("--speed-km-per-h 29", "--speed-km-per-h must be a number from 0 to 28.8, not '29'"),
        ("--speed-m-per-s 1 --speed-km-per-h 3.6", "not both"),
        ("", "give the speed"),
        ("--speed-m-per-s 1 --grade-percent 45.1", "--grade-percent must be a number from -45"),
        ("--speed-m-per-s 1 --grade-percent nan", "--grade-percent must be a number from -45"),
        ("--speed-m-per-s 1 --direction sideways", "--direction must be forward or reverse"),
        ("--speed-m-per-s 1 --facing up", "--facing must be console or away"),
        ("--speed-m-per-s 1 --gait skip", "--gait must be walk or run"),
        ("--speed-m-per-s 1 --hands up", "--hands must be free or rest or grip"),
        ("--speed-m-per-s 1 --sex x", "--sex must be male or female"),
        ("--speed-m-per-s 1 --model other", "--model must be backstride-1 or acsm"),
        ("--speed-m-per-s 1 --age-years 0", "--age-years must be a number from 5 to 115"),
        ("--speed-m-per-s 1 --mass-kg 0", "--mass-kg must be a number from 20 to 350"),
        ("--speed-m-per-s 1 --height-cm 1.78", "--height-cm must be a number from 100 to 250"),
        ("--speed-m-per-s 1 --backward-minutes -1", "--backward-minutes must be a number"),
        ("--speed-m-per-s 1 --minutes -1", "--minutes must be a number from 0 to 1440"),
        ("--speed-m-per-s 1 --heart-rate-bpm 300", "--heart-rate-bpm must be a number from 25"),
        ("--speed-m-per-s 1 --model acsm --direction reverse", "knows no backward gait"),
        ("--speed-m-per-s 1 --model acsm --facing away", "knows no backward gait"),
    ],
)
def test_bad_input_gets_one_line_on_stderr_and_exit_2(line: str, reason: str) -> None:
    result = _invoke(line)

    assert result.exit_code == 2
    assert result.stdout == ""
    assert result.stderr.startswith("backstride calories: ")
    assert result.stderr.count("\n") == 1
    assert reason in result.stderr


BACKWARD = "--speed-km-per-h 4.3 --direction reverse --mass-kg 75"


def test_practice_that_was_not_given_is_told_as_assumed() -> None:
    """A beginner costs more, so their practice must not stand beside the figures of others."""
    unknown, beginner = _invoke(BACKWARD), _invoke(f"{BACKWARD} --backward-minutes 0")
    assert "practice: not given (--backward-minutes), so counted as for" in unknown.stdout
    assert "practice: 0 of 30 minutes" in beginner.stdout
    assert _answer(BACKWARD)["is_practice_assumed"] is True
    assert _answer(f"{BACKWARD} --backward-minutes 0")["is_practice_assumed"] is False
    assert _answer("--speed-km-per-h 4.3 --mass-kg 75")["is_practice_assumed"] is False
