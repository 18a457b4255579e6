"""A believable past: which demo member walked when, on which treadmill, and what.

The members are those that the gateway makes in demo mode (numbers 1001 to 1004). Sessions lie at
each member's own hour of the day, so that no two of them meet on a treadmill. Times are UTC.
"""

from typing import NamedTuple

from backstride_controller.domain.programmes import PROGRAMMES, Programme, backward_practice
from backstride_controller.domain.randomness import Randomness
from backstride_shared.claims import Purpose
from backstride_shared.messages import ConsoleClaimMessage

MOST_DAYS = 6
"""The platform accepts readings up to seven days old; a day is left for the way."""
_DAY_MS = 24 * 3600 * 1000
_MINUTE_MS = 60 * 1000
_ENDED_MS = 15 * _MINUTE_MS
"""Past sessions are over by now: ten minutes without motion end one."""
_CLAIM_EARLIER_MS = 20_000
_RELEASE_LATER_MS = 10_000


class PastSession(NamedTuple):
    """One visit of a member."""

    member_number: str
    started_at_ms: int
    programme: Programme
    purpose: Purpose

    @property
    def ended_at_ms(self) -> int:
        """When the programme was over."""
        return self.started_at_ms + round(1000 * self.programme.duration_s)

    def claims(self) -> list[ConsoleClaimMessage]:
        """Return the claim at the console before the session and the release after it."""
        claim_id = f"demo-{self.member_number}-{self.started_at_ms}"
        return [
            ConsoleClaimMessage(
                console_claim_id=claim_id,
                action="claim",
                member_number=self.member_number,
                at_ms=self.started_at_ms - _CLAIM_EARLIER_MS,
                purpose=self.purpose,
            ),
            ConsoleClaimMessage(
                console_claim_id=claim_id,
                action="release",
                member_number=self.member_number,
                at_ms=self.ended_at_ms + _RELEASE_LATER_MS,
            ),
        ]


def claim_of_today(number: int, now_ms: int) -> ConsoleClaimMessage | None:
    """Return who is on the treadmill of this number when a demonstration begins; None: nobody."""
    member_number = {1: "1001", 2: "1003"}.get(number)
    if member_number is None:
        return None
    return ConsoleClaimMessage(
        console_claim_id=f"demo-{member_number}-{now_ms}-live",
        action="claim",
        member_number=member_number,
        at_ms=now_ms,
        purpose="training",
    )


class _Regular(NamedTuple):
    """A member's week: what is walked on its days, in turn; None is a day off."""

    member_number: str
    hour: float
    purpose: Purpose
    days: tuple[Programme | None, ...]


_WEEK = (
    _Regular(
        "1001",
        7.5,
        "training",
        (
            PROGRAMMES["easy-walk"],
            backward_practice(6, 0.6),
            PROGRAMMES["easy-walk"],
            backward_practice(9, 0.7),
            PROGRAMMES["incline"],
            backward_practice(13, 0.8),
        ),
    ),
    _Regular(
        "1002",
        12.25,
        "training",
        (
            PROGRAMMES["intervals"],
            None,
            PROGRAMMES["incline"],
            PROGRAMMES["intervals"],
            None,
            PROGRAMMES["both-ways"],
        ),
    ),
    _Regular(
        "1003",
        15.5,
        "rehabilitation",
        (
            PROGRAMMES["reverse-practice"],
            None,
            backward_practice(8, 0.7),
            backward_practice(10),
            None,
            backward_practice(15),
        ),
    ),
    _Regular(
        "1004",
        18.75,
        "agility",
        (
            None,
            PROGRAMMES["both-ways"],
            PROGRAMMES["easy-walk"],
            None,
            PROGRAMMES["both-ways"],
            PROGRAMMES["easy-walk"],
        ),
    ),
)


def past_sessions(
    now_ms: int, days: int, treadmill_count: int, randomness: Randomness
) -> list[list[PastSession]]:
    """Return what happened on each of so many treadmills in the last `days`, oldest first.

    `days` is at most MOST_DAYS. With the same seed the same calendar day gives the same sessions.
    """
    sessions: list[list[PastSession]] = [[] for _ in range(treadmill_count)]
    oldest_ms = now_ms - days * _DAY_MS
    today = now_ms // _DAY_MS
    for day in range(days + 1):
        for index, regular in enumerate(_WEEK):
            started_at_ms = (
                (today - days + day) * _DAY_MS
                + round(regular.hour * 60) * _MINUTE_MS
                + round(randomness.uniform(-15, 15) * _MINUTE_MS)
            )
            programme = regular.days[day % len(regular.days)]
            if programme is None or started_at_ms < oldest_ms:
                continue
            session = PastSession(regular.member_number, started_at_ms, programme, regular.purpose)
            if session.ended_at_ms < now_ms - _ENDED_MS:
                sessions[(day + index) % treadmill_count].append(session)
    return [sorted(each, key=lambda session: session.started_at_ms) for each in sessions]
