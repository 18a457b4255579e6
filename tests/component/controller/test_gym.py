import json
import threading
from collections.abc import Sequence
from itertools import pairwise
from random import Random

import pytest

from backstride_controller.courier import Courier
from backstride_controller.domain.faults import FaultRates, Faults
from backstride_controller.domain.history import PastSession
from backstride_controller.domain.programmes import Programme, Segment
from backstride_controller.domain.timeline import Timeline
from backstride_controller.domain.treadmill import SimulatedTreadmill
from backstride_controller.gym import Device, Gym
from backstride_controller.history import HISTORY_COMPLETE_MS, HistoryWriter
from backstride_controller.sampling import Sampler, next_boot_id
from backstride_shared.identity import TreadmillKey
from backstride_shared.messages import (
    ConsoleClaimMessage,
    ReadingsMessage,
    StoredMessage,
    json_encoder,
    readings_decoder,
)
from backstride_shared.topics import MqttKind
from tests.fakes.console_answers import answer_to
from tests.fakes.controller_ports import FakeNetwork, InMemoryOutbox, InMemoryReadingLog

_NOW_MS = 1_795_406_909_699
_WALK = Segment(duration_s=3600, speed_m_per_s=1.0)
_NO_FAULTS = FaultRates()


class _House:
    """A gym over fakes, whose platform stores everything that it gets in order."""

    def __init__(self) -> None:
        self.outbox = InMemoryOutbox()
        self.network = FakeNetwork()
        self.log = InMemoryReadingLog()
        self.devices: list[Device] = []
        self.stop = threading.Event()
        self.is_storing = True
        self._seen: dict[int, int] = {}

    def add(
        self,
        timeline: Timeline,
        *,
        rates: FaultRates = _NO_FAULTS,
        claims: Sequence[ConsoleClaimMessage] = (),
        past: Sequence[PastSession] | None = None,
    ) -> Device:
        number = len(self.devices) + 1
        box = self.outbox.open_box(TreadmillKey(f"gym/treadmill-{number:02d}"))
        faults = Faults(rates, Random(number), timeline.start_ms / 1000)
        link = self.network.add(box.treadmill, f"client-{number}", b"")
        courier = Courier(box, self.outbox, link, firmware="test 1", rate_hz=4, faults=faults)
        sampler = Sampler(
            box,
            self.outbox,
            SimulatedTreadmill(iter([_WALK]), Random(number)),
            rate_hz=4,
            start_ms=timeline.start_ms,
            reading_log=self.log,
            claims=claims,
        )
        history = None
        if past is not None:
            history = HistoryWriter(box, self.outbox, past, seed="1", reading_log=self.log)
        boot_id = next_boot_id(box.last_boot_id, timeline.start_ms)
        courier.set_boot(boot_id)
        self.devices.append(Device(courier, sampler, faults, boot_id, history))
        return self.devices[-1]

    def gym(self, timeline: Timeline) -> Gym:
        self.network.on_wait = self.mend_and_store
        return Gym(
            self.devices,
            outbox=self.outbox,
            network=self.network,
            timeline=timeline,
            reading_log=self.log,
            monotonic_s=lambda: self.network.waited_s,
        )

    def mend_and_store(self) -> None:
        """Bring links up that are down, and store what came."""
        for device, link in zip(self.devices, self.network.links, strict=True):
            if not link.is_up:
                link.come_up()
            fresh = link.published[self._seen.get(link.number, 0) :]
            self._seen[link.number] = len(link.published)
            messages = [
                readings_decoder.decode(payload)
                for kind, payload in fresh
                if kind is MqttKind.READINGS
            ]
            for kind, payload in fresh:
                if kind is MqttKind.CLAIMS:
                    link.receive(MqttKind.ANSWERS, answer_to(payload))
            if messages and self.is_storing:
                last = max((each.boot_id, each.readings[-1].seq) for each in messages)
                stored = StoredMessage(
                    device_id=device.courier.box.device_id, boot_id=last[0], seq=last[1]
                )
                link.receive(MqttKind.STORED, json_encoder.encode(stored))

    def messages(self, device: Device) -> list[ReadingsMessage]:
        link = self.network.links[device.courier.link.number]
        return [readings_decoder.decode(each) for each in link.payloads(MqttKind.READINGS)]

    def positions(self, device: Device) -> list[tuple[int, int]]:
        """Return what the platform saw of a device, each reading once, in order of arrival."""
        seen: dict[tuple[int, int], None] = {}
        for message in self.messages(device):
            seen.update({(message.boot_id, reading.seq): None for reading in message.readings})
        return list(seen)


def _programme(seconds: float) -> Programme:
    return Programme(
        name="walk", title="Walk", segments=(Segment(duration_s=seconds, speed_m_per_s=1.0),)
    )


def test_an_accelerated_run_makes_every_reading_and_ends_at_now() -> None:
    house = _House()
    timeline = Timeline(_NOW_MS, speed_up=60, duration_ms=600_000)
    devices = [house.add(timeline), house.add(timeline)]
    gym = house.gym(timeline)
    gym.run(house.stop)

    assert gym.drain(house.stop, within_s=10)
    for device in devices:
        readings = [reading for m in house.messages(device) for reading in m.readings]
        assert len(house.positions(device)) == 600 * 4
        assert readings[0].measured_at_ms == timeline.start_ms + 250
        assert readings[-1].measured_at_ms == _NOW_MS + 10_000
    assert house.outbox.totals() == (4800, 0, 0, 0)


def test_live_readings_are_a_quarter_of_a_second_apart() -> None:
    house = _House()
    timeline = Timeline(_NOW_MS, duration_ms=60_000)
    device = house.add(timeline)
    house.gym(timeline).run(house.stop)

    times_ms = [r.measured_at_ms for m in house.messages(device) for r in m.readings]
    assert times_ms == [_NOW_MS + 250 * tick for tick in range(1, len(times_ms) + 1)]
    assert len(times_ms) >= 230


def test_a_live_program_that_was_held_up_goes_on_from_now() -> None:
    house = _House()
    timeline = Timeline(_NOW_MS, duration_ms=7_300_000)
    device = house.add(timeline)
    gym = house.gym(timeline)

    def sleep_once() -> None:
        house.mend_and_store()
        if 100 < house.network.waited_s < 200:
            house.network.waited_s += 7200
            house.network.on_wait = house.mend_and_store

    house.network.on_wait = sleep_once
    gym.run(house.stop)

    times_ms = [r.measured_at_ms for m in house.messages(device) for r in m.readings]
    gaps_ms = sorted(after - before for before, after in pairwise(times_ms))
    assert gaps_ms[-2] == 250
    assert 7_190_000 < gaps_ms[-1] <= 7_200_250


def test_readings_are_on_disk_and_in_the_log_before_they_are_published() -> None:
    house = _House()
    timeline = Timeline(_NOW_MS, duration_ms=30_000)
    device = house.add(timeline)
    house.is_storing = False
    gym = house.gym(timeline)

    def check() -> None:
        house.mend_and_store()
        on_disk = house.outbox.newest(device.courier.box)
        logged = [position for _box, position in house.log.flushed]
        for published in house.positions(device):
            assert on_disk is not None
            assert published <= on_disk
            assert published in logged

    house.network.on_wait = check
    gym.run(house.stop)

    assert len(house.positions(device)) > 100


def test_a_reboot_starts_new_numbers_under_a_higher_boot_id() -> None:
    house = _House()
    timeline = Timeline(_NOW_MS, speed_up=60, duration_ms=3_600_000)
    device = house.add(timeline, rates=FaultRates(reboots_per_hour=6, dropouts_per_hour=20))
    gym = house.gym(timeline)
    gym.run(house.stop)
    assert gym.drain(house.stop, within_s=60)

    positions = house.positions(device)
    assert positions == sorted(positions)
    boots = sorted({boot_id for boot_id, _seq in positions})
    assert len(boots) > 2
    for boot_id in boots:
        seqs = [seq for boot, seq in positions if boot == boot_id]
        assert seqs == [*range(1, len(seqs) + 1)]
    assert len(positions) == house.outbox.totals().made
    # the seconds without power are missing
    assert 3600 * 4 - 6 * 4 * 40 < len(positions) < 3600 * 4


def test_after_a_reboot_the_device_says_so_in_birth_and_will() -> None:
    house = _House()
    timeline = Timeline(_NOW_MS, speed_up=60, duration_ms=3_600_000)
    device = house.add(timeline, rates=FaultRates(reboots_per_hour=6))
    house.gym(timeline).run(house.stop)

    link = house.network.links[0]
    last_boot_id = house.positions(device)[-1][0]
    assert json.loads(link.retained[MqttKind.STATE])["boot_id"] == last_boot_id
    assert json.loads(link.will)["boot_id"] == last_boot_id


def test_an_outage_keeps_a_link_away_for_its_length_in_treadmill_time() -> None:
    house = _House()
    timeline = Timeline(_NOW_MS, speed_up=60, duration_ms=36_000_000)
    house.add(timeline, rates=FaultRates(outages_per_hour=2))
    house.gym(timeline).run(house.stop)

    drops_s = house.network.links[0].drops
    assert len(drops_s) > 5
    assert all(1.0 <= away_s <= 5.0 for away_s in drops_s)  # 60 to 300 s at 60 times the pace


def test_the_past_is_told_before_the_present_with_its_claims() -> None:
    house = _House()
    timeline = Timeline(_NOW_MS, duration_ms=60_000)
    past = [
        PastSession("1001", _NOW_MS - 86_400_000 * days, _programme(60), "training")
        for days in (3, 2, 1)
    ]
    replaying, live = house.add(timeline, past=past), house.add(timeline)
    gym = house.gym(timeline)
    gym.run(house.stop)
    assert gym.drain(house.stop, within_s=60)

    link = house.network.links[0]
    claims = [json.loads(payload) for payload in link.payloads(MqttKind.CLAIMS)]
    assert [(claim["action"], claim["member_number"]) for claim in claims] == [
        ("claim", "1001"),
        ("release", "1001"),
    ] * 3
    boots = sorted({boot_id for boot_id, _seq in house.positions(replaying)})
    assert boots == [session.started_at_ms for session in past] + [replaying.boot_id]
    # the treadmill beside it did not wait
    assert len(house.positions(live)) == 240


def test_a_past_is_told_once() -> None:
    past = [PastSession("1001", _NOW_MS - 86_400_000, _programme(60), "training")]
    house = _House()
    timeline = Timeline(_NOW_MS, duration_ms=10_000)
    house.add(timeline, past=past)
    house.gym(timeline).run(house.stop)
    made = house.outbox.totals().made
    assert made > 60
    box = house.outbox.open_box(TreadmillKey("gym/treadmill-01"))
    assert box.history_until_ms == HISTORY_COMPLETE_MS

    again = HistoryWriter(box, house.outbox, past, seed="1", reading_log=house.log)

    assert again.is_done


def test_a_past_that_was_broken_off_goes_on_where_it_was() -> None:
    sessions = [
        PastSession("1001", _NOW_MS - 86_400_000 * days, _programme(60), "training")
        for days in (3, 2, 1)
    ]
    house = _House()
    box = house.outbox.open_box(TreadmillKey("gym/treadmill-01"))
    first = HistoryWriter(box, house.outbox, sessions, seed="1", reading_log=house.log)
    first.write_session()
    house.outbox.commit()
    box = house.outbox.open_box(box.treadmill)
    second = HistoryWriter(box, house.outbox, sessions, seed="1", reading_log=house.log)
    while not second.is_done:
        second.write_session()
    house.outbox.commit()

    rows = house.outbox.read_after(box, None, 1000)
    assert sorted({row.position.boot_id for row in rows}) == [s.started_at_ms for s in sessions]
    assert len(rows) == len({row.position for row in rows})


def test_a_device_that_has_lived_gets_no_made_up_past() -> None:
    house = _House()
    timeline = Timeline(_NOW_MS, duration_ms=1_000)
    house.add(timeline)
    house.gym(timeline).run(house.stop)
    box = house.outbox.open_box(TreadmillKey("gym/treadmill-01"))
    past = [PastSession("1001", _NOW_MS - 86_400_000, _programme(60), "training")]

    assert HistoryWriter(box, house.outbox, past, seed="1", reading_log=house.log).is_done


def test_a_scripted_claim_goes_out_at_its_place_among_the_readings() -> None:
    house = _House()
    timeline = Timeline(_NOW_MS, speed_up=10, duration_ms=60_000)
    claim = ConsoleClaimMessage(
        console_claim_id="script-claim",
        action="claim",
        member_number="7",
        at_ms=round(timeline.start_ms) + 20_100,
    )
    device = house.add(timeline, claims=[claim])
    gym = house.gym(timeline)
    gym.run(house.stop)
    assert gym.drain(house.stop, within_s=60)

    link = house.network.links[0]
    index = [kind for kind, _ in link.published].index(MqttKind.CLAIMS)
    before = [
        reading.measured_at_ms
        for kind, payload in link.published[:index]
        if kind is MqttKind.READINGS
        for reading in readings_decoder.decode(payload).readings
    ]
    assert max(before) == round(timeline.start_ms) + 20_000
    assert len(house.positions(device)) == 240


def test_a_full_disk_stops_nothing_and_is_told() -> None:
    house = _House()
    timeline = Timeline(_NOW_MS, duration_ms=120_000)
    device = house.add(timeline)
    gym = house.gym(timeline)

    def fill_and_clear() -> None:
        house.mend_and_store()
        house.outbox.is_full = 30 < house.network.waited_s < 60
        if house.outbox.is_full and house.network.waited_s > 31:
            assert gym.waiting_for() == ["room on the outbox's disk"]

    house.network.on_wait = fill_and_clear
    gym.run(house.stop)
    assert gym.drain(house.stop, within_s=60)

    assert gym.waiting_for() == []
    assert len(house.positions(device)) == 480
    assert house.outbox.totals() == (480, 0, 0, 0)


def test_readiness_names_the_broker_while_it_is_away() -> None:
    house = _House()
    timeline = Timeline(_NOW_MS)
    house.add(timeline)
    house.add(timeline)
    gym = house.gym(timeline)

    assert gym.waiting_for() == ["broker (2 of 2 treadmills not connected)"]


def test_draining_gives_up_at_its_deadline() -> None:
    house = _House()
    house.is_storing = False
    timeline = Timeline(_NOW_MS, duration_ms=5_000)
    house.add(timeline)
    gym = house.gym(timeline)
    gym.run(house.stop)

    assert not gym.drain(house.stop, within_s=30)
    assert gym.close() == 20


@pytest.mark.parametrize("is_stopped_first", [True, False])
def test_a_stopped_gym_takes_leave(is_stopped_first: object) -> None:
    house = _House()
    timeline = Timeline(_NOW_MS)
    house.add(timeline)
    gym = house.gym(timeline)

    def stop_later() -> None:
        house.mend_and_store()
        if house.network.waited_s > 5:
            house.stop.set()

    house.network.on_wait = stop_later
    if is_stopped_first:
        house.stop.set()
    gym.run(house.stop)
    gym.close()

    assert house.network.is_closed
    assert house.outbox.is_closed
    if not is_stopped_first:
        state = json.loads(house.network.links[0].retained[MqttKind.STATE])
        assert state["status"] == "offline"
