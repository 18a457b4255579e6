"""Runs a gym of treadmills in one loop: observe, put on disk, deliver, listen; again and again.

One thread for all of them: a pass over 500 treadmills costs milliseconds, and one commit per pass
makes their readings durable together.
"""

import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import structlog

from backstride_controller import metrics
from backstride_controller.courier import Courier, Now
from backstride_controller.domain.faults import Faults
from backstride_controller.domain.timeline import Timeline
from backstride_controller.history import HistoryWriter
from backstride_controller.ports import Network, Outbox, OutboxUnavailableError, ReadingLog
from backstride_controller.sampling import Sampler, next_boot_id

log = structlog.get_logger()

_PASS_S = 0.25
_FAST_PASS_S = 0.1
_READINGS_PER_PASS = 2_000
"""Per treadmill and pass, so that one that caught up with hours does not hold up the others."""
_GOODBYE_WITHIN_S = 2.0
_TELL_EVERY_S = 1.0


@dataclass
class Device:
    """One treadmill with its controller.

    `boot_id` is the one that it goes live with; `history` is written before that.
    """

    courier: Courier
    sampler: Sampler
    faults: Faults
    boot_id: int
    history: HistoryWriter | None = None
    is_live: bool = False

    def restart(self, now_ms: float, away_ms: float) -> None:
        """Lose power now and come back after `away_ms`."""
        self.boot_id = next_boot_id(self.boot_id, now_ms + away_ms)
        self.sampler.boot(self.boot_id, now_ms, away_ms)
        self.courier.set_boot(self.boot_id)


class Gym:
    """Treadmills that share an outbox file, a network and a timeline."""

    def __init__(
        self,
        devices: Sequence[Device],
        *,
        outbox: Outbox,
        network: Network,
        timeline: Timeline,
        reading_log: ReadingLog,
        monotonic_s: Callable[[], float] = time.monotonic,
    ) -> None:
        """Take everything that runs; the clock starts now, at the timeline's anchor."""
        self._devices = devices
        self._outbox = outbox
        self._network = network
        self._timeline = timeline
        self._log = reading_log
        self._monotonic_s = monotonic_s
        self._started_s = monotonic_s()
        self._pass_s = _PASS_S if timeline.speed_up == 1.0 else _FAST_PASS_S
        self._by_link = {device.courier.link.number: device for device in devices}
        self._is_outbox_well = True
        self._next_tell_s = 0.0
        self._tell()  # totals of earlier runs are true before the first pass

    def run(self, stop: threading.Event) -> None:
        """Work until the timeline is over and everything of it is made, or `stop` is set."""
        while not stop.is_set():
            is_over = self._timeline.is_over(self._elapsed_ms())
            if is_over and not self._has_readings_due():
                return
            self._pass(is_observing=True)

    def drain(self, stop: threading.Event, within_s: float) -> bool:
        """Deliver without observing until everything is `stored`; False when it takes too long."""
        end_s = self._monotonic_s() + within_s
        while not all(device.courier.is_done for device in self._devices):
            if stop.is_set() or self._monotonic_s() > end_s:
                return False
            self._pass(is_observing=False)
        return True

    def close(self) -> int:
        """Put on disk what was made, take leave of the broker, let go of everything.

        Returns how many readings are not yet `stored`.
        """
        self._commit()
        for device in self._devices:
            device.courier.say_goodbye()
        self._network.close(_GOODBYE_WITHIN_S)
        waiting = self._outbox.totals().waiting
        self._outbox.close()
        self._log.close()
        return waiting

    def waiting_for(self) -> list[str]:
        """Return what keeps the gym from working: for the readiness page."""
        waiting = []
        if away := sum(1 for device in self._devices if not device.courier.is_up):
            waiting.append(f"broker ({away} of {len(self._devices)} treadmills not connected)")
        if not self._is_outbox_well:
            waiting.append("room on the outbox's disk")
        return waiting

    def _elapsed_ms(self) -> float:
        return 1000 * (self._monotonic_s() - self._started_s)

    def _has_readings_due(self) -> bool:
        until_ms = self._timeline.at_ms(self._elapsed_ms())
        return any(
            not device.is_live or device.sampler.has_due(until_ms) for device in self._devices
        )

    def _pass(self, *, is_observing: bool) -> None:
        begun_s = self._monotonic_s()
        has_claims = self._observe() if is_observing else []
        self._commit()
        for courier in has_claims:
            courier.reload_claims()
        now = self._now()
        for device in self._devices:
            device.courier.deliver(now)
        # at least a look at the network, also when this pass took longer than it should
        left_s = max(0.01, self._pass_s - (self._monotonic_s() - begun_s))
        events = self._network.wait(left_s)
        now = self._now()
        for event in events:
            self._by_link[event.link].courier.handle(event, now)
        if begun_s >= self._next_tell_s:
            self._next_tell_s = begun_s + _TELL_EVERY_S
            self._tell()

    def _now(self) -> Now:
        elapsed_ms = self._elapsed_ms()
        return Now(round(elapsed_ms), round(self._timeline.anchor_ms + elapsed_ms))

    def _observe(self) -> list[Courier]:
        """Make what is due; return the couriers whose boxes got claims."""
        now_ms = self._timeline.at_ms(self._elapsed_ms())
        has_claims = []
        is_history_written = False
        for device in self._devices:
            history = device.history
            if history is not None and not history.is_done:
                if not is_history_written:
                    # one session of one treadmill per pass: those who are live go on
                    history.write_session()
                    is_history_written = True
                    has_claims.append(device.courier)
                continue
            if not device.is_live:
                self._go_live(device, now_ms)
            if self._observe_live(device, now_ms):
                has_claims.append(device.courier)
        return has_claims

    def _observe_live(self, device: Device, now_ms: float) -> bool:
        sampler = device.sampler
        claims_left = sampler.claims_left
        if self._timeline.speed_up == 1.0:
            skipped_ms = sampler.catch_up(now_ms)
            if skipped_ms:
                log.warning("held up, readings left out", missed_s=round(skipped_ms / 1000))
        sampler.observe(now_ms, _READINGS_PER_PASS)
        fault = device.faults.due(now_ms / 1000)
        if fault is not None:
            device.courier.link.drop(fault.lasts_s / self._timeline.speed_up)
            if fault.kind == "reboot":
                device.restart(now_ms, 1000 * fault.lasts_s)
        return sampler.claims_left != claims_left

    def _go_live(self, device: Device, now_ms: float) -> None:
        # those without a past begin where the timeline does, not where the first pass found them
        start_ms = self._timeline.start_ms if device.history is None else now_ms
        device.sampler.begin(start_ms)
        device.sampler.boot(device.boot_id, start_ms)
        device.is_live = True

    def _commit(self) -> None:
        try:
            self._outbox.commit()
        except OutboxUnavailableError as error:
            if self._is_outbox_well:
                log.warning("the outbox takes nothing", error=str(error))
            self._is_outbox_well = False
        else:
            if not self._is_outbox_well:
                log.warning("the outbox works again", unkept=self._outbox.totals().unkept)
            self._is_outbox_well = True
        self._log.flush()

    def _tell(self) -> None:
        totals = self._outbox.totals()
        metrics.MADE.set(totals.made)
        metrics.OUTBOX.set(totals.waiting + totals.set_aside)
        metrics.SET_ASIDE.set(totals.set_aside)
        metrics.UNKEPT.set(totals.unkept)
        metrics.OUTBOX_IS_WRITABLE.set(1 if self._is_outbox_well else 0)
        metrics.LINKS_UP.set(sum(1 for device in self._devices if device.courier.is_up))
