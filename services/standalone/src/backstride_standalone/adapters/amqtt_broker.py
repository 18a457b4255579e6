"""amqtt's broker, mended where it would break off or hold up a client for the sake of another."""

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, Final

from amqtt.broker import Broker
from amqtt.session import Session

if TYPE_CHECKING:
    from _collections_abc import dict_items

HOST: Final = "127.0.0.1"
SESSION_EXPIRY_S: Final = 3600
"""A persistent session whose client stays away longer is dropped with what it holds."""


class SnapshotDict(dict[str, Any]):
    """A dict that may change while somebody goes through it: iteration is over a copy."""

    def __iter__(self) -> Iterator[str]:
        return iter(list(super().keys()))

    def items(self) -> "dict_items[str, Any]":
        """Return a view of what is there now."""
        return dict(super().items()).items()


class LoopbackBroker(Broker):  # type: ignore[misc]  # amqtt's types are unknown
    """A broker on loopback: no packets in the log, no $SYS topics, two corrections.

    amqtt 0.12.1 awaits while it goes through its subscriptions; another client that subscribes in
    between breaks off the connection of the first one. And it greets each client with the retained
    messages of everybody's subscriptions, one acknowledgement after the other, before it takes
    anything from it.
    """

    def __init__(self, port: int) -> None:
        """Take the port; to be made in the running event loop, and started there.

        Raises RuntimeError when a newer amqtt keeps its tables elsewhere.
        """
        super().__init__(
            {
                "listeners": {"default": {"type": "tcp", "bind": f"{HOST}:{port}"}},
                "session_expiry_interval": SESSION_EXPIRY_S,
                "plugins": {"backstride_standalone.adapters.amqtt_access.LoopbackAccess": {}},
            }
        )
        for name in ("_subscriptions", "_retained_messages"):
            if getattr(self, name) != {}:
                raise RuntimeError(f"amqtt keeps something else in {name} than it did in 0.12.1")
            setattr(self, name, SnapshotDict())

    async def _publish_retained_messages_for_subscription(
        self, subscription: tuple[str, int], session: Session
    ) -> None:
        subscribers = self._subscriptions.get(subscription[0], [])
        if any(one.client_id == session.client_id for one, _qos in subscribers):
            await super()._publish_retained_messages_for_subscription(subscription, session)
