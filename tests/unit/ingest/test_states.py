import json
from typing import Any

import pytest

from backstride_ingest.domain.refusals import Reason, Reject
from backstride_ingest.domain.states import decode_state
from backstride_shared.frames import StateRecord
from backstride_shared.identity import TreadmillKey

TREADMILL = TreadmillKey("gym/treadmill")


def test_a_birth_becomes_a_record_with_all_it_says() -> None:
    birth: dict[str, Any] = {
        "status": "online",
        "boot_id": 5,
        "device_id": "device-a",
        "firmware": "1.2.3",
        "reverse_capable": True,
        "max_speed_m_per_s": 5.5,
        "reading_rate_hz": 4,
        "outbox_depth": 17,
    }

    record = decode_state(TREADMILL, json.dumps(birth).encode(), 99)

    assert record == StateRecord(version=1, treadmill=TREADMILL, received_at_ms=99, **birth)


def test_a_last_will_needs_nothing_but_its_status() -> None:
    record = decode_state(TREADMILL, b'{"status":"offline"}', 99)

    assert record == StateRecord(1, TREADMILL, 99, "offline")


@pytest.mark.parametrize("payload", [b"offline", b"{}", b'{"status":"asleep"}', b"\xff"])
def test_a_state_that_cannot_be_read_is_set_aside(payload: bytes) -> None:
    refused = decode_state(TREADMILL, payload, 99)

    assert isinstance(refused, Reject)
    assert (refused.reason, refused.payload) == (Reason.UNREADABLE_MESSAGE, payload)
