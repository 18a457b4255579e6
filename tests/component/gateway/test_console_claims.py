import json

import pytest
from prometheus_client import REGISTRY

from backstride_gateway.console_claims import ConsoleClaims
from backstride_gateway.ports import LogUnavailableError, StoreUnavailableError
from backstride_shared.frames import DeadLetter
from tests.component.gateway.desk import NOW_MS, Desk

TOPIC = "backstride/v1/demo/treadmill-01/claims"


class Console:
    def __init__(self, *, is_demo: bool = True) -> None:
        self.desk = Desk()
        self.desk.add_member("m", "1001")
        self.letters: list[DeadLetter] = []
        self.is_log_away = False
        self.handler = ConsoleClaims(
            self.desk.claiming, self._send, self.desk.clock, is_demo=is_demo
        )

    def handle(self, changes: dict[str, object] | None = None, topic: str = TOPIC) -> None:
        message = {
            "console_claim_id": "console-1",
            "action": "claim",
            "member_number": "1001",
            "at_ms": NOW_MS,
        } | (changes or {})
        self.handler.handle(topic, json.dumps(message).encode())

    def _send(self, letter: DeadLetter) -> None:
        if self.is_log_away:
            raise LogUnavailableError("away")
        self.letters.append(letter)


def refused_count() -> float:
    found = REGISTRY.get_sample_value(
        "backstride_gateway_console_claims_total", {"outcome": "refused"}
    )
    assert found is not None
    return found


def test_a_number_keyed_in_claims_the_treadmill() -> None:
    console = Console()
    console.handle()
    (claim,) = console.desk.claims.rows.values()
    assert (claim.member_id, claim.treadmill) == ("m", "demo/treadmill-01")
    assert console.letters == []


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"member_number": "9999"}, "no member of this number"),
        ({"at_ms": NOW_MS - 8 * 86_400_000}, "older than seven days"),
        ({"action": "release"}, "without a claim"),
        ({"action": "dance"}, "Invalid enum value"),
        ({"console_claim_id": "x"}, "length"),
    ],
)
def test_what_cannot_be_used_is_a_dead_letter_and_counted(
    changes: dict[str, object], reason: str
) -> None:
    console = Console()
    before = refused_count()
    console.handle(changes)
    (letter,) = console.letters
    assert reason in letter.reason
    assert letter.topic == TOPIC
    assert letter.treadmill == "demo/treadmill-01"
    assert refused_count() == before + 1
    assert console.desk.claims.rows == {}


@pytest.mark.parametrize("payload", [b"", b"{", b"\xff\xfe", b'{"action":"\xff"}', b"[]", b"null"])
def test_bytes_that_are_no_message_are_a_dead_letter(payload: bytes) -> None:
    console = Console()
    console.handler.handle(TOPIC, payload)
    (letter,) = console.letters
    assert letter.payload == payload


def test_a_topic_that_names_no_treadmill_is_a_dead_letter() -> None:
    console = Console()
    console.handle(topic="backstride/v1/Demo Gym/t/claims")
    (letter,) = console.letters
    assert letter.treadmill is None


def test_a_huge_payload_is_cut_in_the_dead_letter() -> None:
    console = Console()
    console.handler.handle(TOPIC, b"x" * 1_000_000)
    (letter,) = console.letters
    assert len(letter.payload) < 20_000
    assert letter.payload_bytes == 1_000_000


def test_without_a_demonstration_consoles_are_refused_until_there_are_accounts() -> None:
    console = Console(is_demo=False)
    console.handle()
    assert console.desk.claims.rows == {}
    assert "accounts" in console.letters[0].reason


def test_a_store_that_is_away_leaves_the_message_to_be_taken_again() -> None:
    console = Console()
    console.desk.members.is_away = True
    with pytest.raises(StoreUnavailableError):
        console.handle()
    console.desk.members.is_away = False
    console.handle()
    assert len(console.desk.claims.rows) == 1


def test_a_dead_letter_that_the_log_does_not_take_is_taken_again() -> None:
    console = Console()
    console.is_log_away = True
    with pytest.raises(LogUnavailableError):
        console.handle({"member_number": "9999"})
