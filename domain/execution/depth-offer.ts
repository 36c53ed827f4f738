/** A book, or a print of a market that has shown its book, goes to the open orders. */
import type { DisplayedBook } from "../market/displayed-book.ts";
import type { TradeTick } from "../market/quote.ts";
import type { Env } from "../shared/decider.ts";
import { dec, text } from "../shared/decimal.ts";
import { DepthRun } from "./depth-run.ts";
import { type Depth, marketLevels } from "./depth.ts";
import { marketOf } from "./market.ts";
import { arrived, arriving } from "./paper-line.ts";
import type { MarketSeen, PaperVenueEvent } from "./paper-messages.ts";
import { offerAmong } from "./paper-offer.ts";
import type { PaperVenueState } from "./paper-state.ts";
import type { VenueRules } from "./venue-rules.ts";

export function offerBook(
  state: PaperVenueState,
  book: DisplayedBook,
  rules: VenueRules,
  env: Env,
): readonly PaperVenueEvent[] {
  const { bids, asks, tickSize, lotSize, tsEventMs: timeMs } = book;
  const grid = { tickSize, lotSize };
  const [bid] = bids;
  const [ask] = asks;
  const seen: MarketSeen = {
    by: "quote",
    timeMs,
    bid: bid?.price ?? null,
    ask: ask?.price ?? null,
  };
  const run = new DepthRun(state, seen, grid, env);
  run.end();
  run.display(marketLevels(bids, grid), marketLevels(asks, grid));
  run.admit();
  const volume = { buy: ask?.size ?? null, sell: bid?.size ?? null };
  const market = marketOf(seen, null, { rules, history: state.history, volume });
  run.add(offerAmong(run.state, market, (order) => !run.isOfBook(order), env));
  const depth: Depth = { grid, snapshot: run.snapshot(), timeMs, prints: [] };
  return [
    { type: "VenueMarketSeen", seen },
    ...run.events,
    { type: "VenueDepthSeen", depth },
    ...arrived(arriving(state.held, seen)),
  ];
}

/** Nothing without a book: prints say who was filled only where the queue is known. */
export function offerTrade(
  state: PaperVenueState,
  { price, size, tsEventMs: timeMs }: TradeTick,
  env: Env,
): readonly PaperVenueEvent[] {
  const { depth } = state;
  if (depth === null || timeMs < depth.timeMs) return [];
  const print = `${text(dec(price))}:${text(dec(size))}`;
  const before = timeMs === depth.timeMs ? depth.prints : [];
  if (before.includes(print)) return [];
  const seen: MarketSeen = { by: "quote", timeMs, bid: null, ask: null };
  const run = new DepthRun(state, seen, depth.grid, env);
  if (!run.print(price, size)) return [];
  const prints = [...before, print];
  const after: Depth = { grid: depth.grid, snapshot: run.snapshot(), timeMs, prints };
  return [...run.events, { type: "VenueDepthSeen", depth: after }];
}
