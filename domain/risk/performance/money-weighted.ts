import type { Flow } from "./time-weighted.ts";

export const YEAR_MS = 365 * 86_400_000;

/** The rate at which the flows balance, or why there is none. */
export type MoneyWeighted =
  | {
      /** of the whole span, not annualized */
      readonly period: number;
      /** of 365 days */
      readonly annualized: number;
    }
  | { readonly reason: string };

/** Logarithms of growth over the span between which a rate is looked for: a loss of all but 1e-13, a gain of 1e13. */
const REACH = 30;
const STEPS = 600;

/**
 * The money-weighted return: the constant rate at which what was put in becomes what came out (the internal rate of return of
 * dated flows). Where the flows turn more than once there may be several such rates, and then none of them is the return.
 * @param flows seen by the owner: negative was put in, positive came out or is still there at the end; any order
 */
export function moneyWeighted(flows: readonly Flow[]): MoneyWeighted {
  const known = flows.filter(({ amount }) => amount !== 0);
  const times = known.map(({ atMs }) => atMs);
  const [startMs, endMs] = [Math.min(...times), Math.max(...times)];
  if (!(endMs > startMs)) return { reason: "there is no time between the flows" };
  if (!known.some(({ amount }) => amount < 0) || !known.some(({ amount }) => amount > 0))
    return { reason: "money went one way only" };
  const worth = (growth: number): number =>
    known.reduce(
      (sum, { atMs, amount }) =>
        sum + amount * Math.exp((-growth * (atMs - startMs)) / (endMs - startMs)),
      0,
    );
  const brackets = bracketsOf(worth);
  const [bracket, second] = brackets;
  if (bracket === undefined) return { reason: "no rate of return balances the flows" };
  if (second !== undefined) return { reason: "several rates of return balance the flows" };
  const growth = bisect(worth, bracket);
  const annualized = Math.expm1((growth * YEAR_MS) / (endMs - startMs));
  return Number.isFinite(annualized)
    ? { period: Math.expm1(growth), annualized }
    : { reason: "the span is too short to say what the rate of a year is" };
}

type Bracket = readonly [low: number, high: number];

/** Of the growths that are looked at, from −REACH to REACH. */
function at(step: number): number {
  return (2 * REACH * step) / STEPS - REACH;
}

function bracketsOf(worth: (growth: number) => number): readonly Bracket[] {
  const found: Bracket[] = [];
  let before = worth(at(0));
  for (let step = 1; step <= STEPS; step += 1) {
    const now = worth(at(step));
    // A root on the grid belongs to the interval that ends there.
    if (before !== 0 && (now === 0 || now < 0 !== before < 0)) found.push([at(step - 1), at(step)]);
    before = now;
  }
  return found;
}

function bisect(worth: (growth: number) => number, [from, to]: Bracket): number {
  let [low, high] = [from, to];
  const isNegativeLow = worth(low) < 0;
  for (let step = 0; step < 100; step += 1) {
    const middle = (low + high) / 2;
    const value = worth(middle);
    if (value === 0) return middle;
    if (value < 0 === isNegativeLow) low = middle;
    else high = middle;
  }
  return (low + high) / 2;
}
