import type { Instrument } from "../../market/instrument.ts";
import type { Quote } from "../../market/quote.ts";
import { markPrice } from "../../risk/reference-price.ts";
import { get, values } from "../../shared/bucket-map.ts";
import type { Decision, Effect, Env } from "../../shared/decider.ts";
import { Decimal, dec, type DecimalString, floorTo, text, ZERO } from "../../shared/decimal.ts";
import { closingOrder, evolved, freeUnitsOf } from "../closing-order.ts";
import type { RiskBoard } from "../market-view.ts";
import type { PortfolioEvent } from "../messages.ts";
import { positionKey } from "../position.ts";
import { judge } from "../request-order.ts";
import { type Account, openPositions, type Position } from "../state.ts";
import { marginOf, met, placedBy, unchanged } from "./margin-call.ts";
import { maintenanceRates, markOf, rateOf } from "./margin-state.ts";
import type { MarginCommand, MarginReceipt } from "./messages.ts";
import type { MarginTerms, SymbolMargin } from "./terms.ts";

type Liquidate = Extract<MarginCommand, { type: "LiquidateForMargin" }>;
type Liquidation = Decision<PortfolioEvent, MarginReceipt>;

/** What closing is reckoned to cost beside fees, a fraction of the value, so that a call is rather met at once than in steps. */
const SLIPPAGE = dec("0.01");

/**
 * Closes what a call needs: the largest position first, as much of it as frees the maintenance margin that is missing, then
 * the next one, by market orders that only reduce. What such orders of before will free is counted. An order that the check
 * denies (a halt, hours, a stale price) is not placed and not on record: the reminder tries again.
 */
export function liquidateForMargin(account: Account, command: Liquidate, env: Env): Liquidation {
  const { call } = account.marginBook;
  const { margin: terms } = account.opening;
  if (call?.callId !== command.callId || call.status !== "liquidating" || terms === undefined)
    return unchanged(call);
  const board = withQuotes(command);
  const state = marginOf(account, board);
  if (state === null) return unchanged(call);
  if (!dec(state.maintenanceExcess).isNegative()) return met(call, state);
  let after = account;
  let missing = dec(state.maintenanceExcess).negated();
  const placed: Liquidation[] = [];
  for (const holding of holdingsOf(account, terms, board)) {
    missing = missing.minus(freedByOrders(account, holding, call.callId));
    if (missing.lessThanOrEqualTo(ZERO)) break;
    const sold = closePart(after, holding, missing, command, env);
    if (sold === null) continue;
    placed.push(sold.decision);
    after = evolved(after, sold.decision.events, env);
    missing = missing.minus(sold.frees);
  }
  return {
    events: placed.flatMap(({ events }) => events),
    effects: placed.flatMap(({ effects = [] }): readonly Effect[] => effects),
    reply: {
      callId: call.callId,
      status: "liquidating",
      orders: placed.flatMap(({ reply }) => reply.orders),
    },
  };
}

/** Quotes are newer than the board. */
function withQuotes({ board, markets }: Liquidate): RiskBoard {
  const quoted = markets.flatMap(({ quote }) => {
    const mark = markPrice(quote);
    return quote === null || mark === null ? [] : [[quote.symbol, text(mark)] as const];
  });
  return { ...board, marks: { ...board.marks, ...Object.fromEntries(quoted) } };
}

interface Holding {
  readonly position: Position;
  readonly value: Decimal;
  /** what closing a unit takes off what is missing, in the base currency */
  readonly freesPerUnit: Decimal;
}

/** The largest first. */
function holdingsOf(account: Account, terms: MarginTerms, board: RiskBoard): readonly Holding[] {
  return openPositions(account)
    .map((position): Holding => {
      const { symbol, quantity, multiplier, currency } = position;
      const rate = rateOf(board, currency, account.opening.baseCurrency) ?? ZERO;
      const unit = (markOf(board, symbol) ?? ZERO).times(multiplier).times(rate);
      const kept = get(account.marginBook.symbols, symbol);
      const own: SymbolMargin = kept ?? { multiplier, currency, initial: null, maintenance: null };
      const rates = maintenanceRates(own, terms);
      const isShort = dec(quantity).isNegative();
      const freed = (isShort ? rates.short : rates.long).minus(SLIPPAGE);
      return {
        position,
        value: unit.times(quantity).abs(),
        freesPerUnit: unit.times(Decimal.max(freed, ZERO)),
      };
    })
    .toSorted((a, b) => b.value.comparedTo(a.value));
}

function freedByOrders(account: Account, { position, freesPerUnit }: Holding, callId: string) {
  const by = placedBy(callId);
  return values(account.orders.byId)
    .filter(
      ({ approved }) => approved.placedBy === by && positionKey(approved) === positionKey(position),
    )
    .reduce((sum, { hold }) => sum.plus(freesPerUnit.times(hold.quantity)), ZERO);
}

interface Closing {
  readonly decision: Liquidation;
  readonly frees: Decimal;
}

function closePart(
  account: Account,
  { position, freesPerUnit }: Holding,
  missing: Decimal,
  { markets, callId }: Liquidate,
  env: Env,
): Closing | null {
  const market = markets.find(({ instrument }) => instrument?.symbol === position.symbol);
  if (market?.instrument === undefined || market.instrument === null) return null;
  const { lotSize } = market.instrument;
  const free = freeUnitsOf(account, position);
  const wanted = freesPerUnit.isZero() ? free : ceilTo(missing.dividedBy(freesPerUnit), lotSize);
  const most = Decimal.min(free, mostPerOrder(market.instrument, market.quote));
  const quantity = floorTo(Decimal.min(wanted, most), lotSize);
  if (quantity.lessThanOrEqualTo(ZERO)) return null;
  const part = { position, quantity, placedBy: placedBy(callId), name: "liquidate" };
  const order = closingOrder(account, part, env);
  const own = { ...env, id: (name: string) => env.id(`${name}:${order.orderId}`) };
  // The owner's limits of size and pace would keep what is owed from being paid back.
  const unlimited = { ...account, limits: {} };
  const { events, effects = [], reply } = judge(unlimited, order, market, null, own);
  if (reply.verdict !== "approved") return null;
  return {
    decision: {
      events,
      effects,
      reply: { callId, status: "liquidating", orders: [order.orderId] },
    },
    frees: freesPerUnit.times(quantity),
  };
}

/** What is larger than the instrument's largest order goes in several, one each time. */
function mostPerOrder(instrument: Instrument, quote: Quote | null): Decimal {
  const { maxQuantity, maxNotional, multiplier } = instrument;
  const mark = markPrice(quote);
  const byValue =
    maxNotional === undefined || mark === null
      ? null
      : dec(maxNotional).dividedBy(mark.times(multiplier));
  const bounds = [maxQuantity === undefined ? null : dec(maxQuantity), byValue];
  return Decimal.min(Infinity, ...bounds.filter((bound) => bound !== null));
}

function ceilTo(value: Decimal, step: DecimalString): Decimal {
  return value.dividedBy(step).ceil().times(step);
}
