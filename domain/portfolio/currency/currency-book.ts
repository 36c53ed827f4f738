import type { AfterTrade } from "../after-trade-state.ts";
import { fillLots, netOf } from "../lots.ts";
import type { OpenOrders } from "../open-orders.ts";
import { type BucketMap, get } from "../../shared/bucket-map.ts";
import { Decimal, dec, type DecimalString, subtract, text, ZERO } from "../../shared/decimal.ts";
import { Refusal } from "../../shared/errors.ts";
import type { Flows, InBase } from "./messages.ts";

/** Money of one currency beside the base currency. Plain JSON. */
export interface CurrencyBook extends Flows {
  /** as of the trade date; negative only after a fill that raised `BuyingPowerExceeded` */
  readonly cash: DecimalString;
  /** of the cash, in the base currency */
  readonly cashCost: DecimalString;
  /** Σ cost of the positions, in the currency */
  readonly positionsCost: DecimalString;
  /** the newest that was heard of: units of the base currency for one */
  readonly lastRate: DecimalString;
  /** the flows in the base currency, each at the rate of its time */
  readonly inBase: Flows;
}

export const NO_FLOWS: Flows = { netDeposits: "0", dividends: "0", realizedPnl: "0", fees: "0" };

/** What of a portfolio's state this looks at. */
export interface Kept {
  readonly opening: { readonly baseCurrency: string };
  readonly cash: DecimalString;
  readonly orders: OpenOrders;
  readonly afterTrade: AfterTrade;
  readonly foreign: BucketMap<CurrencyBook>;
}

export function cashIn(account: Kept, currency: string): DecimalString {
  if (currency === account.opening.baseCurrency) return account.cash;
  return get(account.foreign, currency)?.cash ?? "0";
}

/** Σ cash of the holds in the currency, a group's counted once. */
export function reservedIn({ opening, orders }: Kept, currency: string): DecimalString {
  if (currency === opening.baseCurrency) return orders.reserved;
  return get(orders.foreignReserved, currency) ?? "0";
}

/** What of the cash is still to come, less what is still to be paid. */
export function unsettledIn({ opening, afterTrade }: Kept, currency: string): DecimalString {
  if (currency === opening.baseCurrency) return afterTrade.unsettledCash;
  return get(afterTrade.foreignUnsettled, currency) ?? "0";
}

/** Cash that no open order holds. */
export function freeIn(account: Kept, currency: string): DecimalString {
  return subtract(cashIn(account, currency), reservedIn(account, currency));
}

/** What has moved and no order holds: what can be withdrawn and converted. */
export function movableIn(account: Kept, currency: string): Decimal {
  const settled = dec(cashIn(account, currency)).minus(unsettledIn(account, currency));
  return Decimal.min(settled, freeIn(account, currency));
}

/**
 * @param told what whoever sends the command knows; absent: nothing
 * @returns units of the base currency for one: the one that is told, else the newest that the portfolio has heard of
 * @throws Refusal FX_RATE_MISSING where it has never heard of one
 */
export function rateFor(account: Kept, currency: string, told?: DecimalString | null): Decimal {
  const rate = told ?? get(account.foreign, currency)?.lastRate;
  if (rate !== undefined && dec(rate).greaterThan(ZERO)) return dec(rate);
  const message = `nobody knows what ${currency} is worth in ${account.opening.baseCurrency}`;
  throw new Refusal("invalid", "FX_RATE_MISSING", message, { currency });
}

/** Base-currency amounts are kept to this many decimals, half to even; what rounding leaves is in the currency profit. */
const BASE_DECIMALS = 8;
const RATE_DIGITS = 15;

export function toBase(amount: Decimal, rate: Decimal): Decimal {
  return rounded(amount.times(rate));
}

export interface Change {
  readonly currency: string;
  readonly rate: Decimal;
  /** signed */
  readonly cashChange: Decimal;
  /** what it was, in the currency */
  readonly flows: Partial<{ readonly [name in keyof Flows]: Decimal }>;
  /** of positions in the currency, by what their cost in the base currency changed; absent: 0 */
  readonly positionChange?: Decimal;
  /** value that came from elsewhere (positive) or went there, in the base currency; absent: none */
  readonly transferred?: Decimal;
}

/** What a change is in the base currency. */
export function inBaseOf(account: Kept, change: Change): InBase {
  const { currency, rate, cashChange, positionChange = ZERO, transferred = ZERO } = change;
  const before = get(account.foreign, currency);
  const [cash, cashCost] = [dec(before?.cash ?? "0"), dec(before?.cashCost ?? "0")];
  const lots = cash.isZero() ? [] : [{ quantity: text(cash), cost: text(cashCost) }];
  const net = cashChange.isZero()
    ? { cost: ZERO }
    : netOf(lots, fillLots(lots, "average", cashChange, rate));
  const after = cash.plus(cashChange);
  const cost = after.isZero() ? ZERO : rounded(cashCost.plus(net.cost));
  const flow = (name: keyof Flows) => toBase(change.flows[name] ?? ZERO, rate);
  const [netDeposits, dividends] = [flow("netDeposits"), flow("dividends")];
  const [realizedPnl, fees] = [flow("realizedPnl"), flow("fees")];
  const explained = netDeposits.plus(dividends).plus(realizedPnl).minus(fees).plus(transferred);
  const pnl = cost.minus(cashCost).plus(positionChange).minus(explained);
  return {
    currency,
    rate: text(rate.toSignificantDigits(RATE_DIGITS, Decimal.ROUND_HALF_EVEN)),
    cash: text(after),
    cashCost: text(cost),
    pnl: text(pnl),
    flows: {
      netDeposits: text(netDeposits),
      dividends: text(dividends),
      realizedPnl: text(realizedPnl),
      fees: text(fees),
    },
  };
}

/** What an event says of a change in another currency; nothing of one in the base currency. */
export function foreignPart(
  account: Kept,
  { told, ...change }: Omit<Change, "rate"> & { readonly told: DecimalString | undefined },
): { readonly inBase?: InBase } {
  const { currency } = change;
  if (currency === account.opening.baseCurrency) return {};
  return { inBase: inBaseOf(account, { ...change, rate: rateFor(account, currency, told) }) };
}

interface Held {
  readonly quantity: DecimalString;
  readonly cost: DecimalString;
  readonly baseCost?: DecimalString;
}

/**
 * What a position costs in the base currency after a trade: what is added costs what it does at the rate of the trade, what
 * is closed takes its share of the cost along, in proportion to the cost in its own currency.
 */
export function baseCostAfter(
  before: Held | undefined,
  after: { readonly quantity: Decimal; readonly cost: Decimal },
  rate: Decimal,
): Decimal {
  const quantity = dec(before?.quantity ?? "0");
  const cost = dec(before?.cost ?? "0");
  const base = dec(before?.baseCost ?? "0");
  if (after.quantity.isZero()) return ZERO;
  const isOpened = quantity.isZero() || quantity.isNegative() !== after.quantity.isNegative();
  if (isOpened) return toBase(after.cost, rate);
  if (after.quantity.abs().greaterThan(quantity.abs()))
    return base.plus(toBase(after.cost.minus(cost), rate));
  return baseShare(before, after.cost);
}

/** What is left of a position's cost in the base currency when so much is left of its own. */
export function baseShare(before: Held | undefined, cost: Decimal): Decimal {
  const base = dec(before?.baseCost ?? "0");
  const own = dec(before?.cost ?? "0");
  return own.isZero() ? base : rounded(base.times(cost).dividedBy(own));
}

function rounded(value: Decimal): Decimal {
  return value.toDecimalPlaces(BASE_DECIMALS, Decimal.ROUND_HALF_EVEN);
}
