import type { Bar, Timeframe } from "../../domain/market/bar.ts";
import { addCorporateAction } from "../../mixins/rest/routes/corporate-actions.ts";
import { getBars } from "../../mixins/rest/routes/market-data.ts";
import type { BarsView } from "../../mixins/rest/routes/market-data.ts";
import { putSymbol } from "../../mixins/rest/routes/symbols.ts";
import { storeBars } from "../../models/timescale/bars.ts";
import type { HttpAnswer, RouteInput } from "../support/http.ts";
import type { TestNode } from "../support/node.ts";

/** When stored bars became known unless a test says otherwise. */
export const KNOWN_MS = Date.UTC(2022, 0);

/** Instruments, bars and corporate actions of a node, as its administrator handles them. */
export function barsOf(node: () => TestNode) {
  const add = (input: RouteInput) => node().admin.call(addCorporateAction, input);
  return {
    add,
    define: async (symbol: string): Promise<void> => {
      const terms = { assetClass: "equity", venue: "PAPER", currency: "USD", calendar: "XNYS" };
      const input = { symbol, name: symbol, tickSize: "0.01", lotSize: "1", ...terms };
      await node().admin.call(putSymbol, input);
    },
    store: (bars: readonly Bar[], knownAtMs = KNOWN_MS) =>
      storeBars(node().database.pool, bars, knownAtMs),
    bars: (input: RouteInput) => node().admin.call(getBars, { limit: 1000, ...input }),
    refusedBars: (input: RouteInput): Promise<HttpAnswer> => node().admin.ask(getBars, input),
    split: (symbol: string, exDate: string, newUnits: string, more: RouteInput = {}) =>
      add({ symbol, kind: "split", exDate, newUnits, oldUnits: "1", ...more }),
    dividend: (symbol: string, exDate: string, amount: string, more: RouteInput = {}) =>
      add({ symbol, kind: "dividend", exDate, amount, currency: "USD", ...more }),
  };
}

/** A bar on which the price did not move. */
export function bar(symbol: string, date: string, close: string, timeframe: Timeframe = "1d"): Bar {
  const startMs = Date.parse(`${date}T00:00:00Z`);
  const prices = { open: close, high: close, low: close, close };
  return { symbol, timeframe, startMs, ...prices, volume: "100", source: "test" };
}

/** Date and close of each bar. */
export function closesOf({ data }: BarsView): readonly (readonly [date: string, close: string])[] {
  return data.map(({ timestamp, close }) => [timestamp.slice(0, 10), close] as const);
}
