import { opinionsOf, tokensOf } from "./lexicon.ts";

export const LABELS = ["negative", "neutral", "positive"] as const;
export type SentimentLabel = (typeof LABELS)[number];

/** A multinomial logistic regression over the words of a text. */
export interface SentimentModel {
  readonly version: 1;
  /** how each feature speaks for each label, in the order of `LABELS` */
  readonly weights: { readonly [feature: string]: readonly [number, number, number] };
  readonly bias: readonly [number, number, number];
}

/**
 * What a model sees of a text, each with its count: words and pairs of words, figures as "#", and the opinions that the word lists
 * find, so that words which no training text had still count.
 */
export function featuresOf(text: string): ReadonlyMap<string, number> {
  const features = new Map<string, number>();
  const add = (name: string, value = 1): void => {
    features.set(name, (features.get(name) ?? 0) + value);
  };
  const tokens = tokensOf(text);
  const words = tokens.map((token) => (/^\d/.test(token) ? "#" : token));
  for (const word of words) if (/[a-z#]/.test(word)) add(word);
  for (let at = 1; at < words.length; at += 1) add(`${words[at - 1]} ${words[at]}`);
  for (const { kind, value, isNegated } of opinionsOf(tokens))
    add(`${isNegated ? "un" : ""}${kind}:${value > 0 ? "good" : "bad"}`, Math.abs(value));
  return features;
}

/** @returns the probability of each label, in the order of `LABELS` */
export function probabilitiesOf(
  model: SentimentModel,
  text: string,
): readonly [number, number, number] {
  const scores: [number, number, number] = [...model.bias];
  for (const [feature, count] of featuresOf(text)) {
    const weights = Object.hasOwn(model.weights, feature) ? model.weights[feature] : undefined;
    if (weights === undefined) continue;
    scores[0] += weights[0] * count;
    scores[1] += weights[1] * count;
    scores[2] += weights[2] * count;
  }
  const top = Math.max(...scores);
  const [a, b, c] = [
    Math.exp(scores[0] - top),
    Math.exp(scores[1] - top),
    Math.exp(scores[2] - top),
  ];
  const sum = a + b + c;
  return [a / sum, b / sum, c / sum];
}
