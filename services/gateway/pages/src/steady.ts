// A session's totals never go down before somebody's eyes, except where the platform says that it computed anew.

import * as api from "./api";
import type { RunningSession } from "./api-types";

// a gateway that starts anew begins with stored totals, seconds old, and catches up
const ASK_AFTER_MS = 20_000;
const ROUNDING_KCAL = 0.005;

export interface Steady {
  session: RunningSession;
  isRecomputed: boolean;
}

/** Holds the highest totals of each session until newer ones come. */
export class SteadyTotals {
  private held: RunningSession | undefined;
  private behindSince_ms: number | null = null;
  private isRecomputed = false;
  private isLowerExpected = false;
  private isAsking = false;

  take(session: RunningSession, now_ms = performance.now()): Steady {
    if (this.held?.session_id !== session.session_id) {
      this.isRecomputed = false;
      this.isLowerExpected = false;
      return this.accept(session);
    }
    if (this.isLowerExpected || !isBehind(session, this.held)) return this.accept(session);
    this.behindSince_ms ??= now_ms;
    if (now_ms - this.behindSince_ms > ASK_AFTER_MS) void this.ask(session);
    // what goes on is true of the newest, what was counted of the highest
    return { session: { ...this.held, is_running: session.is_running }, isRecomputed: this.isRecomputed };
  }

  private accept(session: RunningSession): Steady {
    this.held = session;
    this.behindSince_ms = null;
    this.isLowerExpected = false;
    return { session, isRecomputed: this.isRecomputed };
  }

  private async ask(session: RunningSession): Promise<void> {
    if (this.isAsking) return;
    this.isAsking = true;
    try {
      const { recomputed_at } = await api.session(session.session_id);
      if (recomputed_at !== null) {
        this.isRecomputed = true;
        this.isLowerExpected = true;
      }
    } catch {
      // it is asked again with the next that comes
    } finally {
      this.behindSince_ms = null;
      this.isAsking = false;
    }
  }
}

function isBehind(session: RunningSession, held: RunningSession): boolean {
  return (
    session.energy.gross_kcal < held.energy.gross_kcal - ROUNDING_KCAL ||
    session.forward.duration_s < held.forward.duration_s ||
    session.backward.duration_s < held.backward.duration_s
  );
}
