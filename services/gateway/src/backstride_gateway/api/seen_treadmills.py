"""What a caller may see of treadmills: of their gyms only, and of what another does the least."""

from collections.abc import Iterable

from backstride_gateway.api.models import Treadmill, TreadmillList
from backstride_gateway.domain.live_view import LiveTreadmill
from backstride_gateway.domain.permissions import Caller, is_of_gym, sees_claim, sees_effort
from backstride_gateway.live_listener import TreadmillChanged
from backstride_shared.identity import TreadmillKey, gym_id_of


def all_seen(caller: Caller, views: Iterable[LiveTreadmill]) -> TreadmillList:
    """Return what the caller may see of these treadmills."""
    return TreadmillList(
        treadmills=[one_seen(caller, view) for view in views if _is_of_gym(caller, view)]
    )


def one_seen(caller: Caller, view: LiveTreadmill) -> Treadmill:
    """Return what the caller, who may know of the treadmill, may see of it."""
    return _with_left_out(view, _left_out(caller, view))


def change_seen(caller: Caller, change: TreadmillChanged) -> bytes:
    """Return a change as a server-sent event with what the caller may see; empty: nothing.

    It is written once for all who may see the same.
    """
    view = change.treadmill
    if not _is_of_gym(caller, view):
        return b""
    left_out = _left_out(caller, view)
    written = change.written.get(left_out)
    if written is None:
        text = _with_left_out(view, left_out).model_dump_json()
        written = change.written[left_out] = event_of("treadmill", text, change.event_id)
    return written


def event_of(name: str, text: str, event_id: str) -> bytes:
    """Return a server-sent event; `text` is JSON, which is a single line."""
    return f"event: {name}\ndata: {text}\nid: {event_id}\n\n".encode()


def _is_of_gym(caller: Caller, view: LiveTreadmill) -> bool:
    return is_of_gym(caller, gym_id_of(TreadmillKey(view.treadmill)))


def _left_out(caller: Caller, view: LiveTreadmill) -> tuple[bool, bool]:
    """Return whether claimant, and whether effort, are not for the caller to see."""
    return not sees_claim(caller, view), not sees_effort(caller, view)


def _with_left_out(view: LiveTreadmill, left_out: tuple[bool, bool]) -> Treadmill:
    claimant, effort = left_out
    return Treadmill.of(view).without(claimant=claimant, effort=effort)
