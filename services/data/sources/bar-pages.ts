import type { Bar, Timeframe } from "../../../domain/market/bar.ts";
import { instantOf, localDay, NEW_YORK } from "../../../domain/market/calendars/time-zone.ts";
import { checkBar } from "../../../domain/market/check-bar.ts";
import { barEndMs } from "../../../domain/market/timeframe.ts";
import { dec, text } from "../../../domain/shared/decimal.ts";
import type { DecimalString } from "../../../domain/shared/decimal.ts";
import type { RefusedRow } from "../feeds/feed.ts";
import type { Ask, HistoryPage, TimeRange } from "./source.ts";

export type BarQuery = TimeRange & { readonly symbol: string; readonly timeframe: Timeframe };

/** A bar in the vendor's figures, each as the answer had it: nothing is checked yet. */
export interface RawBar {
  readonly startMs: number | null;
  readonly open: unknown;
  readonly high: unknown;
  readonly low: unknown;
  readonly close: unknown;
  readonly volume: unknown;
  readonly vwap?: unknown;
  readonly tradeCount?: unknown;
}

const DAY_MS = 86_400_000;

/** When nothing more is added to a bar, epoch ms. */
export type EndOf = (timeframe: Timeframe, startMs: number) => number;

/** Of markets that trade around the clock. */
export const utcEnd: EndOf = barEndMs;

/** Of New York: a day is over there at midnight, because the vendors go on with it after the close. */
export const newYorkEnd: EndOf = (timeframe, startMs) =>
  timeframe === "1d" ? instantOf(NEW_YORK, startMs / DAY_MS + 1, 0) : barEndMs(timeframe, startMs);

/** Of a place that the vendor does not name: a date is over when it is over everywhere (UTC−12). */
export const anywhereEnd: EndOf = (timeframe, startMs) =>
  barEndMs(timeframe, startMs) + (timeframe === "1d" ? DAY_MS / 2 : 0);

/**
 * Turns the pages of one answer into pages of bars: each bar once, in order within its page, inside the range, ended. What is
 * still running and what lies outside the range is left out without a word; what is wrong is refused with its reason.
 */
export class BarSieve {
  readonly #query: BarQuery;
  readonly #source: string;
  readonly #ask: Ask;
  readonly #endOf: EndOf;
  readonly #delivered = new Set<number>();

  constructor(query: BarQuery, source: string, ask: Ask, endOf: EndOf) {
    this.#query = query;
    this.#source = source;
    this.#ask = ask;
    this.#endOf = endOf;
  }

  page(rows: Iterable<RawBar>): HistoryPage<Bar> {
    const nowMs = this.#ask.now();
    const accepted = new Map<number, Bar>();
    const refused: RefusedRow[] = [];
    for (const row of rows) {
      const checked = this.#check(row, nowMs);
      if ("refused" in checked) {
        refused.push(checked.refused);
        continue;
      }
      const bar = checked.accepted;
      // The later of two in one page: a vendor that repeats a bar has corrected it.
      if (this.#isWanted(bar.startMs, nowMs)) accepted.set(bar.startMs, bar);
    }
    for (const startMs of accepted.keys()) this.#delivered.add(startMs);
    const inOrder = [...accepted.values()].toSorted((a, b) => a.startMs - b.startMs);
    return { accepted: inOrder, refused };
  }

  #check(row: RawBar, nowMs: number) {
    const { symbol, timeframe } = this.#query;
    const raw = {
      symbol,
      timeframe,
      source: this.#source,
      startMs: row.startMs,
      open: plain(row.open),
      high: plain(row.high),
      low: plain(row.low),
      close: plain(row.close),
      volume: plain(row.volume),
      vwap: plain(row.vwap),
      tradeCount: countOf(row.tradeCount),
    };
    return checkBar(raw, { nowMs });
  }

  #isWanted(startMs: number, nowMs: number): boolean {
    const { startMs: from, endMs, timeframe } = this.#query;
    if (startMs < from || startMs >= endMs || this.#delivered.has(startMs)) return false;
    return this.#endOf(timeframe, startMs) <= nowMs;
  }
}

const EXPONENT = /^-?\d+(?:\.\d+)?[eE][+-]?\d{1,3}$/;

/** A number that was kept as text may have an exponent, which decimals from outside may not. */
export function plain(value: unknown): unknown {
  return typeof value === "string" && EXPONENT.test(value) ? text(dec(value)) : value;
}

function countOf(value: unknown): unknown {
  return typeof value === "string" && /^\d{1,15}$/.test(value) ? Number(value) : value;
}

/** A bar of a day is stamped 00:00 UTC of its date: here the date that an instant has in New York. */
export function newYorkStamp(atMs: number | null): number | null {
  return atMs === null ? null : localDay(NEW_YORK, atMs) * DAY_MS;
}

/** The same of a date that is written out. Null when it is none. */
export function stampOfDate(date: unknown): number | null {
  if (typeof date !== "string" || !/^\d{4}-\d\d-\d\d/.test(date)) return null;
  const ms = Date.parse(`${date.slice(0, 10)}T00:00:00Z`);
  const isReal = !Number.isNaN(ms) && new Date(ms).toISOString().startsWith(date.slice(0, 10));
  return isReal ? ms : null;
}

export function asMs(value: unknown): number | null {
  const ms = typeof value === "string" ? Number(value) : value;
  return typeof ms === "number" && Number.isSafeInteger(ms) ? ms : null;
}

/** A figure above zero, as a decimal; null for anything else. */
export function positive(value: unknown): DecimalString | null {
  const digits = plain(typeof value === "number" ? String(value) : value);
  if (typeof digits !== "string" || !/^\d{1,20}(?:\.\d{1,18})?$/.test(digits)) return null;
  return dec(digits).isZero() ? null : text(dec(digits));
}

/** A row that came as a list; of anything else, no cells. */
export function cellsOf(row: unknown): readonly unknown[] {
  return Array.isArray(row) ? row : [];
}

/** Parts of a range, so many ms long at most, oldest first. */
export function* windows({ startMs, endMs }: TimeRange, lengthMs: number): Generator<TimeRange> {
  for (let at = startMs; at < endMs; at += lengthMs)
    yield { startMs: at, endMs: Math.min(at + lengthMs, endMs) };
}
