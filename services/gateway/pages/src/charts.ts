// Charts with uPlot: labelled for readers, usable by touch, in the page's colours.

import uPlot from "uplot";
import "uplot/dist/uPlot.min.css";
import type { PeriodSums, Series, SeriesPoint } from "./api-types";
import { h } from "./dom";
import { day, monthName, oneDigit, timeOfDay, whole } from "./format";
import { shownSpeedFromMPerS, speedUnit } from "./units";

type Column = (number | null)[];

interface Palette {
  text: string;
  grid: string;
  forward: string;
  forwardFill: string;
  backward: string;
  backwardFill: string;
  heart: string;
  kcal: string;
  kcalFill: string;
}

function palette(): Palette {
  const style = getComputedStyle(document.documentElement);
  const color = (name: string): string => style.getPropertyValue(name).trim();
  return {
    text: color("--muted"),
    grid: color("--line"),
    forward: color("--forward"),
    forwardFill: color("--forward-fill"),
    backward: color("--reverse"),
    backwardFill: color("--reverse-fill"),
    heart: color("--heart"),
    kcal: color("--kcal"),
    kcalFill: color("--kcal-fill"),
  };
}

const MINUTE_MS = 60_000;
const LEGEND_PX = 62;
const FONT = "12px system-ui, sans-serif";

function axis(colors: Palette, more: uPlot.Axis = {}): uPlot.Axis {
  return {
    stroke: colors.text,
    font: FONT,
    grid: { stroke: colors.grid, width: 1 },
    ticks: { stroke: colors.grid, width: 1, size: 4 },
    ...more,
  };
}

/** Draws again when the width or the colour scheme changes; `label` is read to those who cannot see. */
function place(
  label: string,
  height: number,
  options: (colors: Palette) => Omit<uPlot.Options, "width" | "height">,
  data: uPlot.AlignedData,
): HTMLElement {
  const box = h("div", { class: "chart", role: "img", "aria-label": label });
  // its place is kept until it is drawn, with two lines of legend
  box.style.setProperty("min-height", `${height + LEGEND_PX}px`);
  let plot: uPlot | undefined;
  const draw = (): void => {
    plot?.destroy();
    const width = box.clientWidth;
    plot = width > 0 ? new uPlot({ ...options(palette()), width, height }, data, box) : undefined;
    if (plot) followTouch(plot);
  };
  new ResizeObserver(() => {
    if (plot && box.clientWidth > 0) plot.setSize({ width: box.clientWidth, height });
    else draw();
  }).observe(box);
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => {
    if (box.isConnected) draw();
  });
  return box;
}

function followTouch(plot: uPlot): void {
  // a finger moves the cursor sideways; up and down still scrolls the page (touch-action: pan-y)
  plot.over.addEventListener("pointermove", (event) => {
    if (event.pointerType !== "touch") return;
    const box = plot.over.getBoundingClientRect();
    plot.setCursor({ left: event.clientX - box.left, top: event.clientY - box.top });
  });
}

interface Columns {
  at_ms: number[];
  forward: Column;
  backward: Column;
  kcal: Column;
  low: Column;
  high: Column;
  heart: Column;
}

/** Columns with a hole wherever readings are missing, so that no line is drawn across it. */
function columnsOf(series: Series): Columns {
  const columns: Columns = { at_ms: [], forward: [], backward: [], kcal: [], low: [], high: [], heart: [] };
  const step_ms = series.resolution_s * 1000;
  let expected_ms: number | undefined;
  let before: SeriesPoint | null = null;
  for (const point of series.points) {
    const at_ms = Date.parse(point.at);
    if (expected_ms !== undefined && at_ms > expected_ms) {
      push(columns, expected_ms, null, before);
      before = null;
    }
    push(columns, at_ms, point, before);
    before = point;
    expected_ms = at_ms + step_ms;
  }
  if (expected_ms !== undefined) push(columns, expected_ms, null, before);
  return columns;
}

/** Each direction is drawn where the belt ran that way, and closed on the axis where it turned. */
function push(columns: Columns, at_ms: number, point: SeriesPoint | null, before: SeriesPoint | null): void {
  const velocity = point ? shownSpeedFromMPerS(point.belt_velocity_m_per_s) : 0;
  const velocityBefore = before?.belt_velocity_m_per_s ?? 0;
  columns.at_ms.push(at_ms);
  columns.forward.push(velocity > 0 ? velocity : velocityBefore > 0 || (point && velocity === 0) ? 0 : null);
  columns.backward.push(velocity < 0 ? velocity : velocityBefore < 0 ? 0 : null);
  columns.kcal.push(point && point.gross_kcal_per_min);
  columns.low.push(point && point.low_kcal_per_min);
  columns.high.push(point && point.high_kcal_per_min);
  columns.heart.push(point && point.heart_rate_bpm);
}

function timeOptions(colors: Palette, timeZone: string, unit: string): Omit<uPlot.Options, "width" | "height"> {
  return {
    ms: 1,
    tzDate: (at_ms) => uPlot.tzDate(new Date(at_ms), timeZone),
    cursor: { sync: { key: "session" }, drag: { x: false, y: false }, points: { size: 7 } },
    axes: [
      axis(colors, {
        space: 72,
        size: 34,
        values: (_plot, splits, _axis, _space, step_ms) =>
          splits.map((at) => timeOfDay(at, timeZone).slice(0, step_ms < MINUTE_MS ? 8 : 5)),
      }),
      axis(colors, {
        size: 48,
        label: unit,
        labelFont: FONT,
        labelSize: 18,
        values: (_plot, splits) => splits.map((split) => String(split).replace("-", "−")),
      }),
    ],
    series: [{ value: (_plot, at_ms) => (at_ms === null ? "–" : timeOfDay(at_ms, timeZone)), label: "Time" }],
  };
}

const shown = (_plot: uPlot, value: number | null): string => oneDigit(value);

export function sessionCharts(series: Series, timeZone: string): HTMLElement[] {
  const columns = columnsOf(series);
  const stepped = uPlot.paths.stepped!({ align: 1 });
  const charts = [
    place(
      `Belt speed over the session in ${speedUnit()}; reverse hangs below the axis. The table below has the numbers.`,
      220,
      (colors) => {
        const options = timeOptions(colors, timeZone, speedUnit());
        options.series.push(
          {
            label: "Forward",
            stroke: colors.forward,
            fill: colors.forwardFill,
            width: 2,
            paths: stepped,
            fillTo: 0,
            points: { show: false },
            value: shown,
          },
          {
            label: "Reverse",
            stroke: colors.backward,
            fill: colors.backwardFill,
            width: 2,
            paths: stepped,
            fillTo: 0,
            points: { show: false },
            value: shown,
          },
        );
        return options;
      },
      [columns.at_ms, columns.forward, columns.backward],
    ),
    place(
      "Energy per minute in kcal, with the band that holds the truth for about two in three.",
      190,
      (colors) => {
        const options = timeOptions(colors, timeZone, "kcal/min");
        options.series.push(
          {
            label: "kcal/min",
            stroke: colors.kcal,
            width: 2,
            points: { show: false },
            value: (plot, value, _series, index) =>
              index === null
                ? "–"
                : `${oneDigit(value)} (${oneDigit(plot.data[3]?.[index] ?? null)}–${oneDigit(plot.data[2]?.[index] ?? null)})`,
          },
          { label: "high", class: "band-edge", stroke: "transparent", points: { show: false } },
          { label: "low", class: "band-edge", stroke: "transparent", points: { show: false } },
        );
        options.bands = [{ series: [2, 3], fill: colors.kcalFill }];
        options.scales = { y: { range: (_plot, _low, high) => [0, Math.max(1, high ?? 1) * 1.08] } };
        return options;
      },
      [columns.at_ms, columns.kcal, columns.high, columns.low],
    ),
  ];
  if (columns.heart.some((value) => value !== null))
    charts.push(
      place(
        "Heart rate in beats per minute.",
        150,
        (colors) => {
          const options = timeOptions(colors, timeZone, "bpm");
          options.series.push({
            label: "Heart rate",
            stroke: colors.heart,
            width: 2,
            points: { show: false },
            value: (_plot, value) => whole(value),
          });
          return options;
        },
        [columns.at_ms, columns.heart],
      ),
    );
  return charts;
}

export function summaryChart(periods: PeriodSums[], span: "day" | "week" | "month" = "day"): HTMLElement {
  const bars = uPlot.paths.bars!({ size: [0.7, 36], radius: 0.2 });
  // "Mon, 23 Nov" → "23 Nov", "November 2026" → "Nov"
  const short = (text: string): string => (span === "month" ? text.slice(0, 3) : text.replace(/^\w+,? /, ""));
  const label = (index: number | undefined): string => {
    const period = index === undefined ? undefined : periods[index];
    return period ? (span === "month" ? monthName(period.starts_on) : day(period.starts_on)) : "";
  };
  return place(
    `Energy per ${span} in kcal: forward upward, backward downward. The table below has the numbers.`,
    200,
    (colors) => ({
      scales: { x: { time: false, range: [-0.6, periods.length - 0.4] } },
      cursor: { drag: { x: false, y: false }, points: { show: false } },
      axes: [
        axis(colors, {
          space: 56,
          size: 34,
          incrs: [1, 2, 5, 7, 10, 14],
          grid: { show: false },
          values: (_plot, splits) =>
            splits.map((split) => (Number.isInteger(split) ? short(label(split)) : "")),
        }),
        axis(colors, {
          size: 48,
          label: "kcal",
          labelFont: FONT,
          labelSize: 18,
          values: (_plot, splits) => splits.map((split) => whole(Math.abs(split))),
        }),
      ],
      series: [
        { label: span[0]?.toUpperCase() + span.slice(1), value: (_plot, index) => (index === null ? "–" : label(index)) },
        {
          label: "Forward",
          stroke: colors.forward,
          fill: colors.forward,
          paths: bars,
          points: { show: false },
          value: (_plot, value) => whole(value),
        },
        {
          label: "Backward",
          stroke: colors.backward,
          fill: colors.backward,
          paths: bars,
          points: { show: false },
          value: (_plot, value) => whole(value === null ? null : Math.abs(value)),
        },
      ],
    }),
    [
      periods.map((_period, index) => index),
      periods.map((period) => period.forward.energy.gross_kcal || null),
      periods.map((period) => -period.backward.energy.gross_kcal || null),
    ],
  );
}
