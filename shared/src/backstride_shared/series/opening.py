"""Opens the series store that a URL names."""

from pathlib import Path

from sqlalchemy import make_url

from backstride_shared.series.ports import SeriesStore
from backstride_shared.series.sqlite_series import SqliteSeries


class UnsupportedSeriesError(ValueError):
    """The URL names a kind of series store that Backstride does not know."""


def open_series(url: str) -> SeriesStore:
    """Return the store at `sqlite:///path`; its file and folder are made when missing.

    Raises:
        UnsupportedSeriesError: for another kind of URL.
        SeriesUnavailableError: when the file cannot be opened now.

    """
    parts = make_url(url)
    if parts.get_backend_name() == "sqlite" and parts.database:
        return SqliteSeries(Path(parts.database))
    message = f"the series store must be sqlite:///path, not {parts.render_as_string()}"
    raise UnsupportedSeriesError(message)
