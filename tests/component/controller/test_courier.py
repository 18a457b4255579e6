import hashlib
import json
from typing import Literal

import msgspec
import pytest

from backstride_controller.courier import Courier, Now
from backstride_controller.domain.delivery import Position
from backstride_controller.domain.faults import FaultRates, Faults
from backstride_controller.ports import Box
from backstride_shared.identity import TreadmillKey
from backstride_shared.messages import (
    ClaimAnswerMessage,
    ConsoleClaimMessage,
    ReadingsMessage,
    RefusedMessage,
    StateMessage,
    StoredMessage,
    json_encoder,
    readings_decoder,
)
from backstride_shared.topics import MqttKind
from tests.fakes.controller_ports import FakeLink, FakeNetwork, InMemoryOutbox

_BOOT = 1_795_000_000_000
_CLAIM = ConsoleClaimMessage(
    console_claim_id="console-1", action="claim", at_ms=_BOOT, member_number="1001"
)
_RELEASE = msgspec.structs.replace(_CLAIM, action="release")
_CLAIM_PAYLOAD = json_encoder.encode(_CLAIM)
_RELEASE_PAYLOAD = json_encoder.encode(_RELEASE)


class _Desk:
    """A courier between an outbox in memory and a link in the test's hand."""

    def __init__(self, rates: FaultRates | None = None) -> None:
        self.outbox = InMemoryOutbox()
        self.network = FakeNetwork()
        self.box = self.outbox.open_box(TreadmillKey("gym/treadmill-01"))
        self.link: FakeLink = self.network.add(self.box.treadmill, "client", b"")
        self.courier = _courier(self.box, self.outbox, self.link, rates)
        self.courier.set_boot(_BOOT)
        self.now_ms = 0

    def make(self, *seqs: int, boot_id: int = _BOOT) -> None:
        for seq in seqs:
            payload = b'{"seq":%d,"measured_at_ms":%d,"direction":"forward","speed_m_per_s":1}'
            self.outbox.keep(self.box, Position(boot_id, seq), payload % (seq, boot_id + seq))
        self.outbox.commit()

    def work(self, ms: int = 1000) -> None:
        """Let time pass with a pass of the loop every quarter of a second."""
        for _ in range(ms // 250):
            self.now_ms += 250
            now = Now(self.now_ms, _BOOT + self.now_ms)
            self.outbox.commit()
            self.courier.deliver(now)
            for event in self.network.wait(0):
                self.courier.handle(event, now)
        self.outbox.commit()

    def connect(self) -> None:
        self.link.come_up()
        self.work(500)

    def messages(self) -> list[ReadingsMessage]:
        return [readings_decoder.decode(each) for each in self.link.payloads(MqttKind.READINGS)]

    def sent_seqs(self) -> list[list[int]]:
        return [[reading.seq for reading in message.readings] for message in self.messages()]

    def store(self, seq: int, boot_id: int = _BOOT, device_id: str | None = None) -> None:
        stored = StoredMessage(device_id=device_id or self.box.device_id, boot_id=boot_id, seq=seq)
        self.link.receive(MqttKind.STORED, json_encoder.encode(stored))
        self.work(250)

    def answer(self, claim: ConsoleClaimMessage, *, is_refused: bool = False) -> None:
        done: Literal["claimed", "released"] = "claimed" if claim.action == "claim" else "released"
        answer = ClaimAnswerMessage(
            console_claim_id=claim.console_claim_id,
            action=claim.action,
            outcome="refused" if is_refused else done,
            reason="not-known" if is_refused else None,
        )
        self.link.receive(MqttKind.ANSWERS, json_encoder.encode(answer))
        self.work(250)

    def refuse(self, payload: bytes) -> None:
        refused = RefusedMessage(
            payload_sha256=hashlib.sha256(payload).hexdigest(), reason="not a message"
        )
        self.link.receive(MqttKind.REFUSED, json_encoder.encode(refused))
        self.work(250)


def _courier(
    box: Box, outbox: InMemoryOutbox, link: FakeLink, rates: FaultRates | None = None
) -> Courier:
    class _Always:
        """Chance that always draws the lowest number."""

        def random(self) -> float:
            return 0.0

        def uniform(self, a: float, b: float) -> float:
            return b

        def gauss(self, mu: float, sigma: float) -> float:
            return mu

    faults = Faults(rates or FaultRates(), _Always(), start_s=0)
    return Courier(box, outbox, link, firmware="test 1", rate_hz=4, faults=faults)


@pytest.fixture
def desk() -> _Desk:
    return _Desk()


def test_a_message_is_what_the_contract_says(desk: _Desk) -> None:
    desk.make(1, 2)
    desk.connect()

    (message,) = desk.messages()
    assert (message.device_id, message.boot_id, message.after) == (
        desk.box.device_id,
        _BOOT,
        None,
    )
    assert message.sent_at_ms is not None
    assert message.sent_at_ms > _BOOT
    assert [reading.seq for reading in message.readings] == [1, 2]


def test_the_birth_is_retained_and_tells_how_much_waits(desk: _Desk) -> None:
    desk.make(1, 2, 3)
    desk.connect()

    born = json.loads(desk.link.retained[MqttKind.STATE])
    assert (born["status"], born["boot_id"], born["outbox_depth"]) == ("online", _BOOT, 3)
    assert born["reverse_capable"] is True


def test_will_and_goodbye_say_offline(desk: _Desk) -> None:
    desk.connect()
    desk.courier.say_goodbye()

    for payload in (desk.link.will, desk.link.retained[MqttKind.STATE]):
        state = json.loads(payload)
        assert (state["status"], state["boot_id"]) == ("offline", _BOOT)
        assert StateMessage(**state).device_id == desk.box.device_id


def test_what_is_stored_already_is_not_sent_after_a_connect(desk: _Desk) -> None:
    desk.make(1, 2, 3, 4)
    desk.link.come_up()
    desk.store(3)
    desk.work()

    assert desk.sent_seqs() == [[4]]
    assert desk.messages()[0].after is None


def test_stored_lets_go_of_readings(desk: _Desk) -> None:
    desk.make(1, 2, 3)
    desk.connect()
    desk.store(2)

    assert desk.outbox.waiting(desk.box) == 1
    assert not desk.courier.is_done
    desk.store(3)
    assert desk.courier.is_done


def test_stored_of_another_device_at_this_treadmill_is_not_ours(desk: _Desk) -> None:
    desk.make(1, 2, 3)
    desk.connect()
    desk.store(3, device_id="the-one-before")

    assert desk.outbox.waiting(desk.box) == 3


@pytest.mark.parametrize(("boot_id", "seq"), [(_BOOT, 4), (_BOOT + 1, 1), (2**53, 1)])
def test_stored_ahead_of_what_was_made_is_not_believed(desk: _Desk, boot_id: int, seq: int) -> None:
    desk.make(1, 2, 3)
    desk.connect()
    desk.store(seq, boot_id=boot_id)
    assert desk.outbox.waiting(desk.box) == 3

    desk.make(4, 5)
    desk.work()
    assert desk.sent_seqs() == [[1, 2, 3], [4, 5]]


@pytest.mark.parametrize("kind", [MqttKind.STORED, MqttKind.REFUSED])
@pytest.mark.parametrize(
    "payload", [b"", b"{", b'{"device_id":1}', b'{"device_id":"\xff"}', b"\xff"]
)
def test_an_answer_that_cannot_be_read_changes_nothing(
    desk: _Desk, kind: MqttKind, payload: bytes
) -> None:
    desk.make(1)
    desk.connect()
    desk.link.receive(kind, payload)
    desk.work()

    assert desk.outbox.waiting(desk.box) == 1
    assert desk.courier.is_up


def test_after_a_lost_connection_everything_not_stored_goes_out_again(desk: _Desk) -> None:
    desk.make(1, 2, 3)
    desk.connect()
    desk.store(1)
    desk.link.go_down()
    desk.make(4)
    desk.work()
    assert desk.sent_seqs() == [[1, 2, 3]]

    desk.connect()
    desk.work()

    assert desk.sent_seqs() == [[1, 2, 3], [2, 3, 4]]
    assert [message.after for message in desk.messages()] == [None, None]


def test_old_boots_go_first_each_in_messages_of_its_own(desk: _Desk) -> None:
    desk.make(8, 9, boot_id=_BOOT - 100)
    desk.make(1)
    desk.connect()
    desk.work(2000)

    assert [(m.boot_id, m.after) for m in desk.messages()] == [
        (_BOOT - 100, None),
        (_BOOT, (_BOOT - 100, 9)),
    ]


def test_a_full_link_gets_no_more_until_the_broker_acknowledges(desk: _Desk) -> None:
    desk.link.acknowledges = False
    desk.make(*range(1, 12_001))
    desk.connect()
    desk.work()
    sent = len(desk.messages())
    assert sent < 24

    desk.link.acknowledges = True
    desk.link.acknowledge()
    desk.work()
    assert len(desk.messages()) == 24
    assert sum(len(message.readings) for message in desk.messages()) == 12_000


def test_a_claim_is_with_the_broker_before_the_readings_it_owns(desk: _Desk) -> None:
    desk.make(1, 2)
    desk.outbox.keep_claim(desk.box, Position(_BOOT, 3), _CLAIM_PAYLOAD)
    desk.make(3, 4)
    desk.outbox.keep_claim(desk.box, Position(_BOOT, 5), _RELEASE_PAYLOAD)
    desk.make(5)
    desk.courier.reload_claims()
    desk.link.acknowledges = False
    desk.connect()
    # the claim waits for its acknowledgement, and the readings behind it wait for the claim
    desk.work(5000)
    assert desk.link.payloads(MqttKind.CLAIMS) == [_CLAIM_PAYLOAD]
    assert desk.sent_seqs() == [[1, 2]]

    desk.link.acknowledges = True
    desk.link.acknowledge()
    # answered before the readings behind it were sent
    desk.answer(_CLAIM)
    desk.work(4000)
    desk.answer(_RELEASE)

    order = [
        payload if kind is MqttKind.CLAIMS else [r["seq"] for r in json.loads(payload)["readings"]]
        for kind, payload in desk.link.published
        if kind is not MqttKind.STATE
    ]
    assert order == [[1, 2], _CLAIM_PAYLOAD, [3, 4], _RELEASE_PAYLOAD, [5]]
    assert desk.outbox.claims(desk.box) == []


def test_a_claim_is_sent_until_it_is_answered_and_holds_up_no_reading(desk: _Desk) -> None:
    """A broker that is killed forgets what it had acknowledged."""
    desk.outbox.keep_claim(desk.box, Position(_BOOT, 1), _CLAIM_PAYLOAD)
    desk.make(1)
    desk.outbox.keep_claim(desk.box, Position(_BOOT, 2), _RELEASE_PAYLOAD)
    desk.make(2)
    desk.courier.reload_claims()
    desk.connect()
    desk.work(4000)
    assert desk.link.payloads(MqttKind.CLAIMS) == [_CLAIM_PAYLOAD]
    assert desk.sent_seqs() == [[1], [2]]
    desk.work(20_000)
    assert desk.link.payloads(MqttKind.CLAIMS) == [_CLAIM_PAYLOAD] * 3, "after 5 s and after 10 s"
    assert len(desk.outbox.claims(desk.box)) == 2
    assert not desk.courier.is_done

    desk.answer(_RELEASE)
    desk.answer(msgspec.structs.replace(_CLAIM, console_claim_id="of another"))
    desk.link.receive(MqttKind.ANSWERS, b"no answer")
    desk.work(250)
    assert len(desk.outbox.claims(desk.box)) == 2, "answers to what was not asked"

    desk.answer(_CLAIM)
    desk.work(500)
    desk.answer(_CLAIM)
    assert desk.link.payloads(MqttKind.CLAIMS)[3:] == [_RELEASE_PAYLOAD]
    desk.answer(_RELEASE)
    assert desk.outbox.claims(desk.box) == []
    desk.work(20_000)
    assert len(desk.link.payloads(MqttKind.CLAIMS)) == 4
    desk.store(2)
    assert desk.courier.is_done


def test_a_claim_that_is_refused_is_sent_no_more(desk: _Desk) -> None:
    desk.outbox.keep_claim(desk.box, Position(_BOOT, 1), _CLAIM_PAYLOAD)
    desk.outbox.commit()
    desk.courier.reload_claims()
    desk.connect()
    desk.work(500)
    desk.answer(_CLAIM, is_refused=True)
    assert desk.outbox.claims(desk.box) == []
    assert desk.courier.is_done


def test_a_claim_without_answer_goes_out_again_after_a_restart(desk: _Desk) -> None:
    desk.outbox.keep_claim(desk.box, Position(_BOOT, 1), _CLAIM_PAYLOAD)
    desk.make(1)
    desk.courier.reload_claims()
    desk.connect()
    desk.work(500)
    desk.courier = _courier(desk.box, desk.outbox, desk.link, None)
    desk.link.go_down()
    desk.work(500)
    desk.connect()
    desk.work(500)
    assert desk.link.payloads(MqttKind.CLAIMS) == [_CLAIM_PAYLOAD] * 2


def test_a_claim_without_acknowledgement_goes_out_again_after_a_reconnect(desk: _Desk) -> None:
    desk.outbox.keep_claim(desk.box, Position(_BOOT, 1), _CLAIM_PAYLOAD)
    desk.outbox.commit()
    desk.courier.reload_claims()
    desk.link.acknowledges = False
    desk.connect()
    desk.work()
    desk.link.go_down()
    desk.work()
    desk.link.acknowledges = True
    desk.connect()
    desk.work()

    assert desk.link.payloads(MqttKind.CLAIMS) == [_CLAIM_PAYLOAD, _CLAIM_PAYLOAD]
    desk.answer(_CLAIM)
    assert desk.courier.is_done


def test_a_claim_of_an_earlier_run_is_not_forgotten(desk: _Desk) -> None:
    desk.outbox.keep_claim(desk.box, Position(_BOOT, 1), b"claim")
    desk.outbox.commit()
    desk.courier = _courier(desk.box, desk.outbox, desk.link)
    desk.connect()
    desk.work()

    assert desk.link.payloads(MqttKind.CLAIMS) == [b"claim"]


def test_a_refused_message_is_split_until_the_bad_reading_stands_apart(desk: _Desk) -> None:
    desk.make(*range(1, 9))
    desk.connect()
    stored_up_to = 0
    answered = 0
    for _ in range(60):
        payloads = desk.link.payloads(MqttKind.READINGS)
        for payload in payloads[answered:]:
            message = readings_decoder.decode(payload)
            seqs = [reading.seq for reading in message.readings]
            after = message.after[1] if message.after else 0
            if 6 in seqs:
                desk.refuse(payload)
            elif after <= stored_up_to:
                stored_up_to = max(stored_up_to, *seqs)
                desk.store(stored_up_to)
        answered = len(payloads)
        desk.work(250)

    assert desk.outbox.refused == [(1, (_BOOT, 6), "not a message")]
    assert stored_up_to == 8
    assert desk.outbox.waiting(desk.box) == 0


def test_refused_for_a_payload_of_somebody_else_changes_nothing(desk: _Desk) -> None:
    desk.make(1)
    desk.connect()
    desk.refuse(b"something else")
    desk.work()

    assert desk.sent_seqs() == [[1]]
    assert desk.outbox.refused == []


def test_a_doubled_message_is_the_same_message() -> None:
    desk = _Desk(FaultRates(duplicates=1.0))
    desk.make(1, 2)
    desk.connect()

    first, second = desk.link.payloads(MqttKind.READINGS)
    assert first == second


def test_jitter_delays_messages_and_keeps_their_order() -> None:
    desk = _Desk(FaultRates(jitter_s=3))
    desk.make(*range(1, 1001))
    desk.connect()
    assert len(desk.messages()) == 1

    desk.work(2000)
    assert len(desk.messages()) == 1
    desk.work(4000)
    assert [each[0] for each in desk.sent_seqs()] == [1, 501]


_OF_1970_MS = 1_000_000


@pytest.mark.parametrize(
    ("old_boot", "is_own_clock"),
    [
        # an hour ahead of the clock as it was set since
        pytest.param(_BOOT + 3_600_000, True, id="ahead"),
        pytest.param(_OF_1970_MS, True, id="1970"),
        pytest.param(_BOOT - 3_600_000, False, id="an hour ago"),
    ],
)
def test_what_an_earlier_boot_left_is_sent_with_the_time_of_its_own_clock(
    desk: _Desk, old_boot: int, *, is_own_clock: bool
) -> None:
    desk.make(1, 2, boot_id=old_boot)
    desk.courier.set_boot(old_boot + 7_200_000)
    desk.connect()

    (message,) = desk.messages()
    assert message.sent_at_ms is not None
    assert (message.sent_at_ms == old_boot + 2) == is_own_clock
    assert (message.sent_at_ms > _BOOT) == (old_boot > _BOOT or not is_own_clock)
