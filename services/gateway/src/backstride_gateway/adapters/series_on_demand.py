"""The series store, opened when it is first needed: the gateway starts without it."""

import threading

from backstride_shared.series.opening import open_series
from backstride_shared.series.ports import SeriesMinute, SeriesPoint, SeriesStore
from backstride_shared.settings import SeriesBlock


class SeriesOnDemand:
    """The port `SeriesReader`; safe to call from several threads."""

    def __init__(self, settings: SeriesBlock) -> None:
        self._settings = settings
        self._store: SeriesStore | None = None
        self._lock = threading.Lock()

    def read(self, treadmill: str, from_ms: int, to_ms: int) -> list[SeriesPoint]:
        """See the port."""
        return self._opened().read(treadmill, from_ms, to_ms)

    def read_minutes(self, treadmill: str, from_ms: int, to_ms: int) -> list[SeriesMinute]:
        """See the port."""
        return self._opened().read_minutes(treadmill, from_ms, to_ms)

    def close(self) -> None:
        """Let go of the store."""
        with self._lock:
            if self._store is not None:
                self._store.close()
                self._store = None

    def _opened(self) -> SeriesStore:
        with self._lock:
            if self._store is None:
                self._store = open_series(self._settings)
            return self._store
