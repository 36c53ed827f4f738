import type { LiveFacts } from "../../../../../domain/risk/live/live-book.ts";
import type { RiskLine } from "../../../../../domain/risk/live/lines.ts";

export function line(symbol: string, changes: Partial<RiskLine> = {}): RiskLine {
  return {
    symbol,
    currency: "USD",
    multiplier: "1",
    sector: "none",
    long: "0",
    short: "0",
    openBuy: "0",
    openSell: "0",
    isHedged: false,
    ...changes,
  };
}

/** What is not in here is not known. */
export function facts({
  marks = {},
  rates = {},
  returns = {},
}: {
  readonly marks?: Readonly<Record<string, string>>;
  readonly rates?: Readonly<Record<string, string>>;
  readonly returns?: Readonly<Record<string, Float64Array>>;
}): LiveFacts {
  return {
    baseCurrency: "USD",
    markOf: (symbol) => marks[symbol] ?? null,
    rateOf: (currency) => rates[currency] ?? null,
    returnsOf: (symbol) => returns[symbol] ?? null,
  };
}
