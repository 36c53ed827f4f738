import { readFileSync } from "node:fs";
import {
  featuresOf,
  LABELS,
  probabilitiesOf,
} from "../../domain/alternative/sentiment/logistic.ts";
import type {
  SentimentLabel,
  SentimentModel,
} from "../../domain/alternative/sentiment/logistic.ts";

const ROUNDS = 600;
const RATE = 0.5;
/** Words are rare: their weights may move faster than the bias. */
const WORD_RATE = 10;
/** Chosen by cross-validation on the training headlines alone. */
const RIDGE = 0.004;
const FOLDS = 5;
const DIGITS = 4;
const LETTERS: Readonly<Record<string, SentimentLabel>> = {
  n: "negative",
  "0": "neutral",
  p: "positive",
};

export interface Example {
  readonly text: string;
  readonly label: number;
  readonly features: readonly (readonly [string, number])[];
}

type Triple = [number, number, number];

/** @param file lines of a letter (p, n or 0), a tab and a headline */
export function readExamples(file: string): readonly Example[] {
  const lines = readFileSync(file, "utf8").trim().split("\n");
  return lines.map((line) => {
    const [letter = "", text = ""] = line.split("\t");
    const label = LABELS.indexOf(LETTERS[letter] ?? "neutral");
    return { text, label, features: [...featuresOf(text)] };
  });
}

/** Opinions always; words and pairs that more than one headline has. */
function vocabularyOf(examples: readonly Example[]): ReadonlySet<string> {
  const counts = new Map<string, number>();
  for (const { features } of examples)
    for (const [name] of features) counts.set(name, (counts.get(name) ?? 0) + 1);
  return new Set([...counts].filter(([, count]) => count > 1).map(([name]) => name));
}

/**
 * Full-batch gradient descent from zero, in a fixed order: the same headlines give the same model, to the last bit.
 * @returns weights to four decimals
 */
export function fit(examples: readonly Example[]): SentimentModel {
  const vocabulary = vocabularyOf(examples);
  const weights = new Map<string, Triple>([...vocabulary].map((name) => [name, [0, 0, 0]]));
  const bias: Triple = [0, 0, 0];
  for (let round = 0; round < ROUNDS; round += 1) descend(examples, weights, bias);
  const rounded = (triple: Triple): Triple => [cut(triple[0]), cut(triple[1]), cut(triple[2])];
  const named = [...weights].toSorted(([a], [b]) => (a < b ? -1 : 1));
  return {
    version: 1,
    bias: rounded(bias),
    weights: Object.fromEntries(named.map(([name, triple]) => [name, rounded(triple)])),
  };
}

function descend(
  examples: readonly Example[],
  weights: ReadonlyMap<string, Triple>,
  bias: Triple,
): void {
  const slopes = new Map<string, Triple>();
  const slope: Triple = [0, 0, 0];
  for (const { features, label } of examples) {
    const known = features.filter(([name]) => weights.has(name));
    const errors = errorsOf(known, weights, bias, label);
    for (const k of [0, 1, 2] as const) slope[k] += errors[k];
    for (const [name, count] of known) {
      const sum = slopes.get(name) ?? [0, 0, 0];
      for (const k of [0, 1, 2] as const) sum[k] += errors[k] * count;
      slopes.set(name, sum);
    }
  }
  const step = RATE / examples.length;
  for (const k of [0, 1, 2] as const) bias[k] -= step * slope[k];
  for (const [name, triple] of weights) {
    const sum = slopes.get(name) ?? [0, 0, 0];
    for (const k of [0, 1, 2] as const)
      triple[k] -= step * WORD_RATE * sum[k] + RATE * RIDGE * triple[k];
  }
}

function errorsOf(
  known: readonly (readonly [string, number])[],
  weights: ReadonlyMap<string, Triple>,
  bias: Triple,
  label: number,
): Triple {
  const scores: Triple = [...bias];
  for (const [name, count] of known)
    weights.get(name)?.forEach((weight, k) => {
      // sound: three weights, three scores
      scores[k as 0 | 1 | 2] += weight * count;
    });
  const top = Math.max(...scores);
  const powers = scores.map((score) => Math.exp(score - top));
  const total = powers.reduce((sum, power) => sum + power, 0);
  const error = (k: number): number => (powers[k] ?? 0) / total - (k === label ? 1 : 0);
  return [error(0), error(1), error(2)];
}

function cut(value: number): number {
  return Number(value.toFixed(DIGITS));
}

/** The share of headlines whose likeliest label is theirs. */
export function accuracy(model: SentimentModel, examples: readonly Example[]): number {
  const right = examples.filter(({ text, label }) => {
    const chances = probabilitiesOf(model, text);
    return chances.indexOf(Math.max(...chances)) === label;
  });
  return right.length / examples.length;
}

/** The same of headlines that a model has not seen, the mean of five parts. */
export function crossValidated(examples: readonly Example[]): number {
  const folds = Array.from({ length: FOLDS }, (_, fold) => {
    const isHeldOut = (_example: Example, at: number): boolean => at % FOLDS === fold;
    const rest = examples.filter((example, at) => !isHeldOut(example, at));
    return accuracy(fit(rest), examples.filter(isHeldOut));
  });
  return folds.reduce((sum, share) => sum + share, 0) / FOLDS;
}
