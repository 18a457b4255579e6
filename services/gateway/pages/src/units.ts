// The one place where SI becomes what people chose to read: km/h and kg, or mph and lb.

import { currentUnits } from "./preferences";

const METRES_PER_MILE = 1609.344;
const KG_PER_LB = 0.45359237;
const SECONDS_PER_HOUR = 3600;

const isImperial = (): boolean => currentUnits() === "imperial";

export const speedUnit = (): string => (isImperial() ? "mph" : "km/h");
export const massUnit = (): string => (isImperial() ? "lb" : "kg");

export function shownSpeedFromMPerS(speed_m_per_s: number): number {
  return (speed_m_per_s * SECONDS_PER_HOUR) / (isImperial() ? METRES_PER_MILE : 1000);
}

export function shownMassFromKg(mass_kg: number): number {
  return isImperial() ? mass_kg / KG_PER_LB : mass_kg;
}

export function kgFromShownMass(mass: number): number {
  return isImperial() ? mass * KG_PER_LB : mass;
}

/** A distance in its unit: [1.25, "km"] or [0.78, "mi"], metres below one kilometre. */
export function shownDistanceFromM(distance_m: number): [number, string] {
  if (isImperial()) return [distance_m / METRES_PER_MILE, "mi"];
  return distance_m < 1000 ? [distance_m, "m"] : [distance_m / 1000, "km"];
}
