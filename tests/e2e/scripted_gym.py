"""A gym of ten treadmills with known programmes, and who claims what when."""

from dataclasses import dataclass, field
from typing import Any

from backstride_shared.energy import Wearer

GYM = "scripted"
LENGTH_S = 900.0
PERIOD_MS = 250
# Between two readings, so that no rounding decides which of them a claim begins with.
AT_START_S = 0.1
AT_HALF_S = 480.1


@dataclass(frozen=True)
class Person:
    """A member as the gateway is told, and as the claim freezes them."""

    number: str
    mass_kg: float
    height_cm: float
    age_years: int
    sex: str
    facing: str = "console"

    def profile(self, gym_id: str, this_year: int) -> dict[str, Any]:
        """Return the body of POST /v1/members."""
        return {
            "gym_id": gym_id,
            "member_number": self.number,
            "display_name": f"Member {self.number}",
            "mass_kg": self.mass_kg,
            "height_cm": self.height_cm,
            "birth_year": this_year - self.age_years,
            "sex": self.sex,
            "facing": self.facing,
        }

    def wearer(self) -> Wearer:
        """Return what the model is told: nobody has walked backward on record yet."""
        return Wearer(
            mass_kg=self.mass_kg,
            height_cm=self.height_cm,
            age_years=float(self.age_years),
            sex="male" if self.sex == "male" else "female",
            facing="away" if self.facing == "away" else "console",
            backward_minutes=0.0,
        )


@dataclass(frozen=True)
class Stay:
    """A claim of one person; `until_s` None: not released."""

    person: Person
    from_s: float
    until_s: float | None = None


@dataclass(frozen=True)
class ScriptedTreadmill:
    """What one treadmill does, and who is on it."""

    name: str
    segments: list[dict[str, Any]]
    stays: list[Stay] = field(default_factory=list)


def _segment(duration_s: float, velocity_m_per_s: float, **others: Any) -> dict[str, Any]:  # noqa: ANN401
    direction = "reverse" if velocity_m_per_s < 0 else "forward"
    return {
        "duration_s": duration_s,
        "speed_m_per_s": abs(velocity_m_per_s),
        "direction": direction,
        **others,
    }


_ANNA = Person("2001", 62.0, 165.0, 30, "female")
_BEN = Person("2002", 75.0, 178.0, 30, "male")
_CARL = Person("2003", 95.0, 180.0, 55, "male")
_DORA = Person("2004", 55.0, 158.0, 68, "female")
_EVE = Person("2005", 70.0, 171.0, 41, "female", facing="away")
_FINN = Person("2006", 83.5, 190.0, 25, "male")
_GINA = Person("2007", 58.0, 160.0, 19, "female")
_HUGO = Person("2008", 102.0, 185.0, 47, "male")
_IDA = Person("2009", 66.6, 168.0, 35, "female")
_JON = Person("2010", 71.0, 175.0, 62, "male")
_KAI = Person("2011", 90.0, 182.0, 33, "male", facing="away")

TREADMILLS = [
    # forward, reverse, forward again, one person to the end
    ScriptedTreadmill(
        "treadmill-01",
        [_segment(300, 1.3), _segment(300, -0.9), _segment(300, 1.4)],
        [Stay(_ANNA, AT_START_S)],
    ),
    # reverse throughout, released while the belt still moves: the rest is nobody's
    ScriptedTreadmill(
        "treadmill-02",
        [_segment(900, -1.1)],
        [Stay(_BEN, AT_START_S, AT_HALF_S)],
    ),
    # handed over without a break
    ScriptedTreadmill(
        "treadmill-03",
        [_segment(450, 1.0, grade_percent=5.0), _segment(450, -1.2)],
        [Stay(_CARL, AT_START_S), Stay(_DORA, AT_HALF_S)],
    ),
    # away from the console: a reversed belt is ordinary forward gait
    ScriptedTreadmill(
        "treadmill-04",
        [_segment(450, -1.2), _segment(450, 1.2)],
        [Stay(_EVE, AT_START_S)],
    ),
    # a rest of two minutes belongs to the workout
    ScriptedTreadmill(
        "treadmill-05",
        [_segment(300, 2.8), _segment(150, 0.0), _segment(450, 1.1)],
        [Stay(_FINN, AT_START_S)],
    ),
    # ten minutes of standing end the claim: what follows is nobody's
    ScriptedTreadmill(
        "treadmill-06",
        [_segment(90, -0.8), _segment(650, 0.0), _segment(160, 1.0)],
        [Stay(_GINA, AT_START_S)],
    ),
    # nobody signs in; two minutes of standing part two strangers
    ScriptedTreadmill(
        "treadmill-07",
        [_segment(200, 1.2), _segment(160, 0.0), _segment(300, -1.0), _segment(240, 0.0)],
    ),
    # claimed in the middle of a walk
    ScriptedTreadmill(
        "treadmill-08",
        [_segment(700, 1.25, grade_percent=-3.0), _segment(200, -0.7)],
        [Stay(_HUGO, AT_HALF_S)],
    ),
    # steps off for a while with the belt running, then uphill
    ScriptedTreadmill(
        "treadmill-09",
        [
            _segment(200, 1.4),
            _segment(60, 1.4, is_present=False),
            _segment(340, 1.1, grade_percent=10.0),
            _segment(300, -1.3, hands="grip"),
        ],
        [Stay(_IDA, AT_START_S)],
    ),
    # the direction changes every minute; another person halfway
    ScriptedTreadmill(
        "treadmill-10",
        [_segment(60, 1.0 if index % 2 else -1.0) for index in range(15)],
        [Stay(_JON, AT_START_S, 400.1), Stay(_KAI, AT_HALF_S)],
    ),
]
PEOPLE = [stay.person for treadmill in TREADMILLS for stay in treadmill.stays]


def script() -> dict[str, Any]:
    """Return the gym as `backstride simulate --script` reads it."""
    return {
        "treadmills": [
            {
                "treadmill_id": treadmill.name,
                "segments": treadmill.segments,
                "claims": sorted(
                    (claim for stay in treadmill.stays for claim in _claims(stay)),
                    key=lambda claim: claim["at_s"],
                ),
            }
            for treadmill in TREADMILLS
        ]
    }


def _claims(stay: Stay) -> list[dict[str, Any]]:
    claim = {"at_s": stay.from_s, "action": "claim", "member_number": stay.person.number}
    if stay.until_s is None:
        return [claim]
    return [claim, {**claim, "at_s": stay.until_s, "action": "release"}]
