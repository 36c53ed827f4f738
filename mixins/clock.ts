/**
 * Time as an argument: nothing else in the project reads the wall clock or starts a timer, so that a test or a simulator
 * can hand in time of its own.
 */
export interface Clock {
  /** wall time, epoch ms, UTC, integer; may jump when the machine's clock is set */
  now(): number;
  /** never goes back; for measuring how long something took, and for deadlines. Its zero means nothing */
  monotonicMs(): number;
  /** Runs `fn` once after `ms`, unless canceled before. Any length works; a negative one counts as 0. */
  setTimer(ms: number, fn: () => void): Timer;
  /** @throws the signal's reason as soon as it is aborted, at once when it already is */
  sleep(ms: number, signal?: AbortSignal): Promise<void>;
}

export interface Timer {
  /** May be called twice, and after the timer has fired. */
  cancel(): void;
}

/** Node fires a longer timeout after 1 ms; 2³¹ − 1 ms is 24.8 days. */
const LONGEST_TIMEOUT_MS = 2 ** 31 - 1;

function setTimer(ms: number, fn: () => void): Timer {
  let handle: NodeJS.Timeout;
  const wait = (leftMs: number): void => {
    const stepMs = Math.min(leftMs, LONGEST_TIMEOUT_MS);
    handle = setTimeout(() => (leftMs > stepMs ? wait(leftMs - stepMs) : fn()), stepMs);
  };
  wait(ms);
  return { cancel: () => clearTimeout(handle) };
}

function sleep(ms: number, signal?: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    signal?.throwIfAborted();
    const onAbort = (): void => {
      timer.cancel();
      reject(signal?.reason);
    };
    const timer = setTimer(ms, () => {
      signal?.removeEventListener("abort", onAbort);
      resolve();
    });
    signal?.addEventListener("abort", onAbort, { once: true });
  });
}

export const systemClock: Clock = {
  now: () => Date.now(),
  monotonicMs: () => performance.now(),
  setTimer,
  sleep,
};
