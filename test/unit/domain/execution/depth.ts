import type { PaperVenueCommand } from "../../../../domain/execution/paper-messages.ts";
import { T0 } from "./given.ts";

/** Prices and sizes, best first. */
export type Levels = readonly (readonly [price: string, size: string])[];

export function onBook(afterMs: number, bids: Levels, asks: Levels): PaperVenueCommand {
  const levels = (side: Levels) => side.map(([price, size]) => ({ price, size }));
  const book = { symbol: "AAPL", bids: levels(bids), asks: levels(asks) };
  const grid = { tickSize: "0.01", lotSize: "1" };
  return { type: "OnBook", book: { ...book, ...grid, tsEventMs: T0 + afterMs } };
}

export function onTrade(afterMs: number, price: string, size: string): PaperVenueCommand {
  const trade = { symbol: "AAPL", price, size, tsEventMs: T0 + afterMs, source: "test" };
  return { type: "OnTrade", trade };
}
