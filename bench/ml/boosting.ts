import { createHash } from "node:crypto";
import { boosting } from "../../domain/ai/algorithms/boosting/boosting.ts";
import type { FitJob } from "../../domain/ai/learning/algorithm.ts";
import { readParameters } from "../../domain/ai/learning/read-parameters.ts";
import type { LabelledSample } from "../../domain/ai/learning/sample.ts";
import type { Json } from "../../domain/shared/json.ts";
import { logLossOf, nonlinearSet } from "../../test/support/nonlinear-set.ts";
import { round } from "../support.ts";
import { askXgboost, type Question, type XgboostAnswer } from "./xgboost.ts";

const SEED = 7;
/** What the losses may differ by at equal settings. */
const LOSS_MARGIN = 0.01;

/** A fit on made-up rows, beside native XGBoost's of the same in the same run. @throws Error when ours is wrong */
export function compareBoosting(rows: number, columns: number, rounds: number) {
  const question = { train: rows, rounds, depth: 6, bins: 64, learningRate: 0.1 };
  const { sample, probability } = nonlinearSet(rows + rows / 4, columns, SEED);
  const job = jobOf(sample, question);
  const ours = timed(job);
  const said = boosting.predictor(ours.fitted).predict(sample, range(rows, sample.x.rows));
  const logLoss = logLossOf(sample.y, said, rows, sample.x.rows);
  const best = logLossOf(sample.y, probability.subarray(rows), rows, sample.x.rows);
  const one = askXgboost(sample, question, 1);
  const two = askXgboost(sample, question, 2);
  checkLoss(logLoss, best, one);
  return {
    figures: {
      rows,
      columns,
      ...question,
      wallMs: ours.wallMs,
      cpuMs: ours.cpuMs,
      logLoss: round(logLoss, 5),
      logLossOfTruth: round(best, 5),
      sha256: sha256(ours.fitted),
    },
    reference: { one: shown(one), two: shown(two) },
    cpuRatio: one === null ? null : round(ours.cpuMs / one.cpuMs),
    wallRatio: one === null ? null : round(ours.wallMs / one.wallMs),
  };
}

/** @throws Error when two fits of one seed differ */
export function checkSameBytes(): string {
  const { sample } = nonlinearSet(4_000, 12, SEED);
  const question = { train: 4_000, rounds: 20, depth: 4, bins: 64, learningRate: 0.1 };
  const drawn = { subsample: 0.8, columnSample: 0.5 };
  const [first = "", second] = [1, 2].map(() =>
    sha256(boosting.fit(jobOf(sample, question, drawn))),
  );
  if (first !== second) throw new Error(`expected one sha256, found ${first} and ${second}`);
  return first;
}

function jobOf(
  sample: LabelledSample,
  { train, ...shared }: Question,
  more: { readonly [name: string]: Json } = {},
): FitJob {
  const read = readParameters(boosting.parameters, { ...shared, ...more, patience: 0 });
  if (!read.isValid) throw new Error(JSON.stringify(read.faults));
  return {
    sample,
    train: range(0, train),
    valid: new Int32Array(),
    objective: "binary",
    parameters: read.parameters,
    seed: 1,
    run: { report: () => undefined, isCancelled: false },
  };
}

function timed(job: FitJob) {
  const cpu = process.cpuUsage();
  const startMs = performance.now();
  const fitted = boosting.fit(job);
  const wallMs = round(performance.now() - startMs);
  const { user, system } = process.cpuUsage(cpu);
  return { fitted, wallMs, cpuMs: round((user + system) / 1_000) };
}

function checkLoss(loss: number, best: number, reference: XgboostAnswer | null): void {
  if (!(loss > best && loss < 0.66))
    throw new Error(`expected a loss above ${best}, found ${loss}`);
  if (reference === null)
    console.log("REFERENCE ABSENT: no python3 here has xgboost (Debian: python3-xgboost)");
  else if (Math.abs(loss - reference.logLoss) > LOSS_MARGIN)
    throw new Error(`expected a log-loss near XGBoost's ${reference.logLoss}, found ${loss}`);
}

function shown(answer: XgboostAnswer | null) {
  if (answer === null) return null;
  const { wallMs, cpuMs, logLoss, ...rest } = answer;
  return { ...rest, wallMs: round(wallMs), cpuMs: round(cpuMs), logLoss: round(logLoss, 5) };
}

function sha256(fitted: Json): string {
  return createHash("sha256").update(JSON.stringify(fitted)).digest("hex");
}

export function range(from: number, to: number): Int32Array {
  return Int32Array.from({ length: to - from }, (_, i) => from + i);
}
