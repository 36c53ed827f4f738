import { quantile } from "../../numeric/quantile.ts";
import { RandomStream } from "../../numeric/random.ts";
import type { Estimate } from "../training/terms.ts";
import type { MetricBook } from "./metrics.ts";

export interface BootstrapTerms {
  /** of each row; rows of one moment are drawn together */
  readonly closeMs: Float64Array;
  /** moments that stay together */
  readonly block: number;
  readonly seed: number;
  /** called before each draw; it may throw, to end them */
  readonly look?: () => void;
}

const STREAM = 0xb007;
/** Enough for the edges of 95 %; fewer where there are very many rows, whose measures then vary little. */
const DRAWS_MAX = 500;
const DRAWS_MIN = 60;
const WORK = 6_000_000;

/** Labels that overlap are drawn together, and so is what lingers beside them: n^⅓ (Künsch 1989; Hall, Horowitz & Jing 1995). */
export function blockLength(moments: number, horizon: number): number {
  return Math.max(1, Math.min(moments, Math.max(2 * horizon, Math.ceil(Math.cbrt(moments)))));
}

/**
 * Measures with their 95 % intervals by the moving block bootstrap (Künsch 1989), rows of one moment staying together. What is not
 * defined, over all rows or in most draws, is left out.
 */
export function estimates(
  book: MetricBook,
  { closeMs, block, seed, look = () => undefined }: BootstrapTerms,
): { readonly [name: string]: Estimate } {
  const moment = momentNumbers(closeMs);
  const draws = Math.max(DRAWS_MIN, Math.min(DRAWS_MAX, Math.floor(WORK / (closeMs.length + 1))));
  const drawn = drawnWeights(moment, block, draws, RandomStream.of(seed, STREAM));
  const ones = new Float64Array(closeMs.length).fill(1);
  const found = new Map(Object.keys(book).map((name) => [name, [] as number[]]));
  for (const weights of drawn) {
    look();
    for (const [name, metric] of Object.entries(book)) found.get(name)?.push(metric(weights));
  }
  return Object.fromEntries(
    Object.entries(book).flatMap(([name, metric]) => {
      const estimate = estimateOf(metric(ones), found.get(name) ?? []);
      return estimate === null ? [] : [[name, estimate] as const];
    }),
  );
}

function estimateOf(value: number, draws: readonly number[]): Estimate | null {
  const finite = draws.filter(Number.isFinite);
  if (!Number.isFinite(value) || finite.length * 2 < draws.length) return null;
  return { value, lower: quantile(finite, 0.025), upper: quantile(finite, 0.975) };
}

/** The number of each row's moment in order of time, from 0. */
function momentNumbers(closeMs: Float64Array): Int32Array {
  const moments = [...new Set(closeMs)].toSorted((a, b) => a - b);
  const numbers = new Map(moments.map((close, index) => [close, index]));
  return Int32Array.from(closeMs, (close) => numbers.get(close) ?? 0);
}

/** How often each row was drawn, again and again in one and the same array. */
function* drawnWeights(
  moment: Int32Array,
  block: number,
  draws: number,
  random: RandomStream,
): Generator<Float64Array> {
  const moments = moment.reduce((most, value) => Math.max(most, value + 1), 0);
  const counts = new Float64Array(moments);
  const weights = new Float64Array(moment.length);
  for (let draw = 0; draw < draws; draw += 1) {
    counts.fill(0);
    for (let filled = 0; filled < moments; filled += block) {
      const start = random.below(moments - block + 1);
      const end = start + Math.min(block, moments - filled);
      for (let k = start; k < end; k += 1) counts[k] = (counts[k] ?? 0) + 1;
    }
    for (let i = 0; i < weights.length; i += 1) weights[i] = counts[moment[i] ?? 0] ?? 0;
    yield weights;
  }
}
