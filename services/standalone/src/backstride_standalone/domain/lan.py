"""Whether and how the machines of a network may reach the pages."""

import re
from dataclasses import dataclass
from typing import Final

ALL_INTERFACES: Final = "0.0.0.0"  # noqa: S104  only on demand, and only with accounts
_HOST_NAME: Final = re.compile(r"[A-Za-z0-9]([A-Za-z0-9-]{0,61}[A-Za-z0-9])?")


class LanRefusedError(Exception):
    """The pages may not be opened to the network; the text says why, and what to do."""


@dataclass(frozen=True, slots=True)
class Lan:
    """How this machine is reached: `address` in its network, `names` beside it."""

    address: str
    names: tuple[str, ...] = ()

    @property
    def host_names(self) -> str:
        """What a Host header may say, separated by commas."""
        return ",".join((self.address, *self.names))

    def url(self, port: int) -> str:
        """Return where members find the page."""
        return f"http://{self.address}:{port}"


def check_may_open(*, is_demo: bool, is_fresh: bool, has_admin: bool) -> None:
    """Return when the pages may be opened to the network.

    Raises:
        LanRefusedError: when anybody could do anything there, or be the first to.

    """
    if is_demo:
        message = (
            "--lan lets others in, and a demonstration has no accounts: anybody could do "
            "everything; leave --demo or --lan away"
        )
        raise LanRefusedError(message)
    if is_fresh or not has_admin:
        message = (
            "--lan needs an administrator's account, or a stranger could be the first to make "
            "one: start without --lan, open the page for the owner that is then shown, "
            "and start again with --lan"
        )
        raise LanRefusedError(message)


def names_of(host_name: str) -> tuple[str, ...]:
    """Return the names by which a network may know a machine of this host name."""
    short = host_name.partition(".")[0].lower()
    if _HOST_NAME.fullmatch(short) is None or short == "localhost":
        return ()
    return (short, f"{short}.local")
