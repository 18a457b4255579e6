"""Members who set a session right or erase it, while the programs that do it are killed."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Final, NamedTuple

import httpx
import msgspec
from sqlalchemy import select

from backstride_shared.store.schema import sessions
from tests.chaos import judging
from tests.chaos.gym import Plan, running_gym
from tests.chaos.programs import GATEWAY, PROCESSOR, RECORDER
from tests.chaos.round import Round
from tests.e2e.oracle import ExpectedClaim
from tests.servers.finding import HOST
from tests.waiting import wait_until

_WORKOUT_S: Final = 8.0
_CORRECTIONS: Final = 5
_MASS_KG: Final = 91.25
_WITHIN_S: Final = 240.0
_REQUEST_S: Final = 60.0


class _Session(NamedTuple):
    session_id: str
    treadmill: str
    started_at_ms: int
    last_reading_at_ms: int


def set_right_and_erased(turn: Round) -> list[str]:
    """Have up to five sessions corrected and one erased, and kill who does it; the others stay."""
    plan = Plan(f"{turn.gym.plan.gym_id}-changing", turn.gym.plan.seed, _WORKOUT_S)
    plan.add_members(turn.engine)
    folder = turn.gym.folder / "changing"
    folder.mkdir()
    with running_gym(plan, turn.servers.wires.treadmills_mqtt.port, folder) as gym:
        if gym.wait() != 0:
            return ["the workouts are not stored"]
    measured = turn.measured_so_far(gym.log)
    stored = turn.stored(measured, plan)
    told = _wrong(turn, plan, measured, stored, ())
    if told:
        return [f"before any change: {one}" for one in told]

    known = _sessions(turn, plan.gym_id)
    # of a workout this short somebody may have stood through all
    chosen = turn.random.sample(known, min(_CORRECTIONS + 1, len(known)))
    erased, corrected = chosen[0], chosen[1:]
    with httpx.Client(
        base_url=f"http://{HOST}:{turn.programs.http_port}", timeout=_REQUEST_S, trust_env=False
    ) as http:
        for one in corrected:
            path = f"/v1/sessions/{one.session_id}/corrections"
            http.post(path, json={"mass_kg": _MASS_KG}).raise_for_status()
        http.delete(f"/v1/sessions/{erased.session_id}").raise_for_status()
    for name in (GATEWAY, PROCESSOR, RECORDER):
        turn.programs.kill(name)
        turn.hold(turn.random.uniform(0.0, 1.0))
    turn.programs.wait_ready()

    kept = {key: readings for key, readings in measured.items() if key != erased.treadmill}
    told = _wrong(turn, plan, kept, stored, [one.treadmill for one in corrected])
    return told + _points_left(turn, erased)


def _wrong(
    turn: Round,
    plan: Plan,
    measured: judging.Readings,
    stored: judging.Stored,
    corrected: Sequence[str],
) -> list[str]:
    def change(claims: list[ExpectedClaim]) -> list[ExpectedClaim]:
        return [
            replace(one, wearer=msgspec.structs.replace(one.wearer, mass_kg=_MASS_KG))
            if one.treadmill in corrected
            else one
            for one in claims
        ]

    told: list[str] = []

    def are_right() -> bool:
        told[:] = judging.wrong_sessions(plan, measured, stored, turn.engine, change)
        return not told

    try:
        wait_until(are_right, what="the sessions", within_s=_WITHIN_S)
    except AssertionError:
        return told
    return []


def _points_left(turn: Round, erased: _Session) -> list[str]:
    try:
        wait_until(
            lambda: turn.series.read(
                erased.treadmill, erased.started_at_ms, erased.last_reading_at_ms
            ),
            what="the readings of an erased session to be gone",
            within_s=_WITHIN_S,
            holds=lambda points: not points,
        )
    except AssertionError as error:
        return [str(error)[:200]]
    return []


def _sessions(turn: Round, gym_id: str) -> list[_Session]:
    columns = sessions.c
    query = (
        select(
            columns.session_id,
            columns.treadmill,
            columns.started_at_ms,
            columns.last_reading_at_ms,
        )
        .where(columns.treadmill.startswith(f"{gym_id}/"), columns.claim_id.is_not(None))
        .order_by(columns.treadmill, columns.started_at_ms)
    )
    with turn.engine.connect() as connection:
        return [_Session(*row) for row in connection.execute(query)]
