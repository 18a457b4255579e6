"""Which addresses are one asker's: what is counted by address is counted by this."""

from ipaddress import IPv6Address
from typing import Final

_HOST_BITS: Final = 64
"""A subscriber gets a network of 2**64 addresses or more, and may use each of them in turn."""


def network_of(address: str) -> str:
    """Return an address, of IPv6 its /64; what is no address stays as it is."""
    if ":" not in address:
        return address
    try:
        parsed = IPv6Address(address)
    except ValueError:
        return address
    if parsed.ipv4_mapped is not None:
        return str(parsed.ipv4_mapped)
    return f"{IPv6Address(int(parsed) >> _HOST_BITS << _HOST_BITS)}/{_HOST_BITS}"
