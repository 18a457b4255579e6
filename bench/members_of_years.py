"""Members who have trained for two years, written into a relational store as the programs would."""

import random
import secrets
import time
from collections.abc import Sequence
from hashlib import sha256
from typing import Any, Final, NamedTuple
from uuid import UUID

import msgspec
from sqlalchemy import Connection, insert, update

from backstride_shared.energy import EnergyTotals
from backstride_shared.store.schema import (
    account_sessions,
    accounts,
    claims,
    gym_memberships,
    gyms,
    members,
    sessions,
)

SESSIONS: Final = 600
_DAYS: Final = 730
_DAY_MS: Final = 86_400_000
_TREADMILL: Final = "bench/treadmill-01"
_PURPOSES: Final = (None, "training", "rehabilitation", "agility", "warm-up")


class Trained(NamedTuple):
    """A member, how they are signed in, and the session that they run now."""

    member_id: str
    session_token: str
    running_session_id: str


def write_members(connection: Connection, count: int) -> list[Trained]:
    """Write a gym of so many members with SESSIONS each, the last of which runs now."""
    rng = random.Random(8)
    now_ms = time.time_ns() // 1_000_000
    connection.execute(insert(gyms).values(gym_id="bench", name="Bench", created_at_ms=now_ms))
    return [_write_member(connection, rng, number, now_ms) for number in range(count)]


def write_reading(connection: Connection, trained: Trained, turn: int) -> None:
    """Let a running session go on by a second, as the recorder writes it."""
    now_ms = time.time_ns() // 1_000_000
    totals = _totals(random.Random(turn), seconds=60.0 + turn)
    connection.execute(
        update(sessions)
        .where(sessions.c.session_id == trained.running_session_id)
        .values(
            **_sums(totals),
            accepted_count=10_000 + turn,
            last_moving_at_ms=now_ms,
            last_reading_at_ms=now_ms,
        )
    )


def _write_member(connection: Connection, rng: random.Random, number: int, now_ms: int) -> Trained:
    member_id, account_id = _uuid(rng), _uuid(rng)
    token = secrets.token_urlsafe(32)
    name = f"{1000 + number}"
    connection.execute(
        insert(members).values(
            member_id=member_id,
            gym_id="bench",
            member_number=name,
            display_name=name,
            is_demo=False,
            created_at_ms=now_ms - _DAYS * _DAY_MS,
            mass_kg=70.0,
            time_zone="Europe/Berlin",
        )
    )
    connection.execute(
        insert(gym_memberships).values(
            gym_id="bench", member_id=member_id, member_number=name, joined_at_ms=now_ms
        )
    )
    connection.execute(
        insert(accounts).values(
            account_id=account_id,
            sign_in_name=name,
            password_hash="",
            role="member",
            gym_id="bench",
            member_id=member_id,
            created_at_ms=now_ms,
        )
    )
    connection.execute(
        insert(account_sessions).values(
            token_hash=sha256(token.encode()).hexdigest(),
            account_id=account_id,
            created_at_ms=now_ms,
            expires_at_ms=now_ms + _DAY_MS,
        )
    )
    rows = [_session(rng, began_ms) for began_ms in _beginnings(rng, now_ms)]
    connection.execute(
        insert(claims),
        [
            {
                "claim_id": row["claim_id"],
                "member_id": member_id,
                "treadmill": _TREADMILL,
                "claimed_at_ms": row["started_at_ms"] - 5_000,
                "purpose": row["purpose"],
                "wearer": b"{}",
                "is_claim_stored": True,
                "is_release_stored": True,
            }
            for row in rows
        ],
    )
    connection.execute(insert(sessions), rows)
    return Trained(member_id, token, rows[-1]["session_id"])


def _beginnings(rng: random.Random, now_ms: int) -> Sequence[int]:
    past = sorted(rng.randrange(_DAY_MS, _DAYS * _DAY_MS) for _ in range(SESSIONS - 1))
    return [*(now_ms - ago_ms for ago_ms in reversed(past)), now_ms - 60_000]


def _session(rng: random.Random, began_ms: int) -> dict[str, Any]:
    totals = _totals(rng, seconds=rng.uniform(600.0, 3600.0))
    ended_ms = began_ms + round(totals.moving_seconds * 1000)
    return {
        "session_id": _uuid(rng),
        "claim_id": _uuid(rng),
        "treadmill": _TREADMILL,
        "purpose": rng.choice(_PURPOSES),
        "started_at_ms": began_ms,
        "last_moving_at_ms": ended_ms,
        "last_reading_at_ms": ended_ms,
        "is_facing_away": False,
        "epoch": 1,
        "accepted_count": rng.randrange(10_000),
        "model_version": "1",
        **_sums(totals),
    }


def _totals(rng: random.Random, seconds: float) -> EnergyTotals:
    backward_s = seconds * rng.uniform(0.0, 0.4)
    kcal = seconds / 60 * rng.uniform(4.0, 10.0)
    return EnergyTotals(
        readings=round(seconds * 4),
        forward_seconds=seconds - backward_s,
        backward_seconds=backward_s,
        forward_metres=1.4 * (seconds - backward_s),
        backward_metres=0.9 * backward_s,
        forward_gross_kcal=kcal * 0.7,
        backward_gross_kcal=kcal * 0.3,
        forward_net_kcal=kcal * 0.5,
        backward_net_kcal=kcal * 0.2,
        forward_kcal_percent=kcal * 0.7 * 11,
        backward_kcal_percent=kcal * 0.3 * 20,
        forward_equivalent_gross_kcal=kcal * 0.2,
        belt_reverse_seconds=backward_s,
        direction_changes=rng.randrange(12),
        forward_max_speed_m_per_s=2.5,
        backward_max_speed_m_per_s=1.3,
        flag_seconds={2: 30.0, 5: 4.0},
        longest_backward_seconds=backward_s / 2,
    )


def _sums(totals: EnergyTotals) -> dict[str, Any]:
    return {
        "totals": msgspec.msgpack.encode(totals),
        "readings_count": totals.readings,
        "forward_s": totals.forward_seconds,
        "backward_s": totals.backward_seconds,
        "standing_s": 0.0,
        "gap_s": 0.0,
        "forward_m": totals.forward_metres,
        "backward_m": totals.backward_metres,
        "forward_gross_kcal": totals.forward_gross_kcal,
        "backward_gross_kcal": totals.backward_gross_kcal,
        "forward_net_kcal": totals.forward_net_kcal,
        "backward_net_kcal": totals.backward_net_kcal,
        "uncertainty_percent": totals.uncertainty_percent,
        "forward_equivalent_gross_kcal": totals.forward_equivalent_gross_kcal,
        "direction_changes": totals.direction_changes,
    }


def _uuid(rng: random.Random) -> str:
    return str(UUID(int=rng.getrandbits(128), version=4))
