import { lexiconScore } from "./lexicon.ts";
import { probabilitiesOf } from "./logistic.ts";
import type { SentimentLabel, SentimentModel } from "./logistic.ts";

export const SENTIMENT_METHODS = ["lexicon", "logistic"] as const;
export type SentimentMethod = (typeof SENTIMENT_METHODS)[number];

/** What a text says of its subject's prospects. */
export interface Sentiment {
  /** −1 bad to 1 good */
  readonly score: number;
  readonly label: SentimentLabel;
  readonly method: SentimentMethod;
}

/** Nearer to 0 than this a text says neither. */
const NEUTRAL_BELOW = 0.15;

/**
 * The sentiment of a headline or a short text in English. `lexicon` counts what our word lists find (`lexicon.ts`); `logistic` is
 * P(positive) − P(negative) of the trained model, labelled by the likeliest of the three.
 * @param model for `logistic`
 */
export function sentimentOf(
  text: string,
  method: SentimentMethod,
  model: SentimentModel,
): Sentiment {
  if (method === "lexicon") {
    const score = lexiconScore(text);
    return { score, label: labelOf(score), method };
  }
  const [negative, neutral, positive] = probabilitiesOf(model, text);
  const score = positive - negative;
  const label =
    neutral >= positive && neutral >= negative ? "neutral" : score > 0 ? "positive" : "negative";
  return { score, label, method };
}

function labelOf(score: number): SentimentLabel {
  if (Math.abs(score) < NEUTRAL_BELOW) return "neutral";
  return score > 0 ? "positive" : "negative";
}
