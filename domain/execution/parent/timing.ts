import { DEFAULT_POV_SECONDS } from "../algorithms/plan-timed.ts";
import type { ParametersOf } from "../algorithms/parameters.ts";
import { isOpen, type StartedParent } from "./state.ts";

/** How often a sniper looks. A reminder is durable and costs a commit; what a second misses a later look may still have. */
const SNIPER_MS = 1_000;
/** How long to wait after a child was refused before the next try of a strategy without a clock. */
const RETRY_MS = 1_000;
/** Smart routing looks again so often for what it did not get. */
export const ROUNDS_MAX = 4;
const DAY_MS = 86_400_000;

/** Strategies whose slices are planned at birth. */
export function isTimed({ strategy }: StartedParent): boolean {
  switch (strategy.name) {
    case "twap":
    case "vwap":
    case "implementationShortfall":
      return true;
    case "pov":
    case "iceberg":
    case "sniper":
    case "smartRouting":
      return false;
  }
}

export function plannedCount(state: StartedParent): number | null {
  return isTimed(state) ? state.schedule.length : null;
}

/** When a slice is due; null when none is, or when it follows from what its children report. */
export function dueMsOf(state: StartedParent, index: number, nowMs: number): number | null {
  const { strategy } = state;
  switch (strategy.name) {
    case "twap":
    case "vwap":
    case "implementationShortfall":
      return state.schedule[index]?.atMs ?? null;
    case "pov":
      return povDueMs(state, strategy.parameters, index);
    case "sniper":
      return nowMs + SNIPER_MS;
    case "iceberg":
      return retryMsOf(state, nowMs);
    case "smartRouting":
      return restEndMsOf(state) ?? retryMsOf(state, nowMs);
  }
}

function retryMsOf({ refusedInRow }: StartedParent, nowMs: number): number | null {
  return refusedInRow > 0 ? nowMs + RETRY_MS : null;
}

/** When what a split has resting is asked back, the order's own end at the latest; null while nothing rests that was not. */
export function restEndMsOf(state: StartedParent): number | null {
  const { strategy, children } = state;
  if (strategy.name !== "smartRouting") return null;
  const resting = children.find(
    (child) => child.rests === true && isOpen(child) && !child.isCancelRequested,
  );
  if (resting === undefined) return null;
  // No order is born without restSeconds: where there were none, nothing would be given time.
  const restMs = (strategy.parameters.restSeconds ?? 0) * 1_000;
  return Math.min(resting.placedAtMs + restMs, lifeEndMsOf(state) ?? Infinity);
}

/** At the end of each interval, the last one at the end time. Null once the end time has been. */
function povDueMs(
  { createdAtMs }: StartedParent,
  { intervalSeconds = DEFAULT_POV_SECONDS, endTime = Infinity }: ParametersOf<"pov">,
  index: number,
): number | null {
  const intervalMs = intervalSeconds * 1000;
  if (createdAtMs + index * intervalMs >= endTime) return null;
  return Math.min(createdAtMs + (index + 1) * intervalMs, endTime);
}

/**
 * The slice that is to run now: the last that is due. A slice is late once the next is due; those before are missed.
 */
export function currentIndex(state: StartedParent, index: number, nowMs: number): number {
  let current = index;
  if (!hasClock(state)) return index;
  for (;;) {
    const nextMs = dueMsOf(state, current + 1, nowMs);
    if (nextMs === null || nextMs > nowMs) return current;
    current += 1;
  }
}

function hasClock(state: StartedParent): boolean {
  return isTimed(state) || state.strategy.name === "pov";
}

/** The last slice has no next one that would make it late: it may be late by as much as the schedule was long. */
export function isTooLate(state: StartedParent, index: number, nowMs: number): boolean {
  if (!isTimed(state) || index < state.schedule.length - 1) return false;
  const dueMs = dueMsOf(state, index, nowMs) ?? nowMs;
  return nowMs - dueMs > Math.max(gapMs(state), dueMs - state.createdAtMs);
}

/**
 * When an order without a schedule gives up: a gtd order at its time, a day order 24 hours after it came, another never.
 */
export function lifeEndMsOf({ order, createdAtMs }: StartedParent): number | null {
  if (order.expireAtMs !== undefined) return order.expireAtMs;
  return order.timeInForce === "day" ? createdAtMs + DAY_MS : null;
}

/** When what still rests is taken back: one interval after the last slice, or after it was sent when that was late. */
export function endMsOf(state: StartedParent): number {
  const { strategy, children, schedule, createdAtMs } = state;
  const sentMs = children.at(-1)?.placedAtMs ?? createdAtMs;
  const intervalEndMs = Math.max(sentMs, schedule.at(-1)?.atMs ?? createdAtMs) + gapMs(state);
  switch (strategy.name) {
    case "vwap":
      return Math.max(sentMs, strategy.parameters.end);
    case "pov":
      return Math.max(intervalEndMs, strategy.parameters.endTime ?? createdAtMs);
    case "twap":
    case "implementationShortfall":
    case "iceberg":
    case "sniper":
    case "smartRouting":
      return intervalEndMs;
  }
}

function gapMs({ schedule, strategy, createdAtMs }: StartedParent): number {
  const last = schedule.at(-1)?.atMs ?? createdAtMs;
  const before = schedule.at(-2)?.atMs;
  if (before !== undefined) return Math.max(1_000, last - before);
  switch (strategy.name) {
    case "twap":
      return strategy.parameters.intervalSeconds * 1000;
    case "vwap":
      return strategy.parameters.intervalMinutes * 60_000;
    case "implementationShortfall":
      return (strategy.parameters.durationDays / strategy.parameters.intervals) * DAY_MS;
    case "pov":
      return (strategy.parameters.intervalSeconds ?? DEFAULT_POV_SECONDS) * 1000;
    case "iceberg":
    case "sniper":
    case "smartRouting":
      return 0;
  }
}
