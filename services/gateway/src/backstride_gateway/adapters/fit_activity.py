"""An activity as a FIT file, written by fit-tool.

One message object is made for each kind and filled again and again: making one costs 220 us,
filling it 35 us. A file of twelve hours has 1 MB and is put together in memory, because its header
tells its length. Times in FIT are whole seconds.
"""

from collections.abc import Iterator
from hashlib import sha256
from typing import Final
from uuid import UUID

from fit_tool.base_type import BaseType
from fit_tool.data_message import DataMessage
from fit_tool.definition_message import DefinitionMessage
from fit_tool.developer_field import DeveloperField
from fit_tool.fit_file_header import FitFileHeader
from fit_tool.profile.messages.activity_message import ActivityMessage
from fit_tool.profile.messages.developer_data_id_message import DeveloperDataIdMessage
from fit_tool.profile.messages.event_message import EventMessage
from fit_tool.profile.messages.field_description_message import FieldDescriptionMessage
from fit_tool.profile.messages.file_id_message import FileIdMessage
from fit_tool.profile.messages.lap_message import LapMessage
from fit_tool.profile.messages.record_message import RecordMessage
from fit_tool.profile.messages.session_message import SessionMessage
from fit_tool.profile.profile_type import (
    Activity as ActivityKind,
)
from fit_tool.profile.profile_type import (
    Event,
    EventType,
    FileType,
    LapTrigger,
    Manufacturer,
    SessionTrigger,
    Sport,
    SubSport,
)
from fit_tool.record import Record
from fit_tool.utils.crc import crc16

from backstride_gateway.domain.activity import NOTES, Activity, Lap, Moment

APPLICATION_ID: Final = UUID("b2f6a0de-5a41-5c3e-9a54-8d1f3c7e6b20")
"""Ours, as FIT wants one for the fields that an application brings with it."""
BELT_DIRECTION: Final = "belt_direction"
DRAWN_FROM: Final = "drawn_from"

_DEVELOPER_INDEX: Final = 0
_DIRECTION_FIELD: Final = 0
_DRAWN_FROM_FIELD: Final = 1
_FIT_EPOCH_S: Final = 631_065_600
"""1989-12-31, from which local times, which the library does not convert, are counted."""
_MOST_KCAL: Final = 65_534
_MOST_BPM: Final = 254


def fit_of(activity: Activity) -> Iterator[bytes]:
    """Yield the file in one part."""
    file = _File()
    _write_head(file, activity)
    _write_records(file, activity)
    for index, lap in enumerate(activity.laps):
        file.add(_lap(lap, index, activity))
    file.add(_session(activity))
    file.add(_activity(activity))
    yield file.to_bytes()


class _File:
    """Records one after the other; a message is defined anew when its shape changes."""

    def __init__(self) -> None:
        self._records = bytearray()
        self._defined: dict[int, bytes] = {}

    def add(self, message: DataMessage) -> None:
        # whoever fills a message again has to have it measured again
        message.definition_message = None
        definition = DefinitionMessage.from_data_message(message)
        self.define(message, definition)
        self.add_filled(message)

    def define(self, message: DataMessage, definition: DefinitionMessage) -> None:
        """Write a definition where the last one of its number was another."""
        written = Record.from_message(definition).to_bytes()
        if self._defined.get(message.local_id) != written:
            self._records += written
            self._defined[message.local_id] = written
        message.set_definition_message(definition)

    def add_filled(self, message: DataMessage) -> None:
        """Write a message that fits the definition written last."""
        self._records += Record.from_message(message).to_bytes()

    def to_bytes(self) -> bytes:
        header = FitFileHeader(records_size=len(self._records), gen_crc=True).to_bytes()
        content = bytes(header) + bytes(self._records)
        checksum: int = crc16(content)
        return content + checksum.to_bytes(2, "little")


def _write_head(file: _File, activity: Activity) -> None:
    kind = FileIdMessage(local_id=0)
    kind.type = FileType.ACTIVITY
    kind.manufacturer = Manufacturer.DEVELOPMENT.value
    kind.product = 0
    # the same session always has the same number, so that programs notice a second import
    kind.serial_number = serial_number_of(activity.session.session_id)
    kind.time_created = _second_ms(activity.until_ms)
    kind.product_name = "Backstride"
    file.add(kind)
    developer = DeveloperDataIdMessage(local_id=1)
    developer.developer_data_index = _DEVELOPER_INDEX
    developer.application_id = APPLICATION_ID.bytes
    developer.application_version = 1
    file.add(developer)
    for number, name, base_type, units in (
        (_DIRECTION_FIELD, BELT_DIRECTION, BaseType.SINT8, "1 forward, -1 reverse, 0 at rest"),
        (_DRAWN_FROM_FIELD, DRAWN_FROM, BaseType.STRING, ""),
    ):
        description = FieldDescriptionMessage(local_id=2)
        description.developer_data_index = _DEVELOPER_INDEX
        description.field_definition_number = number
        description.fit_base_type_id = base_type.value
        description.field_name = name
        if units:
            description.units = units
        file.add(description)


def serial_number_of(text: str) -> int:
    """Return a number of 31 bits, never 0, for a text."""
    return int.from_bytes(sha256(text.encode()).digest()[:4], "big") % 0x7FFF_FFFE + 1


def _write_records(file: _File, activity: Activity) -> None:
    moments = activity.recorded()
    record = RecordMessage(local_id=4, developer_fields=[_direction_field()])
    definitions: dict[bool, DefinitionMessage] = {}
    for span in activity.spans:
        file.add(_timer(span.from_ms, EventType.START))
        for _ in range(span.first, span.last + 1):
            moment, metres, gross_kcal = next(moments)
            _fill(record, moment, metres, gross_kcal)
            has_beats = moment.heart_rate_bpm is not None
            if has_beats not in definitions:
                record.definition_message = None
                definitions[has_beats] = DefinitionMessage.from_data_message(record)
            file.define(record, definitions[has_beats])
            file.add_filled(record)
        file.add(_timer(span.until_ms, EventType.STOP_ALL))


def _fill(record: RecordMessage, moment: Moment, metres: float, gross_kcal: float) -> None:
    record.timestamp = _second_ms(moment.from_ms)
    record.distance = round(metres, 2)
    record.enhanced_speed = round(moment.speed_m_per_s, 3)
    record.calories = min(round(gross_kcal), _MOST_KCAL)
    record.grade = round(moment.grade_percent, 2)
    bpm = moment.heart_rate_bpm
    record.heart_rate = None if bpm is None else min(round(bpm), _MOST_BPM)
    record.developer_fields[0].set_value(0, moment.direction)


def _direction_field() -> DeveloperField:
    return DeveloperField(
        developer_data_index=_DEVELOPER_INDEX,
        field_id=_DIRECTION_FIELD,
        size=1,
        name=BELT_DIRECTION,
        base_type=BaseType.SINT8,
    )


def _timer(at_ms: int, kind: EventType) -> EventMessage:
    event = EventMessage(local_id=3)
    event.timestamp = _second_ms(at_ms)
    event.event = Event.TIMER
    event.event_type = kind
    event.event_group = 0
    return event


def _lap(lap: Lap, index: int, activity: Activity) -> LapMessage:
    direction = _direction_field()
    message = LapMessage(local_id=5, developer_fields=[direction])
    is_reverse = lap.is_backward != activity.session.is_facing_away
    direction.set_value(0, -1 if is_reverse else 1)
    message.message_index = index
    message.timestamp = _second_ms(lap.until_ms)
    message.start_time = _second_ms(lap.from_ms)
    message.event = Event.LAP
    message.event_type = EventType.STOP
    message.lap_trigger = LapTrigger.MANUAL
    message.total_elapsed_time = (lap.until_ms - lap.from_ms) / 1000
    message.total_timer_time = lap.timer_ms / 1000
    message.total_moving_time = round(lap.moving_s, 3)
    # differences of rounded sums, so that the laps add up to the session
    message.total_distance = round(
        round(lap.metres_before + lap.metres, 2) - round(lap.metres_before, 2), 2
    )
    message.total_calories = _kcal(lap.gross_kcal_before + lap.gross_kcal) - _kcal(
        lap.gross_kcal_before
    )
    if lap.moving_s:
        message.enhanced_avg_speed = round(lap.metres / lap.moving_s, 3)
    message.enhanced_max_speed = round(lap.max_speed_m_per_s, 3)
    if lap.mean_heart_rate_bpm is not None and lap.max_heart_rate_bpm is not None:
        message.avg_heart_rate = min(round(lap.mean_heart_rate_bpm), _MOST_BPM)
        message.max_heart_rate = min(round(lap.max_heart_rate_bpm), _MOST_BPM)
    message.sport = _sport(activity)
    message.sub_sport = SubSport.TREADMILL
    return message


def _session(activity: Activity) -> SessionMessage:
    totals = activity.session.totals
    note = DeveloperField(
        developer_data_index=_DEVELOPER_INDEX,
        field_id=_DRAWN_FROM_FIELD,
        name=DRAWN_FROM,
        base_type=BaseType.STRING,
        growable=True,
    )
    note.set_value(0, NOTES[activity.source])
    message = SessionMessage(local_id=6, developer_fields=[note])
    message.message_index = 0
    message.timestamp = _second_ms(activity.until_ms)
    message.start_time = _second_ms(activity.from_ms)
    message.event = Event.SESSION
    message.event_type = EventType.STOP
    message.sport = _sport(activity)
    message.sub_sport = SubSport.TREADMILL
    message.total_elapsed_time = (activity.until_ms - activity.from_ms) / 1000
    message.total_timer_time = activity.timer_ms / 1000
    message.total_moving_time = round(totals.moving_seconds, 3)
    message.total_distance = round(totals.metres, 2)
    message.total_calories = _kcal(totals.gross_kcal)
    if totals.moving_seconds:
        message.enhanced_avg_speed = round(totals.metres / totals.moving_seconds, 3)
    message.enhanced_max_speed = round(
        max(totals.forward_max_speed_m_per_s, totals.backward_max_speed_m_per_s), 3
    )
    if totals.mean_heart_rate_bpm is not None:
        message.avg_heart_rate = min(round(totals.mean_heart_rate_bpm), _MOST_BPM)
    if totals.max_heart_rate_bpm:
        message.max_heart_rate = min(round(totals.max_heart_rate_bpm), _MOST_BPM)
    message.first_lap_index = 0
    message.num_laps = len(activity.laps)
    message.trigger = SessionTrigger.ACTIVITY_END
    return message


def _activity(activity: Activity) -> ActivityMessage:
    message = ActivityMessage(local_id=7)
    message.timestamp = _second_ms(activity.until_ms)
    message.local_timestamp = activity.until_ms // 1000 + activity.utc_offset_s - _FIT_EPOCH_S
    message.total_timer_time = activity.timer_ms / 1000
    message.num_sessions = 1
    message.type = ActivityKind.MANUAL
    message.event = Event.ACTIVITY
    message.event_type = EventType.STOP
    return message


def _sport(activity: Activity) -> Sport:
    return Sport.RUNNING if activity.is_running else Sport.WALKING


def _kcal(gross_kcal: float) -> int:
    return min(round(gross_kcal), _MOST_KCAL)


def _second_ms(at_ms: int) -> int:
    """Return the whole second in which a moment is."""
    return at_ms - at_ms % 1000
