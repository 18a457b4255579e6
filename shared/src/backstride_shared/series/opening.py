"""Opens the series store that the settings name."""

from pathlib import Path

from sqlalchemy import make_url

from backstride_shared.series.ports import SeriesStore
from backstride_shared.series.sqlite_series import SqliteSeries
from backstride_shared.settings import SeriesBlock


class UnsupportedSeriesError(ValueError):
    """The settings name a series store that this installation cannot open."""


def open_series(settings: SeriesBlock | str) -> SeriesStore:
    """Return the store at `sqlite:///path`, made when missing, or at InfluxDB's http://host:port.

    A URL alone is enough for SQLite; InfluxDB wants the settings with its token.

    Raises:
        UnsupportedSeriesError: for another kind of URL, or when InfluxDB's client is not installed.
        SeriesUnavailableError: when it cannot be opened now; the text tells the mend.

    """
    if isinstance(settings, str):
        settings = SeriesBlock(url=settings)
    if settings.is_influxdb:
        return _influx(settings)
    parts = make_url(settings.url)
    if parts.get_backend_name() == "sqlite" and parts.database:
        return SqliteSeries(Path(parts.database))
    raise UnsupportedSeriesError(
        "the series store must be sqlite:///path or http://host:port of InfluxDB, "
        f"not {parts.render_as_string()}"
    )


def _influx(settings: SeriesBlock) -> SeriesStore:
    try:
        # the client is an extra, which `make run` does not install
        from backstride_shared.series.influx_series import InfluxSeries  # noqa: PLC0415
    except ImportError as error:
        raise UnsupportedSeriesError(
            f"for InfluxDB install backstride-shared[influx] ({error})"
        ) from error
    token = "" if settings.token is None else settings.token.get_secret_value()
    series = InfluxSeries(
        settings.url, settings.org, settings.bucket, token, settings.per_minute_bucket or None
    )
    try:
        series.check()
    except BaseException:
        series.close()
        raise
    return series
