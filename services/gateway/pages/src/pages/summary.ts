// Weeks and months: bars forward and backward, goals, streak, records, beside the time before.

import type { GoalsBody, MemberDetail, MemberSummary, ProgressView, RecordView, WeekGoals } from "../api-types";
import * as api from "../api";
import { facts, fill, h } from "../dom";
import { clock, dayAndTime, dayOn, daysAfter, distance, minutes, speed, whole, zoneHere } from "../format";
import { form, input } from "../panels";
import type { Visit } from "../router";
import { summaryTable } from "../tables";

type Span = "week" | "month";

const SPANS: Record<Span, { text: string; days: number }> = {
  week: { text: "12 weeks", days: 7 * 11 },
  month: { text: "12 months", days: 334 },
};

export async function show({ main, memberId, signal }: Visit): Promise<void> {
  const member = await api.member(memberId);
  const [goals, records, streak] = await Promise.all([api.goals(memberId), api.records(memberId), api.streak(memberId)]);
  if (signal.aborted) return;
  const zone = member.time_zone ?? zoneHere();
  const bars = h("section", { class: "panel bars", "aria-labelledby": "bars-title" });
  const week = h("section", { class: "panel", "aria-labelledby": "week-title" });
  const drawWeek = (now: WeekGoals): void => fill(week, ...weekOf(now, member, drawWeek));
  drawWeek(goals);
  // complete before it is shown: what came later would push what stands below
  await drawBars(bars, memberId, zone, "week");
  if (signal.aborted) return;
  main.replaceChildren(
    h("h1", {}, "Summary"),
    week,
    bars,
    h(
      "section",
      { class: "panel", "aria-labelledby": "streak-title" },
      h("h2", { id: "streak-title" }, "In a row"),
      facts([
        ["Days", inARow(streak.days.current, streak.days.longest)],
        ["Weeks", inARow(streak.weeks.current, streak.weeks.longest)],
      ]),
    ),
    recordsPanel(records.records, zone),
  );
}

const inARow = (current: number, longest: number): string => `${current} now · ${longest} at best`;

function weekOf(goals: WeekGoals, member: MemberDetail, changed: (now: WeekGoals) => void): (Node | null)[] {
  const { total } = goals;
  return [
    h("h2", { id: "week-title" }, "This week"),
    facts([
      ["Energy", total.energy.display],
      ["Forward", minutes(total.forward.duration_s)],
      ["Backward", minutes(total.backward.duration_s)],
    ]),
    progress("Minutes", goals.minutes, "min"),
    progress("Energy", goals.kcal, "kcal"),
    progress("Backward minutes", goals.backward_minutes, "min"),
    h(
      "details",
      { class: "goals" },
      h("summary", {}, goals.minutes || goals.kcal || goals.backward_minutes ? "Change the goals" : "Set goals for each week"),
      form(
        [
          goalInput("minutes", "Minutes on the belt", goals.minutes),
          goalInput("kcal", "kcal, gross", goals.kcal),
          goalInput("backward_minutes", "Backward minutes", goals.backward_minutes, "Slow progress pays: twenty are plenty to begin with."),
        ],
        "Keep these goals",
        async (values) => {
          const number = (name: keyof GoalsBody): number | null => (values[name] ? Number(values[name]) : null);
          changed(
            await api.setGoals(member.member_id, {
              minutes: number("minutes"),
              kcal: number("kcal"),
              backward_minutes: number("backward_minutes"),
            }),
          );
        },
      ),
    ),
  ];
}

function goalInput(name: string, label: string, now: ProgressView | null, hint?: string): HTMLElement {
  return input({
    name,
    label,
    type: "number",
    inputmode: "numeric",
    min: "1",
    step: "1",
    value: now ? String(now.goal) : "",
    isOptional: true,
    ...(hint ? { hint } : {}),
  });
}

function progress(label: string, now: ProgressView | null, unit: string): HTMLElement | null {
  if (!now) return null;
  const bar = h("span", { class: "goal-bar", "aria-hidden": "true" }, h("span"));
  (bar.firstElementChild as HTMLElement).style.setProperty("width", `${Math.min(100, now.fraction * 100)}%`);
  return h(
    "p",
    { class: "goal" },
    h("span", {}, label),
    h("strong", {}, `${whole(now.done)} of ${whole(now.goal)} ${unit}${now.is_reached ? " · reached" : ""}`),
    bar,
  );
}

async function drawBars(element: HTMLElement, memberId: string, zone: string, span: Span): Promise<void> {
  const today_on = dayOn(new Date(), zone);
  const from = daysAfter(today_on, -SPANS[span].days);
  const [summary, { summaryChart }] = await Promise.all([
    api.summary(memberId, { period: span, from }),
    import("../charts"),
  ]);
  const choose = h(
    "fieldset",
    { class: "purposes compact" },
    h("legend", { class: "unseen" }, "Bars by"),
    ...(Object.keys(SPANS) as Span[]).map((each) =>
      h("label", {}, h("input", { type: "radio", name: "span", value: each, checked: each === span }), h("span", {}, SPANS[each].text)),
    ),
  );
  choose.addEventListener("change", (event) => {
    const chosen = (event.target as HTMLInputElement).value as Span;
    // a choice by keyboard keeps the focus where it is
    void drawBars(element, memberId, zone, chosen).then(() => element.querySelector<HTMLInputElement>(`[value=${chosen}]`)?.focus());
  });
  fill(
    element,
    h("div", { class: "list-top" }, h("h2", { id: "bars-title" }, "Forward and backward"), choose),
    summaryChart(summary.periods, span),
    summary.total.reverse_dividend && h("p", { class: "dividend" }, summary.total.reverse_dividend.sentence),
    comparison(summary),
    summaryTable(summary.periods, span),
  );
}

function comparison(summary: MemberSummary): HTMLElement | null {
  const { previous } = summary;
  if (!previous || previous.sessions_count === 0) return null;
  const { difference } = previous;
  const sign = (value: number): string => (value < 0 ? "less" : "more");
  return h(
    "p",
    { class: "small" },
    `Beside the same time before: ${minutes(Math.abs(difference.duration_s))} ${sign(difference.duration_s)}, `,
    `${minutes(Math.abs(difference.backward_duration_s))} ${sign(difference.backward_duration_s)} of it backward.`,
  );
}

const RECORDS: Record<RecordView["kind"], [string, (value: number) => string]> = {
  "longest-session-s": ["Longest session", clock],
  "farthest-session-m": ["Farthest", distance],
  "most-gross-kcal": ["Most energy", (value) => `≈ ${whole(Math.round(value / 5) * 5)} kcal`],
  "longest-backward-stretch-s": ["Longest stretch backward", clock],
  "most-backward-s": ["Most time backward", clock],
  "most-backward-m": ["Farthest backward", distance],
  "fastest-backward-m-per-s": ["Fastest backward", speed],
  "fastest-forward-m-per-s": ["Fastest forward", speed],
  "most-direction-changes": ["Most turns", String],
};

function recordsPanel(records: RecordView[], zone: string): HTMLElement {
  return h(
    "section",
    { class: "panel", "aria-labelledby": "records-title" },
    h("h2", { id: "records-title" }, "Records"),
    records.length === 0
      ? h("p", { class: "empty" }, "None yet: the first session sets them all.")
      : h(
          "ul",
          { class: "records" },
          ...records.map((one) => {
            const [name, text] = RECORDS[one.kind];
            return h(
              "li",
              {},
              h(
                "a",
                { href: `/sessions/${encodeURIComponent(one.session_id)}` },
                h("span", {}, name),
                h("strong", {}, text(one.value)),
                h("span", { class: "small" }, dayAndTime(one.started_at, zone)),
              ),
            );
          }),
        ),
  );
}
