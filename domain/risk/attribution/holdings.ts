import type { ValuedBook } from "../../portfolio/valued-book.ts";
import type { GroupPeriod } from "./brinson.ts";

/** What a portfolio was at an instant, in its base currency. Money as float64: for statistics, not for books. */
export interface Standing {
  readonly equity: number;
  readonly held: readonly {
    readonly symbol: string;
    /** signed */
    readonly quantity: number;
    readonly unitValue: number;
    /** how many units of now were one at the beginning */
    readonly unitsPerFirst: number;
    /** dividends so far */
    readonly income: number;
  }[];
  readonly money: readonly {
    readonly currency: string;
    readonly amount: number;
    readonly rate: number;
  }[];
}

/** Null while a rate of what it has is not known. */
export function standingOf(book: ValuedBook): Standing | null {
  const value = book.value();
  if (value === null) return null;
  return {
    equity: Number(value.equity),
    held: book.held().map(({ symbol, quantity, unitValue, unitsPerFirst, income }) => ({
      symbol,
      quantity: quantity.toNumber(),
      unitValue: unitValue?.toNumber() ?? Number.NaN,
      unitsPerFirst: unitsPerFirst.toNumber(),
      income: income.toNumber(),
    })),
    money: book.money().map(({ currency, amount, rate }) => ({
      currency,
      amount: amount.toNumber(),
      rate: rate?.toNumber() ?? Number.NaN,
    })),
  };
}

/** A part of the benchmark over the period. */
export interface BenchmarkPart {
  readonly symbol: string;
  readonly weight: number;
  readonly return: number;
}

/** The group of what is not invested. */
const CASH = "cash";

/**
 * A period's groups: what was held when it began, at the weights of that moment, with the return that it had if nobody touched it
 * (splits brought to one unit, dividends counted), beside the benchmark's parts at theirs. Cash earns what its currencies do.
 * What trades within the period, fees and financing made is in no group: it is the rest of the portfolio's return.
 * @param from equity above 0
 * @returns groups in alphabetical order; the weights of each side add up to 1
 */
export function holdingGroups(
  from: Standing,
  to: Standing,
  benchmark: readonly BenchmarkPart[],
  groupOf: (symbol: string) => string,
): readonly GroupPeriod[] {
  const sums = new Map<string, Sums>();
  const held = [...gainsOf(from, to, groupOf), cashGain(from, to)];
  for (const { group, value, gain } of held) {
    const sum = sumOf(sums, group);
    sum.value += value / from.equity;
    sum.gain += gain / from.equity;
  }
  for (const { symbol, weight, return: change } of benchmark) {
    const sum = sumOf(sums, groupOf(symbol));
    sum.weight += weight;
    sum.change += weight * change;
  }
  return [...sums]
    .toSorted(([a], [b]) => (a < b ? -1 : 1))
    .map(([group, { value, gain, weight, change }]) => ({
      group,
      portfolioWeight: value,
      benchmarkWeight: weight,
      portfolioReturn: value === 0 ? null : gain / value,
      benchmarkReturn: weight === 0 ? null : change / weight,
    }));
}

interface Sums {
  value: number;
  gain: number;
  weight: number;
  change: number;
}

function sumOf(sums: Map<string, Sums>, group: string): Sums {
  const found = sums.get(group) ?? { value: 0, gain: 0, weight: 0, change: 0 };
  sums.set(group, found);
  return found;
}

interface Gain {
  readonly group: string;
  readonly value: number;
  readonly gain: number;
}

function gainsOf(
  from: Standing,
  to: Standing,
  groupOf: (symbol: string) => string,
): readonly Gain[] {
  const later = new Map(to.held.map((one) => [one.symbol, one]));
  return from.held.flatMap((one) => {
    const now = later.get(one.symbol);
    if (one.quantity === 0 || now === undefined) return [];
    const units = now.unitsPerFirst / one.unitsPerFirst;
    const change = now.unitValue * units - one.unitValue;
    return [
      {
        group: groupOf(one.symbol),
        value: one.quantity * one.unitValue,
        gain: one.quantity * change + (now.income - one.income),
      },
    ];
  });
}

function cashGain(from: Standing, to: Standing): Gain {
  const later = new Map(to.money.map(({ currency, rate }) => [currency, rate]));
  let [value, gain] = [0, 0];
  for (const { currency, amount, rate } of from.money) {
    if (amount === 0) continue;
    value += amount * rate;
    gain += amount * ((later.get(currency) ?? rate) - rate);
  }
  return { group: CASH, value, gain };
}
