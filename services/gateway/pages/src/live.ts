// Follows /v1/live, and comes back by itself: after sleep, a lost network, a restarted gateway.

import type { Treadmill, TreadmillList } from "./api-types";

export interface LiveHandlers {
  picture(treadmills: Treadmill[]): void;
  treadmill(treadmill: Treadmill): void;
  connection(isOpen: boolean): void;
}

const FIRST_RETRY_MS = 1_000;
const LONGEST_RETRY_MS = 10_000;
// streams end every five minutes and begin again within a second: nothing to tell anybody
const LOST_AFTER_MS = 2_500;
// the gateway's comments every 15 s are not shown to scripts; a stream may be dead and look open
const REOPEN_AFTER_MS = 60_000;
const WAKE_AFTER_MS = 5_000;
const CHECK_MS = 5_000;

/** Follows all treadmills, or one named `gym_id/treadmill_id`, until `signal` says to end. */
export function followLive(handlers: LiveHandlers, signal: AbortSignal, treadmill?: string): void {
  const address = `/v1/live${treadmill ? `?treadmill=${encodeURIComponent(treadmill)}` : ""}`;
  let source: EventSource | undefined;
  let heardAt_ms = 0;
  let retry_ms = FIRST_RETRY_MS;
  let retryTimer = 0;
  let lostTimer = 0;

  const heard = (): void => {
    heardAt_ms = performance.now();
    retry_ms = FIRST_RETRY_MS;
  };
  const close = (): void => {
    clearTimeout(retryTimer);
    source?.close();
    source = undefined;
  };
  const lost = (): void => {
    lostTimer ||= window.setTimeout(() => handlers.connection(false), LOST_AFTER_MS);
  };
  const open = (): void => {
    close();
    if (signal.aborted) return;
    heardAt_ms = performance.now();
    const opened = (source = new EventSource(address));
    opened.addEventListener("open", () => {
      heard();
      clearTimeout(lostTimer);
      lostTimer = 0;
      handlers.connection(true);
    });
    opened.addEventListener("picture", (event: MessageEvent<string>) => {
      heard();
      handlers.picture((JSON.parse(event.data) as TreadmillList).treadmills);
    });
    opened.addEventListener("treadmill", (event: MessageEvent<string>) => {
      heard();
      handlers.treadmill(JSON.parse(event.data) as Treadmill);
    });
    opened.addEventListener("error", () => {
      if (source !== opened) return;
      lost();
      // browsers give up after an answer that is no stream, such as 503
      if (opened.readyState !== EventSource.CLOSED) return;
      // a whole gym of phones must not come back at the same moment
      retryTimer = window.setTimeout(open, retry_ms * (0.75 + Math.random() / 2));
      retry_ms = Math.min(retry_ms * 2, LONGEST_RETRY_MS);
    });
  };
  const wake = (): void => {
    if (document.hidden) return;
    const isDoubtful = !source || source.readyState !== EventSource.OPEN;
    if (isDoubtful || performance.now() - heardAt_ms > WAKE_AFTER_MS) open();
  };
  const check = setInterval(() => {
    if (source?.readyState === EventSource.OPEN && performance.now() - heardAt_ms > REOPEN_AFTER_MS) open();
  }, CHECK_MS);
  document.addEventListener("visibilitychange", wake, { signal });
  window.addEventListener("online", wake, { signal });
  window.addEventListener("offline", lost, { signal });
  window.addEventListener("pageshow", (event) => event.persisted && open(), { signal });
  window.addEventListener("pagehide", close, { signal });
  signal.addEventListener("abort", () => {
    clearInterval(check);
    clearTimeout(lostTimer);
    close();
  });
  open();
}
