"""The answer of `backstride calories`, as fields for programs and as lines for people."""

from typing import Any, NamedTuple

from backstride_shared.energy import (
    BAND_LABEL,
    Coefficients,
    Estimate,
    Moment,
    Situation,
    Wearer,
    advise,
    dividend_text,
    flag_codes,
    flag_sentences,
    kcal_text,
    practice_sentence,
)
from backstride_standalone.units import km_per_h_from_m_per_s

_ACSM_NOTE = (
    "The acsm model gives the figures of older consoles;"
    " for walking it reads 9 to 27 % below the 2024 Compendium."
)
_HEART_RATE_NOTE = (
    "The heart rate was not used: it needs an age of 18 to 65, a resting heart rate,"
    " at least 35 % of the reserve, no beta-blocker and the model backstride-1."
)


class Question(NamedTuple):
    """What was asked; `minutes` is None without a total."""

    wearer: Wearer
    coefficients: Coefficients
    moment: Moment
    minutes: float | None


def answer_fields(question: Question, answer: Estimate) -> dict[str, Any]:
    """Return the answer for other programs; units are in the names."""
    coefficients, minutes = question.coefficients, question.minutes
    fields: dict[str, Any] = {
        "vo2_ml_per_kg_per_min": answer.vo2_ml_per_kg_per_min,
        "power_w_per_kg": answer.power_w_per_kg,
        "mets": answer.mets,
        "gross_kcal_per_min": answer.gross_kcal_per_min,
        "net_kcal_per_min": answer.net_kcal_per_min,
        "uncertainty_percent": answer.uncertainty_percent,
        "gait": _gait(question.moment, answer),
        "run_fraction": answer.run_fraction,
        "is_backward": answer.is_backward,
        "effective_grade_percent": answer.effective_grade_percent,
        "flags": flag_codes(answer.flags),
        "model_version": answer.model_version,
        "mass_kg": coefficients.mass_kg,
        "is_mass_assumed": coefficients.is_mass_assumed,
        "is_practice_assumed": answer.is_backward and question.wearer.backward_minutes is None,
        "is_heart_rate_used": answer.is_heart_rate_used,
    }
    if answer.is_backward:
        fields["forward_gross_kcal_per_min"] = answer.forward_gross_kcal_per_min
        fields["reverse_dividend"] = answer.gross_kcal_per_min / answer.forward_gross_kcal_per_min
    if minutes is not None:
        fields["minutes"] = minutes
        fields["gross_kcal"] = answer.gross_kcal_per_min * minutes
        fields["net_kcal"] = answer.net_kcal_per_min * minutes
    return fields


def answer_lines(question: Question, answer: Estimate) -> list[str]:
    """Return the answer for people, a sentence or two of figures and what to know about them."""
    moment, minutes = question.moment, question.minutes
    gross = answer.gross_kcal_per_min
    sd = gross * answer.uncertainty_percent / 100.0
    assumed = ", no mass given" if question.coefficients.is_mass_assumed else ""
    speed = moment.speed_m_per_s
    lines = [
        (
            f"{_gait_words(moment, answer)} at {speed:.2f} m/s"
            f" ({km_per_h_from_m_per_s(speed):.1f} km/h),"
            f" effective grade {answer.effective_grade_percent:g} %"
        ),
        (
            f"  gross {gross:.1f} kcal/min ({gross - sd:.1f} to {gross + sd:.1f}, {BAND_LABEL}),"
            f" net {answer.net_kcal_per_min:.1f} kcal/min,"
            f" for {question.coefficients.mass_kg:g} kg{assumed}"
        ),
        (
            f"  {answer.vo2_ml_per_kg_per_min:.1f} ml/kg/min, {answer.mets:.1f} METs,"
            f" {answer.power_w_per_kg:.2f} W/kg, model {answer.model_version}"
        ),
    ]
    if minutes is not None:
        total = kcal_text(gross * minutes, answer.uncertainty_percent, has_band=answer.is_backward)
        lines.append(f"  in {minutes:g} minutes {total}")
    if answer.is_backward and speed > 0.0:
        forward = answer.forward_gross_kcal_per_min
        lines.append(f"  forward {forward:.1f} kcal/min; backward {dividend_text(gross / forward)}")
        lines.append(f"  practice: {_practice(question.wearer.backward_minutes)}")
    return lines + [f"  note: {note}" for note in _notes(question, answer)]


def _practice(backward_minutes: float | None) -> str:
    if backward_minutes is not None:
        return practice_sentence(backward_minutes)
    return (
        "not given (--backward-minutes), so counted as for somebody used to it;"
        f" who begins: {practice_sentence(0.0)}"
    )


def _notes(question: Question, answer: Estimate) -> list[str]:
    wearer, moment = question.wearer, question.moment
    notes = flag_sentences(answer.flags)
    if question.coefficients.is_acsm:
        notes.append(_ACSM_NOTE)
    if moment.heart_rate_bpm is not None and not answer.is_heart_rate_used:
        notes.append(_HEART_RATE_NOTE)
    situation = Situation(
        is_backward=answer.is_backward,
        speed_m_per_s=moment.speed_m_per_s,
        deck_grade_percent=moment.grade_percent,
        flags=answer.flags,
        backward_minutes=wearer.backward_minutes,
        age_years=wearer.age_years,
        heart_rate_bpm=moment.heart_rate_bpm,
        max_heart_rate_bpm=question.coefficients.max_heart_rate_bpm,
        has_beta_blocker=wearer.has_beta_blocker,
    )
    return notes + [advice.sentence for advice in advise(situation)]


def _gait(moment: Moment, answer: Estimate) -> str:
    if moment.speed_m_per_s <= 0.0:
        return "stand"
    if 0.0 < answer.run_fraction < 1.0:
        return "blend"
    return "run" if answer.run_fraction else "walk"


def _gait_words(moment: Moment, answer: Estimate) -> str:
    direction = "Backward" if answer.is_backward else "Forward"
    words = {
        "stand": "Standing",
        "blend": f"{direction}, between walking and running,",
        "walk": f"{direction} walk",
        "run": f"{direction} run",
    }
    return words[_gait(moment, answer)]
