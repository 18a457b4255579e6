"""What somebody else's treadmill may send: an ordinary workout, and every kind of rubbish.

Nothing here uses our code to publish or to compute: the messages are written out as the contract
has them, and the energy is worked out from the equations of the calorie model by hand.
"""

import json
import math
import subprocess
import time
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest

from tests.e2e.conftest import NewPlatform
from tests.e2e.plain_mqtt import publish
from tests.e2e.running_platform import BACKSTRIDE, RunningPlatform
from tests.waiting import wait_until

SPEED_M_PER_S = 1.2
SECONDS = 40
EIGHT_DAYS_MS = 8 * 24 * 3600 * 1000


def now_ms() -> int:
    return time.time_ns() // 1_000_000


def new_member(platform: RunningPlatform, number: str) -> str:
    """Create a man of 30 years, 75 kg and 178 cm."""
    with platform.http() as http:
        body = {
            "gym_id": "hall",
            "member_number": number,
            "display_name": "Somebody",
            "mass_kg": 75,
            "height_cm": 178,
            "birth_year": datetime.now(UTC).year - 30,
            "sex": "male",
        }
        member_id: str = http.post("/v1/members", json=body).raise_for_status().json()["member_id"]
        return member_id


def claim(platform: RunningPlatform, treadmill_id: str, member_id: str) -> None:
    with platform.http() as http:
        http.post(
            f"/v1/treadmills/hall/{treadmill_id}/claim", json={"member_id": member_id}
        ).raise_for_status()


def total_of(platform: RunningPlatform, member_id: str) -> dict[str, Any]:
    with platform.http() as http:
        answer = http.get(f"/v1/members/{member_id}/summary", params={"period": "day"})
        total: dict[str, Any] = answer.raise_for_status().json()["total"]
        return total


def treadmill_of(platform: RunningPlatform, treadmill_id: str) -> dict[str, Any]:
    with platform.http() as http:
        answer: dict[str, Any] = http.get(f"/v1/treadmills/hall/{treadmill_id}").json()
        return answer


def topic_of(treadmill_id: str) -> str:
    return f"backstride/v1/hall/{treadmill_id}/readings"


def reading(seq: int, at_ms: int, **others: object) -> dict[str, object]:
    return {
        "seq": seq,
        "measured_at_ms": at_ms,
        "direction": "reverse",
        "speed_m_per_s": SPEED_M_PER_S,
        **others,
    }


def message(boot_id: int, *readings: dict[str, object]) -> bytes:
    return json.dumps({"boot_id": boot_id, "readings": readings}).encode()


def dead_letters(platform: RunningPlatform, treadmill_id: str | None) -> list[dict[str, Any]]:
    command = [BACKSTRIDE, "dead-letters", "list", "--json", "--data-dir", str(platform.folder)]
    if treadmill_id is not None:
        command += ["--treadmill", f"hall/{treadmill_id}"]
    listed = subprocess.run(command, capture_output=True, text=True, timeout=60, check=True)
    return [json.loads(line) for line in listed.stdout.splitlines()]


def gross_kcal_per_min_by_hand() -> float:
    """Work out backward walking, level, after calorie-model.md section 3, for the man above."""
    mass_kg, height_cm, age_years, speed = 75.0, 178.0, 30.0, SPEED_M_PER_S
    resting_w = (10 * mass_kg + 6.25 * height_cm - 5 * age_years + 5) * 4184 / 86400
    standing_w_per_kg = min(max(1.30 * resting_w / mass_kg, 1.10), 1.75)
    stature = min(max((1.75 / (height_cm / 100)) ** 0.95, 0.88), 1.15)
    level = 1.94 * speed**0.43 + 0.24 * speed**4
    backward = 1.32 + 0.035 * min(speed, 2.0) ** 4
    novice = 1.08 - 0.16 * (1 - math.exp(-0.0 / 80))  # no backward minute on record yet
    walking = novice * backward * stature * level  # below 1.45 m/s nobody runs backward
    power_w_per_kg = standing_w_per_kg + walking  # hands unknown: factor 1
    return float(60 / 4184 * power_w_per_kg * mass_kg)


def check_reverse_workout(platform: RunningPlatform) -> None:
    member_id = new_member(platform, "30")
    claim(platform, "plain", member_id)
    start_ms = now_ms()
    readings = [reading(1 + second, start_ms + 1000 * second) for second in range(SECONDS + 1)]

    publish(
        platform.facts()["mqtt_url"],
        [
            (topic_of("plain"), message(start_ms, *readings[:20])),
            (topic_of("plain"), message(start_ms, *readings[20:])),
        ],
    )

    total = wait_until(
        lambda: total_of(platform, member_id),
        what="the workout in the member's summary",
        within_s=20,
        holds=lambda seen: bool(seen["backward"]["duration_s"] >= SECONDS),
    )
    backward = total["backward"]
    assert backward["duration_s"] == SECONDS
    assert backward["distance_m"] == pytest.approx(SPEED_M_PER_S * SECONDS)
    expected_kcal = gross_kcal_per_min_by_hand() * SECONDS / 60
    assert backward["energy"]["gross_kcal"] == pytest.approx(expected_kcal, rel=1e-6)
    assert total["forward"]["duration_s"] == 0


def test_a_reverse_workout_by_an_ordinary_client_costs_what_the_model_says(
    platform: RunningPlatform,
) -> None:
    check_reverse_workout(platform)


def test_it_costs_the_same_where_no_mosquitto_is_installed(new_platform: NewPlatform) -> None:
    platform = new_platform("--mqtt", "amqtt", "--demo", "--treadmills", "0")
    platform.start()

    check_reverse_workout(platform)


def test_an_unknown_treadmill_is_accepted(platform: RunningPlatform) -> None:
    at_ms = now_ms()

    publish(
        platform.facts()["mqtt_url"],
        [(topic_of("never-seen"), message(at_ms, reading(1, at_ms)))],
    )

    wait_until(
        lambda: treadmill_of(platform, "never-seen").get("belt_velocity_m_per_s"),
        what="the new treadmill",
        within_s=20,
        holds=lambda velocity: velocity == -SPEED_M_PER_S,
    )


# what is sent, and with which reason it must be found among the dead letters
BAD_INPUT: dict[str, tuple[Callable[[int], bytes], str]] = {
    "no-json": (lambda _: b"\xff\x00 this is no JSON", "unreadable-message: JSON is malformed"),
    "half-a-message": (
        lambda at_ms: message(at_ms, reading(2, at_ms))[:-20],
        "unreadable-message: Input data was truncated",
    ),
    "wrong-type": (
        lambda at_ms: message(at_ms, reading(2, at_ms, direction="sideways")),
        "unreadable-reading: Invalid enum value 'sideways'",
    ),
    "too-fast": (
        lambda at_ms: message(at_ms, reading(2, at_ms, speed_m_per_s=9.5)),
        "out-of-range: speed_m_per_s 9.5",
    ),
    "too-steep": (
        lambda at_ms: message(at_ms, reading(2, at_ms, grade_percent=60)),
        "out-of-range: grade_percent 60",
    ),
    "heart-of-a-bird": (
        lambda at_ms: message(at_ms, reading(2, at_ms, heart_rate_bpm=600)),
        "out-of-range: heart_rate_bpm 600",
    ),
    "long-ago": (
        lambda at_ms: message(at_ms, reading(2, at_ms - EIGHT_DAYS_MS)),
        "time-far-off: measured_at_ms",
    ),
    "far-ahead": (
        lambda at_ms: message(at_ms, reading(2, at_ms + EIGHT_DAYS_MS)),
        "time-far-off: measured_at_ms",
    ),
}


@pytest.mark.parametrize("name", BAD_INPUT)
def test_bad_input_is_a_dead_letter_with_its_reason_and_the_good_beside_it_is_kept(
    platform: RunningPlatform, name: str
) -> None:
    member_id = new_member(platform, f"bad-{name}")
    claim(platform, name, member_id)
    at_ms = now_ms()
    topic = topic_of(name)
    bad_message, reason = BAD_INPUT[name]

    publish(
        platform.facts()["mqtt_url"],
        [
            (topic, message(at_ms, reading(1, at_ms))),
            (topic, bad_message(at_ms)),
            (topic, message(at_ms, reading(3, at_ms + 1000), reading(4, at_ms + 2000))),
        ],
    )

    wait_until(
        lambda: total_of(platform, member_id)["backward"]["duration_s"],
        what="the good readings",
        within_s=20,
        holds=lambda seconds: seconds == 2.0,
    )
    letters = wait_until(lambda: dead_letters(platform, name), what="the dead letter", within_s=30)
    assert len(letters) == 1
    assert letters[0]["reason"].startswith(reason)


def test_a_bad_reading_does_not_take_its_message_with_it(platform: RunningPlatform) -> None:
    member_id = new_member(platform, "beside")
    claim(platform, "beside", member_id)
    at_ms = now_ms()
    readings = [
        reading(1, at_ms),
        reading(2, at_ms + 1000, speed_m_per_s=-3),
        reading(3, at_ms + 2000),
    ]

    publish(platform.facts()["mqtt_url"], [(topic_of("beside"), message(at_ms, *readings))])

    wait_until(
        lambda: total_of(platform, member_id)["backward"]["duration_s"],
        what="the good readings",
        within_s=20,
        holds=lambda seconds: seconds == 2.0,
    )
    letters = wait_until(
        lambda: dead_letters(platform, "beside"), what="the dead letter", within_s=30
    )
    assert [letter["seq"] for letter in letters] == [2]


def test_a_topic_of_another_version_is_a_dead_letter(platform: RunningPlatform) -> None:
    at_ms = now_ms()

    publish(
        platform.facts()["mqtt_url"],
        [("backstride/v2/hall/future/readings", message(at_ms, reading(1, at_ms)))],
    )

    wait_until(
        lambda: [letter["topic"] for letter in dead_letters(platform, None)],
        what="the dead letter",
        within_s=30,
        holds=lambda topics: "backstride/v2/hall/future/readings" in topics,
    )
