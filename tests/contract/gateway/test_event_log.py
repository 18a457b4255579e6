"""What the gateway's log promises, asked of the fake and of Kafka, embedded and real."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass

import msgspec
import pytest
from confluent_kafka import KafkaException

from backstride_gateway.adapters.kafka_log import KafkaLog
from backstride_gateway.ports import EventLog, LogUnavailableError
from backstride_shared.claims import Claim
from backstride_shared.energy import Wearer
from backstride_shared.frames import (
    FRAME_VERSION,
    ClaimEvent,
    DeadLetter,
    ReleaseEvent,
    TreadmillEvent,
    dead_letter_decoder,
    events_decoder,
)
from backstride_shared.identity import TreadmillKey, partition_of
from backstride_shared.settings import KafkaBlock
from backstride_shared.topics import PARTITION_COUNT, KafkaTopic
from backstride_standalone.embedded_kafka import EmbeddedKafka
from tests.fakes.gateway_stores import FakeEventLog
from tests.integration.gateway.gateway_process import events_in_log, records_of
from tests.servers.finding import free_port, fresh_name
from tests.servers.kafka import KafkaAddress


@dataclass
class World:
    log: EventLog
    events: Callable[[str], list[TreadmillEvent]]
    letters: Callable[[], list[DeadLetter]]


# For the session, so that a server which is started first belongs to no test.
@pytest.fixture(scope="session", params=["in memory", "embedded", "kafka"])
def kind(request: pytest.FixtureRequest) -> str | KafkaAddress:
    if request.param == "kafka":
        address: KafkaAddress = request.getfixturevalue("kafka")
        for topic in (KafkaTopic.TREADMILL_EVENTS, KafkaTopic.DEAD_LETTERS):
            with contextlib.suppress(KafkaException):  # another test has made it
                address.create_topic(topic, partitions=PARTITION_COUNT)
        return address
    return str(request.param)


# Not asynchronous: the embedded broker has an event loop of its own.
@pytest.fixture
def servers(kind: str | KafkaAddress, request: pytest.FixtureRequest) -> str | None:
    if isinstance(kind, KafkaAddress):
        return kind.bootstrap
    if kind == "in memory":
        return None
    embedded: EmbeddedKafka = request.getfixturevalue("embedded_kafka")
    return embedded.bootstrap_servers


@pytest.fixture
async def world(servers: str | None) -> AsyncIterator[World]:
    if servers is None:
        fake = FakeEventLog()
        yield World(
            fake,
            lambda treadmill: [
                event for key, events in fake.frames for event in events if key == treadmill
            ],
            lambda: fake.letters,
        )
        return
    log = KafkaLog(KafkaBlock(bootstrap_servers=servers))
    yield World(
        log,
        lambda treadmill: events_of(servers, treadmill),
        lambda: letters_in_log(servers),
    )
    await log.close()


# Tests that share the real Kafka may have put other bytes into the same topics.


def events_of(servers: str, treadmill: str) -> list[TreadmillEvent]:
    partition = partition_of(TreadmillKey(treadmill), PARTITION_COUNT)
    found: list[TreadmillEvent] = []
    for record in records_of(servers, KafkaTopic.TREADMILL_EVENTS, partition):
        with contextlib.suppress(msgspec.DecodeError):
            found += events_decoder.decode(record).events
    return [event for event in found if event.treadmill == treadmill]


def letters_in_log(servers: str) -> list[DeadLetter]:
    found: list[DeadLetter] = []
    for partition in range(PARTITION_COUNT):
        for record in records_of(servers, KafkaTopic.DEAD_LETTERS, partition):
            with contextlib.suppress(msgspec.DecodeError):
                found.append(dead_letter_decoder.decode(record))
    return found


def claim_event(treadmill: str, claim_id: str) -> ClaimEvent:
    return ClaimEvent(
        treadmill, Claim(claim_id=claim_id, claimed_at_ms=1, wearer=Wearer(mass_kg=70.0))
    )


async def test_events_are_in_the_log_in_their_order_when_append_returns(world: World) -> None:
    treadmill = f"gym/{fresh_name('t')}"
    first: list[TreadmillEvent] = [claim_event(treadmill, "a"), ReleaseEvent(treadmill, "a", 5)]
    await world.log.append(treadmill, first)
    await world.log.append(treadmill, [claim_event(treadmill, "b")])
    assert world.events(treadmill) == [*first, claim_event(treadmill, "b")]


@pytest.mark.parametrize("treadmill", [None, "gym/known"])
async def test_a_dead_letter_is_kept_whole(world: World, treadmill: str | None) -> None:
    letter = DeadLetter(
        version=FRAME_VERSION,
        reason=fresh_name("reason"),
        topic="backstride/v1/gym/t/claims",
        received_at_ms=1,
        payload=b"\x00\xff",
        payload_bytes=2,
        treadmill=treadmill,
    )
    await world.log.dead_letter(letter)
    assert letter in world.letters()


async def test_events_of_a_treadmill_go_to_its_partition(embedded_kafka: EmbeddedKafka) -> None:
    log = KafkaLog(KafkaBlock(bootstrap_servers=embedded_kafka.bootstrap_servers))
    treadmill = TreadmillKey("gym/t")
    await log.append(treadmill, [claim_event(treadmill, "a")])
    await log.close()
    counts = [
        len(records_of(embedded_kafka.bootstrap_servers, KafkaTopic.TREADMILL_EVENTS, number))
        for number in range(PARTITION_COUNT)
    ]
    expected = [0] * PARTITION_COUNT
    expected[partition_of(treadmill, PARTITION_COUNT)] = 1
    assert counts == expected


def test_a_log_that_is_away_says_so_and_is_found_when_it_comes() -> None:
    port = free_port()
    log = KafkaLog(KafkaBlock(bootstrap_servers=f"127.0.0.1:{port}"))
    with asyncio.Runner() as runner:
        with pytest.raises(LogUnavailableError):
            runner.run(log.append("gym/t", [claim_event("gym/t", "a")]))
        with EmbeddedKafka(port) as kafka:
            runner.run(log.append("gym/t", [claim_event("gym/t", "a")]))
            assert len(events_in_log(kafka.bootstrap_servers, "gym/t")) == 1
            runner.run(log.close())
