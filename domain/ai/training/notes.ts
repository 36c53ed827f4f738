import type { TrainingReport, TrainingTerms } from "./terms.ts";

type Baseline = TrainingReport["baselines"][number];

export interface NoteInput {
  readonly terms: TrainingTerms;
  readonly rows: TrainingReport["rows"];
  readonly estimates: TrainingReport["outOfSample"]["estimates"];
  readonly baselines: readonly Baseline[];
  readonly coverage: number | null;
  readonly isCalibrated: boolean;
  /** rows of test blocks of which the model said nothing */
  readonly silent: number;
  /** of the folds, those of which nothing could be learnt */
  readonly skippedFolds: number;
  readonly folds: number;
}

const LEVEL = 0.05;
const COVERAGE_OFF = 0.05;
const WORDS: { readonly [name: string]: string } = {
  baseRate: "the base rate",
  zero: "always zero",
  mean: "the mean",
  persistence: "the last value",
  ewma: "EWMA",
  garch: "GARCH(1,1)",
  har: "HAR",
};

/** What the figures say, in plain words. */
export function notesOf(input: NoteInput): readonly string[] {
  return [
    ...input.baselines.map(verdict),
    ...untried(input),
    ...coinFlip(input),
    ...coverageNote(input),
    ...calibrationNote(input),
    ...skippedNote(input),
    ...rowNotes(input),
  ];
}

function verdict({ name, dieboldMariano }: Baseline): string {
  const other = WORDS[name] ?? name;
  if (dieboldMariano === null) return `too little was scored to tell the model from ${other}`;
  const { statistic, pValue } = dieboldMariano;
  const test = `Diebold–Mariano t = ${statistic.toFixed(2)}, p = ${pValue.toPrecision(2)}`;
  if (pValue >= LEVEL) return `no better than ${other}: ${test}`;
  return `${statistic < 0 ? "better" : "worse"} than ${other}: ${test}`;
}

function untried({ terms, baselines, rows }: NoteInput): readonly string[] {
  return terms.definition.kind === "forecaster" && baselines.length === 1
    ? [`EWMA, GARCH and HAR were not fitted beside it: ${rows.total} rows are too many for them`]
    : [];
}

function coinFlip({ estimates }: NoteInput): readonly string[] {
  const auc = estimates["auc"];
  if (auc === undefined || auc.lower > 0.5) return [];
  const range = `AUC ${auc.value.toFixed(3)}, 95 % [${auc.lower.toFixed(3)}, ${auc.upper.toFixed(3)}]`;
  return [
    auc.upper < 0.5
      ? `the order of the probabilities is worse than chance: ${range}`
      : `a coin flip: ${range} holds 0.5`,
  ];
}

function coverageNote({ terms, coverage }: NoteInput): readonly string[] {
  if (terms.definition.kind === "classifier") return [];
  if (coverage === null) return ["too little was scored for intervals: predictions have none"];
  const text = `intervals for ${terms.coverage} held ${coverage.toFixed(3)} of the truths on later folds`;
  return Math.abs(coverage - terms.coverage) > COVERAGE_OFF ? [text] : [];
}

function calibrationNote({ terms, isCalibrated }: NoteInput): readonly string[] {
  const isWanted = terms.definition.kind === "classifier" && terms.calibration !== "none";
  return isWanted && !isCalibrated
    ? ["too little was scored for a calibration: probabilities are the model's own"]
    : [];
}

function skippedNote({ skippedFolds, folds }: NoteInput): readonly string[] {
  return skippedFolds === 0
    ? []
    : [`${skippedFolds} of ${folds} folds were left out: all rows to learn from had one class`];
}

function rowNotes({ rows, silent, terms }: NoteInput): readonly string[] {
  const without = rows.total - rows.labelled;
  return [
    ...(without > terms.definition.target.horizon
      ? [
          `${without} of ${rows.total} rows were left out: no label, or a feature that the algorithm needs is missing`,
        ]
      : []),
    ...(silent > 0 ? [`the model said nothing of ${silent} rows of the test blocks`] : []),
  ];
}
