"""An hour of a small gym, written into real stores as the recorder writes it."""

import threading
from collections.abc import Iterator
from typing import NamedTuple

from sqlalchemy import Engine, insert

from backstride_recorder.adapters.sql_sessions import SqlSessions
from backstride_recorder.domain.pace import RefoldPace
from backstride_recorder.erasing import Eraser
from backstride_recorder.past import Past
from backstride_recorder.ports import Clocks
from backstride_recorder.recording import Recorder
from backstride_recorder.refolding import Refolder
from backstride_shared.claims import Claim
from backstride_shared.energy import Wearer
from backstride_shared.frames import ClaimEvent, FrameReading, ReadingsEvent
from backstride_shared.series.influx_series import InfluxSeries
from backstride_shared.store.schema import claims, members
from tests.factories.energy_records import EnergyRecords
from tests.fakes.recorder_neighbours import FakeDeadLetters, FakeEnergyLog, FakeReports

GYM = "gym"
START_MS = 1_795_406_400_000  # on the hour, 2026-11-23T04:00:00Z
LENGTH_S = 3_600
END_MS = START_MS + 1_000 * LENGTH_S
CLAIM = "claim-of-the-hour"
_PARTITION = 0
_MESSAGE_S = 60


class Stretch(NamedTuple):
    """What a belt does for a while; nothing is sent during a stretch that is silent."""

    duration_s: int
    velocity_m_per_s: float
    is_present: bool = True
    is_emergency_stop: bool = False
    is_silent: bool = False


TREADMILLS: dict[str, list[Stretch]] = {
    # a member, both ways, with a gap of half a minute, to the end of the hour
    "treadmill-01": [
        Stretch(1_200, 1.3),
        Stretch(30, 0.0, is_silent=True),
        Stretch(1_170, -0.8),
        Stretch(1_200, 1.2),
    ],
    # nobody signs in; too fast in reverse for anybody, then an emergency stop, and gone
    "treadmill-02": [
        Stretch(600, 1.0),
        Stretch(60, -2.4),
        Stretch(10, 0.0, is_emergency_stop=True),
        Stretch(300, 0.0),
    ],
    # the belt runs and its runner has stepped off: an alert that does not end within the hour
    "treadmill-03": [Stretch(3_000, 0.0), Stretch(400, 1.1), Stretch(200, 1.1, is_present=False)],
}


def write_hour(series: InfluxSeries, engine: Engine) -> None:
    """Fold the hour and let the recorder write it."""
    _write_member(engine)
    records = EnergyRecords()
    log = FakeEnergyLog(_PARTITION)
    log.append(records.output_of(ClaimEvent(f"{GYM}/treadmill-01", _claim())))
    for number in range(LENGTH_S // _MESSAGE_S):
        for treadmill, stretches in TREADMILLS.items():
            readings = [
                reading
                for reading in _readings(stretches)
                if (reading.measured_at_ms - START_MS) // (1_000 * _MESSAGE_S) == number
            ]
            if readings:
                log.append(*records.of(_message(treadmill, readings)))
    clocks = Clocks(lambda: END_MS, lambda: 0.0)
    sessions = SqlSessions(engine, lambda: END_MS)
    refolder = Refolder(series, sessions, RefoldPace(0.0), clocks)
    recorder = Recorder(
        log,
        series,
        sessions,
        FakeReports(),
        FakeDeadLetters(),
        Past(refolder, Eraser(series, sessions, refolder, clocks)),
        clocks,
        threading.Event(),
    )
    while log.committed != len(log.records):
        recorder.step()


def _claim() -> Claim:
    return Claim(
        claim_id=CLAIM,
        claimed_at_ms=START_MS,
        wearer=Wearer(mass_kg=70.0),
        purpose="training",
    )


def _write_member(engine: Engine) -> None:
    with engine.begin() as connection:
        connection.execute(
            insert(members),
            {
                "member_id": "member-1",
                "gym_id": GYM,
                "member_number": "1",
                "display_name": "Anna",
                "created_at_ms": START_MS,
            },
        )
        connection.execute(
            insert(claims),
            {
                "claim_id": CLAIM,
                "member_id": "member-1",
                "treadmill": f"{GYM}/treadmill-01",
                "claimed_at_ms": START_MS,
                "purpose": "training",
                "wearer": b"{}",
            },
        )


def _message(treadmill: str, readings: list[FrameReading]) -> ReadingsEvent:
    return ReadingsEvent(
        treadmill=f"{GYM}/{treadmill}",
        device_id=f"device-of-{treadmill}",
        boot_id=1,
        received_at_ms=readings[-1].measured_at_ms,
        sent_at_ms=None,
        after=None,
        readings=readings,
    )


def _readings(stretches: list[Stretch]) -> Iterator[FrameReading]:
    """Yield a reading each second."""
    at_s = seq = 0
    is_reverse = False
    for stretch in stretches:
        if stretch.velocity_m_per_s:
            is_reverse = stretch.velocity_m_per_s < 0
        for _ in range(0 if stretch.is_silent else stretch.duration_s):
            seq += 1
            yield FrameReading(
                seq=seq,
                measured_at_ms=START_MS + 1_000 * at_s,
                is_reverse=is_reverse,
                speed_m_per_s=abs(stretch.velocity_m_per_s),
                grade_percent=1.0 if is_reverse is False else 0.0,
                heart_rate_bpm=110.0 + seq % 20,
                is_present=stretch.is_present,
                is_emergency_stop=stretch.is_emergency_stop,
            )
            at_s += 1
        at_s += stretch.duration_s if stretch.is_silent else 0
