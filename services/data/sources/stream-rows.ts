import { checkTick } from "../../../domain/market/check-tick.ts";
import { checkQuote } from "../../../domain/market/check-quote.ts";
import { checkBar } from "../../../domain/market/check-bar.ts";
import type { TradeTick } from "../../../domain/market/quote.ts";
import type { MarketEvent, RefusedRow } from "../feeds/feed.ts";
import type { StreamSink } from "./source.ts";

/** A row of a message, with the symbol that it is of. */
interface RawRow {
  readonly symbol: string;
  readonly [field: string]: unknown;
}
export type StreamRow =
  | { readonly event: MarketEvent }
  | { readonly refused: RefusedRow & { readonly symbol: string } };

/** What a message holds beside what every tape has. */
interface TradeDetails {
  readonly tradeId?: string;
  readonly aggressor?: "buy" | "sell";
  readonly tsEventMicros?: number;
}

export function readTrade(row: RawRow, details: TradeDetails, nowMs: number): StreamRow {
  const checked = checkTick(row, { nowMs });
  if ("refused" in checked) return refusal(row, checked.refused);
  const trade: TradeTick = { ...checked.accepted, ...details };
  return { event: { kind: "trade", trade } };
}

export function readQuote(row: RawRow, nowMs: number, tsEventMicros?: number): StreamRow {
  const checked = checkQuote(row, { nowMs });
  if ("refused" in checked) return refusal(row, checked.refused);
  const quote = { ...checked.accepted, ...(tsEventMicros !== undefined && { tsEventMicros }) };
  return { event: { kind: "quote", quote } };
}

export function readBar(row: RawRow, nowMs: number): StreamRow {
  const checked = checkBar(row, { nowMs });
  if ("refused" in checked) return refusal(row, checked.refused);
  return { event: { kind: "bar", bar: checked.accepted } };
}

function refusal({ symbol }: RawRow, { reason, detail }: RefusedRow): StreamRow {
  return { refused: { symbol, reason, detail } };
}

/** Hands a message's rows over together, what was refused of them by itself. */
export function hand(sink: StreamSink, rows: readonly StreamRow[]): void {
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
