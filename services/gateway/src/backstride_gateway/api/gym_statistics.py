"""Route of a gym's statistics, without names."""

from datetime import date
from typing import Annotated, Any, Final

from fastapi import APIRouter, Query
from pydantic import BaseModel, Field

from backstride_gateway.api.access import WithCaller, signed_in
from backstride_gateway.api.problems import Problem
from backstride_gateway.api.services import WithServices
from backstride_gateway.api.texts import Day
from backstride_gateway.api.treadmill_codes import check_runs_gym
from backstride_gateway.gym_statistics import MIN_MEMBERS, GymStatistics, GymSum

_PROBLEM: Final[dict[str, Any]] = {"model": Problem}

router = APIRouter(
    prefix="/v1/gyms", tags=["gyms"], dependencies=[signed_in], responses={401: _PROBLEM}
)


class GymSums(BaseModel):
    """Sums of sessions; energy is gross."""

    sessions_count: int
    forward_s: float
    backward_s: float
    forward_m: float
    backward_m: float
    forward_gross_kcal: float
    backward_gross_kcal: float

    @classmethod
    def of(cls, found: GymSum) -> "GymSums":
        """Return sums as the API tells them."""
        return cls(**{name: getattr(found, name) for name in cls.model_fields})


class GymStatisticsView(BaseModel):
    """What was done in a gym, without names, by UTC days."""

    gym_id: str
    first_on: date
    last_on: date
    members_count: int | None = Field(description="Members who agreed and trained; null: too few")
    of_members: GymSums | None = Field(
        description="Of members with `is_counted_in_statistics`; null: fewer than "
        f"{MIN_MEMBERS}, whose sum would tell about each of them"
    )
    of_nobody: GymSums = Field(description="Of sessions that nobody claimed")

    @classmethod
    def of(cls, gym_id: str, found: GymStatistics) -> "GymStatisticsView":
        """Return statistics as the API tells them."""
        members = found.of_members
        return cls(
            gym_id=gym_id,
            first_on=found.first_on,
            last_on=found.last_on,
            members_count=None if members is None else members.members_count,
            of_members=None if members is None else GymSums.of(members),
            of_nobody=GymSums.of(found.of_nobody),
        )


@router.get("/{gym_id}/statistics", responses={403: _PROBLEM, 404: _PROBLEM})
def get_gym_statistics(
    gym_id: str,
    services: WithServices,
    caller: WithCaller,
    from_: Annotated[
        Day | None, Query(alias="from", description="First UTC day; by default 30 days")
    ] = None,
    to: Annotated[Day | None, Query(description="Last UTC day, included; by default today")] = None,
) -> GymStatisticsView:
    """Return what was done in a gym, for its staff: of members only those who agreed to it."""
    check_runs_gym(services, caller, gym_id)
    return GymStatisticsView.of(gym_id, services.statistics.of(gym_id, from_, to))
