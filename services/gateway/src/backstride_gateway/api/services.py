"""What the routes use, handed to them by the app."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Annotated, cast

from fastapi import Depends, Request

from backstride_gateway.claiming import Claiming
from backstride_gateway.history import History
from backstride_gateway.live_feed import LiveFeed
from backstride_gateway.membership import Membership
from backstride_gateway.ports import AlertHistory, Clock, StatusSource


@dataclass(frozen=True, slots=True)
class Services:
    """The use cases behind the API."""

    membership: Membership
    claiming: Claiming
    history: History
    live: LiveFeed
    alerts: AlertHistory
    status: StatusSource
    clock: Clock
    waiting_for: Callable[[], list[str]]
    is_demo: bool


def _services(request: Request) -> Services:
    return cast("Services", request.app.state.services)


WithServices = Annotated[Services, Depends(_services)]
