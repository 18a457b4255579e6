"""The series in InfluxDB 2.7: what is written has been acknowledged by it when `write` returns.

Written synchronously and every answer is looked at: the client's batching mode drops refused
batches silently (field-notes 1). Bodies are not compressed: the client's
gzip takes 4 us a point, more than all else that we do for it, to save 300 B of it.
"""

import csv
import io
import time
from collections import deque
from collections.abc import Iterator, Mapping, Sequence
from typing import Final

import structlog
from influxdb_client import Dialect, InfluxDBClient, WritePrecision
from influxdb_client.client.write_api import SYNCHRONOUS
from influxdb_client.rest import ApiException
from urllib3.exceptions import HTTPError

from backstride_shared.identity import (
    TreadmillKey,
    gym_id_of,
    parse_treadmill_key,
    treadmill_id_of,
)
from backstride_shared.lifecycle import backoff_s
from backstride_shared.series import influx_queries
from backstride_shared.series.influx_answers import (
    InfluxBusyError,
    LinesRefusedError,
    meaning_of,
)
from backstride_shared.series.influx_lines import (
    GYM_TAG,
    MEASUREMENT,
    NS_PER_MS,
    PER_MINUTE_MEASUREMENT,
    TREADMILL_TAG,
    body_of,
    minutes_of,
    points_of,
    time_ns_of,
    time_text_of,
)
from backstride_shared.series.ports import RefusedPoint, SeriesMinute, SeriesPoint

log = structlog.get_logger()

MOST_POINTS_PER_REQUEST: Final = 5_000
"""Some 1.2 MB: InfluxDB's own advice, and beyond it a request gets no cheaper per point."""
CONNECT_TIMEOUT_MS: Final = 3_000
ANSWER_TIMEOUT_MS: Final = 30_000
ATTEMPTS: Final = 3
"""Bridges a moment only: the recorder, which has to stay in its Kafka group, waits longer."""

_MINUTE_MS: Final = 60_000
_FIRST_NS: Final = 0
_END_NS: Final = 2**63 - 2
"""InfluxDB keeps no later time."""
_HEADER_ONLY: Final = Dialect(annotations=[])
_ERROR_HEADER: Final = ["error", "reference"]


class InfluxSeries:
    """A `SeriesStore` in one bucket; may be used from several threads."""

    def __init__(
        self, url: str, org: str, bucket: str, token: str, per_minute_bucket: str | None = None
    ) -> None:
        """Take the address; nothing is asked before the first call.

        `per_minute_bucket` is filled by tasks of InfluxDB; here it is read and deleted from.
        """
        self._per_minute_bucket = per_minute_bucket
        self._org = org
        self._bucket = bucket
        self._client = InfluxDBClient(
            url, token, org=org, timeout=(CONNECT_TIMEOUT_MS, ANSWER_TIMEOUT_MS)
        )
        self._write_api = self._client.write_api(write_options=SYNCHRONOUS)
        self._query_api = self._client.query_api()
        self._delete_api = self._client.delete_api()

    def check(self) -> None:
        """Return when server, token, organization and bucket are right.

        Raises:
            SeriesUnavailableError: with a sentence on what is wrong and how to mend it.

        """
        self._column("_time", influx_queries.FIRST, **self._of("none/none", 0, NS_PER_MS))

    def write(self, points: Sequence[SeriesPoint]) -> list[RefusedPoint]:
        """Store the points; return those that InfluxDB will never take, with its reasons."""
        refused: list[RefusedPoint] = []
        # in order, because of two points with one key the later one counts
        waiting = deque(
            points[first : first + MOST_POINTS_PER_REQUEST]
            for first in range(0, len(points), MOST_POINTS_PER_REQUEST)
        )
        while waiting:
            batch = waiting.popleft()
            try:
                self._post(body_of(batch))
            except LinesRefusedError as error:
                if len(batch) == 1:
                    refused.append(RefusedPoint(batch[0], str(error)))
                else:
                    middle = len(batch) // 2
                    waiting.extendleft((batch[middle:], batch[:middle]))
        return refused

    def read(self, treadmill: str, from_ms: int, to_ms: int) -> list[SeriesPoint]:
        """Return the points with from_ms <= measured_at_ms <= to_ms, ordered by time, then seq."""
        if from_ms > to_ms:
            return []  # an error to Flux
        rows = self._rows(
            influx_queries.READ,
            **self._of(treadmill, from_ms * NS_PER_MS, (to_ms + 1) * NS_PER_MS),
        )
        header = next(rows, None)
        if header is None:
            return []
        points = list(points_of(treadmill, header, rows))
        points.sort(key=lambda point: (point.measured_at_ms, point.seq % NS_PER_MS))
        return points

    def read_minutes(self, treadmill: str, from_ms: int, to_ms: int) -> list[SeriesMinute]:
        """Return the minutes that touch [from_ms, to_ms], in order; none without their bucket."""
        if self._per_minute_bucket is None:
            return []
        first_ms = from_ms - from_ms % _MINUTE_MS
        parameters = self._of(treadmill, first_ms * NS_PER_MS, (to_ms + 1) * NS_PER_MS)
        rows = self._rows(
            influx_queries.READ_MINUTES, **{**parameters, "bucket": self._per_minute_bucket}
        )
        header = next(rows, None)
        return [] if header is None else sorted(minutes_of(header, rows))

    def delete(self, treadmill: str, from_ms: int, to_ms: int) -> None:
        """Delete the points with from_ms <= measured_at_ms <= to_ms, and the minutes they touch."""
        if from_ms > to_ms:
            return
        self._delete(
            self._bucket, MEASUREMENT, treadmill, from_ms * NS_PER_MS, (to_ms + 1) * NS_PER_MS - 1
        )
        if self._per_minute_bucket is not None:
            first_ms = from_ms - from_ms % _MINUTE_MS
            self._delete(
                self._per_minute_bucket,
                PER_MINUTE_MEASUREMENT,
                treadmill,
                first_ms * NS_PER_MS,
                to_ms * NS_PER_MS,
            )

    def next_measured_at_ms(self, treadmill: str, after_ms: int) -> int | None:
        """Return when the first point after a moment was measured, None when there is none."""
        times = self._column(
            "_time",
            influx_queries.FIRST,
            **self._of(treadmill, (after_ms + 1) * NS_PER_MS, _END_NS),
        )
        return min((time_ns_of(text) // NS_PER_MS for text in times), default=None)

    def count(self) -> int:
        """Return the number of points held, by counting them all."""
        counts = self._column(
            "_value",
            influx_queries.COUNT,
            bucket=self._bucket,
            from_ns=_FIRST_NS,
            until_ns=_END_NS,
        )
        return sum(map(int, counts))

    def close(self) -> None:
        """Close the connections."""
        self._write_api.close()
        # the client's own `close` leaves its connections open
        self._client.api_client.rest_client.pool_manager.clear()
        self._client.close()

    def _of(self, treadmill: str, from_ns: int, until_ns: int) -> Mapping[str, str | int]:
        key = TreadmillKey(treadmill)
        return {
            "bucket": self._bucket,
            "gym_id": gym_id_of(key),
            "treadmill_id": treadmill_id_of(key),
            "from_ns": max(_FIRST_NS, from_ns),
            "until_ns": min(_END_NS, until_ns),
        }

    def _delete(
        self, bucket: str, measurement: str, treadmill: str, first_ns: int, last_ns: int
    ) -> None:
        # a predicate takes no parameters; a treadmill's name is parsed, and needs no quoting
        key = parse_treadmill_key(treadmill)
        try:
            self._delete_api.delete(
                time_text_of(max(_FIRST_NS, first_ns)),
                time_text_of(min(_END_NS, last_ns)),
                f'_measurement="{measurement}" AND {GYM_TAG}="{gym_id_of(key)}"'
                f' AND {TREADMILL_TAG}="{treadmill_id_of(key)}"',
                bucket,
                self._org,
            )
        except (ApiException, HTTPError) as error:
            meaning = meaning_of(error)
            if isinstance(meaning, LinesRefusedError):
                raise InfluxBusyError(f"InfluxDB refused to delete: {meaning}") from error
            raise meaning from error

    def _post(self, body: bytes) -> None:
        """Send one request, again while InfluxDB is away for a moment.

        Raises:
            LinesRefusedError: InfluxDB refused lines; others may have been written.
            SeriesUnavailableError: it could not be done now.

        """
        for attempt, wait_s in enumerate(backoff_s(first_s=0.1), start=1):
            try:
                self._write_api.write(
                    self._bucket,
                    self._org,
                    body,
                    write_precision=WritePrecision.NS,  # type: ignore[arg-type] # is a string
                )
            except (ApiException, HTTPError) as error:
                meaning = meaning_of(error)
                if not isinstance(meaning, InfluxBusyError) or attempt == ATTEMPTS:
                    raise meaning from error
                log.info("series written again", error=str(meaning), again_in_s=wait_s)
                time.sleep(wait_s)
            else:
                return

    def _column(self, name: str, query: str, **parameters: str | int) -> list[str]:
        rows = self._rows(query, **parameters)
        header = next(rows, None)
        if header is None:
            return []
        at = header.index(name)
        return [row[at] for row in rows]

    def _rows(self, query: str, **parameters: str | int) -> Iterator[list[str]]:
        """Yield the header and the rows of a query's one table."""
        try:
            answer = self._query_api.query_raw(query, dialect=_HEADER_ONLY, params=dict(parameters))
            text = answer.read().decode()
        except (ApiException, HTTPError) as error:
            raise meaning_of(error) from error
        rows = (row for row in csv.reader(io.StringIO(text)) if row)
        for row in rows:
            # a query that fails after it began says so in a table of errors
            if row[1:3] == _ERROR_HEADER:
                raise InfluxBusyError(f"InfluxDB gave up a query: {next(rows, row)[1]}")
            yield row
