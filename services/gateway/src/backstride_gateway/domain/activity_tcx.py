"""An activity as TCX (Training Center Database, version 2), which knows no direction.

Direction is told in words in each lap's notes and by a number of our own in `Extensions`, where the
schema allows foreign elements. Speed is in Garmin's activity extension. Nothing has a position: the
belt stays where it is.
"""

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Final
from xml.sax.saxutils import escape

from backstride_gateway.domain.activity import NOTES, Activity, Lap, Moment

TCX_NAMESPACE: Final = "http://www.garmin.com/xmlschemas/TrainingCenterDatabase/v2"
EXTENSION_NAMESPACE: Final = "http://www.garmin.com/xmlschemas/ActivityExtension/v2"
OUR_NAMESPACE: Final = "urn:backstride:tcx:1"

_BEGIN: Final = (
    '<?xml version="1.0" encoding="UTF-8"?>\n'
    f'<TrainingCenterDatabase xmlns="{TCX_NAMESPACE}" xmlns:x="{EXTENSION_NAMESPACE}"'
    f' xmlns:b="{OUR_NAMESPACE}">\n<Activities>\n'
)
_END: Final = "</Activities>\n</TrainingCenterDatabase>\n"
_TRACK_END: Final = b"</Track>\n"
_LEAST_BPM: Final = 1
_MOST_BPM: Final = 255


def tcx_of(activity: Activity) -> Iterator[bytes]:
    """Yield the file in parts, UTF-8."""
    # the schema knows Running, Biking and Other
    sport = "Running" if activity.is_running else "Other"
    yield f'{_BEGIN}<Activity Sport="{sport}">\n<Id>{_utc(activity.from_ms)}</Id>\n'.encode()
    laps = iter(activity.laps)
    lap = next(laps)
    following = next(laps, None)
    yield _lap_begin(lap)
    is_in_track = False
    metres = 0.0
    for span in activity.spans:
        # a track of its own after each pause
        if is_in_track:
            yield _TRACK_END
            is_in_track = False
        for moment in activity.moments[span.first : span.last + 1]:
            if following is not None and moment.from_ms >= following.from_ms:
                if is_in_track:
                    yield _TRACK_END
                    is_in_track = False
                yield _lap_end(lap)
                lap, following = following, next(laps, None)
                yield _lap_begin(lap)
            if not is_in_track:
                yield b"<Track>\n"
                is_in_track = True
            metres += moment.metres
            yield _point(moment, metres)
    yield _TRACK_END + _lap_end(lap)
    notes = escape(
        f"{NOTES[activity.source]} Calories are gross: with what the body spends at rest."
    )
    yield f"<Notes>{notes}</Notes>\n</Activity>\n{_END}".encode()


def _lap_begin(lap: Lap) -> bytes:
    calories = round(lap.gross_kcal_before + lap.gross_kcal) - round(lap.gross_kcal_before)
    lines = [
        f'<Lap StartTime="{_utc(lap.from_ms)}">',
        f"<TotalTimeSeconds>{lap.timer_ms / 1000:.3f}</TotalTimeSeconds>",
        f"<DistanceMeters>{lap.metres:.2f}</DistanceMeters>",
        f"<MaximumSpeed>{lap.max_speed_m_per_s:.3f}</MaximumSpeed>",
        f"<Calories>{calories}</Calories>",
    ]
    for name, bpm in (
        ("AverageHeartRateBpm", lap.mean_heart_rate_bpm),
        ("MaximumHeartRateBpm", lap.max_heart_rate_bpm),
    ):
        if bpm is not None:
            lines.append(f"<{name}><Value>{_beats(bpm)}</Value></{name}>")
    lines.append("<Intensity>Active</Intensity>\n<TriggerMethod>Manual</TriggerMethod>\n")
    return "\n".join(lines).encode()


def _lap_end(lap: Lap) -> bytes:
    words = "Backward" if lap.is_backward else "Forward"
    speed = lap.metres / lap.moving_s if lap.moving_s else 0.0
    return (
        f"<Notes>{words}</Notes>\n<Extensions>\n<x:LX><x:AvgSpeed>{speed:.3f}</x:AvgSpeed></x:LX>\n"
        f"<b:Lap><b:Gait>{words.lower()}</b:Gait><b:GrossKcal>{lap.gross_kcal:.3f}</b:GrossKcal>"
        f"<b:NetKcal>{lap.net_kcal:.3f}</b:NetKcal></b:Lap>\n</Extensions>\n</Lap>\n"
    ).encode()


def _point(moment: Moment, metres: float) -> bytes:
    bpm = moment.heart_rate_bpm
    heart = "" if bpm is None else f"<HeartRateBpm><Value>{_beats(bpm)}</Value></HeartRateBpm>"
    return (
        f"<Trackpoint><Time>{_utc(moment.from_ms)}</Time>"
        f"<DistanceMeters>{metres:.2f}</DistanceMeters>{heart}"
        f"<Extensions><x:TPX><x:Speed>{moment.speed_m_per_s:.3f}</x:Speed></x:TPX>"
        f"<b:BeltDirection>{moment.direction}</b:BeltDirection></Extensions></Trackpoint>\n"
    ).encode()


def _beats(bpm: float) -> int:
    return min(max(round(bpm), _LEAST_BPM), _MOST_BPM)


def _utc(at_ms: int) -> str:
    return f"{datetime.fromtimestamp(at_ms / 1000, UTC):%Y-%m-%dT%H:%M:%SZ}"
