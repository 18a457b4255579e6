// Follows /v1/live, and comes back by itself when the gateway does.

import type { Treadmill, TreadmillList } from "./api-types";

export interface LiveHandlers {
  picture(treadmills: Treadmill[]): void;
  treadmill(treadmill: Treadmill): void;
  connection(isOpen: boolean): void;
}

const RETRY_MS = 2_000;
// the gateway sends a comment every 15 s, which scripts do not see; a stream that is open is alive

export function followLive(handlers: LiveHandlers): void {
  const source = new EventSource("/v1/live");
  source.addEventListener("open", () => handlers.connection(true));
  source.addEventListener("picture", (event: MessageEvent<string>) =>
    handlers.picture((JSON.parse(event.data) as TreadmillList).treadmills),
  );
  source.addEventListener("treadmill", (event: MessageEvent<string>) =>
    handlers.treadmill(JSON.parse(event.data) as Treadmill),
  );
  source.addEventListener("error", () => {
    handlers.connection(false);
    // browsers give up after an answer that is no stream, such as 503
    if (source.readyState === EventSource.CLOSED)
      setTimeout(() => followLive(handlers), RETRY_MS);
  });
}
