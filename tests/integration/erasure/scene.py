"""A member who runs, corrects, and is erased, among others who stay: by HTTP and MQTT alone."""

import json
import time
import uuid
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

import httpx

from tests.e2e.plain_mqtt import publish
from tests.waiting import wait_until

GYM: Final = "lab"
NAME: Final = "Zebrafinch"
MASS_KG: Final = 61.73
SECONDS: Final = 60
WITHIN_S: Final = 60.0
HOUR_MS: Final = 3_600_000


@dataclass
class Scene:
    """What happens; times are in ms, an hour ago.

    Ada runs on treadmill one, then Bob does; Ada's run on treadmill two is the last one there.
    """

    http: httpx.Client
    mqtt_url: str
    base_ms: int = field(default_factory=lambda: time.time_ns() // 1_000_000 - HOUR_MS)
    members: dict[str, str] = field(default_factory=dict)
    sent: list[tuple[str, bytes]] = field(default_factory=list)
    erased_ids: set[str] = field(default_factory=set)
    receipt_path: str = ""

    # --- what people do -----------------------------------------------------------------------

    def begin(self) -> None:
        """Let Ada and Bob run, and Ada set her mass right; return when all of it is stored."""
        self.members = {"ada": self._new_member(NAME, "7001"), "bob": self._new_member("B", "7002")}
        runs = (("one", "7001", 0, 2.4), ("one", "7002", 200_000, 1.5), ("two", "7001", 400_000, 2))
        for treadmill, number, at_ms, _ in runs:
            self._claim(treadmill, number, self.base_ms + at_ms)
        wait_until(self._claims_known, what="the claims to be known", within_s=WITHIN_S)
        for position, (treadmill, _, at_ms, speed) in enumerate(runs):
            self._run(treadmill, f"device-{position}", self.base_ms + at_ms + 1_000, speed)
        wait_until(
            lambda: [len(self.sessions(name)) for name in ("ada", "bob")],
            what="the sessions",
            within_s=WITHIN_S,
            holds=lambda counts: counts == [2, 1],
        )
        wait_until(
            lambda: [one["forward"]["duration_s"] for one in self.all_sessions()],
            what="the whole runs",
            within_s=WITHIN_S,
            holds=lambda seconds: all(one >= SECONDS - 2 for one in seconds),
        )
        self._correct(self.sessions("ada")[-1]["session_id"])
        for one in self.sessions("ada"):
            self.erased_ids |= {one["session_id"], one["claim_id"]}

    def erase(self) -> dict[str, Any]:
        """Erase Ada; return the receipt. Within a minute, as is promised."""
        path = f"/v1/members/{self.members['ada']}/erasure"
        answer = self.http.post(path, json={"confirm": "erase"})
        assert answer.status_code == 202, answer.text
        started = answer.json()
        self.receipt_path = f"/v1/erasures/{started['erasure_id']}?code={started['receipt_code']}"
        return self.receipt()

    def receipt(self) -> dict[str, Any]:
        """Return the receipt, which outlives everything."""
        told: dict[str, Any] = wait_until(
            lambda: self.http.get(self.receipt_path).json(),
            what="the erasure to be done",
            within_s=60.0,
            holds=lambda seen: seen.get("status") == "done",
        )
        return told

    def send_everything_again(self) -> None:
        """Publish each message once more, and each of Ada's readings as a device never heard of."""
        publish(self.mqtt_url, self.sent)
        for treadmill, at_ms in (("one", 0), ("two", 400_000)):
            device_id = f"new-{uuid.uuid4().hex[:8]}"
            self._run(treadmill, device_id, self.base_ms + at_ms + 1_000, 2.4)

    def run_anew(self) -> None:
        """Let nobody run where Ada did, and return when that is seen."""
        at_ms = time.time_ns() // 1_000_000 - 30_000
        for treadmill in ("one", "two"):
            self._run(treadmill, f"after-{uuid.uuid4().hex[:8]}", at_ms, 1.1, count=20)
        wait_until(
            lambda: [self.treadmill(one).get("last_reading_at") or "" for one in ("one", "two")],
            what="the new readings",
            within_s=WITHIN_S,
            holds=lambda seen: min(seen) >= _iso(at_ms + 20_000),
        )

    # --- what is seen -------------------------------------------------------------------------

    def sessions(self, name: str) -> list[dict[str, Any]]:
        """Return a member's sessions, newest first; none of who is not there."""
        answer = self.http.get(f"/v1/members/{self.members[name]}/sessions")
        found: list[dict[str, Any]] = answer.json().get("sessions", [])
        return found

    def all_sessions(self) -> list[dict[str, Any]]:
        """Return the sessions of both."""
        return [*self.sessions("ada"), *self.sessions("bob")]

    def treadmill(self, treadmill: str) -> dict[str, Any]:
        """Return a treadmill as it is now."""
        found: dict[str, Any] = self.http.get(f"/v1/treadmills/{GYM}/{treadmill}").json()
        return found

    def live_picture(self) -> str:
        """Return the first event of the live stream."""
        with self.http.stream("GET", "/v1/live") as answer:
            for line in answer.iter_lines():
                if line.startswith("data:"):
                    return line
        raise AssertionError("the stream ended before its picture")

    def check_api(self) -> None:
        """Check that the API shows nothing of Ada, and all of Bob."""
        ada = self.members["ada"]
        for path in (f"/v1/members/{ada}", f"/v1/members/{ada}/sessions"):
            assert self.http.get(path).status_code == 404, path
        for one in self.erased_ids:
            assert self.http.get(f"/v1/sessions/{one}").status_code == 404
        texts = [self.live_picture(), self.http.get("/v1/members").text]
        texts += [self.http.get(f"/v1/treadmills/{GYM}/{name}").text for name in ("one", "two")]
        for text in texts:
            assert_nothing_of(text, {NAME, ada} | self.erased_ids)
        assert len(self.sessions("bob")) == 1

    def intervals_ms(self) -> dict[str, tuple[int, int]]:
        """Return when Ada ran on each treadmill, rests included."""
        last_ms = SECONDS * 1000 + 1_000
        return {
            "one": (self.base_ms, self.base_ms + last_ms),
            "two": (self.base_ms + 400_000, self.base_ms + 400_000 + last_ms),
        }

    # --- the wires ----------------------------------------------------------------------------

    def _new_member(self, name: str, number: str) -> str:
        body = {
            "gym_id": GYM,
            "member_number": number,
            "display_name": name,
            "mass_kg": MASS_KG,
            "height_cm": 171.3,
            "birth_year": 1988,
        }
        answer = self.http.post("/v1/members", json=body)
        assert answer.status_code == 201, answer.text
        member_id: str = answer.json()["member_id"]
        return member_id

    def _claims_known(self) -> bool:
        # the gateway takes claims by MQTT; the treadmills are known by their first reading
        return all(self.http.get(f"/v1/members/{one}").is_success for one in self.members.values())

    def _claim(self, treadmill: str, number: str, at_ms: int) -> None:
        body = {
            "console_claim_id": f"console-{treadmill}-{number}-{at_ms}",
            "action": "claim",
            "member_number": number,
            "at_ms": at_ms,
        }
        self._publish([(f"backstride/v1/{GYM}/{treadmill}/claims", body)])

    def _run(
        self, treadmill: str, device_id: str, from_ms: int, speed: float, count: int = SECONDS
    ) -> None:
        messages = []
        for first in range(1, count + 1, 20):
            readings = [
                {
                    "seq": seq,
                    "measured_at_ms": from_ms + seq * 1000,
                    "direction": "forward",
                    "speed_m_per_s": speed,
                    "heart_rate_bpm": 133,
                }
                for seq in range(first, min(first + 20, count + 1))
            ]
            body = {"device_id": device_id, "boot_id": 1, "readings": readings}
            messages.append((f"backstride/v1/{GYM}/{treadmill}/readings", body))
        self._publish(messages)

    def _publish(self, messages: Iterable[tuple[str, Mapping[str, object]]]) -> None:
        encoded = [(topic, json.dumps(body).encode()) for topic, body in messages]
        self.sent += encoded
        publish(self.mqtt_url, encoded)

    def _correct(self, session_id: str) -> None:
        path = f"/v1/sessions/{session_id}"
        answer = self.http.post(f"{path}/corrections", json={"mass_kg": MASS_KG + 1})
        assert answer.status_code == 202, answer.text
        told = wait_until(
            lambda: self.http.get(path).json(),
            what="the correction to be applied",
            within_s=WITHIN_S,
            holds=lambda seen: seen["corrections"][-1]["status"] == "applied",
        )
        assert told["recomputed_at"] is not None


def assert_nothing_of(text: str, words: Iterable[str]) -> None:
    """Check that none of the words stands in a text."""
    found = [word for word in words if word in text]
    assert not found, f"{found} in …{text[max(0, text.find(found[0]) - 200) :][:400]}…"


def _iso(at_ms: int) -> str:
    return time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(at_ms / 1000))
