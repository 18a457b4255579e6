"""The series store of a run, seen from outside: how much it has taken, how much it holds."""

from collections.abc import Mapping
from pathlib import Path
from typing import Protocol

import urllib3

from backstride_shared.series.opening import open_series
from backstride_shared.settings import SeriesBlock
from tests.servers.influxdb import InfluxAddress, InfluxBucket

_TIMEOUT_S = 30.0
_POINTS_TAKEN = "storage_writer_ok_points_sum"


class SeriesOfRun(Protocol):
    """A store that begins empty with each run."""

    @property
    def settings(self) -> Mapping[str, str]:
        """The variables that tell a program of ours to use it."""
        ...

    def taken(self) -> int:
        """Return how many points were written in this run, cheap enough to ask often."""
        ...

    def distinct(self) -> int:
        """Return how many distinct points it holds, by counting them."""
        ...


class InfluxOfRun:
    """A fresh bucket; points are counted by the server's own metric, whoever wrote them."""

    def __init__(self, address: InfluxAddress) -> None:
        self._metrics_url = f"{address.url}/metrics"
        self._http = urllib3.PoolManager(timeout=_TIMEOUT_S)
        self.bucket: InfluxBucket = address.fresh_bucket()
        self._before = self._taken_ever()

    @property
    def settings(self) -> Mapping[str, str]:
        """See `SeriesOfRun`."""
        return {
            "BACKSTRIDE_SERIES__URL": self.bucket.url,
            "BACKSTRIDE_SERIES__ORG": self.bucket.org,
            "BACKSTRIDE_SERIES__BUCKET": self.bucket.bucket,
            "BACKSTRIDE_SERIES__TOKEN": self.bucket.token,
        }

    def taken(self) -> int:
        """See `SeriesOfRun`."""
        return self._taken_ever() - self._before

    def distinct(self) -> int:
        """See `SeriesOfRun`."""
        return _count(self.bucket.settings())

    def _taken_ever(self) -> int:
        text = self._http.request("GET", self._metrics_url).data.decode()
        lines = (line for line in text.splitlines() if line.startswith(_POINTS_TAKEN))
        return sum(int(float(line.rpartition(" ")[2])) for line in lines)


class SqliteOfRun:
    """A fresh file of `make run`'s store, which keeps its own count."""

    def __init__(self, folder: Path) -> None:
        self._block = SeriesBlock(url=f"sqlite:///{folder / 'series.db'}")

    @property
    def settings(self) -> Mapping[str, str]:
        """See `SeriesOfRun`."""
        return {"BACKSTRIDE_SERIES__URL": self._block.url}

    def taken(self) -> int:
        """See `SeriesOfRun`."""
        return self.distinct()

    def distinct(self) -> int:
        """See `SeriesOfRun`."""
        return _count(self._block)


def _count(settings: SeriesBlock) -> int:
    series = open_series(settings)
    try:
        return series.count()
    finally:
        series.close()
