"""The fold: from a treadmill's log to its sessions, with no clock, lookup or setting."""

from backstride_shared.fold.outgoing import FoldOutput
from backstride_shared.fold.refold import KnownSession, Refolded, refold
from backstride_shared.fold.sessions import CLAIMED_IDLE_MS, UNCLAIMED_IDLE_MS, is_over
from backstride_shared.fold.state import (
    Mark,
    OpenSession,
    StateVersionError,
    TreadmillState,
    decode_state,
    encode_state,
)
from backstride_shared.fold.treadmills import TreadmillsFold

__all__ = [
    "CLAIMED_IDLE_MS",
    "UNCLAIMED_IDLE_MS",
    "FoldOutput",
    "KnownSession",
    "Mark",
    "OpenSession",
    "Refolded",
    "StateVersionError",
    "TreadmillState",
    "TreadmillsFold",
    "decode_state",
    "encode_state",
    "is_over",
    "refold",
]
