"""The owner of a gym behind the front: first start, members, and claims as time goes by."""

import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import httpx

from tests.e2e.compose_lab import ComposeLab
from tests.e2e.oracle import ExpectedClaim
from tests.e2e.scripted_gym import GYM, TREADMILLS, Person
from tests.waiting import wait_until

SIGN_IN_NAME = "owner"
DONE = {200, 201, 409}  # 409: a release that was done when its answer was lost


def first_start(lab: ComposeLab, http: httpx.Client, password: str) -> str:
    """Make the gym and its administrator with the code of `make secrets`; return a token."""
    assert http.get("/v1/members").status_code == 401
    treadmills = [{"treadmill_id": one.name, "name": one.name} for one in TREADMILLS]
    http.post(
        "/v1/set-up",
        json={
            "set_up_code": lab.secret("set-up-code"),
            "gym_id": GYM,
            "gym_name": "The scripted gym",
            "sign_in_name": SIGN_IN_NAME,
            "password": password,
            "treadmills": treadmills,
        },
    ).raise_for_status()
    session = http.post("/v1/session", json={"sign_in_name": SIGN_IN_NAME, "password": password})
    cookies = session.raise_for_status().headers.get_list("set-cookie")
    assert all("Secure" in cookie for cookie in cookies), "the front does not tell of TLS"
    token = http.post(
        "/v1/account/tokens",
        json={"name": "test-compose", "can_write": True},
        headers={"X-CSRF-Token": session.json()["csrf_token"]},
    )
    http.cookies.clear()
    return str(token.raise_for_status().json()["token"])


def people_by_member(members: dict[str, str]) -> dict[str, Person]:
    """Return who is behind each member id; `members` has the ids by number."""
    people = {stay.person.number: stay.person for one in TREADMILLS for stay in one.stays}
    return {member_id: people[number] for number, member_id in members.items()}


class Schedule:
    """Claims and releases of the script, `scale` times faster, through the API."""

    def __init__(self, http: httpx.Client, members: dict[str, str], scale: float) -> None:
        self._http = http
        self._members = members
        self._scale = scale
        self._steps = sorted(_steps(), key=lambda step: step[0])

    def begin(self) -> None:
        """Make the claims of the start, before the first reading."""
        for at_s, path, person in self._steps:
            if at_s < 1.0:
                self._post(path, person)

    @contextmanager
    def going_on(self) -> Iterator[None]:
        """Make the others when their time comes, while something else is done."""
        is_over = threading.Event()
        failures: list[BaseException] = []

        def go() -> None:
            started_at_s = time.monotonic()
            try:
                for at_s, path, person in self._steps:
                    wait_s = started_at_s + at_s / self._scale - time.monotonic()
                    if at_s >= 1.0 and not is_over.wait(max(0.0, wait_s)):
                        self._post(path, person)
            except BaseException as error:  # noqa: BLE001  raised in the thread that waits
                failures.append(error)

        thread = threading.Thread(target=go, name="claims", daemon=True)
        thread.start()
        try:
            yield
        finally:
            is_over.set()
            thread.join(60)
        assert failures == []

    def _post(self, path: str, person: Person) -> None:
        """Ask until there is an answer: the gateway may just have been killed."""
        body = {"member_id": self._members[person.number]}
        wait_until(
            lambda: self._answer_to(path, body),
            what=f"the answer to {path}",
            within_s=60,
            holds=lambda answer: answer[0] in DONE,
        )

    def _answer_to(self, path: str, body: dict[str, str]) -> tuple[int, str]:
        try:
            answer = self._http.post(path, json=body)
        except httpx.TransportError as error:
            return 0, str(error)
        return answer.status_code, answer.text


def _steps() -> Iterator[tuple[float, str, Person]]:
    for treadmill in TREADMILLS:
        for stay in treadmill.stays:
            yield stay.from_s, f"/v1/treadmills/{GYM}/{treadmill.name}/claim", stay.person
            if stay.until_s is not None:
                yield stay.until_s, f"/v1/treadmills/{GYM}/{treadmill.name}/release", stay.person


def claims_made(lab: ComposeLab, members: dict[str, str]) -> list[ExpectedClaim]:
    """Return the claims as the gateway took them, with the times it gave them."""
    people = people_by_member(members)
    rows = lab.sql("SELECT treadmill, member_id, claimed_at_ms, released_at_ms FROM claims")
    assert len(rows) == sum(len(one.stays) for one in TREADMILLS)
    return [_claim(row, people[row[1]]) for row in rows]


def _claim(row: Sequence[Any], person: Person) -> ExpectedClaim:
    treadmill, _, claimed_at_ms, released_at_ms = row
    return ExpectedClaim(
        treadmill=treadmill,
        member=person.number,
        wearer=person.wearer(),
        from_ms=int(claimed_at_ms),
        until_ms=int(released_at_ms) if released_at_ms else None,
    )
