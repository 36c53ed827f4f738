import { type ModelRule, predictionKey } from "./definition.ts";
import { clamp, hold, type Moment, shown, type Verdict } from "./verdict.ts";

const BPS = 10_000;

/**
 * Of a classifier: buy when the probability is `buyAbove` or more, sell when it is `sellBelow` or less. Of a regressor: buy when the
 * forecast return is more than the cost, sell when it is less than its negative. A prediction is a new view each bar: it says so
 * again while it lasts. No prediction, as for a row unlike the training data, is a hold.
 *
 * `strength`: |2p − 1| of a probability p; of a return the share that the cost leaves. `lean` is the same with its sign.
 */
export function modelRule(rule: ModelRule, present: Moment): Verdict {
  const said = present.predictions?.[predictionKey(rule)];
  if (said === undefined) return hold("the model has said nothing of this bar");
  if (!said.isGiven) return hold(`the model gives no prediction: ${said.why}`);
  if (said.probability !== null) return byProbability(rule, said.probability);
  return said.value === null ? hold("the model gives no number") : byReturn(rule, said.value);
}

function byProbability({ buyAbove, sellBelow }: ModelRule, probability: number): Verdict {
  const lean = clamp(2 * probability - 1, -1, 1);
  const strength = Math.abs(lean);
  const at = `the probability of ${shown(probability)} is`;
  if (probability >= buyAbove)
    return { side: "buy", goal: "long", strength, lean, reason: `${at} at least ${buyAbove}` };
  if (probability <= sellBelow)
    return { side: "sell", goal: "short", strength, lean, reason: `${at} at most ${sellBelow}` };
  return hold(`${at} between ${sellBelow} and ${buyAbove}`, lean);
}

function byReturn({ costBps }: ModelRule, value: number): Verdict {
  const cost = costBps / BPS;
  const strength = Math.abs(value) > cost ? 1 - cost / Math.abs(value) : 0;
  const lean = Math.sign(value) * strength;
  const at = `the forecast return of ${shown(value)}`;
  if (value > cost)
    return {
      side: "buy",
      goal: "long",
      strength,
      lean,
      reason: `${at} is beyond the cost of ${cost}`,
    };
  if (value < -cost)
    return {
      side: "sell",
      goal: "short",
      strength,
      lean,
      reason: `${at} is beyond the cost of ${cost}`,
    };
  return hold(`${at} does not cover the cost of ${cost}`, lean);
}
