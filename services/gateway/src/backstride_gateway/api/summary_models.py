"""What the API says of sums over sessions, by period and altogether."""

from datetime import date
from typing import Self

from pydantic import BaseModel, Field

from backstride_gateway.api.models import (
    LONGEST_BACKWARD,
    Dividend,
    Energy,
    Gait,
    UtcTime,
    utc,
)
from backstride_gateway.domain.bands import band_of
from backstride_gateway.domain.periods import Period
from backstride_gateway.domain.sessions import PeriodSum, PreviousSum, PurposeSum
from backstride_shared.energy import EnergyTotals


class Sums(BaseModel):
    """Sums over sessions; a session counts, whole, where it began."""

    sessions_count: int
    forward: Gait
    backward: Gait
    energy: Energy
    direction_changes: int
    longest_backward_s: float = Field(description=LONGEST_BACKWARD)
    reverse_dividend: Dividend | None

    @classmethod
    def of_totals(cls, sessions_count: int, totals: EnergyTotals, **others: object) -> Self:
        """Return totals as the API tells them, with the fields that others have beside them."""
        return cls.model_validate(
            {
                "sessions_count": sessions_count,
                "forward": Gait.forward_of(totals),
                "backward": Gait.backward_of(totals),
                "energy": Energy.of(band_of(totals)),
                "direction_changes": totals.direction_changes,
                "longest_backward_s": totals.longest_backward_seconds,
                "reverse_dividend": Dividend.of(totals),
                **others,
            }
        )


class PeriodSums(Sums):
    """The sums of one day, ISO week, month or year of the time zone, or of the whole range."""

    label: str = Field(examples=["2026-11-23", "2026-W48", "2026-11", "2026", "all"])
    starts_on: date
    starts_at: UtcTime
    ends_at: UtcTime = Field(description="Where the next period begins")

    @classmethod
    def of(cls, found: PeriodSum) -> "PeriodSums":
        """Return a period's sums as the API tells them."""
        return cls.of_totals(
            found.sessions_count,
            found.totals,
            label=found.span.label,
            starts_on=found.span.starts_on,
            starts_at=utc(found.span.from_ms),
            ends_at=utc(found.span.until_ms),
        )


class PurposeSums(Sums):
    """The sums of the sessions with one purpose."""

    purpose: str | None = Field(description="null: none was told")

    @classmethod
    def of(cls, purpose: str | None, found: PurposeSum) -> "PurposeSums":
        """Return a purpose's sums as the API tells them."""
        return cls.of_totals(found.sessions_count, found.totals, purpose=purpose)


class Difference(BaseModel):
    """How much more than before; negative: less."""

    duration_s: float
    distance_m: float
    gross_kcal: float
    backward_duration_s: float

    @classmethod
    def between(cls, now: EnergyTotals, before: EnergyTotals) -> "Difference":
        """Return what the totals of now have more."""
        return cls(
            duration_s=now.moving_seconds - before.moving_seconds,
            distance_m=now.metres - before.metres,
            gross_kcal=now.gross_kcal - before.gross_kcal,
            backward_duration_s=now.backward_seconds - before.backward_seconds,
        )


class PreviousSums(Sums):
    """The sums of as many periods just before."""

    first_on: date
    last_on: date
    difference: Difference = Field(description="What the range asked for has more than this one")

    @classmethod
    def of(cls, found: PreviousSum, now: EnergyTotals) -> "PreviousSums":
        """Return the sums of the time before as the API tells them, with what is more now."""
        return cls.of_totals(
            found.sessions_count,
            found.totals,
            first_on=found.first_on,
            last_on=found.last_on,
            difference=Difference.between(now, found.totals),
        )


class MemberSummary(BaseModel):
    """A member's sums by period, and altogether; a running session counts with what it has."""

    member_id: str
    period: Period
    purpose: str | None = Field(description="Only its sessions count; null: all do")
    time_zone: str
    first_on: date
    last_on: date
    periods: list[PeriodSums] = Field(description="In order, also those without a session")
    total: Sums
    by_purpose: list[PurposeSums] = Field(description="Of the purposes that occur")
    previous: PreviousSums | None = Field(description="null for period=all")
