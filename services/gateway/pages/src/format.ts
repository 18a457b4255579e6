// Words and numbers for people: km/h, minutes, local times. The API is in SI and UTC.

const MINUS = "−";
const NOTHING = "–";

export function kmPerHFromMPerS(speed_m_per_s: number): number {
  return speed_m_per_s * 3.6;
}

function decimal(value: number, digits: number): string {
  return value.toLocaleString("en", {
    minimumFractionDigits: digits,
    maximumFractionDigits: digits,
  });
}

/** A speed with its sign: reverse is negative, a belt at rest is 0.0. */
export function signedSpeed(velocity_m_per_s: number): string {
  const text = decimal(Math.abs(kmPerHFromMPerS(velocity_m_per_s)), 1);
  return velocity_m_per_s < 0 && text !== "0.0" ? MINUS + text : text;
}

export function speed(speed_m_per_s: number): string {
  return `${decimal(kmPerHFromMPerS(speed_m_per_s), 1)} km/h`;
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

export function kilometres(distance_m: number): string {
  return distance_m < 1000 ? `${decimal(distance_m, 0)} m` : `${decimal(distance_m / 1000, 2)} km`;
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
