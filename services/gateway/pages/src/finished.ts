// Sessions that were finished on this page a moment ago, and may not have reached the store yet, or not whole.

import type { RunningSession, SessionDetail } from "./api-types";
import * as api from "./api";

interface Finished {
  at: number;
  moving_s: number;
  claim_id: string | null;
  member_id: string;
}

const ASK_EVERY_MS = 1_000;
const WRITTEN_WITHIN_MS = 30_000;
// the last step may count for less than was shown, where the treadmill's clock goes ahead
const WHOLE_WITHIN_MS = 5_000;
const SETTLED_WITHIN_MS = 60_000;
const ASKED_BY_ID = 3;
const finished = new Map<string, Finished>();

const movingSeconds = (session: RunningSession | SessionDetail): number => session.forward.duration_s + session.backward.duration_s;
const msSince = (session_id: string): number => performance.now() - (finished.get(session_id)?.at ?? -Infinity);

export function noteFinished(session: RunningSession, member_id: string): void {
  const { session_id, claim_id } = session;
  finished.set(session_id, { at: performance.now(), moving_s: movingSeconds(session), claim_id, member_id });
}

/** Whether what the store has of a session may still grow, though it is over. */
export const isSettling = (session_id: string): boolean => msSince(session_id) < SETTLED_WITHIN_MS;

/**
 * Returns a session; one that was just finished is waited for until it has what was seen of it, and `wait` is told so once.
 * It may come under another id, where its claim was known later than its first steps, and was over at once.
 */
export async function sessionOf(session_id: string, signal: AbortSignal, wait: () => void): Promise<SessionDetail> {
  for (let asked = 0; ; asked += 1) {
    try {
      const session = await api.session(session_id);
      const isWhole = movingSeconds(session) >= (finished.get(session_id)?.moving_s ?? 0);
      if (isWhole || msSince(session_id) > WHOLE_WITHIN_MS || signal.aborted) return session;
    } catch (error) {
      const isExpected = msSince(session_id) < WRITTEN_WITHIN_MS;
      if (!(error instanceof api.ProblemError && error.problem.status === 404 && isExpected) || signal.aborted) throw error;
      const other = asked < ASKED_BY_ID ? undefined : await otherId(finished.get(session_id));
      if (other) return api.session(other);
    }
    if (asked === 0) wait();
    await new Promise((resolve) => setTimeout(resolve, ASK_EVERY_MS));
  }
}

async function otherId(note: Finished | undefined): Promise<string | undefined> {
  if (!note?.claim_id) return undefined;
  const { sessions } = await api.sessions(note.member_id, null);
  const other = sessions.find((one) => one.claim_id === note.claim_id)?.session_id;
  if (other) finished.set(other, note);
  return other;
}
