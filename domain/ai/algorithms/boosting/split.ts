import type { Binned } from "./binned.ts";
import type { Histogram } from "./histogram.ts";
import type { BoostingTerms } from "./terms.ts";

/** Σ gradients and Σ hessians of some rows, and how many they are where somebody asks (else 0). */
export interface Sums {
  readonly gradient: number;
  readonly hessian: number;
  readonly count: number;
}

/** Between which the values of a node lie that a monotone feature has set apart. */
export interface Bounds {
  readonly low: number;
  readonly high: number;
}

export interface Split {
  /** which of the tree's columns */
  readonly column: number;
  /** the last bin that goes left */
  readonly bin: number;
  readonly isMissingLeft: boolean;
  readonly gain: number;
  readonly left: Sums;
}

/** What stays the same over a whole fit. */
export interface SplitSetting {
  readonly binned: Binned;
  readonly terms: BoostingTerms;
  /** numbers of a histogram from one column to the next */
  readonly stride: number;
}

/** Less than this is rounding. */
const GAIN_MIN = 1e-6;
/** A child with less of its parent's hessian has none: what subtraction left of empty bins. */
const SHARE_MIN = 1e-9;

/** −G/(H + λ), as near as the bounds let it come: the value of a leaf. */
export function leafValue(
  gradient: number,
  hessian: number,
  lambda: number,
  { low, high }: Bounds,
): number {
  const curvature = hessian + lambda;
  const value = curvature > 0 ? -gradient / curvature : 0;
  if (value < low) return low;
  return value > high ? high : value;
}

/** Twice what a leaf of that value takes off the loss, to the second order: G²/(H + λ) where nothing bounds it. */
function reduction(gradient: number, hessian: number, lambda: number, value: number): number {
  return -(2 * gradient + (hessian + lambda) * value) * value;
}

/**
 * The split of most gain, the first among equals (Chen & Guestrin 2016, eq. 7, without the ½, and algorithm 3 for missing values).
 * @param columns of the tree, as the histogram has them
 * @returns null when none is allowed or gains enough
 */
export function bestSplit(
  setting: SplitSetting,
  histogram: Histogram,
  columns: Int32Array,
  node: Sums,
  bounds: Bounds,
): Split | null {
  const scan = new Scan(setting, histogram, node, bounds);
  columns.forEach((column, i) => scan.column(i, column));
  return scan.best();
}

class Scan {
  readonly #setting: SplitSetting;
  readonly #histogram: Histogram;
  readonly #node: Sums;
  readonly #bounds: Bounds;
  readonly #hessianMin: number;
  readonly #parent: number;
  #gain: number;
  #column = -1;
  #bin = 0;
  #isMissingLeft = false;
  #left: Sums = { gradient: 0, hessian: 0, count: 0 };

  constructor(setting: SplitSetting, histogram: Histogram, node: Sums, bounds: Bounds) {
    const { lambda, gamma, minChildWeight } = setting.terms;
    const { gradient, hessian } = node;
    this.#setting = setting;
    this.#histogram = histogram;
    this.#node = node;
    this.#bounds = bounds;
    this.#hessianMin = Math.max(minChildWeight, SHARE_MIN * hessian);
    const value = leafValue(gradient, hessian, lambda, bounds);
    this.#parent = reduction(gradient, hessian, lambda, value);
    this.#gain = Math.max(gamma, GAIN_MIN);
  }

  best(): Split | null {
    if (this.#column < 0) return null;
    return {
      column: this.#column,
      bin: this.#bin,
      isMissingLeft: this.#isMissingLeft,
      gain: this.#gain,
      left: this.#left,
    };
  }

  column(at: number, column: number): void {
    const { binned } = this.#setting;
    const cuts = binned.cuts[column]?.length ?? 0;
    const sign = this.#setting.terms.monotone[column] ?? 0;
    if (binned.hasMissing[column] !== true) {
      this.#scan(at, cuts, sign, null);
      return;
    }
    // Missing values right: they may also be all that goes there.
    this.#scan(at, cuts + 1, sign, false);
    this.#scan(at, cuts, sign, true);
  }

  /** @param isMissingLeft null: none is missing, and one that is later goes with the heavier child */
  #scan(at: number, splits: number, sign: number, isMissingLeft: boolean | null): void {
    const { stride, binned, terms } = this.#setting;
    const { sums, counts } = this.#histogram;
    const { lambda, minRows } = terms;
    const { gradient, hessian, count } = this.#node;
    const first = at * stride;
    const missing = first + binned.missing;
    const isLeft = isMissingLeft === true;
    let leftGradient = isLeft ? (sums[2 * missing] ?? 0) : 0;
    let leftHessian = isLeft ? (sums[2 * missing + 1] ?? 0) : 0;
    let leftCount = isLeft ? (counts[missing] ?? 0) : 0;
    for (let bin = 0; bin < splits; bin += 1) {
      leftGradient += sums[2 * (first + bin)] ?? 0;
      leftHessian += sums[2 * (first + bin) + 1] ?? 0;
      leftCount += counts[first + bin] ?? 0;
      const rightHessian = hessian - leftHessian;
      if (leftHessian < this.#hessianMin) continue;
      // Hessians are not negative: what is right of here only gets less.
      if (rightHessian < this.#hessianMin) return;
      if (minRows > 1 && (leftCount < minRows || count - leftCount < minRows)) continue;
      const rightGradient = gradient - leftGradient;
      const left = leafValue(leftGradient, leftHessian, lambda, this.#bounds);
      const right = leafValue(rightGradient, rightHessian, lambda, this.#bounds);
      if (sign * (right - left) < 0) continue;
      const gain =
        reduction(leftGradient, leftHessian, lambda, left) +
        reduction(rightGradient, rightHessian, lambda, right) -
        this.#parent;
      if (!(gain > this.#gain)) continue;
      this.#gain = gain;
      this.#column = at;
      this.#bin = bin;
      this.#isMissingLeft = isMissingLeft ?? leftHessian >= rightHessian;
      this.#left = { gradient: leftGradient, hessian: leftHessian, count: leftCount };
    }
  }
}
