import { dec } from "../../shared/decimal.ts";
import type { Factors } from "./factors.ts";

/** After every bar. */
const END_MS = Number.MAX_SAFE_INTEGER;

/**
 * The same adjustment in the units of the first bar: later prices are raised by what splits and dividends took from them, earlier
 * ones stay. What is computed of bars up to one then depends on no action after it, and does not change when the next one comes:
 * what a model learnt from level features (an average, a price) holds for the features that it is given later.
 */
export function forwardFactors(factors: Factors): Factors {
  const [first] = factors;
  if (first === undefined) return factors;
  const { price, volume } = first;
  return [
    ...factors.map((factor) => ({
      beforeMs: factor.beforeMs,
      price: factor.price.dividedBy(price),
      volume: factor.volume.dividedBy(volume),
    })),
    { beforeMs: END_MS, price: dec(1).dividedBy(price), volume: dec(1).dividedBy(volume) },
  ];
}
