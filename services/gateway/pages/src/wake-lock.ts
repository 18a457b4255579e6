// Keeps the screen on while somebody moves, where the browser can; the lock goes whenever the page is hidden.

let lock: WakeLockSentinel | undefined;
let isWanted = false;

async function request(): Promise<void> {
  if (!isWanted || lock || document.hidden || !("wakeLock" in navigator)) return;
  try {
    lock = await navigator.wakeLock.request("screen");
    lock.addEventListener("release", () => {
      lock = undefined;
    });
    if (!isWanted) await lock.release();
  } catch {
    // a phone that saves its battery says no, and is right
  }
}

export function keepAwake(isMoving: boolean): void {
  if (isWanted === isMoving) return;
  isWanted = isMoving;
  if (isMoving) void request();
  else void lock?.release();
}

export function followVisibility(signal: AbortSignal): void {
  document.addEventListener("visibilitychange", () => void request(), { signal });
  signal.addEventListener("abort", () => keepAwake(false));
}
