import type { FitRun } from "../learning/algorithm.ts";
import type { Sample } from "../learning/sample.ts";
import { AGENTS } from "./agents/index.ts";
import type { Checkpoint } from "./agents/learner.ts";
import { type Comparison, compare, type SeededPolicy } from "./compare.ts";
import type { TimeRange } from "./env/market.ts";
import { TradingEnvironment } from "./env/trading.ts";
import { marketsWithin, type Outlook, outlookOf } from "./prepare.ts";
import type { AgentTerms } from "./terms.ts";

/** Fewer bars of a test say nothing. */
const TEST_MIN = 20;
const TRAIN_MIN = 2;

/** What an agent learns from. */
export interface Lesson {
  readonly sample: Sample;
  /** names of the sample's columns */
  readonly features: readonly string[];
  readonly terms: AgentTerms;
}

/**
 * Lets one seed learn on the training range, from the beginning or from where it stood.
 * @param until steps of the environment; whole chunks are learnt
 * @throws FitRefused, FitCancelled; RangeError when the checkpoint is not of such a lesson
 */
export function learn(
  { sample, features, terms }: Lesson,
  seed: number,
  checkpoint: Checkpoint | null,
  until: number,
  run: FitRun,
): Checkpoint {
  const { algorithm, parameters, trading, train } = terms;
  const outlook = outlookOf(sample, features, train);
  const markets = marketsWithin(sample, train, outlook, "trainRange", TRAIN_MIN);
  const environment = new TradingEnvironment(markets, features.length, trading, outlook.unit);
  const kind = AGENTS[algorithm];
  const learner =
    checkpoint === null
      ? kind.start(environment, parameters, seed)
      : kind.resume(environment, parameters, checkpoint);
  learner.learn(until, run);
  return learner.save();
}

/**
 * Everything of a lesson that can be wrong, before anything is learnt: how the training range looks.
 * @throws FitRefused
 */
export function checkLesson({ sample, features, terms }: Lesson): Outlook {
  const { algorithm, parameters, trading, train, test } = terms;
  const outlook = outlookOf(sample, features, train);
  const markets = marketsWithin(sample, train, outlook, "trainRange", TRAIN_MIN);
  marketsWithin(sample, test, outlook, "testRange", TEST_MIN);
  const environment = new TradingEnvironment(markets, features.length, trading, outlook.unit);
  AGENTS[algorithm].start(environment, parameters, 0);
  return outlook;
}

/**
 * How an agent does over a range.
 * @param acting what its seeds have learnt, whole or the acting parts
 * @param name of the range, for what is said when there is too little of it
 * @throws FitRefused
 */
export function examine(
  { sample, terms }: Lesson,
  outlook: Outlook,
  range: TimeRange,
  name: string,
  acting: readonly { readonly seed: number; readonly checkpoint: Checkpoint }[],
): Comparison {
  const markets = marketsWithin(sample, range, outlook, name, TEST_MIN);
  const policies = acting.map(({ seed, checkpoint }): SeededPolicy => ({
    seed,
    policy: AGENTS[terms.algorithm].policy(checkpoint),
  }));
  return compare(markets, policies, terms.trading, outlook);
}
