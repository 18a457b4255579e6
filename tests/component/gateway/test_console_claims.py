import json

import pytest
from prometheus_client import REGISTRY

from backstride_gateway.console_claims import Answer, ConsoleClaims
from backstride_gateway.ports import LogUnavailableError, StoreUnavailableError
from backstride_shared.frames import DeadLetter
from tests.component.gateway.desk import NOW_MS, Desk

TOPIC = "backstride/v1/demo/treadmill-01/claims"


class Console:
    def __init__(self, *, is_demo: bool = True) -> None:
        self.desk = Desk(is_demo=is_demo)
        self.desk.add_member("m", "1001")
        self.letters: list[DeadLetter] = []
        self.is_log_away = False
        self.is_registered = True
        self.handler = ConsoleClaims(
            self.desk.claiming,
            self.desk.console_access,
            lambda _: self.is_registered,
            self._send,
            self.desk.clock,
        )

    def handle(self, changes: dict[str, object] | None = None, topic: str = TOPIC) -> Answer | None:
        message = {
            "console_claim_id": "console-1",
            "action": "claim",
            "member_number": "1001",
            "at_ms": NOW_MS,
        } | (changes or {})
        return self.handler.handle(topic, json.dumps(message).encode())

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


def with_pin() -> Console:
    console = Console(is_demo=False)
    console.desk.console_access.set_pin("m", "4711")
    return console


def test_a_number_with_its_pin_claims_and_releases() -> None:
    console = with_pin()
    console.handle({"pin": "4711"})
    console.handle({"pin": "4711", "action": "release", "at_ms": NOW_MS + 1000})
    (claim,) = console.desk.claims.rows.values()
    assert (claim.member_id, claim.released_at_ms) == ("m", NOW_MS + 1000)
    assert console.letters == []


@pytest.mark.parametrize(
    "changes",
    [
        {},
        {"pin": "4712"},
        {"pin": "4711", "member_number": "9999"},
        {"pin": "4712", "action": "release"},
        {"member_number": None},
        {"card": "04:A2:2B:9C"},
    ],
)
def test_without_proof_nothing_is_claimed_and_no_secret_is_told(
    changes: dict[str, object],
) -> None:
    console = with_pin()
    console.handle(changes)
    (letter,) = console.letters
    assert console.desk.claims.rows == {}
    for secret in (b"4711", b"4712", b"A2"):
        assert secret not in letter.payload


def test_a_wrong_pin_and_an_unknown_number_are_refused_alike() -> None:
    console = with_pin()
    console.handle({"pin": "4712"})
    console.handle({"pin": "4711", "member_number": "9999"})
    assert console.letters[0].reason == console.letters[1].reason


def test_guessing_a_pin_is_slowed_down_for_its_number_only() -> None:
    console = with_pin()
    console.desk.add_member("n", "1002")
    console.desk.console_access.set_pin("n", "8520")
    for _ in range(6):
        console.handle({"pin": "0815"})
    assert "try again in" in console.letters[-1].reason
    console.handle({"pin": "4711"})
    assert console.desk.claims.rows == {}, "the right one has to wait too"
    console.handle({"pin": "8520", "member_number": "1002", "console_claim_id": "console-2"})
    assert len(console.desk.claims.rows) == 1
    console.desk.pass_minutes(15)
    console.handle({"pin": "4711", "console_claim_id": "console-3"})
    assert {one.member_id for one in console.desk.claims.rows.values()} == {"m", "n"}


def test_a_card_claims_whatever_separators_the_reader_uses() -> None:
    console = Console(is_demo=False)
    console.desk.console_access.add_card("m", "04:a2:2b:9c", "Key ring")
    console.handle({"member_number": None, "card": "04A22B9C"})
    (claim,) = console.desk.claims.rows.values()
    assert claim.member_id == "m"


def test_a_card_works_in_the_gyms_of_its_member_only() -> None:
    console = Console(is_demo=False)
    console.desk.console_access.add_card("m", "04A22B9C", "Card")
    console.handle({"card": "04A22B9C"}, topic="backstride/v1/other/treadmill-01/claims")
    assert console.desk.claims.rows == {}
    assert "nobody of the gym has this card" in console.letters[0].reason


def test_a_removed_pin_or_card_works_no_more() -> None:
    console = with_pin()
    card = console.desk.console_access.add_card("m", "04A22B9C", "Card")
    console.desk.console_access.remove_pin("m")
    console.desk.console_access.remove_card("m", card.card_id)
    console.handle({"pin": "4711"})
    console.handle({"member_number": None, "card": "04A22B9C"})
    assert console.desk.claims.rows == {}


def test_a_treadmill_that_nobody_registered_is_not_claimed() -> None:
    console = with_pin()
    console.is_registered = False
    console.handle({"pin": "4711"})
    assert "not registered" in console.letters[0].reason


@pytest.mark.parametrize(
    "payload",
    [
        b'{"pin": "4711", "x"',
        b'{"pin":4711}',
        b'{"a": {"card" : "47\\"11"}, "pin":"4711',
    ],
)
def test_what_cannot_be_read_tells_no_secret_either(payload: bytes) -> None:
    console = with_pin()
    console.handler.handle(TOPIC, payload)
    assert b"11" not in console.letters[0].payload


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


def answered(answer: Answer | None) -> dict[str, object]:
    assert answer is not None
    assert answer.topic == "backstride/v1/demo/treadmill-01/answers"
    found: dict[str, object] = json.loads(answer.payload)
    return found


def test_a_console_is_told_what_became_of_its_message() -> None:
    console = with_pin()
    claimed = {"console_claim_id": "console-1", "action": "claim", "outcome": "claimed"}
    released = {"console_claim_id": "console-1", "action": "release", "outcome": "released"}
    release = {"pin": "4711", "action": "release", "at_ms": NOW_MS + 1000}
    assert answered(console.handle({"pin": "4711"})) == claimed
    assert answered(console.handle({"pin": "4711"})) == claimed, "asked for again"
    assert answered(console.handle(release)) == released
    assert answered(console.handle(release)) == released
    assert answered(console.handle({"pin": "4711"})) == claimed
    (claim,) = console.desk.claims.rows.values()
    assert claim.released_at_ms == NOW_MS + 1000, "what is over stays over"


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"pin": "4712"}, "not-known"),
        ({"pin": "4711", "member_number": "9999"}, "not-known"),
        ({"pin": "4711", "member_number": "\x00"}, "not-known"),
        ({"member_number": None, "card": "04:A2:2B:9C"}, "not-known"),
        ({"pin": "4711", "at_ms": NOW_MS - 8 * 86_400_000}, "time"),
        ({"pin": "4711", "action": "release"}, "not-claimed"),
    ],
)
def test_a_console_is_told_why_its_message_is_refused(
    changes: dict[str, object], reason: str
) -> None:
    told = answered(with_pin().handle(changes))
    assert (told["outcome"], told["reason"]) == ("refused", reason)


def test_a_console_is_told_to_wait_after_wrong_pins_and_that_it_is_not_registered() -> None:
    console = with_pin()
    reasons = [answered(console.handle({"pin": "0815"}))["reason"] for _ in range(6)]
    assert (reasons[0], reasons[-1]) == ("not-known", "wait")
    console.is_registered = False
    assert answered(console.handle({"pin": "4711"}))["reason"] == "not-registered"


def test_what_cannot_be_read_has_no_answer() -> None:
    console = Console()
    assert console.handler.handle(TOPIC, b"{") is None
    assert console.handle(topic="backstride/v1/demo/treadmill-01/state") is None
