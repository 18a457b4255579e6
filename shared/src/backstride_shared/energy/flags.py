"""The flags of an estimate: one table of code, bit and one plain sentence for people.

A bit, once released, keeps its meaning for ever: sessions store seconds per bit.
"""

from typing import Final, NamedTuple

X_BACK_SLOW: Final = 1 << 0
X_BACK_FAST: Final = 1 << 1
X_BACK_DOWN: Final = 1 << 2
X_BACK_STEEP: Final = 1 << 3
X_WALK_FAST: Final = 1 << 4
X_GAIT: Final = 1 << 5
X_GRADE: Final = 1 << 6
X_BODY: Final = 1 << 7
X_HANDS: Final = 1 << 8
X_RAMP: Final = 1 << 9
X_MODEL: Final = 1 << 10


class Flag(NamedTuple):
    """One flag: its stable code, its bit and what it tells a person."""

    code: str
    bit: int
    sentence: str


FLAGS: Final = (
    Flag(
        "X_BACK_SLOW",
        X_BACK_SLOW,
        "Backward slower than 0.89 m/s: below the speeds that studies have measured.",
    ),
    Flag(
        "X_BACK_FAST",
        X_BACK_FAST,
        "Backward faster than 3.5 m/s: beyond the speeds that studies have measured.",
    ),
    Flag(
        "X_BACK_DOWN",
        X_BACK_DOWN,
        "Backward downhill: no study has measured this; shown as a rough estimate.",
    ),
    Flag(
        "X_BACK_STEEP",
        X_BACK_STEEP,
        "Backward on a slope steeper than studies have measured.",
    ),
    Flag(
        "X_WALK_FAST",
        X_WALK_FAST,
        "Walking forward faster than 1.96 m/s: beyond what the walking equation was made from.",
    ),
    Flag(
        "X_GAIT",
        X_GAIT,
        "At this speed one may walk or run; we do not know which, so this is a blend of both.",
    ),
    Flag(
        "X_GRADE",
        X_GRADE,
        "A grade outside what the equations were made from.",
    ),
    Flag(
        "X_BODY",
        X_BODY,
        "Age or body mass index outside what was studied"
        " (backward: healthy adults of about 18 to 35 years).",
    ),
    Flag(
        "X_HANDS",
        X_HANDS,
        "Hands on the rail, or not known while backward:"
        " whoever holds on spends less, some far less than others.",
    ),
    Flag(
        "X_RAMP",
        X_RAMP,
        "The speed changed within the last two minutes: the body has not settled yet.",
    ),
    Flag(
        "X_MODEL",
        X_MODEL,
        "The ACSM equations know no backward gait: this part is computed with backstride-1.",
    ),
)


def flag_codes(bits: int) -> list[str]:
    """Return the codes of the flags set in `bits`, in the order of the table."""
    return [flag.code for flag in FLAGS if bits & flag.bit]


def flag_sentences(bits: int) -> list[str]:
    """Return one plain sentence for each flag set in `bits`, in the order of the table."""
    return [flag.sentence for flag in FLAGS if bits & flag.bit]
