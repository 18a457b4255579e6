"""Stores what the energy log brings, in the order that makes `stored` true.

Per poll: the series first, then session and treadmill rows in one transaction, then the offsets,
then `stored` with the marks that the treadmill rows hold. A crash anywhere between repeats what
is idempotent and loses nothing. While a store is away the batch is kept and nothing is committed.
"""

import threading
from collections.abc import Callable, Iterable
from typing import Final

import structlog

from backstride_recorder import metrics
from backstride_recorder.domain.batch import Batch, LogRecord, Poison, poison_of, read_batch
from backstride_recorder.domain.erased import ErasedSpans
from backstride_recorder.domain.positions import Jump
from backstride_recorder.past import Past
from backstride_recorder.ports import (
    Clocks,
    DeadLetters,
    DeadLettersUnavailableError,
    DeviceMark,
    EnergyLog,
    SessionStore,
    StoredReports,
    StoredTreadmill,
    StoreUnavailableError,
)
from backstride_shared.identity import TreadmillKey, partition_of
from backstride_shared.lifecycle import backoff_s
from backstride_shared.series import SeriesStore, SeriesUnavailableError
from backstride_shared.topics import PARTITION_COUNT

log = structlog.get_logger()

POLL_S: Final = 0.5
"""How long an idle recorder waits for records before it looks for refolds and signals."""
COUNT_INTERVAL_S: Final = 0.5
COUNT_REST_PER_WORK: Final = 100.0
"""A series store may have to read all it holds to count: readings wait 1 % of the time for it."""
HOLD_SLICE_S: Final = 0.2
"""A wait for a store is cut into these, so that a signal to stop is heard."""


class Recorder:
    """Takes batches from the log and stores them, until told to stop."""

    def __init__(
        self,
        energy_log: EnergyLog,
        series: SeriesStore,
        sessions: SessionStore,
        reports: StoredReports,
        dead_letters: DeadLetters,
        past: Past,
        clocks: Clocks,
        stop: threading.Event,
    ) -> None:
        self._log = energy_log
        self._series = series
        self._sessions = sessions
        self._reports = reports
        self._dead_letters = dead_letters
        self._past = past
        self._erased = ErasedSpans()
        self._clocks = clocks
        self._stop = stop
        self._count_after_s = float("-inf")
        self._generation = -1
        self._treadmills: dict[str, StoredTreadmill] = {}
        self._reported: dict[tuple[str, str], DeviceMark] = {}
        self.waiting_for: list[str] = []
        """The stores that the batch in hand waits for."""

    def run(self) -> None:
        """Store what comes until the stop event is set.

        Raises:
            UnknownFrameVersionError: when a newer version writes into the log.

        """
        while not self._stop.is_set():
            self.step()

    def step(self) -> None:
        """Take what one poll gives through both stores, or drop it when it is not ours any more."""
        polled = self._log.poll(POLL_S)
        if self._log.generation != self._generation and not self._take_over():
            return
        for jump in polled.jumps:
            _alarm(jump)
        if polled.records and not self._record(polled.records):
            return
        self._reports.keep_up()
        self._past.work(self._is_ours)
        self._count_points()

    def _take_over(self) -> bool:
        """Learn the stored marks when partitions have come or gone, and tell them once.

        The process before us may have died between its commit and its reports.
        """
        generation = self._log.generation
        if not self._persist(self._learn_treadmills):
            return False
        self._reported.clear()
        self._report(self._treadmills, repeat=())
        self._past.look_again()
        self._generation = generation
        return True

    def _learn_treadmills(self) -> None:
        self._treadmills = {one.treadmill: one for one in self._sessions.treadmills()}
        self._erased.replace(self._sessions.erased_spans())
        metrics.READINGS_DELETED.set(self._sessions.erased_points())
        self._count_readings()

    def _record(self, records: Iterable[LogRecord]) -> bool:
        taken = list(records)
        batch = read_batch(taken)
        if batch.of_lost_log:
            metrics.LOST_LOG_STATES.inc(len(batch.of_lost_log))
            log.warning(
                "states of a lost log left out, their readings come again",
                treadmills=sorted(set(batch.of_lost_log)),
            )
        self._erased.strip(batch)
        # from the next batch on: what came with its erasure is stored, deleted and counted
        self._erased.add(batch.rows.erasures.values())
        metrics.BATCH_BYTES.set(sum(len(record.value) for record in taken))
        if not self._persist(lambda: self._write(batch)):
            return False
        self._log.commit(taken)
        self._report(batch.rows.states, repeat=batch.repeat_stored)
        self._past.note(batch.rows)
        metrics.RECORDS.inc(len(taken))
        return True

    def _persist(self, work: Callable[[], None]) -> bool:
        """Do the work, again and again while a store is away.

        Returns False when the program stops or the partitions went before it was done.
        """
        generation = self._log.generation
        for wait_s in backoff_s():
            try:
                work()
            except SeriesUnavailableError as error:
                missing, reason = "series store", str(error)
            except StoreUnavailableError as error:
                missing, reason = "relational store", str(error)
            except DeadLettersUnavailableError as error:
                missing, reason = "dead-letter topic", str(error)
            else:
                self.waiting_for = []
                return True
            self.waiting_for = [missing]
            metrics.STORE_WAITS.labels(missing).inc()
            log.warning("store away, batch kept", store=missing, error=reason, again_in_s=wait_s)
            for _ in range(max(1, round(wait_s / HOLD_SLICE_S))):
                if self._stop.is_set():
                    return False
                self._log.hold(HOLD_SLICE_S)
            if self._log.generation != generation:
                log.warning("partitions went while a store was away, batch dropped")
                return False
        return False

    def _write(self, batch: Batch) -> None:
        if batch.points:
            with metrics.WRITE_SECONDS.labels("series").time():
                refused = self._series.write(batch.points)
            metrics.READINGS.inc(len(batch.points) - len(refused))
            batch.poison += [poison_of(one) for one in refused]
            # what is durable need not be written again when the rows have to wait
            batch.points.clear()
        if batch.poison:
            self._dead_letters.send(batch.poison, self._clocks.now_ms())
            _tell(batch.poison)
            batch.poison.clear()
        if batch.rows:
            with metrics.WRITE_SECONDS.labels("rows").time():
                written = self._sessions.write(batch.rows)
            for treadmill in written:
                self._treadmills[treadmill.treadmill] = treadmill
            self._count_readings()

    def _report(self, treadmills: Iterable[str], repeat: Iterable[str]) -> None:
        repeated = set(repeat)
        for treadmill in treadmills:
            if not self._is_ours(treadmill):
                continue
            fresh: dict[str, DeviceMark] = {}
            for device_id, mark in self._treadmills[treadmill].marks.items():
                if treadmill in repeated or self._reported.get((treadmill, device_id)) != mark:
                    fresh[device_id] = mark
                    self._reported[treadmill, device_id] = mark
            if fresh:
                self._reports.publish(treadmill, fresh)

    def _is_ours(self, treadmill: str) -> bool:
        return partition_of(TreadmillKey(treadmill), PARTITION_COUNT) in self._log.partitions

    def _count_points(self) -> None:
        began_at_s = self._clocks.monotonic_s()
        if began_at_s < self._count_after_s:
            return
        try:
            metrics.POINTS_DISTINCT.set(self._series.count())
        except SeriesUnavailableError as error:
            log.debug("points not counted", error=str(error))
        ended_at_s = self._clocks.monotonic_s()
        self._count_after_s = ended_at_s + max(
            COUNT_INTERVAL_S, (ended_at_s - began_at_s) * COUNT_REST_PER_WORK
        )

    def _count_readings(self) -> None:
        treadmills = self._treadmills.values()
        metrics.READINGS_ACCEPTED.set(sum(one.accepted_count for one in treadmills))
        metrics.READINGS_ERASED.set(sum(one.erased_count for one in treadmills))
        metrics.READINGS_WITHOUT_OUTBOX.set(
            sum(one.accepted_count + one.refused_count for one in treadmills if not one.has_outbox)
        )
        metrics.READINGS_REFUSED.set(sum(one.refused_count for one in treadmills))


def _tell(poison: Iterable[Poison]) -> None:
    for one in poison:
        metrics.DEAD_LETTERS.inc()
        log.error(
            "not to be stored, kept as a dead letter",
            reason=one.reason,
            partition=one.partition,
            treadmill=one.treadmill,
            seq=one.seq,
        )


def _alarm(jump: Jump) -> None:
    if jump.missing_count:
        metrics.MISSING_RECORDS.inc(jump.missing_count)
        log.error(
            "records of the energy log are missing: what they held may be in no store",
            partition=jump.partition,
            expected_offset=jump.expected,
            found_offset=jump.found,
            missing_records=jump.missing_count,
        )
    else:
        log.warning(
            "the energy log began anew",
            partition=jump.partition,
            expected_offset=jump.expected,
            found_offset=jump.found,
        )
