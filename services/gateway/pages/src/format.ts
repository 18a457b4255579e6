// Words and numbers for people: speeds, minutes, local times. The API is in SI and UTC.

import { massUnit, shownDistanceFromM, shownMassFromKg, shownSpeedFromMPerS, speedUnit } from "./units";

const MINUS = "−";
const NOTHING = "–";

function decimal(value: number, digits: number): string {
  return value.toLocaleString("en", {
    minimumFractionDigits: digits,
    maximumFractionDigits: digits,
  });
}

/** A speed with its sign: reverse is negative, a belt at rest is 0.0. */
export function signedSpeed(velocity_m_per_s: number): string {
  const text = decimal(Math.abs(shownSpeedFromMPerS(velocity_m_per_s)), 1);
  return velocity_m_per_s < 0 && text !== "0.0" ? MINUS + text : text;
}

export function speed(speed_m_per_s: number): string {
  return `${decimal(shownSpeedFromMPerS(speed_m_per_s), 1)} ${speedUnit()}`;
}

export function whole(value: number | null): string {
  return value === null ? NOTHING : decimal(value, 0);
}

export function oneDigit(value: number | null): string {
  return value === null ? NOTHING : decimal(value, 1).replace("-", MINUS);
}

export function count(value: number): string {
  return value.toLocaleString("en");
}

export function distance(distance_m: number): string {
  const [value, unit] = shownDistanceFromM(distance_m);
  return `${decimal(value, unit === "m" ? 0 : 2)} ${unit}`;
}

export function mass(mass_kg: number): string {
  return `${decimal(shownMassFromKg(mass_kg), 1)} ${massUnit()}`;
}

/** 75 → "1:15", 4000 → "1:06:40". */
export function clock(duration_s: number): string {
  const total = Math.max(0, Math.round(duration_s));
  const seconds = String(total % 60).padStart(2, "0");
  const minutes = Math.floor(total / 60) % 60;
  const hours = Math.floor(total / 3600);
  return hours ? `${hours}:${String(minutes).padStart(2, "0")}:${seconds}` : `${minutes}:${seconds}`;
}

export function minutes(duration_s: number): string {
  return duration_s > 0 && duration_s < 60 ? "<1 min" : `${decimal(duration_s / 60, 0)} min`;
}

export function ago(age_s: number): string {
  if (age_s < 90) return `${Math.round(age_s)} s ago`;
  if (age_s < 5400) return `${Math.round(age_s / 60)} min ago`;
  if (age_s < 172_800) return `${Math.round(age_s / 3600)} h ago`;
  return `${Math.round(age_s / 86_400)} days ago`;
}

export function dayAndTime(at: string, timeZone: string): string {
  return new Date(at).toLocaleString("en-GB", {
    weekday: "short",
    day: "numeric",
    month: "short",
    hour: "2-digit",
    minute: "2-digit",
    timeZone,
  });
}

/** The time of day on the wall beside this screen. */
export function timeHere(at: string): string {
  return new Date(at).toLocaleTimeString("en-GB", { hour: "2-digit", minute: "2-digit" });
}

export function timeOfDay(at_ms: number, timeZone: string): string {
  return new Date(at_ms).toLocaleTimeString("en-GB", { timeZone });
}

export function day(on: string): string {
  // a date of a calendar, not a moment: no zone may move it
  return new Date(`${on}T00:00:00Z`).toLocaleDateString("en-GB", {
    weekday: "short",
    day: "numeric",
    month: "short",
    timeZone: "UTC",
  });
}

export function fullDay(on: string): string {
  return new Date(`${on}T00:00:00Z`).toLocaleDateString("en-GB", {
    weekday: "long",
    day: "numeric",
    month: "long",
    year: "numeric",
    timeZone: "UTC",
  });
}

export function monthName(first_on: string): string {
  return new Date(`${first_on}T00:00:00Z`).toLocaleDateString("en-GB", {
    month: "long",
    year: "numeric",
    timeZone: "UTC",
  });
}

/** The calendar day of a moment in a zone, as the API writes dates: 2026-11-27. */
export function dayOn(at: Date, timeZone: string): string {
  return at.toLocaleDateString("sv-SE", { timeZone });
}

/** A date some days later (or earlier): dates of a calendar have no hours to lose. */
export function daysAfter(on: string, days: number): string {
  const at = new Date(`${on}T00:00:00Z`);
  at.setUTCDate(at.getUTCDate() + days);
  return at.toISOString().slice(0, 10);
}

/** The time zone of this device, for who never told one. */
export function zoneHere(): string {
  return Intl.DateTimeFormat().resolvedOptions().timeZone;
}
