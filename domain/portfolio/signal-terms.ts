import type { NewOrder, Side } from "../order/new-order.ts";
import { touchPrice } from "../risk/reference-price.ts";
import { type Decimal, dec, type DecimalString, text } from "../shared/decimal.ts";
import type { MarketView } from "./market-view.ts";

export const SIGNAL_ORDER_TYPES = ["market", "limit", "marketableLimit"] as const;
export type SignalOrderType = (typeof SIGNAL_ORDER_TYPES)[number];

/** `opg` and `cls`: market orders only. */
export const SIGNAL_TIMES_IN_FORCE = ["gtc", "day", "ioc", "fok", "opg", "cls"] as const;

/** How an order that opens a position is sent, and what protects it. A type alias, so that it is assignable to Json. */
export type SignalTerms = {
  /** `limit`: better than the touch by the offset; `marketableLimit`: worse by it, so that it trades at once, and no further away */
  readonly orderType: SignalOrderType;
  readonly offsetBps: DecimalString;
  readonly timeInForce: (typeof SIGNAL_TIMES_IN_FORCE)[number];
  /** exits, basis points from the price that the order is expected to be filled at; absent: none */
  readonly stopLossBps?: DecimalString;
  readonly takeProfitBps?: DecimalString;
  /** a stop that follows the best price; instead of `stopLossBps` */
  readonly trailingStopBps?: DecimalString;
};

/** An exit of a position before it has an id. */
export type ExitTerms = {
  readonly role: "takeProfit" | "stopLoss";
} & Pick<NewOrder, "ordType" | "price" | "stopPx" | "trail">;

type Priced = Pick<NewOrder, "ordType" | "price" | "timeInForce">;

const BPS = 10_000;
const MARKET: Priced = { ordType: "market", timeInForce: "gtc" };

export function hasExits({ stopLossBps, takeProfitBps, trailingStopBps }: SignalTerms): boolean {
  return (stopLossBps ?? takeProfitBps ?? trailingStopBps) !== undefined;
}

/**
 * The terms of the order that opens a position. A limit is rounded to the tick so that it gives away no more than the offset says: down
 * for a buy, up for a sell.
 * @param terms absent: a market order, good till canceled: a signal comes at a bar's close, when a day order would expire before
 *              the next session
 * @returns null when a limit is wanted and nobody knows the price
 */
export function entryTerms(
  terms: SignalTerms | undefined,
  side: Side,
  { instrument, quote }: MarketView,
): Priced | null {
  if (terms === undefined) return MARKET;
  const { orderType, offsetBps, timeInForce } = terms;
  if (orderType === "market") return { ordType: "market", timeInForce };
  const touch = touchPrice(quote, side);
  if (touch === null || instrument === null) return null;
  const isHigher = (side === "buy") === (orderType === "marketableLimit");
  const wanted = moved(touch, isHigher ? dec(offsetBps) : dec(offsetBps).negated());
  const price = toTick(wanted, instrument.tickSize, side === "sell");
  return { ordType: "limit", price: text(price), timeInForce };
}

/**
 * The exits of a position that an order opens. They are rounded to the tick away from the entry, so that none is nearer than was asked for.
 * @param entry the price at which it is expected to be filled
 */
export function exitTerms(
  { stopLossBps, takeProfitBps, trailingStopBps }: SignalTerms,
  side: Side,
  entry: Decimal,
  tickSize: DecimalString,
): readonly ExitTerms[] {
  const away = (bps: DecimalString, isUp: boolean) =>
    text(toTick(moved(entry, isUp ? dec(bps) : dec(bps).negated()), tickSize, isUp));
  const isLong = side === "buy";
  const exits: ExitTerms[] = [];
  if (takeProfitBps !== undefined)
    exits.push({ role: "takeProfit", ordType: "limit", price: away(takeProfitBps, isLong) });
  if (stopLossBps !== undefined)
    exits.push({ role: "stopLoss", ordType: "stop", stopPx: away(stopLossBps, !isLong) });
  if (trailingStopBps !== undefined)
    exits.push({ role: "stopLoss", ordType: "trailingStop", trail: { bps: trailingStopBps } });
  return exits;
}

function moved(price: Decimal, bps: Decimal): Decimal {
  return price.times(bps.plus(BPS)).dividedBy(BPS);
}

function toTick(price: Decimal, tickSize: DecimalString, isUp: boolean): Decimal {
  const ticks = price.dividedBy(tickSize);
  return (isUp ? ticks.ceil() : ticks.floor()).times(tickSize);
}
