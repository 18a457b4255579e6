// The two figures of /learn, drawn as SVG from the model's table: in the reader's units, light or dark.

import { h } from "./dom";
import type { CostRow } from "./learn-table";
import { shownSpeedFromMPerS, speedUnit } from "./units";

const SVG = "http://www.w3.org/2000/svg";
const WIDTH = 340;
const HEIGHT = 220;
const LEFT = 34;
const RIGHT = 8;
const TOP = 12;
const BOTTOM = 34;

type Point = [x: number, y: number];

function node(tag: string, attributes: Record<string, string | number>, text = ""): SVGElement {
  const element = document.createElementNS(SVG, tag);
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, String(value));
  if (text) element.textContent = text;
  return element;
}

class Plot {
  readonly svg = node("svg", { viewBox: `0 0 ${WIDTH} ${HEIGHT}`, role: "img", class: "figure" });

  constructor(
    label: string,
    private readonly x: Point,
    private readonly y: Point,
    y_step: number,
    y_unit: string,
  ) {
    this.svg.setAttribute("aria-label", label);
    for (let tick = y[0]; tick <= y[1] + 1e-9; tick += y_step) {
      this.svg.append(
        node("line", { x1: LEFT, x2: WIDTH - RIGHT, y1: this.top(tick), y2: this.top(tick), class: "grid" }),
        node("text", { x: LEFT - 6, y: this.top(tick) + 4, class: "tick end" }, Number.isInteger(y_step) ? tick.toFixed(0) : tick.toFixed(1)),
      );
    }
    const step = x[1] - x[0] > 6 ? 2 : 1;
    for (let tick = Math.ceil(x[0] / step) * step; tick <= x[1]; tick += step)
      this.svg.append(node("text", { x: this.left(tick), y: HEIGHT - BOTTOM + 16, class: "tick middle" }, String(tick)));
    this.svg.append(
      node("text", { x: WIDTH - RIGHT, y: HEIGHT - 4, class: "tick end" }, speedUnit()),
      node("text", { x: LEFT, y: HEIGHT - 4, class: "tick" }, y_unit),
    );
  }

  left(x: number): number {
    return LEFT + ((x - this.x[0]) / (this.x[1] - this.x[0])) * (WIDTH - LEFT - RIGHT);
  }

  top(y: number): number {
    return HEIGHT - BOTTOM - ((y - this.y[0]) / (this.y[1] - this.y[0])) * (HEIGHT - TOP - BOTTOM);
  }

  line(points: Point[], kind: string): void {
    this.svg.append(node("polyline", { points: this.places(points), class: `curve ${kind}` }));
  }

  band(low: Point[], high: Point[], kind: string): void {
    this.svg.append(node("polygon", { points: this.places([...high, ...low.reverse()]), class: `shade ${kind}` }));
  }

  word(x: number, y: number, text: string, kind: string): void {
    this.svg.append(node("text", { x: this.left(x), y: this.top(y), class: `word ${kind}` }, text));
  }

  private places(points: Point[]): string {
    return points.map(([x, y]) => `${this.left(x).toFixed(1)},${this.top(y).toFixed(1)}`).join(" ");
  }
}

const WALKED_TO_M_PER_S = 2.0;

export function costChart(rows: CostRow[]): HTMLElement {
  const shown = rows.filter((row) => row.speed_m_per_s <= WALKED_TO_M_PER_S + 1e-9);
  const at = (row: CostRow): number => shownSpeedFromMPerS(row.speed_m_per_s);
  const plot = new Plot(
    "Energy per minute against belt speed: backward lies above forward everywhere, with a wider band. The numbers follow in a table.",
    [at(shown[0] as CostRow), at(shown.at(-1) as CostRow)],
    [0, 16],
    4,
    "kcal/min",
  );
  plot.band(shown.map((row) => [at(row), row.low]), shown.map((row) => [at(row), row.high]), "backward");
  plot.line(shown.map((row) => [at(row), row.forward]), "forward");
  plot.line(shown.map((row) => [at(row), row.backward]), "backward");
  const near = shown[8] as CostRow;
  plot.word(at(near), near.high + 1.2, "backward", "backward");
  plot.word(at(near), near.forward - 2, "forward", "forward");
  return h("figure", {}, plot.svg as unknown as HTMLElement);
}

export function ratioChart(rows: CostRow[]): HTMLElement {
  const at = (row: CostRow): number => shownSpeedFromMPerS(row.speed_m_per_s);
  const first = at(rows[0] as CostRow);
  const last = at(rows.at(-1) as CostRow);
  const plot = new Plot(
    "Ratio of backward to forward cost against belt speed: about 1.15 at a slow walk, up to 1.65 near 1.7 m/s, about 1.3 for running; below the line of twice everywhere.",
    [first, last],
    [1, 2.2],
    0.2,
    "times forward",
  );
  plot.line([[first, 2], [last, 2]], "twice");
  plot.word(first + (last - first) * 0.05, 2.06, "twice", "twice");
  plot.line(rows.map((row) => [at(row), row.backward / row.forward]), "backward");
  return h("figure", {}, plot.svg as unknown as HTMLElement);
}
