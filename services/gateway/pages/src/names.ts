// What stands on a treadmill, where staff gave it a name; readings know only its id.

import * as api from "./api";
import { who } from "./who";

const names = new Map<string, string>();
const asked = new Map<string, Promise<void>>();

/** Learns the names of a gym's treadmills; what cannot be learnt keeps its id. */
export function learnNames(gym_id: string): Promise<void> {
  const learning = asked.get(gym_id) ?? ask(gym_id);
  asked.set(gym_id, learning);
  return learning;
}

/** Has a gym's names learnt again at the next visit: its staff changed what is registered. */
export function forgetNames(gym_id: string): void {
  asked.delete(gym_id);
  for (const key of names.keys()) if (key.startsWith(`${gym_id}/`)) names.delete(key);
}

async function ask(gym_id: string): Promise<void> {
  // a demonstration registers none
  if ((await who()).isDemo) return;
  try {
    for (const one of (await api.registered(gym_id)).treadmills) names.set(`${gym_id}/${one.treadmill_id}`, one.name);
  } catch {
    // another visit asks again
    asked.delete(gym_id);
  }
}

/** The name, or the id where there is none. */
export const nameOf = (one: { gym_id: string; treadmill_id: string }): string =>
  names.get(`${one.gym_id}/${one.treadmill_id}`) ?? one.treadmill_id;
