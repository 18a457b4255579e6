// Tables beside the charts: the same numbers, for readers and for copying.

import type { PeriodSums, Series } from "./api-types";
import { h } from "./dom";
import { clock, day, distance, monthName, oneDigit, signedSpeed, timeOfDay, whole } from "./format";
import { speedUnit } from "./units";

function table(caption: string, head: string[], rows: string[][]): HTMLElement {
  return h(
    "details",
    { class: "numbers" },
    h("summary", {}, caption),
    h(
      "div",
      { class: "scroll", tabindex: "0", role: "region", "aria-label": caption },
      h(
        "table",
        {},
        h("thead", {}, h("tr", {}, ...head.map((text) => h("th", { scope: "col" }, text)))),
        h(
          "tbody",
          {},
          ...rows.map(([first = "", ...others]) =>
            h("tr", {}, h("th", { scope: "row" }, first), ...others.map((text) => h("td", {}, text))),
          ),
        ),
      ),
    ),
  );
}

export function seriesTable(series: Series, timeZone: string): HTMLElement {
  return table(
    "The numbers of this chart",
    ["Time", speedUnit(), "kcal/min", "from", "to", "bpm", "grade %"],
    series.points.map((point) => [
      timeOfDay(Date.parse(point.at), timeZone),
      signedSpeed(point.belt_velocity_m_per_s),
      oneDigit(point.gross_kcal_per_min),
      oneDigit(point.low_kcal_per_min),
      oneDigit(point.high_kcal_per_min),
      whole(point.heart_rate_bpm),
      point.grade_percent === null ? "–" : oneDigit(point.grade_percent),
    ]),
  );
}

export function summaryTable(periods: PeriodSums[], span: "day" | "week" | "month" = "day"): HTMLElement {
  return table(
    `The numbers of these ${span}s`,
    [span[0]?.toUpperCase() + span.slice(1), "Sessions", "Forward", "Backward", "Distance", "Energy", "Net kcal"],
    periods
      .filter((period) => period.sessions_count > 0)
      .reverse()
      .map((period) => [
        span === "month" ? monthName(period.starts_on) : day(period.starts_on),
        String(period.sessions_count),
        clock(period.forward.duration_s),
        clock(period.backward.duration_s),
        distance(period.forward.distance_m + period.backward.distance_m),
        period.energy.display,
        whole(period.energy.net_kcal),
      ]),
  );
}
