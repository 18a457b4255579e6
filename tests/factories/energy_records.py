"""Records of `energy.v1`, made as the processor makes them: by the fold itself."""

from collections.abc import Iterable

from backstride_shared.fold import TreadmillsFold
from backstride_shared.fold.state import TreadmillState
from backstride_shared.frames import (
    FRAME_VERSION,
    EnergyFrame,
    EnergyItem,
    TreadmillEvent,
    encoder,
)


def energy_record(items: Iterable[EnergyItem]) -> bytes:
    """Return one record with these items."""
    return encoder.encode(EnergyFrame(FRAME_VERSION, list(items)))


class EnergyRecords:
    """Folds events and gives the records that come of them."""

    def __init__(self, states: Iterable[TreadmillState] = ()) -> None:
        self.fold = TreadmillsFold(states)

    def output_of(self, *events: TreadmillEvent) -> bytes:
        """Return the record with the events' readings, sessions and refolds."""
        for event in events:
            self.fold.apply(event)
        return energy_record(self.fold.drain().items)

    def checkpoint(self) -> bytes:
        """Return the record with the states touched since the last one."""
        return energy_record(self.fold.take_checkpoints())

    def of(self, *events: TreadmillEvent) -> list[bytes]:
        """Return output and checkpoint, one record each."""
        return [self.output_of(*events), self.checkpoint()]
