import { barEndMs } from "../../../domain/market/timeframe.ts";
import type { MarketEvent } from "./feed.ts";

/** How fast a replay goes: at a rate, at a multiple of the data's own time, or as fast as it is consumed. */
export type Pace =
  | { readonly eventsPerSecond: number }
  | { readonly timesMarket: number }
  | { readonly unpaced: true };

/**
 * How far behind its schedule a replay may run and still catch up. Timers are late by a millisecond or two, and without
 * catching up a rate above 500 a second could not be kept; with more, a consumer that was busy would meet a burst.
 */
const DEBT_MS_MAX = 100;

/** Says how long to hold each event back. Pure but for its own memory: the time is told. */
export class Pacer {
  private readonly pace: Pace;
  private dueMs: number | null = null;
  private marketMs: number | null = null;

  /** @throws RangeError unless the speed is a finite number above 0 */
  constructor(pace: Pace) {
    const speed = speedOf(pace);
    if (!(speed > 0 && Number.isFinite(speed))) {
      throw new RangeError(`expected a speed above 0, found ${String(speed)}`);
    }
    this.pace = pace;
  }

  /** How many ms to wait, from `nowMs` on a clock that never goes back, before `event` is due. */
  waitMs(event: MarketEvent, nowMs: number): number {
    const intervalMs = this.intervalMs(event);
    const dueMs = this.dueMs === null ? nowMs : this.dueMs + intervalMs;
    this.dueMs = Math.max(dueMs, nowMs - DEBT_MS_MAX);
    const waitMs = this.dueMs - nowMs;
    return waitMs < 1 ? 0 : waitMs;
  }

  private intervalMs(event: MarketEvent): number {
    if ("unpaced" in this.pace) return 0;
    if ("eventsPerSecond" in this.pace) return 1_000 / this.pace.eventsPerSecond;
    const marketMs = marketTimeMs(event);
    const elapsedMs = marketMs - (this.marketMs ?? marketMs);
    this.marketMs = Math.max(marketMs, this.marketMs ?? marketMs);
    return Math.max(elapsedMs, 0) / this.pace.timesMarket;
  }
}

function speedOf(pace: Pace): number {
  if ("unpaced" in pace) return 1;
  return "eventsPerSecond" in pace ? pace.eventsPerSecond : pace.timesMarket;
}

/** When the market knew of an event, epoch ms: a bar is known at its close. */
function marketTimeMs(event: MarketEvent): number {
  switch (event.kind) {
    case "bar":
      return barEndMs(event.bar.timeframe, event.bar.startMs);
    case "trade":
      return event.trade.tsEventMs;
    case "quote":
      return event.quote.tsEventMs;
    case "book":
      return event.book.tsEventMs;
  }
}
