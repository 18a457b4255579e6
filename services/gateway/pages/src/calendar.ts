// A month as a grid: what was done on which day, forward a round mark, backward one that is pointed.

import type { PeriodSums } from "./api-types";
import { h } from "./dom";
import { daysAfter, fullDay, minutes } from "./format";

const WEEKDAYS = ["Mo", "Tu", "We", "Th", "Fr", "Sa", "Su"];
// always six weeks: going to another month must not move what stands below
const CELLS = 42;

export const monthOf = (on: string): string => `${on.slice(0, 7)}-01`;

export function monthAfter(first_on: string, months: number): string {
  const at = new Date(`${first_on}T00:00:00Z`);
  at.setUTCMonth(at.getUTCMonth() + months);
  return at.toISOString().slice(0, 10);
}

export const lastOf = (first_on: string): string => daysAfter(monthAfter(first_on, 1), -1);

export function calendar(
  first_on: string,
  today_on: string,
  days: PeriodSums[],
  chosen_on: string | null,
  choose: (on: string | null) => void,
): HTMLElement {
  const done = new Map(days.filter((day) => day.sessions_count > 0).map((day) => [day.starts_on, day]));
  const before = (new Date(`${first_on}T00:00:00Z`).getUTCDay() + 6) % 7;
  const last_on = lastOf(first_on);
  const cells = Array.from({ length: CELLS }, (_, index) => {
    const on = daysAfter(first_on, index - before);
    if (on < first_on || on > last_on) return h("span", { class: "day beyond" });
    const number = String(Number(on.slice(8)));
    const day = done.get(on);
    const isToday = on === today_on;
    if (!day) return h("span", { class: isToday ? "day today" : "day" }, number);
    const cell = h(
      "button",
      {
        type: "button",
        class: isToday ? "day today" : "day",
        "aria-pressed": String(on === chosen_on),
        "aria-label": `${fullDay(on)}: ${minutes(day.forward.duration_s)} forward, ${minutes(day.backward.duration_s)} backward`,
      },
      number,
      h(
        "span",
        { class: "dots" },
        day.forward.duration_s > 0 && h("span", { class: "dot forward" }),
        day.backward.duration_s > 0 && h("span", { class: "dot backward" }),
      ),
    );
    cell.addEventListener("click", () => choose(on === chosen_on ? null : on));
    return cell;
  });
  return h(
    "div",
    { class: "month" },
    h("div", { class: "weekdays", "aria-hidden": "true" }, ...WEEKDAYS.map((name) => h("span", {}, name))),
    h("div", { class: "days-grid" }, ...cells),
    h(
      "p",
      { class: "legend small", "aria-hidden": "true" },
      h("span", { class: "dot forward" }),
      " forward ",
      h("span", { class: "dot backward" }),
      " backward",
    ),
  );
}
