"""A session as a row: every column is filled, sums where summaries look for them."""

import msgspec

from backstride_recorder.adapters.session_rows import session_row
from backstride_shared.energy import EnergyTotals
from backstride_shared.frames import SessionSnapshot
from backstride_shared.store.schema import sessions

TOTALS = EnergyTotals(
    readings=1,
    forward_seconds=2.0,
    backward_seconds=3.0,
    forward_metres=4.0,
    backward_metres=5.0,
    forward_gross_kcal=60.0,
    backward_gross_kcal=40.0,
    forward_net_kcal=8.0,
    backward_net_kcal=9.0,
    forward_kcal_percent=600.0,
    backward_kcal_percent=800.0,
    forward_equivalent_gross_kcal=10.0,
    standing_seconds=11.0,
    absent_seconds=12.0,
    gap_seconds=13.0,
    direction_changes=14,
    flag_seconds={3: 1.5},
)
SESSION = SessionSnapshot(
    session_id="s",
    treadmill="gym/one",
    claim_id="c",
    purpose="training",
    started_at_ms=100,
    last_moving_at_ms=200,
    last_reading_at_ms=300,
    ended_at_ms=200,
    model_version="backstride-1",
    totals=TOTALS,
    is_facing_away=True,
)


def test_a_row_fills_every_column() -> None:
    assert set(session_row(SESSION, (1, 2), None)) == set(sessions.columns.keys())


def test_a_row_says_what_the_session_says() -> None:
    row = session_row(SESSION, (1, 2), 77)

    assert msgspec.msgpack.decode(row.pop("totals"), type=EnergyTotals) == TOTALS
    assert row == {
        "session_id": "s",
        "treadmill": "gym/one",
        "claim_id": "c",
        "purpose": "training",
        "started_at_ms": 100,
        "last_moving_at_ms": 200,
        "last_reading_at_ms": 300,
        "ended_at_ms": 200,
        "is_facing_away": True,
        "epoch": 1,
        "accepted_count": 2,
        "model_version": "backstride-1",
        "recomputed_at_ms": 77,
        "readings_count": 1,
        "forward_s": 2.0,
        "backward_s": 3.0,
        "standing_s": 11.0,
        "gap_s": 13.0,
        "forward_m": 4.0,
        "backward_m": 5.0,
        "forward_gross_kcal": 60.0,
        "backward_gross_kcal": 40.0,
        "forward_net_kcal": 8.0,
        "backward_net_kcal": 9.0,
        "uncertainty_percent": 14.0,
        "forward_equivalent_gross_kcal": 10.0,
        "direction_changes": 14,
    }
