import { type BucketMap, get, values } from "../shared/bucket-map.ts";
import { add, type Decimal, dec, type DecimalString, subtract } from "../shared/decimal.ts";
import type { AfterTrade } from "./after-trade-state.ts";
import type {
  CorporateActionsSetting,
  Lot,
  LotMethod,
  PortfolioLimits,
  PortfolioSummary,
  PositionSummary,
  TradingState,
} from "./messages.ts";
import type { RiskBook } from "../risk/live/risk-book.ts";
import { summarizeRisk } from "../risk/live/risk-summary.ts";
import { summarizeCurrencies } from "./currency/currency-summary.ts";
import type { Foreign } from "./currency/evolve-currency.ts";
import type { CurrencyTerms } from "./currency/terms.ts";
import type { MarginBook } from "./margin/margin-book.ts";
import { summarizeMargin } from "./margin/margin-summary.ts";
import type { FinancingTerms, MarginTerms } from "./margin/terms.ts";
import { openQuantity, type OpenOrders } from "./open-orders.ts";

/** Plain JSON. `account` is null until the portfolio is opened. */
export interface PortfolioState {
  readonly portfolioId: string;
  readonly account: Account | null;
}

/** What a portfolio was opened with: a repeated Open is compared with it, whatever was updated since. */
export interface Opening {
  readonly tenantId: string;
  readonly ownerId: string;
  readonly name: string;
  readonly baseCurrency: string;
  readonly initialCash: DecimalString;
  readonly lotMethod: LotMethod;
  readonly limits: PortfolioLimits;
  /** absent: a cash portfolio */
  readonly margin?: MarginTerms;
  /** absent: cash costs and earns nothing, and units are borrowed for nothing */
  readonly financing?: FinancingTerms;
  /** absent: one currency */
  readonly currencies?: CurrencyTerms;
  /** absent: netting */
  readonly accounting?: "hedging";
  /** absent: by hand */
  readonly corporateActions?: "automatic";
}

/** An open portfolio. Money is in the base currency, and cash of it; that of others is in `foreign`. */
export interface Account extends Foreign {
  readonly portfolioId: string;
  readonly opening: Opening;
  readonly name: string;
  readonly limits: PortfolioLimits;
  readonly status: "open" | "closed";
  readonly tradingState: TradingState;
  readonly corporateActions: CorporateActionsSetting;
  /** equity at cost before the first event of the newest day (UTC) with events */
  readonly dayStart: DayStart;
  readonly cash: DecimalString;
  /** Σ cash of the holds in it, a group's counted once */
  readonly reserved: DecimalString;
  readonly realizedPnl: DecimalString;
  readonly fees: DecimalString;
  /** by symbol, or by id where they stand side by side; one that was closed stays, with quantity 0, for its profit and fees */
  readonly positions: BucketMap<Position>;
  /** Σ cost of the positions in the base currency */
  readonly positionsCost: DecimalString;
  readonly orders: OpenOrders;
  /** orders that hold nothing any more, newest last, the last 256: what they said before is still known */
  readonly decided: readonly DecidedOrder[];
  /** when the last orders were approved, epoch ms, oldest first; no more than `maxOrdersPerMinute`, none without it */
  readonly approvedAtMs: readonly number[];
  /** by strategy and symbol: the close of the bar whose signal was acted upon last, epoch ms */
  readonly actedAsOfMs: BucketMap<number>;
  readonly afterTrade: AfterTrade;
  readonly marginBook: MarginBook;
  readonly riskBook: RiskBook;
  readonly createdAtMs: number;
  readonly updatedAtMs: number;
}

interface DayStart {
  /** days since 1970-01-01, UTC */
  readonly day: number;
  readonly equity: DecimalString;
}

export interface Position extends PositionSummary {
  /** oldest first; the average method keeps one */
  readonly lots: readonly Lot[];
}

export interface DecidedOrder {
  readonly orderId: string;
  readonly execKeys: readonly string[];
}

/** An execId is unique within its venue only. */
export function execKey(venue: string, execId: string): string {
  return `${venue}:${execId}`;
}

export function signalKey(strategyId: string, symbol: string): string {
  return `${strategyId}:${symbol}`;
}

/** Cash that no open order holds. Negative only after a fill that raised `BuyingPowerExceeded`. */
export function buyingPower(account: Account): DecimalString {
  return subtract(account.cash, account.reserved);
}

/** Cash and positions at cost, those in other currencies at the rates of their time. */
export function equityAtCost({ cash, positionsCost, foreignCost }: Account): DecimalString {
  return foreignCost === "0"
    ? add(cash, positionsCost)
    : add(add(cash, positionsCost), foreignCost);
}

/** What of the cash has moved: the money of trades that have not settled is not there yet, or not gone yet. */
export function settledCash({ cash, afterTrade }: Account): DecimalString {
  return subtract(cash, afterTrade.unsettledCash);
}

/**
 * The portfolio as others see it: what REST answers with and lists store. Positions are the open ones, by symbol.
 * @returns null for a portfolio that was never opened
 */
export function summarize(state: PortfolioState): PortfolioSummary | null {
  return state.account === null ? null : summarizeAccount(state.account);
}

export function summarizeAccount(account: Account): PortfolioSummary {
  const { opening } = account;
  return {
    portfolioId: account.portfolioId,
    tenantId: opening.tenantId,
    ownerId: opening.ownerId,
    name: account.name,
    status: account.status,
    baseCurrency: opening.baseCurrency,
    initialCash: opening.initialCash,
    lotMethod: opening.lotMethod,
    limits: account.limits,
    tradingState: account.tradingState,
    cash: account.cash,
    settledCash: settledCash(account),
    unsettledCash: account.afterTrade.unsettledCash,
    netDeposits: account.afterTrade.netDeposits,
    dividends: account.afterTrade.dividends,
    reserved: account.reserved,
    buyingPower: buyingPower(account),
    realizedPnl: account.realizedPnl,
    fees: account.fees,
    positions: openPositions(account).map(summarizePosition),
    openOrders: account.orders.byId.size,
    ...(account.corporateActions === "automatic" && { corporateActions: "automatic" }),
    ...summarizeMargin(account, openPositions(account)),
    ...summarizeCurrencies(account),
    ...summarizeRisk(account, account.updatedAtMs),
    createdAtMs: account.createdAtMs,
    updatedAtMs: account.updatedAtMs,
  };
}

/** @param key a symbol, or in a hedging portfolio a position's id */
export function positionOf(account: Account, key: string): Position | undefined {
  return get(account.positions, key);
}

/** All that is held of a symbol: one position, or in a hedging portfolio any number. */
export function positionsIn(account: Account, symbol: string): readonly Position[] {
  if (account.opening.accounting !== "hedging") {
    const position = positionOf(account, symbol);
    return position === undefined ? [] : [position];
  }
  return openPositions(account).filter((position) => position.symbol === symbol);
}

/**
 * Held and not offered by an open order.
 * @param key as of `positionOf`
 */
export function freeUnits(account: Account, key: string): Decimal {
  const held = dec(positionOf(account, key)?.quantity ?? "0");
  return held.minus(openQuantity(account.orders, key, "sell"));
}

/** Positions that are not flat, by symbol. */
export function openPositions(account: Account): readonly Position[] {
  return values(account.positions)
    .filter((position) => position.quantity !== "0")
    .toSorted((a, b) => (orderKey(a) < orderKey(b) ? -1 : 1));
}

function orderKey({ symbol, positionId = "" }: Position): string {
  return `${symbol} ${positionId}`;
}

export function summarizePosition(position: Position): PositionSummary {
  const { lots: _, ...summary } = position;
  return summary;
}
