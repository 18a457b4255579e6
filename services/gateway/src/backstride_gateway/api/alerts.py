"""Routes of safety alerts."""

from typing import Annotated

from fastapi import APIRouter, Depends, Query

from backstride_gateway.api.access import WithCaller, signed_in, staff_only
from backstride_gateway.api.alert_models import AlertList, AlertView
from backstride_gateway.api.cursors import decode_alert_cursor, encode_cursor
from backstride_gateway.api.problems import Problem
from backstride_gateway.api.services import WithServices
from backstride_gateway.history import MAX_PAGE
from backstride_gateway.ports import AlertFilter
from backstride_shared.identity import ID_PATTERN, TreadmillKey, parse_treadmill_key

router = APIRouter(
    prefix="/v1/alerts",
    tags=["alerts"],
    dependencies=[signed_in, staff_only],
    responses={401: {"model": Problem}, 403: {"model": Problem}},
)


def _treadmill(
    treadmill: Annotated[
        str | None, Query(description="gym_id/treadmill_id; left out: all", max_length=127)
    ] = None,
) -> TreadmillKey | None:
    return None if treadmill is None else parse_treadmill_key(treadmill)


@router.get("")
def list_alerts(
    services: WithServices,
    caller: WithCaller,
    treadmill: Annotated[TreadmillKey | None, Depends(_treadmill)],
    gym_id: Annotated[
        str | None, Query(pattern=f"^{ID_PATTERN}$", description="Of one gym; left out: all")
    ] = None,
    active: Annotated[
        bool | None, Query(description="true: going on; false: over; left out: both")
    ] = None,
    limit: Annotated[int, Query(ge=1, le=MAX_PAGE, description="Most entries of the page")] = 50,
    cursor: Annotated[
        str | None, Query(max_length=200, description="`next_cursor` of the page before")
    ] = None,
) -> AlertList:
    """Return safety alerts, newest first, a page at a time; operators see those of their gym."""
    if caller.role != "admin":
        if gym_id not in {None, caller.gym_id}:
            return AlertList(alerts=[], next_cursor=None)
        gym_id = caller.gym_id
    before = None if cursor is None else decode_alert_cursor(cursor)
    wanted = AlertFilter(gym_id=gym_id, treadmill=treadmill, is_active=active)
    found = services.alerts.page(wanted, before, limit + 1)
    page = found[:limit]
    seen = services.acknowledging.of([alert.alert_id for alert in page])
    return AlertList(
        alerts=[AlertView.of(alert, seen.get(alert.alert_id)) for alert in page],
        next_cursor=(
            encode_cursor(str(page[-1].raised_at_ms), page[-1].alert_id)
            if len(found) > limit
            else None
        ),
    )
