"""What the routes use, handed to them by the app."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Annotated, Final, cast

from fastapi import Depends, Request

from backstride_gateway.acknowledging import Acknowledging
from backstride_gateway.activities import Activities
from backstride_gateway.aiming import Aiming
from backstride_gateway.api.summary_answers import SummaryAnswers
from backstride_gateway.attempts import Attempts
from backstride_gateway.claiming import Claiming
from backstride_gateway.console_access import ConsoleAccess
from backstride_gateway.correcting import Correcting
from backstride_gateway.demo_ports import DemoFaults
from backstride_gateway.domain.rate_limiting import Rate
from backstride_gateway.erasing import Erasing
from backstride_gateway.export_ports import ActivityWriter
from backstride_gateway.exporting import Exporting
from backstride_gateway.gym_registry import GymRegistry
from backstride_gateway.gym_statistics import Statistics
from backstride_gateway.history import History
from backstride_gateway.joining import Joining
from backstride_gateway.live_feed import LiveFeed
from backstride_gateway.member_body import MemberBody
from backstride_gateway.membership import Membership
from backstride_gateway.ports import AlertHistory, Clock, StatusSource
from backstride_gateway.signing_in import SigningIn
from backstride_gateway.taking_over import TakingOver
from backstride_gateway.treadmill_codes import TreadmillCodes

_PER_ASKER: Final = Rate(20.0, 200)
_PER_ADDRESS: Final = Rate(200.0, 2_000)


@dataclass(frozen=True, slots=True)
class RateLimits:
    """What an asker (a session or a token) may ask, and all askers of one address together."""

    per_asker: Rate = _PER_ASKER
    # phones of a gym may share one
    per_address: Rate = _PER_ADDRESS


@dataclass(frozen=True, slots=True)
class Services:
    """The use cases behind the API."""

    signing_in: SigningIn
    joining: Joining
    gyms: GymRegistry
    statistics: Statistics
    treadmill_codes: TreadmillCodes
    qr_svg: Callable[[str], str]
    membership: Membership
    member_body: MemberBody
    console_access: ConsoleAccess
    claiming: Claiming
    taking_over: TakingOver
    attempts: Attempts
    correcting: Correcting
    erasing: Erasing
    activities: Activities
    exporting: Exporting
    # by format: fit, tcx, csv
    activity_writers: Mapping[str, ActivityWriter]
    history: History
    aiming: Aiming
    live: LiveFeed
    alerts: AlertHistory
    acknowledging: Acknowledging
    status: StatusSource
    clock: Clock
    waiting_for: Callable[[], list[str]]
    is_demo: bool
    faults: DemoFaults | None = None
    rate_limits: RateLimits = RateLimits()
    summary_answers: SummaryAnswers = field(default_factory=SummaryAnswers)
    host_names: frozenset[str] = frozenset()
    # under which members reach the pages; None: as each request says
    public_url: str | None = None


def services_of(request: Request) -> Services:
    """Return what the app was given."""
    return cast("Services", request.app.state.services)


async def _services(request: Request) -> Services:
    # async, though it waits for nothing: FastAPI gives others to a thread, 0.1 ms each
    return services_of(request)


WithServices = Annotated[Services, Depends(_services)]
