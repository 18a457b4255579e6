"""MQTT payloads as a treadmill sends them, with the few values that a test cares about."""

import json
from typing import Any

NOW_MS = 1_795_406_911_300
"""When the messages of these tests arrive."""


def raw_reading(seq: int, **fields: Any) -> dict[str, Any]:  # noqa: ANN401  JSON of any kind
    """Return a good reading, a second old, with some fields replaced."""
    return {
        "seq": seq,
        "measured_at_ms": NOW_MS - 1_000,
        "direction": "reverse",
        "speed_m_per_s": 1.2,
    } | fields


def readings_payload(*readings: Any, **envelope: Any) -> bytes:  # noqa: ANN401  JSON of any kind
    """Return a message of boot 5 with these readings."""
    message = {"device_id": "device-a", "boot_id": 5, "readings": list(readings)} | envelope
    return json.dumps(message).encode()
