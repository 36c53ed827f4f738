import { RandomStream } from "../../numeric/random.ts";
import type { Policy } from "./agents/learner.ts";
import { Crowd } from "./crowd.ts";
import { observe, widthOf } from "./env/trading.ts";
import { positionsOf, type TradingTerms } from "./env/terms.ts";
import type { Decide } from "./evaluation.ts";
import { noveltyOf, type Outlook } from "./prepare.ts";

/* What agents are set beside, and the agents themselves, as rules for a position. */

export const buyAndHold: Decide = () => 1;

/** Deviations of the price from its mean of 20 bars at which the threshold rule takes a position. */
const THRESHOLD = 1;

/** Buys what is cheap against its mean of 20 bars, sells (short, where that is allowed) what is dear, and gets out where the price is back at it. */
export function thresholdRule({ positions }: Pick<TradingTerms, "positions">): Decide {
  const dear = positionsOf(positions)[0] ?? 0;
  return ({ zScore }, row, { position }) => {
    const z = zScore[row] ?? Number.NaN;
    if (Number.isNaN(z)) return 0;
    if (z <= -THRESHOLD) return 1;
    if (z >= THRESHOLD) return dear;
    return position * z > 0 ? 0 : position;
  };
}

/** Any position, by chance, at each bar. */
export function randomRule({ positions }: Pick<TradingTerms, "positions">, seed: number): Decide {
  const random = RandomStream.of(seed, RANDOM_STREAM);
  const all = positionsOf(positions);
  return () => all[random.below(all.length)] ?? 0;
}

/** Of streams that a seed has, one that no learner uses: they count chunks from 0. */
const RANDOM_STREAM = 2 ** 40;

/** The policies as one, which keep what is held at a row unlike those that they have learnt from. */
export function agentRule(
  policies: readonly Policy[],
  terms: TradingTerms,
  outlook: Outlook,
): Decide {
  const columns = outlook.features.length;
  const crowd = new Crowd(policies, terms);
  const positions = positionsOf(terms.positions);
  const observation = new Float64Array(widthOf(columns, terms));
  return (series, row, holding) => {
    const seen = series.features.subarray(row * columns, (row + 1) * columns);
    if (noveltyOf(seen, outlook) > 1) return null;
    observe(series, row, columns, terms, holding, observation);
    return positions[crowd.judge(observation, holding.position).action] ?? 0;
  };
}
