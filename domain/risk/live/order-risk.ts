import type { NewOrder } from "../../order/new-order.ts";
import type { MarketView } from "../../portfolio/market-view.ts";
import { type BucketMap, get, keys } from "../../shared/bucket-map.ts";
import { Decimal, type DecimalString } from "../../shared/decimal.ts";
import { type Standing, standingOf } from "../kill-switch/switch.ts";
import type { PortfolioLimits, TradingState } from "./limit-fields.ts";
import { type Exposed, linesOf, type SymbolRisk, withOrderLine } from "./lines.ts";
import type { Exposure } from "./live-book.ts";
import { type CashInBase, inBaseCurrency } from "./cash.ts";
import type { LiveView, TenantOthers } from "./live-view.ts";
import { type Losses, lossesOf } from "./losses.ts";
import { type Limits, limitsInForce, needsHistory, wantsPrices } from "./policy.ts";
import type { RiskBook } from "./risk-book.ts";

/** A portfolio with an order, as limits of exposure see it. Money is in the base currency. */
export interface OrderRisk {
  readonly inForce: Limits;
  readonly standing: Standing;
  /** it closes a position because the kill switch says so: nothing that a portfolio may risk keeps it from that */
  readonly isFlattening: boolean;
  /** this one not counted */
  readonly openOrders: number;
  /** null: no limit asks for it */
  readonly after: AfterOrder | Unknown | null;
}

/** Of what no price, rate or history is known. */
export interface Unknown {
  readonly missing: readonly string[];
}

export interface AfterOrder {
  /** now, at the market */
  readonly equity: Decimal;
  /** the highest that is known */
  readonly peak: Decimal;
  /** with the order, as all below */
  readonly exposure: Exposure;
  /** null: no limit asks for it */
  readonly losses: Losses | Unknown | null;
  /** without the order; null: not asked for, as a limit allows what would be with it, or not known */
  readonly lossesBefore: Losses | null;
  /** of the tenant's other portfolios; null: not known */
  readonly others: TenantOthers | null;
}

/** What of a portfolio's state this looks at. */
export interface RiskAccount extends Exposed {
  readonly limits: PortfolioLimits;
  readonly tradingState: TradingState;
  readonly cash: DecimalString;
  /** cash of other currencies */
  readonly foreign: BucketMap<{ readonly cash: DecimalString }>;
  readonly riskBook: RiskBook;
}

interface Asked {
  readonly order: Pick<NewOrder, "symbol" | "side" | "orderQty">;
  readonly market: Pick<MarketView, "instrument" | "live">;
  /** what the legs of its group hold on its side */
  readonly heldByGroup: DecimalString;
  readonly nowMs: number;
  readonly isFlattening: boolean;
}

export function limitsOf({ limits, riskBook }: RiskAccount, nowMs: number): Limits {
  const { desk, tenant, overrides } = riskBook;
  return limitsInForce({ own: limits, desk, tenant: tenant?.policy ?? null, overrides }, nowMs);
}

/** What limits of exposure have to know of an order. */
export function orderRisk(account: RiskAccount, asked: Asked): OrderRisk {
  const { order, nowMs, isFlattening } = asked;
  const { riskBook, tradingState } = account;
  const inForce = limitsOf(account, nowMs);
  return {
    inForce,
    standing: standingOf(tradingState, riskBook.switches, order.symbol, nowMs),
    isFlattening,
    openOrders: account.orders.byId.size,
    after: wantsPrices(inForce) && !isFlattening ? afterOrder(account, asked, inForce) : null,
  };
}

function afterOrder(account: RiskAccount, asked: Asked, limits: Limits): AfterOrder | Unknown {
  const { order, market, heldByGroup } = asked;
  const { live, instrument } = market;
  if (instrument === null) return { missing: [order.symbol] };
  const terms: SymbolRisk = {
    currency: instrument.currency,
    multiplier: instrument.multiplier,
    ...(instrument.sector !== undefined && { sector: instrument.sector }),
  };
  const lines = linesOf(account);
  if (live === undefined) return { missing: [...new Set([...lines, order].map((l) => l.symbol))] };
  const { symbol, side, orderQty: quantity } = order;
  const isHedged = account.opening.accounting === "hedging";
  const ordered = withOrderLine(lines, { symbol, side, quantity, isHedged }, terms, heldByGroup);
  const exposure = live.book.measure(ordered, live.facts);
  if ("missing" in exposure) return exposure;
  const cash = cashInBase(account, live);
  if ("missing" in cash) return cash;
  const equity = exposure.positionsValue.plus(cash.value);
  const losses = needsHistory(limits) ? lossesAfter(exposure, limits) : null;
  const after = {
    equity,
    peak: Decimal.max(account.riskBook.highWater, equity),
    exposure,
    losses,
    others: live.others,
  };
  if (losses === null || "missing" in losses || isInside(losses, equity, limits))
    return { ...after, lossesBefore: null };
  // The exposure is a look at the book as it is: it is asked for again below, with the order.
  const before = live.book.measure(lines, live.facts);
  const known = "missing" in before ? null : lossesAfter(before, limits);
  live.book.measure(ordered, live.facts);
  return { ...after, lossesBefore: known === null || "missing" in known ? null : known };
}

function isInside(losses: Losses, equity: Decimal, { limits }: Limits): boolean {
  const { maxVarPct, maxExpectedShortfallPct } = limits;
  const { valueAtRisk, expectedShortfall } = losses;
  const isBelow = (value: number, limit: DecimalString | undefined) =>
    limit === undefined || equity.times(limit).greaterThanOrEqualTo(value);
  return isBelow(valueAtRisk, maxVarPct) && isBelow(expectedShortfall, maxExpectedShortfallPct);
}

export function lossesAfter(exposure: Exposure, { confidence }: Limits): Losses | Unknown {
  const { pnl, withoutHistory } = exposure;
  if (withoutHistory.length > 0) return { missing: withoutHistory };
  // Nothing is held and nothing ordered: nothing can be lost.
  if (pnl.length === 0) return { valueAtRisk: 0, expectedShortfall: 0 };
  return lossesOf(pnl, confidence);
}

/** Cash of all currencies at the rates of now. */
function cashInBase({ cash, foreign }: RiskAccount, { facts }: LiveView): CashInBase {
  const balances = keys(foreign).map((currency) => ({
    currency,
    cash: get(foreign, currency)?.cash ?? "0",
  }));
  return inBaseCurrency(cash, balances, facts);
}
