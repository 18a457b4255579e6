"""Which state of a treadmill the fold goes on from: the changelog's or the stored row's."""

from backstride_shared.fold import TreadmillState, decode_state


def restore(from_changelog: bytes | None, from_store: bytes | None) -> TreadmillState | None:
    """Return the state with the higher revision, None when there is neither.

    The changelog wins a draw. A state from the store begins a new epoch: what was written after
    it is lost, and what follows must outrank whatever of it still is under way.

    Raises:
        StateVersionError: when another version of the program wrote a state.
        msgspec.DecodeError: when one cannot be read.

    """
    logged = None if from_changelog is None else decode_state(from_changelog)
    stored = None if from_store is None else decode_state(from_store)
    if stored is None or (logged is not None and logged.revision >= stored.revision):
        return logged
    stored.epoch += 1
    return stored
