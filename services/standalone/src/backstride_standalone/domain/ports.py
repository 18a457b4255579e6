"""Which port each program gets."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import NamedTuple


class PortTakenError(Exception):
    """Somebody else listens on a port that was asked for."""


class PortWish(NamedTuple):
    """A port that a program needs; `port` 0 leaves the choice to us."""

    name: str
    port: int
    # how the person who runs it names another port; None where they have no say
    option: str | None = None


@dataclass(frozen=True)
class PortPlan:
    """A port for each name."""

    ports: dict[str, int]

    def __getitem__(self, name: str) -> int:
        return self.ports[name]


def plan_ports(
    wishes: Sequence[PortWish],
    is_free: Callable[[int], bool],
    free_ports: Callable[[int], Sequence[int]],
) -> PortPlan:
    """Return the wished ports, and free ones for the rest; no port twice.

    `free_ports(n)` returns n different free ports.

    Raises:
        PortTakenError: naming every wished port that is taken, and the option that changes it.

    """
    problems: list[str] = []
    ports: dict[str, int] = {}
    for wish in wishes:
        if not wish.port:
            continue
        option = f"; choose another with {wish.option}" if wish.option else ""
        if wish.port in ports.values():
            problems.append(f"port {wish.port} is asked for twice{option}")
        elif not is_free(wish.port):
            problems.append(f"port {wish.port} ({wish.name}) is in use{option}")
        else:
            ports[wish.name] = wish.port
    if problems:
        raise PortTakenError("; ".join(problems))
    # one more candidate per wished port: the kernel may offer just those
    candidates = [
        port for port in free_ports(len(wishes) + len(ports)) if port not in ports.values()
    ]
    open_wishes = [wish.name for wish in wishes if not wish.port]
    ports.update(zip(open_wishes, candidates, strict=False))
    return PortPlan(ports)
