// Sessions that were finished on this page a moment ago, and may not have reached the store yet.

import type { SessionDetail } from "./api-types";
import * as api from "./api";

const ASK_EVERY_MS = 1_000;
const WRITTEN_WITHIN_MS = 30_000;
const finished = new Map<string, number>();

export const noteFinished = (session_id: string): void => void finished.set(session_id, performance.now());

/** Returns a session; one that was just finished is waited for, and `wait` is told so once. */
export async function sessionOf(session_id: string, signal: AbortSignal, wait: () => void): Promise<SessionDetail> {
  for (let asked = 0; ; asked += 1) {
    try {
      return await api.session(session_id);
    } catch (error) {
      const isExpected = performance.now() - (finished.get(session_id) ?? -Infinity) < WRITTEN_WITHIN_MS;
      if (!(error instanceof api.ProblemError && error.problem.status === 404 && isExpected) || signal.aborted) throw error;
    }
    if (asked === 0) wait();
    await new Promise((resolve) => setTimeout(resolve, ASK_EVERY_MS));
  }
}
