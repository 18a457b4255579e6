"""Carries what treadmills publish over MQTT into the log, losing nothing.

The guarantee: a message is acknowledged to MQTT only after Kafka has every record that came of
it; when Kafka fails, the connection is dropped and all unacknowledged messages are taken again.
One thread does everything, in turns; time and servers come from outside.
"""

from collections.abc import Callable, Iterable, Sequence
from typing import Final, NamedTuple

import structlog

from backstride_ingest import metrics
from backstride_ingest.domain.acknowledging import AckOrder, Delivery, record_sent
from backstride_ingest.domain.coalescing import Coalescer, OpenFrame
from backstride_ingest.domain.refusals import Reject
from backstride_ingest.ports import Arrival, MessageSource, Record, RecordLog, RecordsLostError
from backstride_ingest.reception import Reception
from backstride_shared.frames import encoder
from backstride_shared.topics import KafkaTopic

log = structlog.get_logger()

Receipt = Sequence[Delivery]
"""What a record carries: the messages that wait for it."""

IDLE_WAIT_S: Final = 0.25
"""How long a turn may wait when nothing is under way: the delay of a stop."""
RECEIPT_WAIT_S: Final = 0.005
"""How long a turn may wait for MQTT while records are outstanding: adds to their latency."""
DEAD_LETTER_LOG_INTERVAL_S: Final = 10.0
"""Dead letters are logged at most this often; the counter and the topic have them all."""


class Limits(NamedTuple):
    """How much is held, and for how long."""

    max_in_flight_messages: int
    max_in_flight_bytes: int
    frame_window_s: float
    frame_quiet_s: float


class Clock(NamedTuple):
    """The time of day in ms since 1970 UTC, and a clock in seconds that never jumps."""

    now_ms: Callable[[], int]
    monotonic_s: Callable[[], float]


class Bridge:
    """Takes messages in turns, sends records, acknowledges in order."""

    def __init__(
        self,
        source: MessageSource,
        records: RecordLog[Receipt],
        reception: Reception,
        limits: Limits,
        clock: Clock,
    ) -> None:
        self._source = source
        self._records = records
        self._reception = reception
        self._limits = limits
        self._clock = clock
        self._frames: Coalescer[Delivery] = Coalescer()
        self._window_ends_s = 0.0
        self._frames_due_s = 0.0
        self._acks = AckOrder()
        self._connection = 0
        self._last_missing: list[str] | None = None
        self._dead_letters_told_s = float("-inf")
        self._dead_letters_untold = 0
        metrics.IN_FLIGHT_LIMIT.set(limits.max_in_flight_messages)
        metrics.IN_FLIGHT_BYTES_LIMIT.set(limits.max_in_flight_bytes)

    def waiting_for(self) -> list[str]:
        """Name the servers that are missing; empty when messages flow."""
        missing = (self._records.waiting_for(), self._source.waiting_for())
        return [name for name in missing if name]

    def turn(self) -> None:
        """Take what is there, send what is due, acknowledge what is safe.

        Raises:
            WrongTopicError: see `RecordLog.open`.

        """
        if self._records.waiting_for() is None or self._records.open():
            try:
                self._take()
                if self._frames and self._clock.monotonic_s() >= self._frames_due_s:
                    self._send_frames(self._frames.take())
                self._settle(self._records.take_safe())
            except RecordsLostError as error:
                self._start_again(error)
        self._tell_what_is_missing()

    def finish(self, within_s: float) -> bool:
        """Send what is held and acknowledge it; tell whether all was done within the time."""
        deadline_s = self._clock.monotonic_s() + within_s
        try:
            self._send_frames(self._frames.take())
            while self._records.outstanding() and self._clock.monotonic_s() < deadline_s:
                self._settle(self._records.take_safe(wait_s=RECEIPT_WAIT_S))
        except RecordsLostError as error:
            self._start_again(error)
            return False
        # the acknowledgements go out with it
        self._source.take(0.0, may_read=False)
        return not self._acks

    def _take(self) -> None:
        connection, arrivals = self._source.take(self._patience_s(), may_read=self._has_room())
        if connection != self._connection:
            # what was not acknowledged comes again under other ids
            self._connection = connection
            self._acks.forget()
        if arrivals:
            self._receive(arrivals)
        metrics.IN_FLIGHT.set(len(self._acks))
        metrics.IN_FLIGHT_BYTES.set(self._records.outstanding_bytes())

    def _has_room(self) -> bool:
        # records too: those of a gone connection are held, though nobody waits for them
        most = self._limits.max_in_flight_messages
        return (
            len(self._acks) < most
            and self._records.outstanding() < most
            and self._records.outstanding_bytes() < self._limits.max_in_flight_bytes
        )

    def _patience_s(self) -> float:
        if self._frames:
            return max(0.0, min(RECEIPT_WAIT_S, self._frames_due_s - self._clock.monotonic_s()))
        return RECEIPT_WAIT_S if self._records.outstanding() else IDLE_WAIT_S

    def _receive(self, arrivals: Sequence[Arrival]) -> None:
        had_frames = bool(self._frames)
        received_at_ms = self._clock.now_ms()
        readings_count = 0
        skips_count = 0
        for arrival in arrivals:
            outcome = self._reception.receive(arrival, received_at_ms)
            delivery = self._acks.arrived(arrival.mid)
            event = outcome.event
            if event is not None:
                delivery.open_records = 1
                readings_count += len(event.readings)
                skips_count += len(event.skips)
                full = self._frames.add(outcome.partition, event, outcome.event_bytes, delivery)
                if full is not None:
                    self._send_frames([full])
            for record in outcome.records:
                delivery.open_records += 1
                self._records.send(record, (delivery,))
            if outcome.rejects:
                self._tell_of_dead_letters(outcome.rejects, arrival)
            if outcome.answer is not None:
                metrics.REFUSED.inc()
                self._source.publish(*outcome.answer)
        metrics.MESSAGES.inc(len(arrivals))
        metrics.READINGS.inc(readings_count)
        metrics.SKIPS.inc(skips_count)
        now_s = self._clock.monotonic_s()
        if not had_frames:
            self._window_ends_s = now_s + self._limits.frame_window_s
        self._frames_due_s = min(self._window_ends_s, now_s + self._limits.frame_quiet_s)

    def _send_frames(self, frames: Iterable[OpenFrame[Delivery]]) -> None:
        for frame in frames:
            metrics.FRAMES.inc()
            value = encoder.encode(frame.close())
            record = Record(KafkaTopic.TREADMILL_EVENTS, frame.partition, value)
            self._records.send(record, frame.tags)

    def _settle(self, receipts: Iterable[Receipt]) -> None:
        for deliveries in receipts:
            record_sent(deliveries)
        mids = self._acks.ready()
        if mids:
            self._source.acknowledge(self._connection, mids)
            metrics.ACKNOWLEDGED.inc(len(mids))

    def _start_again(self, error: RecordsLostError) -> None:
        """Take every unacknowledged message again: the broker gives it at the next connection."""
        log.warning(
            "Kafka did not take records; taking the messages again",
            error=str(error),
            messages=len(self._acks),
        )
        metrics.SEND_FAILURES.inc()
        self._source.disconnect()
        self._records.reset()
        self._frames.take()
        self._acks.forget()

    def _tell_what_is_missing(self) -> None:
        missing = self.waiting_for()
        if missing != self._last_missing:
            self._last_missing = missing
            if missing:
                log.info("waiting", waiting_for=missing)
            else:
                log.info("ready")

    def _tell_of_dead_letters(self, rejects: Sequence[Reject], arrival: Arrival) -> None:
        for reject in rejects:
            metrics.DEAD_LETTERS.labels(reject.reason).inc()
        self._dead_letters_untold += len(rejects)
        now_s = self._clock.monotonic_s()
        if now_s - self._dead_letters_told_s >= DEAD_LETTER_LOG_INTERVAL_S:
            log.warning(
                "set aside as dead letters",
                count=self._dead_letters_untold,
                topic=arrival.topic.decode(errors="replace"),
                reason=f"{rejects[0].reason}: {rejects[0].detail}",
            )
            self._dead_letters_told_s = now_s
            self._dead_letters_untold = 0
