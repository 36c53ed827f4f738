import { Decimal, dec, type DecimalString, text, ZERO } from "../shared/decimal.ts";
import type { Instrument } from "./instrument.ts";
import type { Quote } from "./quote.ts";

/** Currencies that a rate may be crossed through, in the order in which they are tried. */
const HUBS = ["USD", "EUR", "USDT"] as const;

/** What a cross or an inverse is rounded to: the rate half to even, its sides away from whoever trades at them. */
const SIGNIFICANT_DIGITS = 15;

/** One currency in units of another. */
export interface Pair {
  readonly base: string;
  readonly quote: string;
}

/** One instrument's part in a rate. */
export interface RateLeg {
  readonly symbol: string;
  /** the instrument says how many of the first are one of the second */
  readonly isInverse: boolean;
}

export interface PairPrice {
  /** what one gets for selling one unit */
  readonly bid: Decimal;
  /** what one pays for buying one */
  readonly ask: Decimal;
}

export interface PricedLeg extends RateLeg {
  /** of the instrument as it is quoted */
  readonly price: PairPrice;
  readonly asOfMs: number;
  readonly isStale: boolean;
}

/** Units of one currency for one of another. */
export interface CurrencyRate {
  /** between bid and ask */
  readonly rate: DecimalString;
  readonly bid: DecimalString;
  readonly ask: DecimalString;
  /** one, or two of a cross; none of a currency in itself */
  readonly legs: readonly RateLeg[];
  /** of the oldest leg, epoch ms */
  readonly asOfMs: number;
  /** one of the legs is too old to trade on */
  readonly isStale: boolean;
}

/** The ways from one currency to another: at once, then by way of each hub. */
export function waysBetween(from: string, to: string): readonly (readonly Pair[])[] {
  const crosses = HUBS.filter((hub) => hub !== from && hub !== to).map((hub) => [
    { base: from, quote: hub },
    { base: hub, quote: to },
  ]);
  return [[{ base: from, quote: to }], ...crosses];
}

/** What instruments of a pair are called: `EURUSD`, `EUR-USD`, `EURUSD=X`; then those of its inverse. */
export function legsOf({ base, quote }: Pair): readonly (RateLeg & { readonly pair: Pair })[] {
  const inverse = { base: quote, quote: base };
  return [
    ...namesOf(base, quote).map((symbol) => ({ symbol, isInverse: false, pair: { base, quote } })),
    ...namesOf(quote, base).map((symbol) => ({ symbol, isInverse: true, pair: inverse })),
  ];
}

function namesOf(base: string, quote: string): readonly string[] {
  return [`${base}${quote}`, `${base}-${quote}`, `${base}${quote}=X`];
}

/** A name alone proves nothing: what the instrument is traded in has to be the pair's second currency. */
export function isPair({ assetClass, currency }: Instrument, { quote }: Pair): boolean {
  return (assetClass === "fx" || assetClass === "crypto") && currency === quote;
}

/** Both sides where they are known, else the last price for both; null where nothing is. */
export function pairPrice(quote: Quote | null): PairPrice | null {
  if (quote === null) return null;
  const [bid, ask, last] = [usable(quote.bid), usable(quote.ask), usable(quote.last)];
  if (bid !== null && ask !== null) return { bid, ask };
  return last === null ? null : { bid: last, ask: last };
}

/** The rate over these legs, one after the other. */
export function rateOver(legs: readonly PricedLeg[], nowMs: number): CurrencyRate {
  let [bid, ask, mid] = [dec(1), dec(1), dec(1)];
  for (const leg of legs) {
    const price = leg.isInverse ? inverted(leg.price) : leg.price;
    const middle = leg.price.bid.plus(leg.price.ask).dividedBy(2);
    mid = mid.times(leg.isInverse ? dec(1).dividedBy(middle) : middle);
    bid = bid.times(price.bid);
    ask = ask.times(price.ask);
  }
  return {
    rate: text(mid.toSignificantDigits(SIGNIFICANT_DIGITS, Decimal.ROUND_HALF_EVEN)),
    bid: text(bid.toSignificantDigits(SIGNIFICANT_DIGITS, Decimal.ROUND_DOWN)),
    ask: text(ask.toSignificantDigits(SIGNIFICANT_DIGITS, Decimal.ROUND_UP)),
    legs: legs.map(({ symbol, isInverse }) => ({ symbol, isInverse })),
    asOfMs: Math.min(nowMs, ...legs.map(({ asOfMs }) => asOfMs)),
    isStale: legs.some(({ isStale }) => isStale),
  };
}

/** A close as a price of both sides, for a rate of the past. */
export function closePrice(close: DecimalString): PairPrice | null {
  const price = usable(close);
  return price === null ? null : { bid: price, ask: price };
}

/** A rate at a time; of a cross, the later of the times of its legs. */
export interface RateClose {
  readonly closeMs: number;
  readonly rate: DecimalString;
}

interface LegCloses extends RateLeg {
  /** ascending */
  readonly closes: readonly { readonly closeMs: number; readonly close: DecimalString }[];
}

/** The rate at every close of any leg, each leg at its last close till then; none before all have one. */
export function rateCloses(legs: readonly LegCloses[]): readonly RateClose[] {
  const last: (PairPrice | null)[] = legs.map(() => null);
  const happenings = legs
    .flatMap(({ closes }, leg) => closes.map((one) => ({ ...one, leg })))
    .toSorted((a, b) => a.closeMs - b.closeMs);
  const rates: RateClose[] = [];
  for (const { closeMs, close, leg } of happenings) {
    last[leg] = closePrice(close) ?? last[leg] ?? null;
    const priced = legs.flatMap(({ symbol, isInverse }, index): PricedLeg[] => {
      const price = last[index] ?? null;
      return price === null ? [] : [{ symbol, isInverse, price, asOfMs: closeMs, isStale: false }];
    });
    if (priced.length < legs.length) continue;
    if (rates.at(-1)?.closeMs === closeMs) rates.pop();
    rates.push({ closeMs, rate: rateOver(priced, closeMs).rate });
  }
  return rates;
}

/** In words, e.g. `EURUSD`, or `1/USDJPY × EURUSD`. */
export function legsInWords(legs: readonly RateLeg[]): string {
  return legs.map(({ symbol, isInverse }) => (isInverse ? `1/${symbol}` : symbol)).join(" × ");
}

function inverted({ bid, ask }: PairPrice): PairPrice {
  return { bid: dec(1).dividedBy(ask), ask: dec(1).dividedBy(bid) };
}

function usable(price: DecimalString | null): Decimal | null {
  if (price === null) return null;
  const value = dec(price);
  return value.greaterThan(ZERO) ? value : null;
}
