import type { Pairs } from "./definition.ts";
import { reversion } from "./reversion.ts";
import { hold, type Moment, type PairCloses, shown, type Verdict } from "./verdict.ts";

/** How two symbols stand to each other. */
export interface Spread {
  /** money in the second for one in the first: the slope of log closes on log closes by least squares */
  readonly hedgeRatio: number;
  /** of the newest residual, in deviations of all of the window; null where there are none to speak of */
  readonly score: number | null;
}

/** Residuals below it are what rounding leaves of none. */
const NOISE = 1e-12;

export interface PairVerdict {
  /** of the first symbol */
  readonly verdict: Verdict;
  /** null in the warm-up */
  readonly hedgeRatio: number | null;
}

/** Mean reversion of the spread between two symbols: buying it is buying the first and selling the second. @see reversion */
export function pairs(rule: Pairs, previous: Moment, present: Moment): PairVerdict {
  const [before, now] = [spreadOf(rule, previous), spreadOf(rule, present)];
  if (before === null || now === null)
    return { verdict: hold(`the spread over ${rule.window} bars is warming up`), hedgeRatio: null };
  const name = `the spread with a hedge ratio of ${shown(now.hedgeRatio)}`;
  const terms = { name, entry: rule.entry, exit: rule.exit };
  return { verdict: reversion(terms, before.score, now.score), hedgeRatio: now.hedgeRatio };
}

function spreadOf({ window }: Pairs, { pair }: Moment): Spread | null {
  if (pair === undefined || pair.first.length < window) return null;
  return spread(pair, window);
}

/** Of the last `window` closes. Null where a close is not positive, or the second symbol did not move. */
export function spread({ first, second }: PairCloses, window: number): Spread | null {
  const from = first.length - window;
  const y = logsOf(first, from);
  const x = logsOf(second, from);
  if (y === null || x === null || y.length !== x.length) return null;
  const [meanX, meanY] = [meanOf(x), meanOf(y)];
  let [covariance, variance] = [0, 0];
  for (let i = 0; i < window; i += 1) {
    const dx = (x[i] ?? 0) - meanX;
    covariance += dx * ((y[i] ?? 0) - meanY);
    variance += dx * dx;
  }
  if (variance <= NOISE * NOISE) return null;
  const hedgeRatio = covariance / variance;
  const residuals = y.map((value, i) => value - meanY - hedgeRatio * ((x[i] ?? 0) - meanX));
  // Two are used up by the slope and the level.
  const deviation = Math.sqrt(residuals.reduce((sum, e) => sum + e * e, 0) / (window - 2));
  const last = residuals.at(-1) ?? 0;
  return { hedgeRatio, score: deviation > NOISE ? last / deviation : null };
}

function logsOf(closes: ArrayLike<number>, from: number): readonly number[] | null {
  const logs: number[] = [];
  for (let i = from; i < closes.length; i += 1) {
    const close = closes[i] ?? Number.NaN;
    if (!(close > 0)) return null;
    logs.push(Math.log(close));
  }
  return logs;
}

function meanOf(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}

/** What is to be done about the second symbol when this is to be done about the first. */
export function secondLeg({ verdict, hedgeRatio }: PairVerdict): Verdict {
  const { side, goal } = verdict;
  // With a negative ratio the two go the same way.
  if (hedgeRatio === null || hedgeRatio < 0) return verdict;
  const turned = side === "buy" ? "sell" : side === "sell" ? "buy" : "hold";
  const end = goal === "long" ? "short" : goal === "short" ? "long" : goal;
  const lean = verdict.lean === null ? null : -verdict.lean;
  return { ...verdict, side: turned, goal: end, lean };
}
