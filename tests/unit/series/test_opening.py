import sys

import pytest
from pydantic import SecretStr, ValidationError

from backstride_shared.series.opening import UnsupportedSeriesError, open_series
from backstride_shared.settings import SeriesBlock


def test_influxdb_without_a_token_is_a_problem_of_the_settings() -> None:
    with pytest.raises(ValidationError, match="BACKSTRIDE_SERIES__TOKEN"):
        SeriesBlock(url="http://127.0.0.1:8086")


def test_a_missing_client_is_told_with_its_mend(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delitem(sys.modules, "backstride_shared.series.influx_series", raising=False)
    monkeypatch.setitem(sys.modules, "influxdb_client", None)

    with pytest.raises(UnsupportedSeriesError, match=r"backstride-shared\[influx\]"):
        open_series(SeriesBlock(url="http://127.0.0.1:8086", token=SecretStr("any")))


def test_the_token_is_not_told() -> None:
    settings = SeriesBlock(url="http://127.0.0.1:8086", token=SecretStr("do-not-tell"))

    assert "do-not-tell" not in repr(settings)
