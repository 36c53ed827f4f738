/** Where a signal wants the position to be: `flat` ends what is held and opens nothing of the other sign. */
export type Goal = "long" | "flat" | "short";
export type SignalSide = "buy" | "sell" | "hold";

/** What a rule says at one close. */
export interface Verdict {
  readonly side: SignalSide;
  /** null of a hold */
  readonly goal: Goal | null;
  /** 0..1; what it measures, each rule says */
  readonly strength: number;
  /** −1..1: how far the rule leans to short or long at this close, whether or not anything has just happened; null: it cannot say */
  readonly lean: number | null;
  /** in words */
  readonly reason: string;
}

/** What a rule may look at: one symbol at one close, and nothing later. */
export interface Moment {
  readonly close: number | null;
  /** by column, e.g. `sma_20` or `donchian_20.upper`; null in the warm-up */
  readonly values: { readonly [column: string]: number | null };
  /** by the key of `predictionKey` */
  readonly predictions?: { readonly [key: string]: Foresight };
  /** closes of the two symbols of a pair at the same times, oldest first, up to this moment */
  readonly pair?: PairCloses;
}

export interface PairCloses {
  readonly first: ArrayLike<number>;
  readonly second: ArrayLike<number>;
}

/** What a model says at one close. */
export type Foresight =
  | { readonly isGiven: true; readonly probability: number | null; readonly value: number | null }
  /** unlike the training data, or without a feature: nothing is to be done about it */
  | { readonly isGiven: false; readonly why: string };

export function hold(reason: string, lean: number | null = null): Verdict {
  return { side: "hold", goal: null, strength: 0, lean, reason };
}

export function clamp(value: number, low: number, high: number): number {
  return Math.min(high, Math.max(low, value));
}

/** For reasons: as many digits as a person reads. */
export function shown(value: number): string {
  return String(Number(value.toPrecision(6)));
}
