"""The line *sent · stored · lost · doubled*: what it says, and how it is computed."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final

READINGS_MADE: Final = "backstride_controller_readings_made"
OUTBOX_READINGS: Final = "backstride_controller_outbox_readings"
POINTS_DISTINCT: Final = "backstride_recorder_points_distinct"
READINGS_ACCEPTED: Final = "backstride_recorder_readings_accepted"
READINGS_DELETED: Final = "backstride_recorder_readings_deleted"
READINGS_ERASED: Final = "backstride_recorder_readings_erased"
READINGS_WITHOUT_OUTBOX: Final = "backstride_recorder_readings_without_outbox"
READINGS_REFUSED: Final = "backstride_recorder_readings_refused"


@dataclass(frozen=True)
class Figures:
    """Counts of readings over the life of the data folder.

    `sent` counts what the simulated treadmills have made and what came from devices without an
    outbox beside them, of which nobody but the log knows; `stored` the distinct points in the
    series, `lost` what a treadmill no longer holds and the series do not have, `doubled` what was
    counted more often than it is stored.
    """

    sent: int
    stored: int
    lost: int
    doubled: int


def figures_from(controller: Mapping[str, float], recorder: Mapping[str, float]) -> Figures | None:
    """Return the figures from the metrics of both programs; None while one of them is silent.

    The controller's metrics must be read first: what was stored between the two readings then
    only makes `lost` smaller than nothing, which is cut off. Without simulated treadmills pass
    no metrics for the controller: everything stored came from outside and counts as sent.
    """
    if not {POINTS_DISTINCT, READINGS_ACCEPTED, READINGS_REFUSED} <= recorder.keys():
        return None
    distinct = recorder[POINTS_DISTINCT]
    # what was erased is neither stored nor lost
    gone = recorder.get(READINGS_DELETED, 0.0) + recorder.get(READINGS_ERASED, 0.0)
    refused = recorder[READINGS_REFUSED] + gone
    doubled = recorder[READINGS_ACCEPTED] - distinct - gone
    made = controller.get(READINGS_MADE)
    outbox = controller.get(OUTBOX_READINGS)
    if made is None or outbox is None:
        if controller:
            return None
        made, outbox = distinct + refused, 0.0
    else:
        # without this, what others publish would stand in for what is lost
        made += recorder.get(READINGS_WITHOUT_OUTBOX, 0.0)
    lost = made - outbox - distinct - refused
    return Figures(
        sent=int(made), stored=int(distinct), lost=max(0, int(lost)), doubled=max(0, int(doubled))
    )


def settled(looks: Sequence[Figures], wanted: int = 1) -> Figures:
    """Return the latest of some looks in a row, with the least that was lost and doubled in them.

    Before as many looks as `wanted` nothing is said to be lost or doubled.

    The programs count at slightly different moments, so that a single look may find a reading
    stored and not yet counted. What is truly lost or doubled stays so.
    """
    if len(looks) < wanted:
        return replace(looks[-1], lost=0, doubled=0)
    return replace(
        looks[-1],
        lost=min(look.lost for look in looks),
        doubled=min(look.doubled for look in looks),
    )
