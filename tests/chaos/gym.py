"""A simulated gym of one round: who is on which treadmill, and the process that publishes it."""

import json
import re
import subprocess
import sys
import time
import urllib.request
import uuid
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from random import Random
from typing import Any, Final

from sqlalchemy import Engine, insert

from backstride_shared.store.schema import gym_memberships, members
from tests.e2e.oracle import ExpectedClaim
from tests.e2e.scripted_gym import PEOPLE, Person
from tests.servers.finding import HOST, free_port

TREADMILLS: Final = 50
RATE_HZ: Final = 4.0
DRAIN_WITHIN_S: Final = 600.0  # far beyond what it takes: a deadline, no promise
_CLAIMED_AT_S: Final = 0.1  # between two readings, so that no rounding decides
_METRIC: Final = re.compile(r"^(backstride_controller_\w+) (\S+)$", re.MULTILINE)


@dataclass(frozen=True)
class Plan:
    """What one round's gym does; `options` go to `backstride simulate`."""

    gym_id: str
    seed: int
    seconds: float
    rate_hz: float = RATE_HZ
    has_members: bool = True
    options: Sequence[str] = ()
    drain_within_s: float = DRAIN_WITHIN_S

    def persons(self) -> dict[str, Person]:
        """Return who is on which treadmill: every fourth is nobody's."""
        if not self.has_members:
            return {}
        names = [name for number, name in enumerate(self.treadmills()) if number % 4]
        return dict(zip(names, PEOPLE, strict=False))

    def treadmills(self) -> list[str]:
        """Return the treadmills' ids."""
        return [f"treadmill-{number:02d}" for number in range(1, TREADMILLS + 1)]

    def script(self) -> dict[str, Any]:
        """Return the gym as `backstride simulate --script` reads it."""
        persons = self.persons()
        return {
            "treadmills": [
                {
                    "treadmill_id": name,
                    "segments": list(_segments(Random(f"{self.seed}/{name}"), self.seconds)),
                    "claims": [_claim(persons[name])] if name in persons else [],
                }
                for name in self.treadmills()
            ]
        }

    def expected_claims(self, start_ms: int) -> list[ExpectedClaim]:
        """Return who holds what, when the gym began at `start_ms`."""
        return [
            ExpectedClaim(
                f"{self.gym_id}/{name}",
                person.number,
                person.wearer(),
                start_ms + round(1000 * _CLAIMED_AT_S),
                None,
            )
            for name, person in self.persons().items()
        ]

    def add_members(self, engine: Engine) -> None:
        """Make the members, as the gateway would."""
        if not self.has_members:
            return
        now_ms = time.time_ns() // 1_000_000
        this_year = datetime.now(UTC).year
        rows = [
            {
                "member_id": str(uuid.uuid4()),
                "created_at_ms": now_ms,
                "is_demo": True,
                **person.profile(self.gym_id, this_year),
            }
            for person in {person.number: person for person in self.persons().values()}.values()
        ]
        with engine.begin() as connection:
            connection.execute(insert(members), rows)
            connection.execute(
                insert(gym_memberships),
                [
                    {
                        "member_id": row["member_id"],
                        "gym_id": row["gym_id"],
                        "member_number": row["member_number"],
                        "joined_at_ms": now_ms,
                    }
                    for row in rows
                ],
            )


@dataclass
class Gym:
    """The process that publishes, and what is known of it; `log` tells what was measured."""

    plan: Plan
    mqtt_port: int
    folder: Path
    telemetry_port: int = field(default_factory=free_port)
    process: subprocess.Popen[bytes] | None = None
    starts: int = 0

    @property
    def log(self) -> Path:
        """One line of JSON for each reading made."""
        return self.folder / "published.jsonl"

    @property
    def outbox(self) -> Path:
        """The folder of the outbox."""
        return self.folder / "outbox"

    def start(self, *, clock_shift_s: float = 0.0, seconds: float | None = None) -> None:
        """Start it, also again after a kill, perhaps on a machine whose clock is wrong."""
        self.outbox.mkdir(parents=True, exist_ok=True)
        script = self.folder / "script.json"
        script.write_text(json.dumps(self.plan.script()), encoding="utf-8")
        plan = self.plan
        command = [sys.executable, "-m", "tests.chaos.shifted_clock", str(clock_shift_s)]
        command += ["simulate", "--broker", f"mqtt://{HOST}:{self.mqtt_port}"]
        command += ["--gym", plan.gym_id, "--script", str(script), "--rate-hz", str(plan.rate_hz)]
        command += ["--duration-s", str(seconds or plan.seconds), "--seed", str(plan.seed)]
        command += ["--outbox-dir", str(self.outbox), "--publish-log", str(self.log)]
        command += ["--telemetry-port", str(self.telemetry_port), *plan.options]
        command += ["--drain", "--drain-within-s", str(plan.drain_within_s)]
        self.starts += 1
        with (self.folder / "simulate.out").open("ab") as out:
            self.process = subprocess.Popen(
                command, stdin=subprocess.DEVNULL, stdout=out, stderr=subprocess.STDOUT
            )

    def kill(self) -> None:
        """Kill it at once, as a power cut would."""
        assert self.process is not None
        self.process.kill()
        self.process.wait()

    def wait(self) -> int:
        """Return its status: 0 when everything it made is `stored`."""
        assert self.process is not None
        return self.process.wait(self.plan.drain_within_s + self.plan.seconds + 60)

    def is_over(self) -> bool:
        """Tell whether it has ended."""
        return self.process is None or self.process.poll() is not None

    def metrics(self) -> dict[str, float]:
        """Return what it counts; empty while it does not answer."""
        url = f"http://{HOST}:{self.telemetry_port}/metrics"
        try:
            with urllib.request.urlopen(url, timeout=2) as answer:
                text = answer.read().decode()
        except OSError:
            return {}
        return {name: float(value) for name, value in _METRIC.findall(text)}

    def waiting_readings(self) -> float | None:
        """Return how many readings are not yet `stored`; None while it does not answer."""
        return self.metrics().get("backstride_controller_outbox_readings")

    def stored_readings(self) -> float:
        """Return how many readings are `stored`."""
        counted = self.metrics()
        made = counted.get("backstride_controller_readings_made", 0.0)
        return made - counted.get("backstride_controller_outbox_readings", 0.0)


@contextmanager
def running_gym(plan: Plan, mqtt_port: int, folder: Path) -> Iterator[Gym]:
    """Lend a gym that publishes; what is left of it at the end is killed."""
    gym = Gym(plan, mqtt_port, folder)
    gym.start()
    try:
        yield gym
    finally:
        gym.kill()


def _claim(person: Person) -> dict[str, Any]:
    return {"at_s": _CLAIMED_AT_S, "action": "claim", "member_number": person.number}


def _segments(random: Random, seconds: float) -> Iterator[dict[str, Any]]:
    left_s = seconds + 1
    while left_s > 0:
        duration_s = random.uniform(3, 15)
        direction = random.choice(["forward", "forward", "reverse"])
        segment: dict[str, Any] = {
            "duration_s": duration_s,
            "speed_m_per_s": random.choice([0.0, round(random.uniform(0.5, 3.0), 2)]),
            "direction": direction,
        }
        if random.random() < 0.3:
            segment["grade_percent"] = random.choice([-3.0, 2.0, 5.0, 10.0])
        if random.random() < 0.1:
            segment["hands"] = "grip"
        if random.random() < 0.05:
            segment["is_present"] = False
        yield segment
        left_s -= duration_s
