// What was wrong about a session, set right by its member: it is then computed again from its readings.

import type { Correction, CorrectionBody, SessionDetail } from "./api-types";
import * as api from "./api";
import { h } from "./dom";
import { clock, mass, timeOfDay } from "./format";
import { choice, form, input } from "./panels";
import { kgFromShownMass, massUnit } from "./units";

const HANDS: [string, string][] = [
  ["", "As it was"],
  ["free", "Swinging free"],
  ["rest", "Resting on the rail"],
  ["grip", "Holding on"],
];
const FACING: [string, string][] = [
  ["", "As it was"],
  ["console", "Towards the console"],
  ["away", "Away from the console"],
];
const STATES = { pending: "being computed", applied: "done", refused: "not possible" } as const;

export function correctionsPanel(session: SessionDetail, timeZone: string, changed: () => Promise<void>): HTMLElement {
  const start_ms = Date.parse(session.started_at);
  const length_s = (Date.parse(session.last_moving_at) - start_ms) / 1000;
  return h(
    "details",
    { class: "panel corrections" },
    h("summary", {}, "Something is wrong here"),
    h(
      "p",
      { class: "small" },
      "Set right what you know better. The session is computed again from its readings; that takes some seconds.",
    ),
    form(
      [
        input({ name: "mass", label: `Body mass in ${massUnit()}`, type: "number", inputmode: "decimal", step: "0.1", isOptional: true }),
        choice("hands", "Hands", HANDS, ""),
        choice("facing", "I faced", FACING, ""),
        input({
          name: "until_min",
          label: "Not me after … minutes",
          hint: `Somebody else went on? It lasted ${clock(length_s)}; what came later is taken away.`,
          type: "number",
          inputmode: "decimal",
          min: "0.1",
          max: String(Math.floor(length_s / 6) / 10),
          step: "0.1",
          isOptional: true,
        }),
      ],
      "Compute again",
      async (values, element) => {
        const body = bodyOf(values, start_ms);
        if (Object.keys(body).length === 0) throw new Error("Nothing was changed.");
        await api.correct(session.session_id, body);
        element.reset();
        await changed();
        return "On its way.";
      },
    ),
    session.corrections.length > 0 && h("h3", {}, "So far"),
    h("ul", { class: "corrected" }, ...session.corrections.map((one) => h("li", {}, inWords(one, timeZone)))),
  );
}

function bodyOf(values: Record<string, string>, start_ms: number): CorrectionBody {
  const { mass: told, hands, facing, until_min } = values;
  return {
    ...(told && { mass_kg: kgFromShownMass(Number(told)) }),
    ...(hands && { hands: hands as NonNullable<CorrectionBody["hands"]> }),
    ...(facing && { facing: facing as NonNullable<CorrectionBody["facing"]> }),
    ...(until_min && { ended_at: new Date(start_ms + Number(until_min) * 60_000).toISOString() }),
  };
}

function inWords(one: Correction, timeZone: string): string {
  const what = [
    one.mass_kg !== null && mass(one.mass_kg),
    one.hands !== null && `hands ${HANDS.find(([value]) => value === one.hands)?.[1].toLowerCase()}`,
    one.facing !== null && `facing ${one.facing === "away" ? "away from the console" : "the console"}`,
    one.ended_at !== null && `ended at ${timeOfDay(Date.parse(one.ended_at), timeZone)}`,
  ].filter(Boolean);
  return `${what.join(", ")}: ${STATES[one.status]}${one.reason ? ` (${one.reason})` : ""}`;
}
