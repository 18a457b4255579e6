// What this device was told to show: kept here alone, so that it works before and without sign-in.

export type Units = "metric" | "imperial";

const UNITS_KEY = "backstride_units";
const listeners = new Set<() => void>();

function read(): Units {
  try {
    return localStorage.getItem(UNITS_KEY) === "imperial" ? "imperial" : "metric";
  } catch {
    // storage may be forbidden; then each visit begins in km/h
    return "metric";
  }
}

let units: Units = read();

export const currentUnits = (): Units => units;

export function setUnits(chosen: Units): void {
  if (chosen === units) return;
  units = chosen;
  try {
    localStorage.setItem(UNITS_KEY, chosen);
  } catch {
    // see above
  }
  for (const listener of listeners) listener();
}

/** Calls back whenever other units are chosen. */
export function onUnits(listener: () => void): void {
  listeners.add(listener);
}
