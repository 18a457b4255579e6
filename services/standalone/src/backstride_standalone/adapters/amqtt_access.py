"""Who may use the embedded amqtt broker: everybody on this machine."""

from amqtt.plugins.base import BaseAuthPlugin
from amqtt.session import Session


class LoopbackAccess(BaseAuthPlugin):  # type: ignore[misc]  # amqtt's types are unknown
    """Let every client in, as one that has a name.

    The broker listens on loopback only. amqtt's own plug-in for anonymous access marks sessions
    in a way that makes the broker queue nothing for them while they are away.
    """

    async def authenticate(self, *, session: Session) -> bool:
        """Accept the client and keep its persistent session."""
        session.is_anonymous = False
        return True
