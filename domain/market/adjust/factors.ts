import { type Decimal, dec, type DecimalString } from "../../shared/decimal.ts";
import type { CashDividend, CorporateAction } from "./corporate-action.ts";

export const ADJUSTMENTS = ["none", "splits", "all"] as const;
export type Adjustment = (typeof ADJUSTMENTS)[number];

/** What the bars before an instant are multiplied by, all later actions included. */
export interface Factor {
  /** bars that open before it, epoch ms, and not before the one that precedes it */
  readonly beforeMs: number;
  readonly price: Decimal;
  readonly volume: Decimal;
}

/** Ascending by `beforeMs`; bars from the last one on are as they are. */
export type Factors = readonly Factor[];

/** Why a dividend has no factor. */
export interface NoFactor {
  readonly dividend: CashDividend;
  readonly reason: string;
}

/** What the factors are computed with. */
export interface FactorTerms {
  readonly adjust: Adjustment;
  /** of the instrument's prices */
  readonly currency: string;
  /** where the bars of an ex-date begin, epoch ms */
  readonly exMs: (exDay: number) => number;
  /** the last raw close before an ex-date; null when it is not known */
  readonly closeBefore: (exDay: number) => DecimalString | null;
}

/**
 * The factors of these actions, which are those that have happened by the instant the prices shall compare with. A split
 * divides earlier prices by newUnits/oldUnits and multiplies volumes by it. A cash dividend D multiplies earlier prices by
 * 1 − D/c, c being the raw close before the ex-date, so that a price which falls by exactly the dividend has a return of 0:
 * the convention of LEAN's price factors and of the adjusted closes that vendors call "by CRSP's standards". Factors of
 * different dates multiply. Each is a decimal of 60 digits.
 */
export function factorsOf(
  actions: readonly CorporateAction[],
  terms: FactorTerms,
): { readonly factors: Factors } | { readonly refused: NoFactor } {
  const factors: Factor[] = [];
  let price = dec(1);
  let volume = dec(1);
  const latestFirst = counting(actions, terms.adjust).toSorted((a, b) => b.exDay - a.exDay);
  for (const [index, action] of latestFirst.entries()) {
    if (action.kind === "split") {
      price = price.times(action.oldUnits).dividedBy(action.newUnits);
      volume = volume.times(action.newUnits).dividedBy(action.oldUnits);
    } else {
      const factor = dividendFactor(action, terms);
      if (typeof factor === "string") return { refused: { dividend: action, reason: factor } };
      price = price.times(factor);
    }
    // Actions of one date are one factor.
    if (latestFirst[index + 1]?.exDay === action.exDay) continue;
    factors.push({ beforeMs: terms.exMs(action.exDay), price, volume });
  }
  return { factors: factors.toReversed() };
}

function counting(
  actions: readonly CorporateAction[],
  adjust: Adjustment,
): readonly CorporateAction[] {
  switch (adjust) {
    case "none":
      return [];
    case "splits":
      return actions.filter(({ kind }) => kind === "split");
    case "all":
      return actions;
  }
}

function dividendFactor(dividend: CashDividend, terms: FactorTerms): Decimal | string {
  if (dividend.currency !== terms.currency) {
    return `it was paid in ${dividend.currency}, and prices are in ${terms.currency}`;
  }
  const close = dividend.referencePrice ?? terms.closeBefore(dividend.exDay);
  if (close === null) return "the close before it is not known";
  const isCovered = dec(close).greaterThan(dividend.amount);
  return isCovered
    ? dec(1).minus(dec(dividend.amount).dividedBy(close))
    : `it is not below the close before it, ${close}`;
}

/** What a bar that opens at an instant is multiplied by; null: it is as it is. */
export function factorAt(factors: Factors, startMs: number): Factor | null {
  return factors.find(({ beforeMs }) => startMs < beforeMs) ?? null;
}
