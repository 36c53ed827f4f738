import type { Side } from "../../order/new-order.ts";
import { type Decimal, dec, type DecimalString, text, ZERO } from "../../shared/decimal.ts";
import { type Benchmarks, priceText } from "./benchmarks.ts";

export interface ExecutedOrder {
  readonly side: Side;
  readonly quantity: DecimalString;
  readonly multiplier: DecimalString;
  readonly currency: string;
  readonly fills: readonly {
    readonly price: DecimalString;
    readonly quantity: DecimalString;
    readonly fee: DecimalString;
  }[];
  /** the mid when it was decided to trade; null when nobody recorded it */
  readonly decisionPrice: DecimalString | null;
  /** the mid when the order reached us; null when there was none */
  readonly arrivalPrice: DecimalString | null;
  /** the mid when the order ended, or now */
  readonly endPrice: DecimalString | null;
  /** of the market over the order's life */
  readonly market: Benchmarks;
}

/** A cost: positive is a loss against the benchmark. Both null where it cannot be said. */
export type Cost = {
  readonly money: DecimalString | null;
  readonly bps: DecimalString | null;
};

export type Shortfall = {
  /** what the paper portfolio traded at: the decision price, else the arrival price */
  readonly reference: "decision" | "arrival" | null;
  /** reference price × quantity × multiplier: what the basis points are of */
  readonly notional: DecimalString | null;
  readonly delay: Cost;
  readonly trading: Cost;
  readonly opportunity: Cost;
  readonly fees: Cost;
  /** the sum of the four, exactly, in money and in basis points; null when one of them is missing */
  readonly total: Cost;
};

export type Analysis = {
  readonly side: Side;
  readonly currency: string;
  readonly quantity: DecimalString;
  readonly filled: DecimalString;
  readonly fillRatio: number;
  readonly averagePrice: DecimalString | null;
  readonly arrivalPrice: DecimalString | null;
  readonly vwap: DecimalString | null;
  readonly twap: DecimalString | null;
  readonly marketVolume: DecimalString | null;
  /** filled / market volume; null when that is unknown or 0 */
  readonly participation: number | null;
  /** of what was filled, fees apart */
  readonly slippage: { readonly arrival: Cost; readonly vwap: Cost; readonly twap: Cost };
  readonly shortfall: Shortfall;
  /** what is null, and why */
  readonly missing: readonly string[];
};

const UNKNOWN: Cost = { money: null, bps: null };
const BPS_PLACES = 6;

/**
 * The transaction costs of one order.
 *
 * Implementation shortfall after Perold (1988), split as by Wagner and Edwards (1993): with s = 1 for a buy and −1 for a sell, F
 * filled of Q, decision price D, arrival price A, end price E:
 * delay s·F·(A − D), trading s·Σ q·(p − A), opportunity s·(Q − F)·(E − D), fees; their sum is s·(Σ q·p − F·D + (Q − F)·(E − D)) + fees.
 * Without a decision price D is A, and the delay is 0. Money is exact; basis points of Q·D are rounded half even to six
 * places each, and their total is the sum of the rounded.
 */
export function analyse(order: ExecutedOrder): Analysis {
  const filled = order.fills.reduce((sum, fill) => sum.plus(fill.quantity), ZERO);
  const paid = order.fills.reduce(
    (sum, fill) => sum.plus(dec(fill.price).times(fill.quantity)),
    ZERO,
  );
  const units = filled.times(order.multiplier);
  const money = paid.times(order.multiplier);
  const { market, arrivalPrice } = order;
  const slippageTo = (price: DecimalString | null) => slippage(order, units, money, price);
  return {
    side: order.side,
    currency: order.currency,
    quantity: order.quantity,
    filled: text(filled),
    fillRatio: filled.dividedBy(order.quantity).toNumber(),
    averagePrice: filled.isZero() ? null : priceText(paid.dividedBy(filled)),
    arrivalPrice,
    vwap: market.vwap,
    twap: market.twap,
    marketVolume: market.volume,
    participation: participationOf(filled, market.volume),
    slippage: {
      arrival: slippageTo(arrivalPrice),
      vwap: slippageTo(market.vwap),
      twap: slippageTo(market.twap),
    },
    shortfall: shortfallOf(order, units, money),
    missing: missingOf(order, filled),
  };
}

function participationOf(filled: Decimal, volume: DecimalString | null): number | null {
  return volume === null || dec(volume).isZero() ? null : filled.dividedBy(volume).toNumber();
}

/**
 * s·(Σ q·p − F·benchmark), and its basis points of F·benchmark.
 * @param units filled × multiplier
 * @param paid  Σ q·p × multiplier
 */
function slippage(
  order: ExecutedOrder,
  units: Decimal,
  paid: Decimal,
  benchmark: DecimalString | null,
): Cost {
  if (benchmark === null || units.isZero()) return UNKNOWN;
  const base = units.times(benchmark);
  return costOf(signed(order, paid.minus(base)), base);
}

/** @param units filled × multiplier */
function shortfallOf(order: ExecutedOrder, units: Decimal, paid: Decimal): Shortfall {
  const { decisionPrice, arrivalPrice, endPrice } = order;
  const reference = decisionPrice ?? arrivalPrice;
  const whole = dec(order.quantity).times(order.multiplier);
  const base = reference === null ? null : whole.times(reference);
  const moved = (by: Decimal, to: DecimalString | null): Cost =>
    costOf(moveOf(order, by, reference, to), base);
  const parts = {
    delay: moved(units, arrivalPrice),
    trading: costOf(tradingOf(order, units, paid), base),
    opportunity: moved(whole.minus(units), endPrice),
    fees: costOf(
      order.fills.reduce((sum, { fee }) => sum.plus(fee), ZERO),
      base,
    ),
  };
  return {
    reference: decisionPrice !== null ? "decision" : arrivalPrice !== null ? "arrival" : null,
    notional: base === null ? null : text(base),
    ...parts,
    total: sumOf([parts.delay, parts.trading, parts.opportunity, parts.fees]),
  };
}

/** What units cost more because the price went from one to another; nothing for no units, whatever the prices. */
function moveOf(
  order: ExecutedOrder,
  units: Decimal,
  from: DecimalString | null,
  to: DecimalString | null,
): Decimal | null {
  if (units.isZero()) return ZERO;
  return from === null || to === null ? null : signed(order, dec(to).minus(from).times(units));
}

function tradingOf(order: ExecutedOrder, units: Decimal, paid: Decimal): Decimal | null {
  if (units.isZero()) return ZERO;
  const { arrivalPrice } = order;
  return arrivalPrice === null ? null : signed(order, paid.minus(units.times(arrivalPrice)));
}

function signed({ side }: ExecutedOrder, amount: Decimal): Decimal {
  return side === "buy" ? amount : amount.negated();
}

/** @param base what the basis points are of; prices may be negative, the base of a ratio not */
function costOf(money: Decimal | null, base: Decimal | null): Cost {
  if (money === null) return UNKNOWN;
  const bps = base === null || base.isZero() ? null : money.dividedBy(base.abs()).times(10_000);
  return {
    money: text(money),
    bps: bps === null ? null : text(bps.toDecimalPlaces(BPS_PLACES, 6)),
  };
}

/** Null as soon as one is. */
function sumOf(costs: readonly Cost[]): Cost {
  return {
    money: sumOrNull(costs.map(({ money }) => money)),
    bps: sumOrNull(costs.map(({ bps }) => bps)),
  };
}

function sumOrNull(values: readonly (DecimalString | null)[]): DecimalString | null {
  return values.reduce<DecimalString | null>(
    (sum, value) => (sum === null || value === null ? null : text(dec(sum).plus(value))),
    "0",
  );
}

function missingOf(order: ExecutedOrder, filled: Decimal): readonly string[] {
  const { arrivalPrice, decisionPrice, endPrice, market, quantity } = order;
  const isOpen = filled.lessThan(quantity);
  return [
    ...(arrivalPrice === null
      ? ["arrivalPrice: the market showed no price when the order came"]
      : []),
    ...(decisionPrice === null
      ? ["decisionPrice: none was recorded; the arrival price stands for it"]
      : []),
    ...(endPrice === null && isOpen ? ["endPrice: no price for what was not filled"] : []),
    ...(market.vwap === null ? ["vwap: no bars with volume over the order's life"] : []),
    ...(market.twap === null ? ["twap: no bars over the order's life"] : []),
    ...(filled.isZero() ? ["averagePrice: nothing was filled"] : []),
  ];
}
