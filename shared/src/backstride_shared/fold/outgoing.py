"""What a fold hands on: items in the order of the log, and segments that still grow."""

from collections.abc import Iterable

import msgspec

from backstride_shared.fold.folding import Piece, snapshot_of
from backstride_shared.fold.state import OpenSession, TreadmillState
from backstride_shared.frames import (
    DeadLetter,
    EnergyItem,
    EnergyReading,
    EnergySegment,
    Refold,
)


class FoldOutput(msgspec.Struct):
    """What the events since the last `drain` came to."""

    items: list[EnergyItem]
    dead_letters: list[DeadLetter]
    accepted_readings: int = 0
    duplicate_readings: int = 0
    gap_readings: int = 0
    # messages whose predecessor was lost on the way; their device sends them again
    messages_ahead: int = 0


class Segment:
    """A segment in the making: grows while treadmill, device, boot and session stay the same."""

    __slots__ = ("boot_id", "device_id", "readings", "session")

    def __init__(self, device_id: str, boot_id: int, session: OpenSession | None) -> None:
        self.device_id = device_id
        self.boot_id = boot_id
        self.session = session
        self.readings: list[EnergyReading] = []


class Outgoing:
    """Gathers what events come to; each kind of event writes here, in the order of the log."""

    def __init__(self) -> None:
        self.output = FoldOutput([], [])
        self.segments: dict[str, Segment] = {}
        # whether what is stored is to be told again, by each treadmill touched
        self.touched: dict[str, bool] = {}

    def drain(self, states: dict[str, TreadmillState]) -> FoldOutput:
        """Return and forget what the events came to."""
        for treadmill in list(self.segments):
            self.finish_segment(states[treadmill])
        output = self.output
        self.output = FoldOutput([], [])
        return output

    def forget(self, treadmills: Iterable[str]) -> None:
        """Drop all that waits of these treadmills."""
        gone = set(treadmills)
        for treadmill in gone:
            self.segments.pop(treadmill, None)
            self.touched.pop(treadmill, None)
        self.output.items = [item for item in self.output.items if item.treadmill not in gone]

    def touch(self, treadmill: str) -> None:
        """Have a treadmill's state in the next checkpoint."""
        self.touched.setdefault(treadmill, False)

    def note_change(self, state: TreadmillState) -> None:
        """Count an event that is no reading; what came before it keeps the revision it had."""
        if state.treadmill in self.segments:
            self.finish_segment(state)
        state.accepted_count += 1
        self.touched.setdefault(state.treadmill, False)

    def ask_refold(self, state: TreadmillState, from_ms: int, to_ms: int, reason: str) -> None:
        """Ask the recorder to fold a part of the past again, after what was folded up to here."""
        if state.treadmill in self.segments:
            self.finish_segment(state)
        self.output.items.append(Refold(state.treadmill, state.revision, from_ms, to_ms, reason))

    def add_piece(self, state: TreadmillState, device_id: str, boot_id: int, piece: Piece) -> None:
        """Add readings with their energy to the segment in the making, or begin another."""
        session = piece.session
        segment = self.segments.get(state.treadmill)
        if segment is None or (
            segment.session is not session
            or segment.boot_id != boot_id
            or segment.device_id != device_id
        ):
            if segment is not None:
                self.finish_segment(state)
            segment = self.segments[state.treadmill] = Segment(device_id, boot_id, session)
        is_inside = session is not None
        append = segment.readings.append
        for reading, point in zip(piece.readings, piece.points, strict=True):
            append(
                EnergyReading(
                    reading.seq,
                    reading.measured_at_ms,
                    reading.is_reverse,
                    reading.speed_m_per_s,
                    reading.grade_percent,
                    reading.heart_rate_bpm,
                    reading.is_present,
                    reading.hands,
                    reading.is_emergency_stop,
                    point[0],
                    point[1],
                    point[2],
                    point[3],
                    point[4] if is_inside else None,
                )
            )

    def finish_segment(self, state: TreadmillState) -> None:
        """Hand on the segment in the making, with the sums of its session so far."""
        segment = self.segments.pop(state.treadmill)
        session = segment.session
        snapshot = None
        if session is not None:
            has_ended = session is not state.session
            snapshot = snapshot_of(state, session, session.last_moving_at_ms if has_ended else None)
        self.output.items.append(
            EnergySegment(
                state.treadmill,
                segment.device_id,
                segment.boot_id,
                state.revision,
                segment.readings,
                snapshot,
            )
        )
        if session is not None and session.is_dirty:
            self.ask_refold(
                state, session.dirty_from_ms, session.last_reading_at_ms, "session reaches back"
            )
