import { type BucketMap, EMPTY_MAP, put } from "../../shared/bucket-map.ts";
import { add, type DecimalString } from "../../shared/decimal.ts";
import type { MarginCall, MarginEvent, PastCall } from "./messages.ts";
import type { SymbolMargin } from "./terms.ts";

/** The part of a portfolio's state that margin and financing need. Plain JSON. */
export interface MarginBook {
  readonly call: MarginCall | null;
  /** calls that were met, newest last, the last 16 */
  readonly past: readonly PastCall[];
  /** by symbol, of those that were ordered; only of margin portfolios */
  readonly symbols: BucketMap<SymbolMargin>;
  readonly financing: Financing;
}

export interface Financing {
  /** the market's day that goes on, days since 1970-01-01, UTC; null: nothing was traded yet, or nothing is charged */
  readonly openDay: number | null;
  /** whose market says what day it is: what was traded last */
  readonly clockSymbol: string | null;
  /** days that ended before they could be accrued, with what was there as they did; oldest first */
  readonly ended: readonly EndedDays[];
  /** paid so far; negative: earned */
  readonly interest: DecimalString;
  readonly borrowFees: DecimalString;
}

/** What a portfolio had at the end of each day of a row of them. */
export interface EndedDays {
  readonly first: number;
  readonly last: number;
  readonly cash: DecimalString;
  readonly shorts: readonly ShortUnits[];
}

export interface ShortUnits {
  readonly symbol: string;
  readonly currency: string;
  /** positive */
  readonly quantity: DecimalString;
  readonly multiplier: DecimalString;
  readonly averagePrice: DecimalString;
}

export const NO_MARGIN: MarginBook = {
  call: null,
  past: [],
  symbols: EMPTY_MAP,
  financing: { openDay: null, clockSymbol: null, ended: [], interest: "0", borrowFees: "0" },
};

const REMEMBERED_CALLS = 16;

/** What cash and borrowed units have cost since the opening. */
export function financingPaid({ financing }: MarginBook): DecimalString {
  return add(financing.interest, financing.borrowFees);
}

export function withSymbol(book: MarginBook, symbol: string, margin: SymbolMargin): MarginBook {
  return { ...book, symbols: put(book.symbols, symbol, margin) };
}

/** @param atMs of the event */
export function evolveMargin(book: MarginBook, event: MarginEvent, atMs: number): MarginBook {
  switch (event.type) {
    case "MarginCallRaised": {
      const { callId, dueMs, equity, maintenance, deficit } = event;
      const terms = { callId, dueMs, equity, maintenance, deficit };
      return { ...book, call: { ...terms, raisedAtMs: atMs, status: "open" } };
    }
    case "MarginCallMet":
      return {
        ...book,
        call: null,
        past: book.call === null ? book.past : withPast(book.past, book.call, atMs),
      };
    case "MarginCallExpired":
      return { ...book, call: book.call && { ...book.call, status: "liquidating" } };
    case "FinancingAccrued":
      return { ...book, financing: withAccrued(book.financing, event) };
  }
}

function withPast(past: readonly PastCall[], call: MarginCall, metAtMs: number) {
  return [...past, { ...call, metAtMs }].slice(-REMEMBERED_CALLS);
}

/** The day is done, and so are those before it. What it cost is in the balances of the days after it. */
function withAccrued(
  financing: Financing,
  { day, interest, borrowFees, cashChange }: Extract<MarginEvent, { type: "FinancingAccrued" }>,
): Financing {
  return {
    ...financing,
    openDay: Math.max(financing.openDay ?? day + 1, day + 1),
    ended: financing.ended.flatMap((days) =>
      days.last <= day
        ? []
        : [{ ...days, first: Math.max(days.first, day + 1), cash: add(days.cash, cashChange) }],
    ),
    interest: add(financing.interest, interest),
    borrowFees: borrowFees.reduce((sum, { fee }) => add(sum, fee), financing.borrowFees),
  };
}

/**
 * The market has come to `day`, by a fill: what the portfolio had until then is what the days before it ended with. A day
 * that is over stays as it was, so that a fill that is reported late changes none.
 */
export function onMarketDay(
  financing: Financing,
  day: number,
  symbol: string,
  had: () => Pick<EndedDays, "cash" | "shorts">,
): Financing {
  const { openDay } = financing;
  if (openDay === null) return { ...financing, openDay: day, clockSymbol: symbol };
  if (day <= openDay) return financing;
  const days = { first: openDay, last: day - 1, ...had() };
  return { ...financing, openDay: day, clockSymbol: symbol, ended: [...financing.ended, days] };
}
