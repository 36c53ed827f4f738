import { Decimal, dec, ZERO } from "../../shared/decimal.ts";
import type { Moves, Outcome } from "./outcome.ts";

/** What becomes of one position. Money is rounded to 8 decimals, half to even; null where nobody can say. */
export interface PositionResult {
  readonly symbol: string;
  readonly valueBefore: Decimal;
  readonly valueAfter: Decimal | null;
  readonly change: Decimal | null;
  /** change over |valueBefore|; null where that is 0 */
  readonly changePct: number | null;
  readonly basis: string;
  /** by which rule it was moved, or why it was not */
  readonly rule: string;
  readonly moves: Moves | null;
}

/** What becomes of a book: sums of its positions as they are rounded, so that they are exact. */
export interface BookResult {
  readonly valueBefore: Decimal;
  /** what is not covered is taken as it was; null where nothing is covered */
  readonly valueAfter: Decimal | null;
  readonly change: Decimal | null;
  readonly changePct: number | null;
  /** of |value| of the positions, 0 to 1; 1 of none */
  readonly coveredPct: number;
  readonly notCovered: readonly NotCovered[];
  readonly positions: readonly PositionResult[];
}

export interface NotCovered {
  readonly symbol: string;
  readonly value: Decimal;
  readonly reason: string;
}

const PLACES = 8;

/** @throws RangeError when a value is not finite */
export function money(value: number): Decimal {
  if (!Number.isFinite(value)) throw new RangeError(`expected a finite value, found ${value}`);
  return dec(value).toDecimalPlaces(PLACES, Decimal.ROUND_HALF_EVEN);
}

export interface Stressed {
  readonly symbol: string;
  readonly value: number;
  readonly outcome: Outcome;
}

/**
 * @param cash of the book's own currency, which nothing moves
 * @throws RangeError when a value or a change is not finite
 */
export function totalOf(stressed: readonly Stressed[], cash: number): BookResult {
  const positions = stressed.map(positionResult);
  const sum = (of: (one: PositionResult) => Decimal) =>
    positions.reduce((total, one) => total.plus(of(one)), ZERO);
  const valueBefore = money(cash).plus(sum((one) => one.valueBefore));
  const covered = positions.filter(({ change }) => change !== null);
  const isBlind = positions.length > 0 && covered.length === 0;
  const change = isBlind ? null : sum((one) => one.change ?? ZERO);
  const gross = sum((one) => one.valueBefore.abs());
  const seen = covered.reduce((total, one) => total.plus(one.valueBefore.abs()), ZERO);
  return {
    valueBefore,
    valueAfter: change === null ? null : valueBefore.plus(change),
    change,
    changePct: change === null ? null : partOf(change, valueBefore),
    coveredPct: gross.isZero() ? (isBlind ? 0 : 1) : seen.dividedBy(gross).toNumber(),
    notCovered: positions
      .filter(({ change: moved }) => moved === null)
      .map(({ symbol, valueBefore: value, rule: reason }) => ({ symbol, value, reason })),
    positions,
  };
}

function positionResult({ symbol, value, outcome }: Stressed): PositionResult {
  const valueBefore = money(value);
  if (!outcome.isCovered)
    return {
      symbol,
      valueBefore,
      valueAfter: null,
      change: null,
      changePct: null,
      basis: "notCovered",
      rule: outcome.reason,
      moves: null,
    };
  const change = money(outcome.change);
  return {
    symbol,
    valueBefore,
    valueAfter: valueBefore.plus(change),
    change,
    changePct: partOf(change, valueBefore),
    basis: outcome.basis,
    rule: outcome.rule,
    moves: outcome.moves,
  };
}

function partOf(change: Decimal, whole: Decimal): number | null {
  return whole.isZero() ? null : change.dividedBy(whole.abs()).toNumber();
}
