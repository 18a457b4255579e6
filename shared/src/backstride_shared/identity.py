"""Who is who: gyms, treadmills, devices, and the partition a treadmill's log lives in."""

import re
import uuid
import zlib
from typing import NewType

TreadmillKey = NewType("TreadmillKey", str)
"""A treadmill everywhere inside: `gym_id/treadmill_id`."""

ID_PATTERN = "[a-z0-9][a-z0-9-]{0,62}"
_ID = re.compile(ID_PATTERN)

SESSION_NAMESPACE = uuid.UUID("6f1f6d3e-6a0f-5c1b-9a54-4b1d0b0b5f10")
"""Fixed for ever: session ids are derived in it, so a replay gives the same ids."""


class InvalidIdentifierError(ValueError):
    """A gym or treadmill id is not of the form `[a-z0-9][a-z0-9-]{0,62}`."""


def treadmill_key(gym_id: str, treadmill_id: str) -> TreadmillKey:
    """Return `gym_id/treadmill_id`.

    Raises:
        InvalidIdentifierError: when either part is not a valid identifier.

    """
    for name, value in (("gym_id", gym_id), ("treadmill_id", treadmill_id)):
        if _ID.fullmatch(value) is None:
            message = f"{name} {value!r} is not of the form {ID_PATTERN}"
            raise InvalidIdentifierError(message)
    return TreadmillKey(f"{gym_id}/{treadmill_id}")


def parse_treadmill_key(text: str) -> TreadmillKey:
    """Return `text` as a key.

    Raises:
        InvalidIdentifierError: when it is not `gym_id/treadmill_id`.

    """
    gym_id, separator, treadmill_id = text.partition("/")
    if not separator:
        message = f"treadmill {text!r} is not of the form gym_id/treadmill_id"
        raise InvalidIdentifierError(message)
    return treadmill_key(gym_id, treadmill_id)


def gym_id_of(treadmill: TreadmillKey) -> str:
    """Return the gym's part of the key."""
    return treadmill.partition("/")[0]


def treadmill_id_of(treadmill: TreadmillKey) -> str:
    """Return the treadmill's part of the key."""
    return treadmill.partition("/")[2]


def partition_of(treadmill: TreadmillKey, partition_count: int) -> int:
    """Return the Kafka partition of a treadmill, 0 to `partition_count` - 1.

    CRC-32 of the key: stable over machines, versions and languages, and computed by us in every
    producer, because the default partitioners of the client libraries differ from each other.
    """
    return zlib.crc32(treadmill.encode()) % partition_count


def session_id_of(treadmill: TreadmillKey, device_id: str, boot_id: int, first_seq: int) -> str:
    """Return the id of the session whose first moving reading is (device, boot, seq)."""
    return str(uuid.uuid5(SESSION_NAMESPACE, f"{treadmill}/{device_id}/{boot_id}/{first_seq}"))
