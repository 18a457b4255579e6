"""The gateway as a process, on a Kafka, an MQTT broker and files that are real."""

import json
import re
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from sqlalchemy import insert

from backstride_shared.fold.state import encode_state
from backstride_shared.frames import (
    FRAME_VERSION,
    ClaimEvent,
    FrameReading,
    ReleaseEvent,
    StateRecord,
    dead_letter_decoder,
    encoder,
)
from backstride_shared.identity import TreadmillKey, partition_of
from backstride_shared.mqtt_client import build_mqtt_client
from backstride_shared.settings import MqttBlock
from backstride_shared.store.migrate import migrate
from backstride_shared.store.opening import open_engine
from backstride_shared.store.schema import treadmill_states
from backstride_shared.topics import PARTITION_COUNT, KafkaTopic, MqttKind, mqtt_topic
from backstride_standalone.embedded_kafka import EmbeddedKafka
from tests.factories.energy_records import EnergyRecords
from tests.factories.events import TREADMILL, message
from tests.integration.gateway.gateway_process import (
    GatewayProcess,
    events_in_log,
    publish,
    records_of,
)
from tests.servers.finding import free_port
from tests.servers.mosquitto import LocalMosquitto
from tests.waiting import wait_until

DEMO = "demo/treadmill-01"
MakeGateway = Callable[..., GatewayProcess]


@pytest.fixture
def make_gateway(
    tmp_path: Path, embedded_kafka: EmbeddedKafka, own_mosquitto: LocalMosquitto
) -> Iterator[MakeGateway]:
    made: list[GatewayProcess] = []

    def make(**settings: str) -> GatewayProcess:
        gateway = GatewayProcess(
            tmp_path, embedded_kafka.bootstrap_servers, own_mosquitto.address.url, **settings
        )
        made.append(gateway)
        return gateway

    yield make
    for gateway in made:
        gateway.kill()


@pytest.fixture
def gateway(make_gateway: MakeGateway) -> GatewayProcess:
    found = make_gateway()
    found.start_ready()
    return found


def now_ms() -> int:
    return time.time_ns() // 1_000_000


def live_records(records: EnergyRecords, seq: int, speed_m_per_s: float) -> list[bytes]:
    """Return what the processor writes of one reading measured now."""
    reading = FrameReading(seq, now_ms(), speed_m_per_s < 0, abs(speed_m_per_s))
    return records.of(message([reading], received_at_ms=now_ms()))


def claims_in(events: list[Any]) -> list[str]:
    return [event.claim.claim_id for event in events if isinstance(event, ClaimEvent)]


def publish_console(broker: LocalMosquitto, **fields: object) -> None:
    payload = {"console_claim_id": "console-1", "action": "claim", "member_number": "1001"}
    topic = mqtt_topic(TreadmillKey(DEMO), MqttKind.CLAIMS)
    mqtt = MqttBlock(url=broker.address.url)
    client = build_mqtt_client(mqtt, "console", clean_session=True)
    client.connect(mqtt.host, mqtt.port)
    client.loop_start()
    try:
        info = client.publish(topic, json.dumps({**payload, **fields}), qos=1)
        info.wait_for_publish(15)
        assert info.is_published()
    finally:
        client.disconnect()
        client.loop_stop()


def test_a_claim_enters_the_log_in_the_treadmills_partition(
    gateway: GatewayProcess, embedded_kafka: EmbeddedKafka
) -> None:
    member_id = gateway.member_id("1002")
    claim = gateway.post(f"/v1/treadmills/{DEMO}/claim", {"member_id": member_id})
    kafka = embedded_kafka.bootstrap_servers
    events = wait_until(
        lambda: events_in_log(kafka, DEMO), what="the claim in the log", within_s=20
    )
    event = events[0]
    assert isinstance(event, ClaimEvent)
    assert event.claim.claim_id == claim["claim_id"]
    assert event.claim.wearer.mass_kg == 75.0
    assert "Ben" not in str(event)
    assert member_id not in str(event)
    gateway.post(f"/v1/treadmills/{DEMO}/release", {})
    wait_until(
        lambda: [one for one in events_in_log(kafka, DEMO) if isinstance(one, ReleaseEvent)],
        what="the release in the log",
        within_s=20,
    )


def test_a_claim_made_while_kafka_is_away_is_delivered_when_it_comes(
    tmp_path: Path, own_mosquitto: LocalMosquitto
) -> None:
    port = free_port()
    gateway = GatewayProcess(tmp_path, f"127.0.0.1:{port}", own_mosquitto.address.url)
    migrate(gateway.database_url)
    gateway.start()
    try:
        wait_until(
            gateway.waiting_for,
            what="only Kafka missing",
            within_s=20,
            holds=lambda missing: missing == ["kafka"],
        )
        body = {"member_id": gateway.member_id("1001")}
        claim = gateway.post(f"/v1/treadmills/{DEMO}/claim", body)
        with EmbeddedKafka(port) as kafka:
            wait_until(
                lambda: claims_in(events_in_log(kafka.bootstrap_servers, DEMO)),
                what="the claim in the log",
                within_s=30,
                holds=lambda found: claim["claim_id"] in found,
            )
            wait_until(
                gateway.waiting_for,
                what="the gateway to be ready",
                within_s=30,
                holds=lambda missing: missing == [],
            )
    finally:
        gateway.kill()


def test_it_starts_without_its_store_and_says_so(make_gateway: MakeGateway) -> None:
    gateway = make_gateway()
    gateway.start()
    assert "database" in (gateway.waiting_for() or [])
    assert gateway.get("/v1/treadmills") == {"treadmills": []}
    migrate(gateway.database_url)
    wait_until(
        gateway.waiting_for,
        what="the gateway to be ready",
        within_s=20,
        holds=lambda missing: missing == [],
    )


def test_a_reading_in_the_log_shows_live(
    gateway: GatewayProcess, embedded_kafka: EmbeddedKafka
) -> None:
    records = EnergyRecords()
    kafka = embedded_kafka.bootstrap_servers
    publish(
        kafka,
        KafkaTopic.TREADMILL_STATES,
        TREADMILL,
        [encoder.encode(StateRecord(FRAME_VERSION, TREADMILL, now_ms(), "online"))],
    )
    for seq, speed in enumerate((1.2, 1.2, -0.9), start=1):
        publish(kafka, KafkaTopic.ENERGY, TREADMILL, live_records(records, seq, speed))
    found = wait_until(
        lambda: gateway.get("/v1/treadmills")["treadmills"],
        what="the treadmill in reverse",
        within_s=20,
        holds=lambda found: bool(found) and found[0]["direction"] == "reverse",
    )
    assert found[0]["belt_velocity_m_per_s"] == -0.9
    assert found[0]["status"] == "moving"
    assert found[0]["is_online"] is True


def test_a_broken_record_is_left_out_and_what_follows_is_shown(
    gateway: GatewayProcess, embedded_kafka: EmbeddedKafka
) -> None:
    kafka = embedded_kafka.bootstrap_servers
    publish(kafka, KafkaTopic.ENERGY, TREADMILL, [b"", b"\xc1", b"junk"])
    publish(kafka, KafkaTopic.ENERGY, TREADMILL, live_records(EnergyRecords(), 1, 1.0))
    wait_until(
        lambda: gateway.get("/v1/treadmills")["treadmills"],
        what="the treadmill",
        within_s=20,
    )


def test_after_a_restart_the_stored_state_shows_at_once(make_gateway: MakeGateway) -> None:
    gateway = make_gateway()
    migrate(gateway.database_url)
    records = EnergyRecords()
    live_records(records, 1, -0.9)
    state = records.fold.states[TREADMILL]
    engine = open_engine(gateway.database_url)
    with engine.begin() as connection:
        connection.execute(
            insert(treadmill_states).values(
                treadmill=TREADMILL,
                epoch=0,
                accepted_count=state.accepted_count,
                state=encode_state(state),
                written_at_ms=now_ms(),
            )
        )
    engine.dispose()
    gateway.start_ready()
    (found,) = gateway.get("/v1/treadmills")["treadmills"]
    assert found["belt_velocity_m_per_s"] == -0.9
    assert found["session"]["session_id"]


def test_it_goes_on_when_the_broker_comes_back_empty(
    tmp_path: Path, own_mosquitto: LocalMosquitto
) -> None:
    """The embedded broker is volatile: after its restart offsets begin at 0 again."""
    port = free_port()
    gateway = GatewayProcess(tmp_path, f"127.0.0.1:{port}", own_mosquitto.address.url)
    records = EnergyRecords()
    try:
        with EmbeddedKafka(port) as kafka:
            gateway.start_ready()
            for seq in range(1, 6):
                publish(
                    kafka.bootstrap_servers,
                    KafkaTopic.ENERGY,
                    TREADMILL,
                    live_records(records, seq, 1.0),
                )
            wait_until(lambda: gateway.get("/v1/treadmills")["treadmills"], what="a first reading")
        with EmbeddedKafka(port) as kafka:
            speed = 1.0

            def speed_shown() -> float:
                # again and again: what comes before it has connected is behind its tail
                nonlocal speed
                speed += 0.01
                seq = round(speed * 100)
                publish(
                    kafka.bootstrap_servers,
                    KafkaTopic.ENERGY,
                    TREADMILL,
                    live_records(records, seq, speed),
                )
                found: float = gateway.get("/v1/treadmills")["treadmills"][0][
                    "belt_velocity_m_per_s"
                ]
                return found

            wait_until(
                speed_shown,
                what="a reading of the new broker",
                within_s=40,
                holds=lambda shown: shown > 1.0,
            )
    finally:
        gateway.kill()


def test_a_claim_keyed_in_while_the_gateway_is_away_is_taken_later(
    gateway: GatewayProcess, own_mosquitto: LocalMosquitto, embedded_kafka: EmbeddedKafka
) -> None:
    assert gateway.stop() == 0
    at_ms = now_ms() - 3_600_000
    publish_console(own_mosquitto, at_ms=at_ms)
    gateway.start_ready()
    kafka = embedded_kafka.bootstrap_servers
    (event,) = wait_until(
        lambda: [one for one in events_in_log(kafka, DEMO) if isinstance(one, ClaimEvent)][:1],
        what="the claim in the log",
        within_s=20,
    )
    assert event.claim.claimed_at_ms == at_ms


def test_a_number_that_nobody_has_is_a_dead_letter(
    gateway: GatewayProcess, own_mosquitto: LocalMosquitto, embedded_kafka: EmbeddedKafka
) -> None:
    assert gateway.waiting_for() == []
    publish_console(own_mosquitto, at_ms=now_ms(), member_number="4711")
    partition = partition_of(TreadmillKey(DEMO), PARTITION_COUNT)
    kafka = embedded_kafka.bootstrap_servers
    (record,) = wait_until(
        lambda: records_of(kafka, KafkaTopic.DEAD_LETTERS, partition),
        what="the dead letter",
        within_s=20,
    )
    letter = dead_letter_decoder.decode(record)
    assert letter.reason == "the gym has no member of this number"
    assert b"4711" in letter.payload


def test_it_stops_on_sigterm_though_a_stream_is_open(gateway: GatewayProcess) -> None:
    lines: list[str] = []
    is_open = threading.Event()

    def follow() -> None:
        with httpx.stream("GET", f"{gateway.url}/v1/live", timeout=30) as response:
            for line in response.iter_lines():
                lines.append(line)
                is_open.set()

    reader = threading.Thread(target=follow)
    reader.start()
    assert is_open.wait(15)
    assert gateway.stop() == 0
    reader.join(15)
    assert not reader.is_alive()
    assert "Traceback" not in gateway.log_text()


def test_it_stops_within_seconds_though_kafka_is_away_and_a_dead_letter_waits(
    tmp_path: Path, own_mosquitto: LocalMosquitto
) -> None:
    gateway = GatewayProcess(tmp_path, f"127.0.0.1:{free_port()}", own_mosquitto.address.url)
    migrate(gateway.database_url)
    gateway.start()
    try:
        wait_until(
            gateway.waiting_for,
            what="only Kafka missing",
            within_s=20,
            holds=lambda missing: missing == ["kafka"],
        )
        publish_console(own_mosquitto, at_ms=now_ms(), member_number="4711")
        wait_until(
            lambda: "console claim waits" in gateway.log_text(), what="the claim to wait for Kafka"
        )
        assert gateway.stop() == 0
    finally:
        gateway.kill()


def test_it_ends_with_its_parent(make_gateway: MakeGateway) -> None:
    gateway = make_gateway(BACKSTRIDE_STOP_WITH_PARENT="1")
    gateway.start_ready()
    gateway.close_input()
    assert gateway.wait() == 0


def test_a_busy_port_is_told_in_one_line(make_gateway: MakeGateway) -> None:
    first = make_gateway()
    first.start_ready()
    second = make_gateway(BACKSTRIDE_HTTP__PORT=str(first.port))
    second.start()
    assert second.wait() == 2
    assert f"cannot listen on 127.0.0.1 port {first.port}" in second.log_text()
    assert "Traceback" not in second.log_text()


def test_topics_with_other_partitions_are_refused(
    tmp_path: Path, own_mosquitto: LocalMosquitto
) -> None:
    """A treadmill's log must never move: another count would look for it elsewhere."""
    with EmbeddedKafka(partition_count=3) as kafka:
        gateway = GatewayProcess(tmp_path, kafka.bootstrap_servers, own_mosquitto.address.url)
        gateway.start()
        try:
            assert gateway.wait() == 2
        finally:
            gateway.kill()
        assert "not the 4 of every Backstride topic" in gateway.log_text()
        assert "Traceback" not in gateway.log_text()


def test_an_owner_begins_with_the_code_in_the_log_and_finds_no_demo_members(
    make_gateway: MakeGateway,
) -> None:
    gateway = make_gateway(BACKSTRIDE_IS_DEMO="false")
    gateway.start_ready()
    assert gateway.get("/v1/entrance") == {"is_demo": False, "is_set_up": False}
    assert httpx.get(f"{gateway.url}/v1/members").status_code == 401
    code = re.findall(r'"set_up_code": "([0-9A-Z-]{19})"', gateway.log_text())[-1]
    body = {
        "set_up_code": code,
        "gym_id": "my-gym",
        "gym_name": "My gym",
        "sign_in_name": "owner",
        "password": "four horses run",
        "treadmills": [{"treadmill_id": "one", "name": "By the window"}],
    }
    with httpx.Client(base_url=gateway.url) as owner:
        owner.post("/v1/set-up", json=body).raise_for_status()
        assert owner.get("/v1/members").json()["members"] == []
    assert gateway.stop() == 0

    gateway.start_ready()
    assert gateway.get("/v1/entrance")["is_set_up"]
    assert gateway.log_text().count("set_up_code") == 1
    again = httpx.post(f"{gateway.url}/v1/set-up", json={**body, "gym_id": "other"})
    assert again.status_code == 403
    login = {"sign_in_name": "Owner", "password": "four horses run"}
    assert httpx.post(f"{gateway.url}/v1/session", json=login).status_code == 201
