"""What a member should know before going backward: by practice, age, heart rate; versioned.

The rules are those of `backstride_shared.energy.advice`: advice, never control.
"""

from typing import Final

from backstride_shared.energy import (
    Advice,
    Situation,
    Wearer,
    advise,
    practice_sentence,
    practice_tier,
    prepare,
    slow_start_programme,
)
from backstride_shared.energy.advice import HIGH_HEART_RATE_FRACTION

VERSION: Final = "1"
"""Rises when what is to be accepted changes in what it says; the accepted ones are kept."""

_ALWAYS: Final = (
    Advice(
        "P_NO_CONTROL",
        "Backstride watches and advises; it never starts, stops or reverses a belt. The safety"
        " clip and the stop button are yours to use.",
    ),
    Advice("P_CLIP", "Wear the safety clip and keep the rail within reach, every time."),
    Advice("P_LEVEL", "Keep the deck level when the belt runs in reverse."),
    Advice(
        "P_STOP",
        "Stop at dizziness, pain in the chest, knees or Achilles tendon, or when you lose the"
        " rhythm; ask a doctor before you begin if you are in doubt.",
    ),
)


def precautions_for(wearer: Wearer) -> list[Advice]:
    """Return the precautions that fit somebody, the general ones first."""
    minutes = wearer.backward_minutes
    situation = Situation(
        is_backward=True,
        # as fast as advised: what is said about faster speeds stands in the practice
        speed_m_per_s=practice_tier(minutes).max_speed_m_per_s,
        flags=prepare(wearer).body_flags,
        backward_minutes=minutes,
        age_years=wearer.age_years,
        has_beta_blocker=wearer.has_beta_blocker,
        # a beta-blocker is told of at any heart rate; without one, none is known now
        heart_rate_bpm=0.0 if wearer.has_beta_blocker else None,
    )
    return [
        *_ALWAYS,
        Advice("P_PRACTICE", practice_sentence(minutes)),
        *advise(situation),
        *_heart_rate_limit(wearer),
    ]


def programme_for(wearer: Wearer) -> list[str]:
    """Return a slow start in weeks, one sentence each; empty when nothing is left of it."""
    return [step.sentence for step in slow_start_programme(wearer.backward_minutes)]


def _heart_rate_limit(wearer: Wearer) -> list[Advice]:
    highest = wearer.max_heart_rate_bpm
    if highest is None or wearer.has_beta_blocker:
        return []
    limit = HIGH_HEART_RATE_FRACTION * highest
    return [
        Advice(
            "P_HEART_RATE",
            f"Slow down when your heart beats faster than {limit:.0f} a minute (85 % of your"
            " maximum): backward raises it more than the same speed forward.",
        )
    ]
