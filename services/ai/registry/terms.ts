import type { ModelDefinition } from "../../../domain/ai/model/definition.ts";
import type { TrainingTerms, Validation } from "../../../domain/ai/training/terms.ts";
import type { FieldError } from "../../../mixins/rest/readers.ts";
import { unprocessable } from "../../../mixins/rest/rest-error.ts";
import type { TrainingAsked, ValidationAsked } from "../../../mixins/rest/routes/model-training.ts";
import { invalid } from "./definition.ts";

const FOLDS = 5;

/** What a training is asked for with, but for what concerns its version. */
export type TermsAsked = Omit<TrainingAsked, "asChallenger">;

/**
 * The terms of a training, with the defaults filled in.
 * @param seed of one that names none
 * @throws RestError 422 where they do not fit the model
 */
export function termsOf(
  asked: TermsAsked,
  definition: ModelDefinition,
  seed: number,
): TrainingTerms {
  const faults = termsFaults(asked, definition);
  if (faults.length > 0) throw unprocessable(faults);
  const isClassifier = definition.kind === "classifier";
  return {
    definition,
    validation: validationOf(asked.validation, definition.target.horizon),
    calibration: asked.calibration ?? (isClassifier ? "platt" : "none"),
    coverage: asked.coverage ?? 0.9,
    halfLife: asked.halfLife ?? null,
    stopShare: asked.stopShare ?? 0.1,
    seed: asked.seed ?? seed,
  };
}

function termsFaults(
  { validation, calibration = "none" }: TermsAsked,
  { kind, target }: ModelDefinition,
): readonly FieldError[] {
  const faults: FieldError[] = [];
  if (validation?.scheme === "shuffledKFold" && target.horizon > 1)
    faults.push(
      invalid(
        "validation.scheme",
        `labels of ${target.horizon} bars overlap, so that shuffled folds would be scored on what was learnt (LABELS_OVERLAP): use walkForward or purgedKFold`,
      ),
    );
  if (calibration !== "none" && kind !== "classifier")
    faults.push(invalid("calibration", "is of classifiers only"));
  return faults;
}

function validationOf(asked: ValidationAsked | undefined, horizon: number): Validation {
  const { scheme = "walkForward", folds = FOLDS, embargo = horizon } = asked ?? {};
  const window = asked?.window ?? "expanding";
  switch (scheme) {
    case "walkForward":
      return { scheme, folds, embargo, window };
    case "walkForwardEvery":
      return {
        scheme,
        refitEvery: asked?.refitEvery ?? 1,
        testStartMs: asked?.testStart ?? 0,
        embargo,
        window,
        trainBars: asked?.trainBars ?? null,
      };
    case "purgedKFold":
      return { scheme, folds, embargo };
    case "shuffledKFold":
      return { scheme, folds };
  }
}

/** A seed that follows from a job's identifier: however often it is begun, it does the same. */
export function seedOf(jobId: string): number {
  return Number.parseInt(jobId.replaceAll("-", "").slice(0, 8), 16) >>> 0;
}
