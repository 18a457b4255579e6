import hashlib
import json

import pytest
from prometheus_client import REGISTRY

from backstride_ingest.bridge import DEAD_LETTER_LOG_INTERVAL_S, Bridge, Clock, Limits, Receipt
from backstride_ingest.domain.acceptance import AcceptedTreadmills
from backstride_ingest.ports import WrongTopicError
from backstride_ingest.reception import Reception
from backstride_shared.frames import (
    DeadLetter,
    ReadingsEvent,
    dead_letter_decoder,
    events_decoder,
    state_decoder,
)
from backstride_shared.identity import TreadmillKey, partition_of
from backstride_shared.topics import PARTITION_COUNT, KafkaTopic, MqttKind, mqtt_topic
from tests.factories.mqtt_payloads import NOW_MS, raw_reading, readings_payload
from tests.fakes.ingest_ports import InMemoryLog, InMemorySource

TREADMILL = TreadmillKey("gym/treadmill-1")
READINGS = mqtt_topic(TREADMILL, MqttKind.READINGS)
STATE = mqtt_topic(TREADMILL, MqttKind.STATE)
WINDOW_S = 0.02
QUIET_S = 0.005


class Ingest:
    """A bridge between fakes, with a clock that moves by one quiet time in each turn."""

    def __init__(
        self,
        accepted: str = "*/*",
        max_in_flight_messages: int = 100,
        max_in_flight_bytes: int = 10_000,
    ) -> None:
        self.source = InMemorySource()
        self.log: InMemoryLog[Receipt] = InMemoryLog()
        self.now_s = 0.0
        self.bridge = Bridge(
            self.source,
            self.log,
            Reception(AcceptedTreadmills(accepted)),
            Limits(max_in_flight_messages, max_in_flight_bytes, WINDOW_S, QUIET_S),
            Clock(now_ms=lambda: NOW_MS, monotonic_s=lambda: self.now_s),
        )

    def turns(self, count: int = 10) -> None:
        for _ in range(count):
            self.bridge.turn()
            self.now_s += QUIET_S

    def events(self) -> list[ReadingsEvent]:
        frames = [
            events_decoder.decode(record.value)
            for record in self.log.written
            if record.topic is KafkaTopic.TREADMILL_EVENTS
        ]
        return [
            event for frame in frames for event in frame.events if isinstance(event, ReadingsEvent)
        ]

    def seqs(self) -> list[int]:
        return [reading.seq for event in self.events() for reading in event.readings]

    def dead_letters(self) -> list[DeadLetter]:
        return [
            dead_letter_decoder.decode(record.value)
            for record in self.log.written
            if record.topic is KafkaTopic.DEAD_LETTERS
        ]


@pytest.fixture
def ingest() -> Ingest:
    return Ingest()


def counted(name: str, **labels: str) -> float:
    return REGISTRY.get_sample_value(f"backstride_ingest_{name}", labels) or 0.0


def test_a_reading_goes_to_the_partition_of_its_treadmill_and_is_acknowledged(
    ingest: Ingest,
) -> None:
    payload = readings_payload(raw_reading(1))
    ingest.source.treadmill_publishes(READINGS, payload)

    ingest.turns()

    (record,) = ingest.log.written
    assert (record.topic, record.partition) == (
        KafkaTopic.TREADMILL_EVENTS,
        partition_of(TREADMILL, PARTITION_COUNT),
    )
    assert ingest.seqs() == [1]
    assert ingest.events()[0].received_at_ms == NOW_MS
    assert ingest.source.acknowledged == [payload]


def test_nothing_is_acknowledged_before_the_log_has_it(ingest: Ingest) -> None:
    ingest.log.is_answering = False
    ingest.source.treadmill_publishes(READINGS, readings_payload(raw_reading(1)))
    ingest.source.treadmill_publishes(READINGS, b"rubbish")
    ingest.source.treadmill_publishes(STATE, b'{"status":"online"}')

    ingest.turns()
    assert ingest.source.acknowledged == []
    assert len(ingest.source.unacknowledged) == 3

    ingest.log.is_answering = True
    ingest.turns()
    assert len(ingest.source.acknowledged) == 3


def test_readings_that_arrive_together_share_a_frame(ingest: Ingest) -> None:
    ingest.turns()
    for seq in range(1, 6):
        ingest.source.treadmill_publishes(READINGS, readings_payload(raw_reading(seq)))

    ingest.turns()

    assert len(ingest.log.written) == 1
    assert ingest.seqs() == [1, 2, 3, 4, 5]


def test_a_frame_is_sent_within_its_window_though_readings_keep_coming(ingest: Ingest) -> None:
    ingest.turns()
    began_s = ingest.now_s
    seq = 0
    while not ingest.log.written:
        seq += 1
        ingest.source.treadmill_publishes(READINGS, readings_payload(raw_reading(seq)))
        ingest.turns(1)
        assert ingest.now_s - began_s <= WINDOW_S + 2 * QUIET_S, "the frame was not sent"

    assert seq > 1


def test_a_failed_send_takes_all_messages_again_and_skips_none(ingest: Ingest) -> None:
    failures = counted("send_failures_total")
    ingest.log.failure = "the leader is gone"
    for seq in range(1, 4):
        ingest.source.treadmill_publishes(READINGS, readings_payload(raw_reading(seq)))
    ingest.turns()
    assert ingest.source.acknowledged == []
    assert counted("send_failures_total") > failures

    ingest.log.failure = None
    ingest.turns()

    assert ingest.seqs() == [1, 2, 3]
    assert len(ingest.source.acknowledged) == 3
    assert ingest.source.unacknowledged == []


def test_a_log_that_is_away_is_waited_for_without_taking_messages(ingest: Ingest) -> None:
    ingest.log.is_up = False
    ingest.source.treadmill_publishes(READINGS, readings_payload(raw_reading(1)))
    ingest.turns()
    assert ingest.bridge.waiting_for() == ["the log", "the broker"]

    ingest.log.is_up = True
    ingest.turns()

    assert ingest.bridge.waiting_for() == []
    assert ingest.seqs() == [1]


def test_what_a_lost_connection_brought_is_acknowledged_only_when_it_comes_again(
    ingest: Ingest,
) -> None:
    ingest.log.is_answering = False
    payload = readings_payload(raw_reading(1))
    ingest.source.treadmill_publishes(READINGS, payload)
    ingest.turns()

    ingest.source.disconnect()
    ingest.turns()
    ingest.log.is_answering = True
    ingest.turns()

    # twice in the log, where the fold drops the second; acknowledged once
    assert ingest.seqs() == [1, 1]
    assert ingest.source.acknowledged == [payload]
    assert ingest.source.unacknowledged == []


def test_no_more_messages_are_taken_than_may_be_in_flight() -> None:
    ingest = Ingest(max_in_flight_messages=3)
    ingest.log.is_answering = False
    ingest.turns()
    for seq in range(1, 4):
        ingest.source.treadmill_publishes(READINGS, readings_payload(raw_reading(seq)))
    ingest.turns()
    for seq in range(4, 7):
        ingest.source.treadmill_publishes(READINGS, readings_payload(raw_reading(seq)))
    ingest.turns()
    assert counted("in_flight_messages") == 3
    assert counted("in_flight_limit_messages") == 3

    ingest.log.is_answering = True
    ingest.turns()

    assert ingest.seqs() == [1, 2, 3, 4, 5, 6]


def test_no_more_bytes_are_taken_than_may_be_in_flight() -> None:
    ingest = Ingest(max_in_flight_bytes=100)
    ingest.log.is_answering = False
    ingest.source.treadmill_publishes(READINGS, readings_payload(raw_reading(1), raw_reading(2)))
    ingest.turns()
    ingest.source.treadmill_publishes(READINGS, readings_payload(raw_reading(3)))
    ingest.turns()
    assert ingest.log.outstanding() == 1
    assert counted("in_flight_bytes") >= counted("in_flight_limit_bytes") == 100

    ingest.log.is_answering = True
    ingest.turns()

    assert ingest.seqs() == [1, 2, 3]


def test_bad_messages_are_set_aside_and_good_ones_go_on(ingest: Ingest) -> None:
    before = counted("dead_letters_total", reason="out-of-range")
    bad = raw_reading(2, speed_m_per_s=9)
    ingest.source.treadmill_publishes(READINGS, b"rubbish")
    ingest.source.treadmill_publishes(READINGS, readings_payload(raw_reading(1), bad))
    ingest.source.treadmill_publishes("backstride/v2/gym/treadmill-1/readings", b"{}")
    ingest.source.treadmill_publishes("backstride/v1/Gym/treadmill-1/readings", b"{}")
    ingest.source.treadmill_publishes(STATE, b"asleep")

    ingest.turns()

    assert ingest.seqs() == [1]
    assert [skip.seq for event in ingest.events() for skip in event.skips] == [2]
    letters = ingest.dead_letters()
    assert [(letter.reason.partition(":")[0], letter.topic) for letter in letters] == [
        ("unreadable-message", READINGS),
        ("out-of-range", READINGS),
        ("unknown-topic", "backstride/v2/gym/treadmill-1/readings"),
        ("unknown-topic", "backstride/v1/Gym/treadmill-1/readings"),
        ("unreadable-message", STATE),
    ]
    assert [letter.treadmill for letter in letters] == [TREADMILL, TREADMILL, None, None, TREADMILL]
    assert json.loads(letters[1].payload) == bad
    assert (letters[1].device_id, letters[1].boot_id, letters[1].seq) == ("device-a", 5, 2)
    assert len(ingest.source.acknowledged) == 5
    assert counted("dead_letters_total", reason="out-of-range") == before + 1


def test_many_bad_messages_are_told_in_one_line_each_ten_seconds(
    ingest: Ingest, capsys: pytest.CaptureFixture[str]
) -> None:
    for burst in range(3):
        for _ in range(50):
            ingest.source.treadmill_publishes(READINGS, b"rubbish")
        ingest.turns()
        if burst == 1:
            ingest.now_s += DEAD_LETTER_LOG_INTERVAL_S

    said = capsys.readouterr()
    lines = [line for line in (said.out + said.err).splitlines() if "set aside" in line]
    assert len(ingest.dead_letters()) == 150
    # the first at once, and ten seconds later how many came since
    assert len(lines) == 2
    assert "count=100" in lines[1] or '"count": 100' in lines[1]


def test_only_what_cannot_be_read_is_answered(ingest: Ingest) -> None:
    ingest.source.treadmill_publishes(READINGS, b"rubbish")
    ingest.source.treadmill_publishes(READINGS, readings_payload(raw_reading(1, speed_m_per_s=9)))
    ingest.source.treadmill_publishes(STATE, b"rubbish")

    ingest.turns()

    ((topic, answer),) = ingest.source.answers
    assert topic == mqtt_topic(TREADMILL, MqttKind.REFUSED)
    assert json.loads(answer)["payload_sha256"] == hashlib.sha256(b"rubbish").hexdigest()


def test_a_long_payload_is_cut_in_the_dead_letters(ingest: Ingest) -> None:
    ingest.source.treadmill_publishes(READINGS, b"x" * 100_000)

    ingest.turns()

    (letter,) = ingest.dead_letters()
    assert (letter.payload, letter.payload_bytes) == (b"x" * 16_384, 100_000)


def test_an_unknown_treadmill_is_set_aside_and_not_answered() -> None:
    """Its device keeps the readings and sends them again: it may be accepted tomorrow."""
    ingest = Ingest(accepted="other/*")
    ingest.source.treadmill_publishes(READINGS, readings_payload(raw_reading(1)))
    ingest.source.treadmill_publishes(
        "backstride/v1/other/treadmill-1/readings", readings_payload(raw_reading(1))
    )

    ingest.turns()

    assert [event.treadmill for event in ingest.events()] == ["other/treadmill-1"]
    assert [letter.reason.partition(":")[0] for letter in ingest.dead_letters()] == [
        "unknown-treadmill"
    ]
    assert ingest.source.answers == []


def test_a_state_is_recorded_under_its_treadmill(ingest: Ingest) -> None:
    ingest.source.treadmill_publishes(STATE, b'{"status":"online","boot_id":5}')

    ingest.turns()

    (record,) = ingest.log.written
    assert (record.topic, record.key) == (KafkaTopic.TREADMILL_STATES, TREADMILL.encode())
    state = state_decoder.decode(record.value)
    assert (state.treadmill, state.status, state.boot_id) == (TREADMILL, "online", 5)


@pytest.mark.parametrize("kind", [MqttKind.STORED, MqttKind.REFUSED, MqttKind.CLAIMS])
def test_what_is_for_others_is_left_to_them(ingest: Ingest, kind: MqttKind) -> None:
    ingest.source.treadmill_publishes(mqtt_topic(TREADMILL, kind), b"{}")

    ingest.turns()

    assert ingest.log.written == []
    assert ingest.source.acknowledged == [b"{}"]


def test_a_deleted_state_is_no_bad_message(ingest: Ingest) -> None:
    ingest.source.treadmill_publishes(STATE, b"")

    ingest.turns()

    assert ingest.log.written == []
    assert ingest.source.acknowledged == [b""]


def test_another_number_of_partitions_is_refused() -> None:
    ingest = Ingest()
    ingest.log = InMemoryLog(partition_count=PARTITION_COUNT + 1)
    bridge = Bridge(
        ingest.source,
        ingest.log,
        Reception(AcceptedTreadmills("*/*")),
        Limits(100, 10_000, WINDOW_S, QUIET_S),
        Clock(now_ms=lambda: NOW_MS, monotonic_s=lambda: 0.0),
    )

    with pytest.raises(WrongTopicError):
        bridge.turn()


def test_finishing_sends_and_acknowledges_what_is_held(ingest: Ingest) -> None:
    ingest.turns()
    ingest.source.treadmill_publishes(READINGS, readings_payload(raw_reading(1)))
    ingest.bridge.turn()
    assert ingest.log.written == []

    assert ingest.bridge.finish(within_s=1.0)

    assert ingest.seqs() == [1]
    assert ingest.source.unacknowledged == []


def test_finishing_gives_up_on_a_log_that_fails(ingest: Ingest) -> None:
    ingest.turns()
    ingest.source.treadmill_publishes(READINGS, readings_payload(raw_reading(1)))
    ingest.bridge.turn()
    ingest.log.failure = "gone"

    assert not ingest.bridge.finish(within_s=1.0)
    assert len(ingest.source.unacknowledged) == 1
