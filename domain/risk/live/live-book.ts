import { Decimal, dec, type DecimalString, text, ZERO } from "../../shared/decimal.ts";
import type { RiskLine } from "./lines.ts";

/** What of the market a book is valued by; null where it is not known, or too old to go by. */
export interface LiveFacts {
  readonly baseCurrency: string;
  /** in the instrument's currency */
  markOf(symbol: string): DecimalString | null;
  /** units of the base currency for one */
  rateOf(currency: string): DecimalString | null;
  /** daily simple returns in the base currency, all of one length; the same array for as long as they are the same */
  returnsOf(symbol: string): Float64Array | null;
}

/** A portfolio at the market, money in the base currency. Of open orders each symbol's worse outcome counts. */
export interface Exposure {
  /** of what is held, signed */
  readonly positionsValue: Decimal;
  /** Σ over symbols of the larger of |all its buys filled| and |all its sells filled| */
  readonly gross: Decimal;
  /** |Σ|, of all buys filled or of all sells filled, whichever is larger */
  readonly net: Decimal;
  /** Σ, signed, once all buys are filled; and once all sells are */
  readonly ifBought: Decimal;
  readonly ifSold: Decimal;
  /** the symbol with the largest gross value; null of nothing */
  readonly largest: { readonly symbol: string; readonly gross: Decimal } | null;
  readonly grossOf: (symbol: string) => Decimal;
  /** Σ gross by sector */
  readonly bySector: ReadonlyMap<string, Decimal>;
  /** what each of the past days would do to it: Σ value × return; empty without history */
  readonly pnl: Float64Array;
  /** symbols that have no history of that length */
  readonly withoutHistory: readonly string[];
}

interface Entry {
  readonly line: RiskLine;
  readonly mark: DecimalString;
  readonly rate: DecimalString;
  readonly returns: Float64Array | null;
  readonly held: Decimal;
  readonly gross: Decimal;
  readonly high: Decimal;
  readonly low: Decimal;
  /** the larger of the two outcomes, signed; float64, for statistics */
  readonly worst: number;
}

/** After so many changes the sums of floats are made anew, so that rounding does not pile up. */
const ANEW_AFTER = 4_096;

/**
 * The exposure of one portfolio, kept up to date: what it is asked next differs in a line or a price from what it was asked
 * last, and costs one addition of a series for each difference. What it answers is a function of lines and facts alone; a law
 * holds it against the same worked out from scratch.
 */
export class LiveBook {
  readonly #entries = new Map<string, Entry>();
  #held = ZERO;
  #gross = ZERO;
  #high = ZERO;
  #low = ZERO;
  readonly #sectors = new Map<string, Decimal>();
  #pnl = new Float64Array(0);
  #changes = 0;

  /** @returns the symbols and currencies of which no price or rate is known, where there are any: nothing can be said then */
  measure(
    lines: readonly RiskLine[],
    facts: LiveFacts,
  ): Exposure | { readonly missing: readonly string[] } {
    const missing = lines.flatMap((line) => unknownOf(line, facts));
    if (missing.length > 0) return { missing: [...new Set(missing)].toSorted() };
    this.#sync(lines, facts);
    return this.#exposure();
  }

  #sync(lines: readonly RiskLine[], facts: LiveFacts): void {
    const gone = this.#entries.size > 0 ? new Set(this.#entries.keys()) : null;
    for (const line of lines) {
      gone?.delete(line.symbol);
      const known = this.#entries.get(line.symbol);
      const mark = facts.markOf(line.symbol) ?? "0";
      const rate = rateFor(line, facts) ?? "0";
      const returns = facts.returnsOf(line.symbol);
      const isSame =
        known?.line === line &&
        known.mark === mark &&
        known.rate === rate &&
        known.returns === returns;
      if (!isSame) this.#put(line.symbol, entryOf(line, mark, rate, returns));
    }
    for (const symbol of gone ?? []) this.#put(symbol, null);
    if (this.#changes > ANEW_AFTER) this.#anew();
  }

  #put(symbol: string, entry: Entry | null): void {
    const before = this.#entries.get(symbol);
    if (before !== undefined) this.#count(before, -1);
    if (entry === null) this.#entries.delete(symbol);
    else {
      this.#entries.set(symbol, entry);
      this.#count(entry, 1);
    }
    this.#changes += 1;
  }

  #count({ line, held, gross, high, low, worst, returns }: Entry, sign: 1 | -1): void {
    this.#held = this.#held.plus(held.times(sign));
    this.#gross = this.#gross.plus(gross.times(sign));
    this.#high = this.#high.plus(high.times(sign));
    this.#low = this.#low.plus(low.times(sign));
    const sector = (this.#sectors.get(line.sector) ?? ZERO).plus(gross.times(sign));
    if (sector.isZero()) this.#sectors.delete(line.sector);
    else this.#sectors.set(line.sector, sector);
    if (returns !== null) this.#addSeries(returns, sign * worst);
  }

  #addSeries(returns: Float64Array, value: number): void {
    // Histories are loaded together: one of another length begins another vector.
    if (returns.length !== this.#pnl.length) {
      this.#pnl = new Float64Array(returns.length);
      this.#changes = Number.POSITIVE_INFINITY;
      return;
    }
    for (let t = 0; t < returns.length; t += 1)
      this.#pnl[t] = (this.#pnl[t] ?? 0) + value * (returns[t] ?? 0);
  }

  #anew(): void {
    const length = Math.max(0, ...[...this.#entries.values()].map((e) => e.returns?.length ?? 0));
    this.#pnl = new Float64Array(length);
    for (const { returns, worst } of this.#entries.values())
      if (returns?.length === length) this.#addSeries(returns, worst);
    this.#changes = 0;
  }

  #exposure(): Exposure {
    const entries = [...this.#entries.values()];
    const length = this.#pnl.length;
    return {
      positionsValue: this.#held,
      gross: this.#gross,
      net: Decimal.max(this.#high.abs(), this.#low.abs()),
      ifBought: this.#high,
      ifSold: this.#low,
      largest: largestOf(entries),
      grossOf: (symbol) => this.#entries.get(symbol)?.gross ?? ZERO,
      bySector: this.#sectors,
      pnl: this.#pnl,
      withoutHistory: entries.flatMap(({ line, returns, worst }) =>
        worst !== 0 && (returns === null || returns.length !== length || length === 0)
          ? [line.symbol]
          : [],
      ),
    };
  }
}

function unknownOf(line: RiskLine, facts: LiveFacts): readonly string[] {
  return [
    ...(isPrice(facts.markOf(line.symbol)) ? [] : [line.symbol]),
    ...(isPrice(rateFor(line, facts)) ? [] : [line.currency]),
  ];
}

function isPrice(value: DecimalString | null): boolean {
  return value !== null && Number(value) > 0;
}

function rateFor({ currency }: RiskLine, facts: LiveFacts): DecimalString | null {
  return currency === facts.baseCurrency ? "1" : facts.rateOf(currency);
}

function entryOf(
  line: RiskLine,
  mark: DecimalString,
  rate: DecimalString,
  returns: Float64Array | null,
): Entry {
  const unit = dec(mark).times(line.multiplier).times(rate);
  const held = dec(line.long).minus(line.short);
  const [high, low] = [held.plus(line.openBuy), held.minus(line.openSell)];
  const worst = high.abs().greaterThanOrEqualTo(low.abs()) ? high : low;
  const gross = line.isHedged
    ? dec(line.long).plus(line.openBuy).plus(line.short).plus(line.openSell)
    : worst.abs();
  return {
    line,
    mark,
    rate,
    returns,
    held: held.times(unit),
    gross: gross.times(unit),
    high: high.times(unit),
    low: low.times(unit),
    worst: Number(text(worst.times(unit))),
  };
}

function largestOf(entries: readonly Entry[]): Exposure["largest"] {
  let largest: Exposure["largest"] = null;
  for (const { line, gross } of entries)
    if (largest === null || gross.greaterThan(largest.gross))
      largest = { symbol: line.symbol, gross };
  return largest;
}
