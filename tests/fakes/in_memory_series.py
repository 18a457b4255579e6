"""A series store in memory, which a test can take away."""

from collections.abc import Sequence

from backstride_shared.series import RefusedPoint, SeriesMinute, SeriesPoint, SeriesUnavailableError


class InMemorySeries:
    """Keeps points by their key; `is_away` makes every call fail, `refuses` names bad numbers."""

    def __init__(self) -> None:
        self.is_away = False
        self.refuses: set[int] = set()
        self.minutes: dict[str, list[SeriesMinute]] = {}
        self._points: dict[tuple[str, int, int], SeriesPoint] = {}

    def write(self, points: Sequence[SeriesPoint]) -> list[RefusedPoint]:
        self._check()
        refused: list[RefusedPoint] = []
        for point in points:
            if point.seq in self.refuses:
                refused.append(RefusedPoint(point, "a bad number"))
                continue
            key = (point.treadmill, point.measured_at_ms, point.seq % 1_000_000)
            self._points[key] = point
        return refused

    def read(self, treadmill: str, from_ms: int, to_ms: int) -> list[SeriesPoint]:
        self._check()
        return [
            point
            for key, point in sorted(self._points.items(), key=lambda item: item[0])
            if point.treadmill == treadmill and from_ms <= point.measured_at_ms <= to_ms
        ]

    def read_minutes(self, treadmill: str, from_ms: int, to_ms: int) -> list[SeriesMinute]:
        self._check()
        found = self.minutes.get(treadmill, [])
        return [one for one in found if from_ms - 60_000 < one.from_ms <= to_ms]

    def next_measured_at_ms(self, treadmill: str, after_ms: int) -> int | None:
        later = self.read(treadmill, after_ms + 1, 2**62)
        return later[0].measured_at_ms if later else None

    def delete(self, treadmill: str, from_ms: int, to_ms: int) -> None:
        self._check()
        for point in self.read(treadmill, from_ms, to_ms):
            del self._points[point.treadmill, point.measured_at_ms, point.seq % 1_000_000]

    def count(self) -> int:
        self._check()
        return len(self._points)

    def close(self) -> None:
        """Keep the points, so that a test can look at them."""

    def _check(self) -> None:
        if self.is_away:
            raise SeriesUnavailableError("the series store is away")
