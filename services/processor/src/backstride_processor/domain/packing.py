"""How items of energy become records of `energy.v1` that Kafka accepts."""

from collections.abc import Iterable, Iterator
from typing import Final

import msgspec

from backstride_shared.frames import FRAME_VERSION, EnergyItem, EnergySegment, encoder

MAX_RECORD_BYTES: Final = 900_000
"""A broker refuses a record above 1 MB, its own overhead included."""


def pack(items: Iterable[EnergyItem], max_bytes: int = MAX_RECORD_BYTES) -> Iterator[bytes]:
    """Yield `EnergyFrame`s as MessagePack, the items in their order, each below `max_bytes`.

    A segment that alone is larger is cut into segments of fewer readings. Anything else that is
    larger goes out as it is: it cannot be cut, and the broker has the last word.
    """
    parts: list[msgspec.Raw] = []
    size = 0
    for encoded in _encoded(items, max_bytes):
        if parts and size + len(encoded) > max_bytes:
            yield encoder.encode((FRAME_VERSION, parts))
            parts, size = [], 0
        parts.append(msgspec.Raw(encoded))
        size += len(encoded)
    if parts:
        yield encoder.encode((FRAME_VERSION, parts))


def _encoded(items: Iterable[EnergyItem], max_bytes: int) -> Iterator[bytes]:
    for item in items:
        encoded = encoder.encode(item)
        if len(encoded) > max_bytes and isinstance(item, EnergySegment) and len(item.readings) > 1:
            middle = len(item.readings) // 2
            halves = (
                # both carry the session as it is after the last reading: a snapshot may be ahead
                # of the readings, and its revision is that of the whole segment anyway
                msgspec.structs.replace(item, readings=part)
                for part in (item.readings[:middle], item.readings[middle:])
            )
            yield from _encoded(halves, max_bytes)
        else:
            yield encoded
