import { performance } from "node:perf_hooks";

/** How long nobody is told anything after so many were, ms; 0 where that is not worth a timer. */
export type Pace = (clients: number) => number;

// A telling is one write of the kernel, 15 to 30 µs of the loop: a tenth of it while it has nothing else to do, and a fifteenth
// of it at most where every microsecond is somebody's order or bar.
const PAUSE_MS_AT_REST = 0.15;
const PAUSE_MS_BUSY = 0.4;
const PAUSE_MS_MIN = 1;

/**
 * However many listen, 2,500 are told a second while the event loop has no time left, and up to 6,600 while it has: what comes in
 * is not slowed by who looks on, and whoever looks on is told the newest a little later.
 */
export function loopPace(): Pace {
  let before = performance.eventLoopUtilization();
  return (clients) => {
    if (clients * PAUSE_MS_BUSY < PAUSE_MS_MIN) return 0;
    const now = performance.eventLoopUtilization();
    const { utilization } = performance.eventLoopUtilization(now, before);
    before = now;
    return clients * pauseMsAt(utilization);
  };
}

/** @param utilization of the loop since it was last asked, 0 to 1; not a number where no time has gone by */
export function pauseMsAt(utilization: number): number {
  const busy = utilization >= 0 && utilization <= 1 ? utilization : 1;
  return PAUSE_MS_AT_REST + busy * (PAUSE_MS_BUSY - PAUSE_MS_AT_REST);
}
