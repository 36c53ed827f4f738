import { checkTick } from "../../../domain/market/check-tick.ts";
import { checkQuote } from "../../../domain/market/check-quote.ts";
import { checkBar } from "../../../domain/market/check-bar.ts";
import type { TradeTick } from "../../../domain/market/quote.ts";
import type { MarketEvent, RowResult } from "../feeds/feed.ts";
import type { StreamSink } from "./source.ts";

/** What a message holds beside what every tape has. */
interface TradeDetails {
  readonly tradeId?: string;
  readonly aggressor?: "buy" | "sell";
  readonly tsEventMicros?: number;
}

export function readTrade(row: object, details: TradeDetails, nowMs: number): RowResult {
  const checked = checkTick(row, { nowMs });
  if ("refused" in checked) return checked;
  const trade: TradeTick = { ...checked.accepted, ...details };
  return { event: { kind: "trade", trade } };
}

export function readQuote(row: object, nowMs: number, tsEventMicros?: number): RowResult {
  const checked = checkQuote(row, { nowMs });
  if ("refused" in checked) return checked;
  const quote = { ...checked.accepted, ...(tsEventMicros !== undefined && { tsEventMicros }) };
  return { event: { kind: "quote", quote } };
}

export function readBar(row: object, nowMs: number): RowResult {
  const checked = checkBar(row, { nowMs });
  return "refused" in checked ? checked : { event: { kind: "bar", bar: checked.accepted } };
}

/** Hands a message's rows over together, what was refused of them by itself. */
export function hand(sink: StreamSink, rows: readonly RowResult[]): void {
  const events: MarketEvent[] = [];
  for (const row of rows) {
    if ("event" in row) events.push(row.event);
    else sink.refused(row.refused);
  }
  if (events.length > 0) sink.events(events);
}

/** An instant of ISO 8601 in UTC, as exact as it was written down to the microsecond. */
export function readInstant(
  value: unknown,
): { readonly ms: number; readonly micros?: number } | null {
  const found = typeof value === "string" ? INSTANT.exec(value) : null;
  if (found === null) return null;
  const [, seconds = "", fraction = ""] = found;
  const ms = Date.parse(`${seconds}.${fraction.padEnd(3, "0").slice(0, 3)}Z`);
  if (Number.isNaN(ms)) return null;
  return fraction.length > 3 ? { ms, micros: Number(fraction.padEnd(6, "0").slice(3, 6)) } : { ms };
}

const INSTANT = /^(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)(?:\.(\d{1,9}))?Z$/;
