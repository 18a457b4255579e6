"""What the boards are made of: datasources, queries and panels, in the words of the SDK.

Each panel names its datasource by a fixed uid: what Grafana fills in at an import by hand
(`${DS_...}`) stays empty in files.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, Generic, TypeVar

from grafana_foundation_sdk.builders import bargauge, stat, statetimeline, table, timeseries
from grafana_foundation_sdk.builders.common import (
    ReduceDataOptions,
    StackingConfig,
    VizLegendOptions,
    VizTooltipOptions,
)
from grafana_foundation_sdk.builders.dashboard import Dashboard, QueryVariable, ThresholdsConfig
from grafana_foundation_sdk.builders.prometheus import Dataquery as PrometheusQuery
from grafana_foundation_sdk.cog.builder import Builder
from grafana_foundation_sdk.cog.variants import Dataquery
from grafana_foundation_sdk.models.common import (
    GraphDrawStyle,
    LegendDisplayMode,
    LegendPlacement,
    StackingMode,
    TooltipDisplayMode,
    VisibilityMode,
    VizOrientation,
)
from grafana_foundation_sdk.models.dashboard import (
    DashboardCursorSync,
    DataSourceRef,
    DynamicConfigValue,
    Threshold,
    ValueMap,
    ValueMappingResult,
    VariableRefresh,
)

INFLUXDB: Final = DataSourceRef("influxdb", "backstride-influxdb")
POSTGRES: Final = DataSourceRef("grafana-postgresql-datasource", "backstride-postgres")
PROMETHEUS: Final = DataSourceRef("prometheus", "backstride-prometheus")
TAG: Final = "backstride"

FORWARD_COLOUR: Final = "#3274D9"
REVERSE_COLOUR: Final = "#FF780A"
QUIET_COLOUR: Final = "#8E8E8E"
GOOD, WARNING, BAD = "green", "orange", "red"

BuiltT_co = TypeVar("BuiltT_co", covariant=True)


@dataclass(frozen=True)
class FluxQuery(Dataquery):
    """A query of InfluxDB; the SDK has none."""

    text: str
    ref_id: str = "A"

    def to_json(self) -> dict[str, object]:
        """Return the query as Grafana's InfluxDB plug-in reads it."""
        return {"datasource": INFLUXDB, "query": self.text.strip(), "refId": self.ref_id}


@dataclass(frozen=True)
class SqlQuery(Dataquery):
    """A query of PostgreSQL, whose answer is a table, or a time series by its column `time`."""

    text: str
    ref_id: str = "A"
    is_time_series: bool = False

    def to_json(self) -> dict[str, object]:
        """Return the query as Grafana's PostgreSQL plug-in reads it."""
        return {
            "datasource": POSTGRES,
            "editorMode": "code",
            "format": "time_series" if self.is_time_series else "table",
            "rawQuery": True,
            "rawSql": self.text.strip(),
            "refId": self.ref_id,
        }


@dataclass(frozen=True)
class Built(Builder[BuiltT_co], Generic[BuiltT_co]):
    """Something that is built already, where the SDK wants its builder."""

    value: BuiltT_co

    def build(self) -> BuiltT_co:
        """Return it."""
        return self.value


def flux(text: str) -> Built[Dataquery]:
    """Return a panel's query of InfluxDB."""
    return Built(FluxQuery(text))


def sql(text: str, *, is_time_series: bool = False) -> Built[Dataquery]:
    """Return a panel's query of PostgreSQL."""
    return Built(SqlQuery(text, is_time_series=is_time_series))


def promql(expression: str, legend: str, ref_id: str = "A") -> PrometheusQuery:
    """Return a panel's query of Prometheus."""
    return PrometheusQuery().expr(expression).legend_format(legend).ref_id(ref_id).range()


def board(uid: str, title: str, *, since: str, until: str = "now", refresh: str) -> Dashboard:
    """Return an empty board."""
    return (
        Dashboard(f"Backstride · {title}")
        .uid(f"backstride-{uid}")
        .tags([TAG])
        .time(since, until)
        .timezone("browser")
        .refresh(refresh)
        .tooltip(DashboardCursorSync.CROSSHAIR)
        .editable()
    )


def choice(name: str, label: str, query: str) -> QueryVariable:
    """Return a variable whose values a Flux query gives."""
    return (
        QueryVariable(name)
        .label(label)
        .datasource(INFLUXDB)
        .query({"query": query.strip(), "refId": name})
        .refresh(VariableRefresh.ON_TIME_RANGE_CHANGED)
    )


def lines(title: str, unit: str) -> timeseries.Panel:
    """Return a panel of lines over time."""
    return (
        timeseries.Panel()
        .title(title)
        .unit(unit)
        .line_width(1)
        .fill_opacity(10)
        .show_points(VisibilityMode.NEVER)
        .legend(
            VizLegendOptions()
            .display_mode(LegendDisplayMode.LIST)
            .placement(LegendPlacement.BOTTOM)
            .show_legend(True)
        )
        .tooltip(VizTooltipOptions().mode(TooltipDisplayMode.MULTI))
        .height(8)
        .span(12)
    )


def bars(title: str, unit: str) -> timeseries.Panel:
    """Return a panel of bars over time, one upon the other."""
    return (
        lines(title, unit)
        .draw_style(GraphDrawStyle.BARS)
        .fill_opacity(70)
        .stacking(StackingConfig().mode(StackingMode.NORMAL))
    )


def number(title: str, unit: str) -> stat.Panel:
    """Return a panel that shows numbers in large."""
    return stat.Panel().title(title).unit(unit).height(4).span(4)


def rows(title: str) -> table.Panel:
    """Return a panel with a table."""
    return table.Panel().title(title).height(9).span(24)


def steps(*colours: tuple[float | None, str]) -> ThresholdsConfig:
    """Return thresholds: from which value on, which colour; None begins."""
    return ThresholdsConfig().steps([Threshold(value, colour) for value, colour in colours])


def words(meanings: Mapping[str, tuple[str, str]]) -> ValueMap:
    """Return how values are shown: text and colour of each."""
    return ValueMap(
        {
            value: ValueMappingResult(text=text, color=colour, index=index)
            for index, (value, (text, colour)) in enumerate(meanings.items())
        }
    )


def columns(panel: table.Panel, shown: Mapping[str, tuple[str, str]]) -> table.Panel:
    """Name the columns of a table for people: title and unit of each."""
    for name, (title, unit) in shown.items():
        properties: Sequence[Any] = [
            DynamicConfigValue("displayName", title),
            DynamicConfigValue("unit", unit),
        ]
        panel = panel.override_by_name(name, list(properties))
    return panel


def states(title: str) -> statetimeline.Panel:
    """Return a panel with a row per treadmill and its states over time."""
    return (
        statetimeline.Panel()
        .title(title)
        .show_value(VisibilityMode.NEVER)
        .merge_values(True)
        .row_height(0.8)
        .height(10)
        .span(24)
    )


def dots(title: str, unit: str) -> timeseries.Panel:
    """Return a panel of points over time, for what happens now and then."""
    return (
        lines(title, unit)
        .draw_style(GraphDrawStyle.POINTS)
        .show_points(VisibilityMode.ALWAYS)
        .point_size(8)
    )


def shares(title: str, unit: str) -> bargauge.Panel:
    """Return a panel with a bar per row of a table."""
    return (
        bargauge.Panel()
        .title(title)
        .unit(unit)
        .reduce_options(ReduceDataOptions().values(True))
        .orientation(VizOrientation.HORIZONTAL)
        .height(8)
        .span(12)
    )


def colour(value: str) -> list[DynamicConfigValue]:
    """Return the property that gives a series its fixed colour."""
    return [DynamicConfigValue("color", {"mode": "fixed", "fixedColor": value})]


def both_ways(panel: timeseries.Panel) -> timeseries.Panel:
    """Give the series forward and backward, or reverse, the colours that they have everywhere."""
    panel = panel.override_by_name("forward", colour(FORWARD_COLOUR))
    panel = panel.override_by_name("backward", colour(REVERSE_COLOUR))
    return panel.override_by_name("reverse", colour(REVERSE_COLOUR))
