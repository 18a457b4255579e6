// What is known of a body, what each figure is used for, and what its owner agrees to.

import type { MassList, MemberDetail, ProfileBody } from "../api-types";
import * as api from "../api";
import { button, fill, h } from "../dom";
import { day, dayOn, mass, zoneHere } from "../format";
import { choice, form, input, tick } from "../panels";
import { setUnits, type Units } from "../preferences";
import type { Visit } from "../router";
import { kgFromShownMass, massUnit } from "../units";

export async function show({ main, memberId, signal }: Visit): Promise<void> {
  const [{ value: member, etag }, masses] = await Promise.all([api.profile(memberId), api.masses(memberId)]);
  if (signal.aborted) return;
  const history = h("section", { class: "panel", "aria-labelledby": "mass-title" });
  const drawMasses = (now: MassList): void => fill(history, ...massHistory(now, member, drawMasses));
  drawMasses(masses);
  main.replaceChildren(
    h(
      "div",
      { class: "heading" },
      h("h1", { dir: "auto" }, member.display_name),
      h("p", { class: "body" }, `number ${member.member_number} · gym ${member.gym_id}`),
      h("p", { class: "small" }, vo2max(member)),
    ),
    history,
    h("section", { class: "panel" }, h("h2", {}, "About you"), profileForm(member, etag)),
    consolePanel(member),
  );
}

function vo2max({ effective_vo2max }: MemberDetail): string {
  if (!effective_vo2max) return "";
  const { vo2max_ml_per_kg_per_min: found, source, reason } = effective_vo2max;
  if (found === null || source === null) return `Your heart rate is left out of the energy: it ${reason}.`;
  return `VO₂max ${Math.round(found)} ml/kg/min, ${source === "measured" ? reason : `${source}: ${reason}`}.`;
}

function number(name: string, label: string, value: number | null | undefined, hint: string): HTMLElement {
  const text = value === null || value === undefined ? "" : String(value);
  return input({ name, label, type: "number", inputmode: "decimal", step: "any", value: text, hint, isOptional: true });
}

function profileForm(member: MemberDetail, etag: string | null): HTMLElement {
  let tag = etag;
  return form(
    [
      input({ name: "display_name", label: "Name", value: member.display_name, autocomplete: "name", maxlength: "200" }),
      number("height_cm", "Height in cm", member.height_cm, "For your resting rate and the length of your legs."),
      number("birth_year", "Year of birth", member.birth_year, "For your resting rate, the estimated maximum heart rate and the precautions."),
      choice(
        "sex",
        "Sex",
        [
          ["", "Not told"],
          ["female", "Female"],
          ["male", "Male"],
        ],
        member.sex ?? "",
        "Only in the formula of the resting rate; not told: the mean of both.",
      ),
      number("resting_heart_rate_bpm", "Resting heart rate", member.resting_heart_rate_bpm, "Needed where your heart rate shall take part in the calories."),
      number("max_heart_rate_bpm", "Highest heart rate", member.max_heart_rate_bpm, "For the bar on the page Now; unknown: estimated from the age."),
      number("vo2max_ml_per_kg_per_min", "VO₂max, measured", member.vo2max_ml_per_kg_per_min, "In ml per kg and minute; unknown: found from your steady walks."),
      choice(
        "facing",
        "You usually face",
        [
          ["console", "the console"],
          ["away", "away from it"],
        ],
        member.facing ?? "console",
        "Away from the console, a belt in reverse makes you walk forward.",
      ),
      tick("has_beta_blocker", "I take a beta-blocker", member.has_beta_blocker ?? false, "Then the heart rate tells nothing of effort, and is left out."),
      choice(
        "energy_model",
        "Calorie model",
        [
          ["backstride-1", "Backstride's, forward and backward"],
          ["acsm", "ACSM, as on older consoles"],
        ],
        member.energy_model ?? "backstride-1",
        "For sessions that begin from now on.",
      ),
      input({ name: "time_zone", label: "Time zone", value: member.time_zone ?? zoneHere(), hint: "Decides where your days and weeks begin." }),
      choice(
        "units",
        "Units",
        [
          ["metric", "km/h · kg"],
          ["imperial", "mph · lb"],
        ],
        member.units ?? "metric",
      ),
      h("h3", {}, "What you agree to"),
      tick("is_name_shown", "The staff of the gym see my name", member.is_name_shown ?? false, "Otherwise a number. They never see your body data."),
      tick("is_heart_rate_used", "My heart rate takes part in the calories", member.is_heart_rate_used ?? true),
      tick("is_calibration_allowed", "My VO₂max is found from my own steady walks", member.is_calibration_allowed ?? true),
    ],
    "Save",
    async (values) => {
      await api.setProfile(member.member_id, bodyOf(values, member), tag);
      // the next change is made to what was just saved
      tag = (await api.profile(member.member_id)).etag;
      setUnits((values.units ?? "metric") as Units);
      return "Saved. It counts from your next start on.";
    },
  );
}

function bodyOf(values: Record<string, string>, member: MemberDetail): ProfileBody {
  const numberOf = (name: string): number | null => (values[name] ? Number(values[name]) : null);
  const isTicked = (name: string): boolean => name in values;
  return {
    display_name: values.display_name ?? "",
    // its history is kept apart
    mass_kg: member.mass_kg ?? null,
    height_cm: numberOf("height_cm"),
    birth_year: numberOf("birth_year"),
    sex: (values.sex || null) as NonNullable<ProfileBody["sex"]> | null,
    facing: values.facing === "away" ? "away" : "console",
    resting_heart_rate_bpm: numberOf("resting_heart_rate_bpm"),
    max_heart_rate_bpm: numberOf("max_heart_rate_bpm"),
    vo2max_ml_per_kg_per_min: numberOf("vo2max_ml_per_kg_per_min"),
    has_beta_blocker: isTicked("has_beta_blocker"),
    energy_model: values.energy_model === "acsm" ? "acsm" : "backstride-1",
    time_zone: values.time_zone ?? "UTC",
    is_name_shown: isTicked("is_name_shown"),
    is_heart_rate_used: isTicked("is_heart_rate_used"),
    is_calibration_allowed: isTicked("is_calibration_allowed"),
    units: values.units === "imperial" ? "imperial" : "metric",
  };
}

function massHistory(now: MassList, member: MemberDetail, changed: (now: MassList) => void): (Node | null)[] {
  const today_on = dayOn(new Date(), member.time_zone ?? zoneHere());
  return [
    h("h2", { id: "mass-title" }, "Body mass"),
    h("p", { class: "small" }, "The figure that matters most: energy grows with it. Unknown: 75 kg are assumed, and the band is wider."),
    h(
      "ul",
      { class: "registry", "aria-label": "Body mass over time" },
      ...now.masses.map((one) =>
        h(
          "li",
          { class: "registered" },
          h("strong", {}, one.mass_kg === null ? "not told" : mass(one.mass_kg)),
          h("span", { class: "small" }, `from ${day(one.valid_from_on)} ${one.valid_from_on.slice(0, 4)}`),
          button(
            "Remove",
            async () => {
              await api.removeMass(member.member_id, one.valid_from_on);
              changed(await api.masses(member.member_id));
            },
            { class: "quiet", "aria-label": `Remove the mass from ${one.valid_from_on}` },
          ),
        ),
      ),
    ),
    form(
      [
        input({ name: "mass", label: `Body mass in ${massUnit()}`, type: "number", inputmode: "decimal", step: "0.1" }),
        input({ name: "valid_from_on", label: "From", type: "date", value: today_on }),
      ],
      "Note it",
      async (values) => {
        const mass_kg = Math.round(kgFromShownMass(Number(values.mass)) * 100) / 100;
        changed(await api.noteMass(member.member_id, { mass_kg, valid_from_on: values.valid_from_on || null }));
      },
    ),
  ];
}

function consolePanel(member: MemberDetail): HTMLElement {
  return h(
    "section",
    { class: "panel", "aria-labelledby": "console-title" },
    h("h2", { id: "console-title" }, "At consoles"),
    h("p", { class: "small" }, `A treadmill with a keypad takes your number ${member.member_number} and this PIN. Only a slow hash of it is kept.`),
    form(
      [
        input({
          name: "pin",
          label: "New PIN",
          type: "password",
          inputmode: "numeric",
          pattern: "[0-9]{4,8}",
          hint: "4 to 8 digits",
          autocomplete: "off",
        }),
      ],
      "Set the PIN",
      async ({ pin = "" }, element) => {
        await api.setConsolePin(member.member_id, pin);
        element.reset();
        return "Set.";
      },
    ),
    button("Let no PIN work", () => api.removeConsolePin(member.member_id), { class: "quiet wide-button" }),
  );
}
