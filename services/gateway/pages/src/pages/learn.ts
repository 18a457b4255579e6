// "Does running backwards burn twice?" For everybody, signed in or not; what to heed comes first.

import { h } from "../dom";
import { speed } from "../format";
import { shownSpeedFromMPerS, speedUnit } from "../units";
import type { Visit } from "../router";
import { COST_TABLE } from "../learn-table";

const HEED: [strong: string, rest: () => string][] = [
  ["Start slowly.", () => `In your first half hour stay at or below ${speed(0.8)}, up to two hours of practice at or below ${speed(1.2)}, after that walk at ${speed(1.5)} at most.`],
  ["Rail in reach, safety clip on.", () => "Hold on when you need to; do not lean on it to go faster."],
  ["Let somebody stand beside you", () => "the first times, as a spotter."],
  ["Incline 0 in reverse.", () => ""],
  ["Run backward only in a harness,", () => `which means above about ${speed(1.6)}, never above 70 % of your own fastest forward speed, and never above ${speed(3)}.`],
  ["Watch your heart rate.", () => "It is higher than at the same speed forward. With a beta-blocker the number does not tell: go by how hard it feels."],
  ["Over 60, under 18, or with any illness or doubt about your balance: ask a doctor first,", () => "and do not go alone."],
  ["Stop when you feel dizzy or unsure;", () => "step off only when the belt stands."],
];

export async function show({ main, signal }: Visit): Promise<void> {
  const { costChart, ratioChart } = await import("../learn-charts");
  if (signal.aborted) return;
  main.replaceChildren(
    h("h1", {}, "Does running backwards burn twice?"),
    h("p", { class: "lead" }, "No. At the same speed it costs about 20 to 40 % more than forward. Nobody who measured it found double."),
    h(
      "section",
      { class: "panel practice", "aria-labelledby": "heed" },
      h("h2", { id: "heed" }, "Before you try it"),
      h("ul", {}, ...HEED.map(([strong, rest]) => h("li", {}, h("strong", {}, strong), " ", rest()))),
      h("p", { class: "small" }, "Our judgement, not a study's result. Advice only: Backstride never starts, speeds up or reverses a belt."),
    ),
    h(
      "section",
      { class: "panel", "aria-labelledby": "minute" },
      h("h2", { id: "minute" }, "What a minute costs"),
      h("p", {}, "Gross kcal per minute for 75 kg on a level belt, hands free. The shade holds the truth for about two people in three."),
      costChart(COST_TABLE),
      h("p", {}, "Most people also go slower backward: backward at ", speed(0.9), " costs less per minute than an ordinary forward walk at ", speed(1.34), "."),
      costTable(),
    ),
    h(
      "section",
      { class: "panel", "aria-labelledby": "against" },
      h("h2", { id: "against" }, "Backward against forward"),
      ratioChart(COST_TABLE),
      h(
        "ul",
        { class: "flags" },
        h("li", {}, `Walking at ${speed(1.1)} uphill, backward cost 17 to 20 % more than forward (Hooper 2004).`),
        h("li", {}, "Another study found 35 % more at every grade it tried (Rasica 2020)."),
        h("li", {}, `Running at ${speed(3)}, backward cost 35 % more, give or take 6 (Wright and Weyand 2001).`),
        h("li", {}, `The hump near ${speed(1.7)} is our model's: there one may jog backward at a speed at which one still walks forward. No study has measured it, and the band is wider.`),
      ),
    ),
    h(
      "section",
      { class: "panel", "aria-labelledby": "sure" },
      h("h2", { id: "sure" }, "How sure we are"),
      h("p", {}, "For one person the backward figure is right to about 18 % in two cases out of three; forward it is about 10 %."),
      h(
        "ul",
        { class: "flags" },
        h("li", {}, h("strong", {}, "Backward downhill has not been measured by anybody. "), "A treadmill with its front raised under a reversed belt is exactly that."),
        h("li", {}, h("strong", {}, "Practice lowers the cost. "), "Four weeks of three times 15 minutes lowered oxygen uptake by 19 % at the same speed, in eight people (Heath 2001). Our model carries half of that effect."),
        h("li", {}, h("strong", {}, "Holding the rail lowers it too, "), "by an amount that varies with how hard you lean (Berling 2006)."),
        h("li", {}, "Backward gait was studied in healthy adults of about 18 to 35 years. For everybody else the figures are a careful guess."),
      ),
    ),
  );
}

function costTable(): HTMLElement {
  return h(
    "details",
    { class: "numbers" },
    h("summary", {}, "The numbers of these charts"),
    h(
      "div",
      { class: "scroll", tabindex: "0", role: "region", "aria-label": "The numbers of these charts" },
      h(
        "table",
        {},
        h("thead", {}, h("tr", {}, ...["Belt", "Forward", "Backward", "Ratio"].map((text) => h("th", { scope: "col" }, text)))),
        h(
          "tbody",
          {},
          ...COST_TABLE.map((row) =>
            h(
              "tr",
              {},
              h("th", { scope: "row" }, `${shownSpeedFromMPerS(row.speed_m_per_s).toFixed(1)} ${speedUnit()}`),
              h("td", {}, row.forward.toFixed(1)),
              h("td", {}, `${row.backward.toFixed(1)} (${row.low.toFixed(1)}–${row.high.toFixed(1)})`),
              h("td", {}, (row.backward / row.forward).toFixed(2)),
            ),
          ),
        ),
      ),
    ),
  );
}
