/** A bar or quote goes to every open order that it can mean something to. */
import type { Bar } from "../market/bar.ts";
import type { Quote } from "../market/quote.ts";
import type { Side } from "../order/new-order.ts";
import type { Env } from "../shared/decider.ts";
import { type Decimal, dec } from "../shared/decimal.ts";
import { marketsOf } from "./bar-path.ts";
import type { VenueOrder } from "./book.ts";
import { type Market, marketOf } from "./market.ts";
import { match } from "./matching.ts";
import { afterFill, inTurn } from "./oco.ts";
import { candidates, findOpen, otherLegs } from "./open-orders.ts";
import { arrived, arriving } from "./paper-line.ts";
import type { PaperVenueEvent } from "./paper-messages.ts";
import { outcomeEvents } from "./paper-reports.ts";
import { type PaperVenueState, evolve } from "./paper-state.ts";
import { PLAIN_RULES, type VenueRules } from "./venue-rules.ts";

/** What of a bar or quote is still to be had; null when not limited. Lives for one command. */
interface Pool {
  left: Decimal | null;
}

type Supply = Readonly<Record<Side, Pool>>;

/** @param participation the largest fraction of the volume that our orders may take together; null: no cap */
export function offerBar(
  state: PaperVenueState,
  bar: Bar,
  { participation, rules = PLAIN_RULES }: { participation?: string; rules?: VenueRules },
  env: Env,
): readonly PaperVenueEvent[] {
  let now = state;
  return marketsOf(bar, rules, state.history).flatMap((market) => {
    // Buyers and sellers share one volume.
    const pool: Pool = { left: shareOf(market.volume.buy, participation, rules) };
    const events = offer(now, market, { buy: pool, sell: pool }, env);
    now = evolved(now, events, env);
    return events;
  });
}

/** A path's prices have their sizes, as its model has it; the bar of the other models is not limited unless it is asked for. */
function shareOf(
  volume: string | null,
  participation: string | undefined,
  { fillModel }: VenueRules,
): Decimal | null {
  if (volume === null) return null;
  if (participation !== undefined) return dec(volume).times(participation);
  return fillModel === "nautilus" ? dec(volume) : null;
}

export function offerQuote(
  state: PaperVenueState,
  quote: Quote,
  rules: VenueRules = PLAIN_RULES,
  env: Env,
): readonly PaperVenueEvent[] {
  const { bid, ask, bidSize, askSize, tsEventMs: timeMs } = quote;
  const market = marketOf({ by: "quote", timeMs, bid, ask }, null, {
    rules,
    history: state.history,
    volume: { buy: askSize, sell: bidSize },
  });
  const buy: Pool = { left: askSize === null ? null : dec(askSize) };
  const sell: Pool = { left: bidSize === null ? null : dec(bidSize) };
  return offer(state, market, { buy, sell }, env);
}

/** At the touch of a book, to those that do not stand in it. */
export function offerAmong(
  state: PaperVenueState,
  market: Market,
  isMeant: (order: VenueOrder) => boolean,
  env: Env,
): readonly PaperVenueEvent[] {
  const { buy, sell } = market.volume;
  const supply = {
    buy: { left: buy === null ? null : dec(buy) },
    sell: { left: sell === null ? null : dec(sell) },
  };
  const orders = candidates(state.open, market).filter(isMeant);
  return offerEach(state, inTurn(orders, market), market, supply, env);
}

function offer(
  state: PaperVenueState,
  market: Market,
  supply: Supply,
  env: Env,
): readonly PaperVenueEvent[] {
  const { seen } = market;
  const seenEvent: PaperVenueEvent = { type: "VenueMarketSeen", seen };
  const told = arrived(arriving(state.held, seen));
  const orders = inTurn(candidates(state.open, market), market);
  // After what this brings: so is a report overtaken.
  return [seenEvent, ...offerEach(state, orders, market, supply, env), ...told];
}

function offerEach(
  state: PaperVenueState,
  orders: readonly VenueOrder[],
  market: Market,
  supply: Supply,
  env: Env,
): readonly PaperVenueEvent[] {
  let now = state;
  return orders.flatMap((candidate) => {
    const order = asItIsNow(now, candidate);
    if (order === undefined) return [];
    const made = offerTo(now, order, market, supply[order.submitted.side], env);
    // Only legs of a group mean anything to those after them.
    if (order.submitted.ocoGroup !== undefined) now = evolved(now, made, env);
    return made;
  });
}

function asItIsNow({ open }: PaperVenueState, order: VenueOrder): VenueOrder | undefined {
  const { ocoGroup, clOrdId } = order.submitted;
  return ocoGroup === undefined ? order : findOpen(open, clOrdId);
}

function offerTo(
  { open }: PaperVenueState,
  order: VenueOrder,
  market: Market,
  pool: Pool,
  env: Env,
): readonly PaperVenueEvent[] {
  const outcome = match(order, market, pool.left);
  const { fill } = outcome;
  pool.left = pool.left?.minus(fill?.quantity ?? 0) ?? null;
  const events = outcomeEvents(order, outcome, market.seen, env);
  if (fill === null) return events;
  return [...events, ...afterFill(order, fill, otherLegs(open, order), env)];
}

function evolved(state: PaperVenueState, events: readonly PaperVenueEvent[], env: Env) {
  const { nowMs: atMs, commandId } = env;
  return events.reduce((now, event) => evolve(now, { event, version: 0, atMs, commandId }), state);
}
