import type { Json } from "../../../shared/json.ts";
import {
  type Algorithm,
  type AlgorithmBook,
  type FitJob,
  FitRefused,
  type FitRun,
  type Objective,
  type Predictor,
} from "../../learning/algorithm.ts";
import { Progress } from "../../training/progress.ts";
import { Fields, oneOf, parametersOf } from "../fitted.ts";
import { targetsOf } from "../target.ts";
import { blend, type Column, fromSpace, outOfFold, toSpace } from "./blend.ts";
import { type Member, memberFaults, memberFrom, membersOf } from "./members.ts";

const COMBINATIONS = ["mean", "stacking"] as const;
const OBJECTIVES = ["binary", "squared"] as const satisfies readonly Objective[];

/**
 * Several algorithms that answer together: the mean of their values, for variances of their logarithms (a geometric mean), for
 * probabilities of their log-odds. `stacking` weighs them by what would have been best on rows that none had learnt from: weights
 * that are not negative and sum to 1 (Breiman 1996).
 * @param book without ensembles
 */
export function ensembleOf(book: AlgorithmBook): Algorithm {
  return {
    name: "ensemble",
    kinds: ["classifier", "regressor", "forecaster"],
    parameters: {
      members: {
        type: "members",
        lengthMax: 8,
        default: [
          { algorithm: "boosting", parameters: {} },
          { algorithm: "mlp", parameters: {} },
        ],
        about: "a list of { algorithm, parameters }",
      },
      combine: {
        type: "enum",
        values: COMBINATIONS,
        default: "mean",
        about: "all alike, or weighed by how they do on rows that they have not learnt from",
      },
      folds: {
        type: "integer",
        min: 2,
        max: 10,
        default: 5,
        about: "of stacking: contiguous, purged of labels that reach into them",
      },
    },
    check: (parameters) => memberFaults(book, parameters),
    acceptsMissing: false,
    scaling: "standard",
    lookback: (parameters) =>
      Math.max(
        ...membersOf(book, parameters).map(({ algorithm, parameters: own }) =>
          algorithm.lookback(own),
        ),
      ),
    fit: (job) => fitEnsemble(book, job),
    predictor: (fitted) => predictorOf(book, new Fields(fitted, "fitted")),
  };
}

function fitEnsemble(book: AlgorithmBook, job: FitJob): Json {
  targetsOf(job, 2);
  const members = membersOf(book, job.parameters);
  const given = parametersOf(job.parameters);
  refuseOthers(job.objective, members);
  const folds = oneOf(COMBINATIONS, given.text("combine")) === "mean" ? 0 : given.number("folds");
  const parts = (folds + 1) * members.length;
  const progress = new Progress(job.run);
  const step = (): FitRun => progress.part(1 / parts);
  const weights =
    folds === 0 ? members.map(() => 1 / members.length) : stack(job, members, folds, step);
  return {
    objective: job.objective,
    members: members.map((member, i) => ({
      algorithm: member.algorithm.name,
      weight: weights[i] ?? 0,
      fitted: fitMember(member, job, i, step()),
    })),
  };
}

/** A probability can be blended with probabilities only. @throws FitRefused `PARAMETERS` */
function refuseOthers(objective: Objective, members: readonly Member[]): void {
  for (const { algorithm } of members) {
    const isFitting = algorithm.kinds.some(
      (kind) => (kind === "classifier") === (objective === "binary"),
    );
    if (!isFitting)
      throw new FitRefused(
        "PARAMETERS",
        `${algorithm.name} cannot be a member: its kinds are ${algorithm.kinds.join(", ")}`,
      );
  }
}

/** @returns a weight a member */
function stack(
  job: FitJob,
  members: readonly Member[],
  folds: number,
  step: () => FitRun,
): readonly number[] {
  const held = outOfFold(job, members.length, folds, (i, train, test) => {
    const member = members[i];
    if (member === undefined) return new Float64Array();
    const fitted = fitMember(member, { ...job, train }, i, step());
    return member.algorithm.predictor(fitted).predict(job.sample, test);
  });
  return blend(job.objective, held);
}

function fitMember(
  { algorithm, parameters }: Member,
  job: FitJob,
  index: number,
  run: FitRun,
): Json {
  // Each with a seed of its own, so that two alike members do not say the same.
  const seed = (job.seed + index) % 2 ** 32;
  return algorithm.fit({ ...job, parameters, seed, run });
}

interface FittedMember {
  readonly weight: number;
  readonly predictor: Predictor;
}

function predictorOf(book: AlgorithmBook, fitted: Fields): Predictor {
  const objective = oneOf(OBJECTIVES, fitted.text("objective"));
  const members = fitted.objects("members").map((member): FittedMember => ({
    weight: member.number("weight"),
    predictor: memberFrom(book, member.text("algorithm")).predictor(member.any("fitted") ?? null),
  }));
  if (members.length === 0) throw new RangeError("expected members, found none");
  return {
    importance: importanceOf(members),
    predict(sample, rows) {
      const sums = new Float64Array(rows.length);
      for (const { weight, predictor } of members)
        addTo(sums, weight, toSpace(objective, predictor.predict(sample, rows)));
      return sums.map((sum) => fromSpace(objective, sum));
    },
  };
}

function addTo(sums: Float64Array, weight: number, column: Column): void {
  if (weight === 0) return;
  for (let i = 0; i < sums.length; i += 1)
    sums[i] = (sums[i] ?? 0) + weight * (column[i] ?? Number.NaN);
}

/** The weighted mean of what the members know; null where none does. */
function importanceOf(members: readonly FittedMember[]): Float64Array | null {
  const known = members.flatMap(({ weight, predictor: { importance } }) =>
    importance === null || weight === 0 ? [] : [{ weight, importance }],
  );
  const [first] = known;
  if (first === undefined) return null;
  const total = known.reduce((sum, { weight }) => sum + weight, 0);
  const sums = new Float64Array(first.importance.length);
  for (const { weight, importance } of known) addTo(sums, weight / total, importance);
  return sums;
}
