import { GARCH_MIN } from "../volatility/garch.ts";
import { isFlat, meansOf, observe, type ObservedBook, type ScenarioBook } from "./book.ts";
import { filteredMeasure, garchMeasure } from "./conditional.ts";
import { cornishFisherMeasure } from "./cornish-fisher.ts";
import {
  ellipticalMeasure,
  type MomentBook,
  normalTail,
  studentTail,
  type Tail,
} from "./elliptical.ts";
import { extremeMeasure } from "./extreme.ts";
import { ewmaMeasure, normalMeasure, studentMeasure } from "./parametric.ts";
import { agedMeasure, sampleMeasure } from "./scenarios.ts";
import { isUnmeasurable, type Measured, type Unmeasurable, type VarSpec } from "./spec.ts";

/**
 * VaR and expected shortfall of a book, by its returns. The horizon is √days times the measure of a day, but of garch and
 * filteredHistorical, which sum the variances that they expect.
 * @param book returns of days, oldest first; weights are fractions or money, in whose unit the answer is
 */
export function measureReturns(book: ScenarioBook, spec: VarSpec): Measured | Unmeasurable {
  return measureObserved(observe(book), spec, true);
}

/** The same of a book whose returns are known; without marginals where they are not wanted. */
export function measureObserved(
  book: ObservedBook,
  spec: VarSpec,
  isSplit: boolean,
): Measured | Unmeasurable {
  const count = book.returns.length;
  const needed = neededBy(spec);
  if (count < needed) return { code: "TOO_FEW_RETURNS", needed, found: count };
  const factor = hasOwnHorizon(spec) ? 1 : Math.sqrt(spec.horizonDays);
  // A mean of zero is what ewma is about: to it a constant loss is volatility.
  if (spec.method !== "ewma" && isFlat(book.returns))
    return scaled(riskless(book, isSplit), hasOwnHorizon(spec) ? spec.horizonDays : factor);
  const found = measureVarying(book, spec, isSplit);
  if (isUnmeasurable(found)) return found;
  return withFewWarned(scaled(found, factor), count, spec);
}

/** The same by mean and covariance alone, which the methods that need returns cannot do. */
export function measureMoments(book: MomentBook, spec: VarSpec): Measured | Unmeasurable {
  const tail = tailOf(spec);
  if ("code" in tail) return tail;
  return scaled(ellipticalMeasure(book, tail), Math.sqrt(spec.horizonDays));
}

function tailOf({ method, confidence, parameters }: VarSpec): Tail | Unmeasurable {
  switch (method) {
    case "normal":
      return normalTail(confidence, parameters.z);
    case "studentT":
      return parameters.nu === undefined
        ? { code: "NEEDS_NU" }
        : studentTail(confidence, parameters.nu);
    case "ewma":
    case "historical":
    case "cornishFisher":
    case "garch":
    case "filteredHistorical":
    case "evt":
      return { code: "NEEDS_RETURNS" };
  }
}

function hasOwnHorizon({ method }: VarSpec): boolean {
  return method === "garch" || method === "filteredHistorical";
}

/** Fewer returns tell nothing of the shape of a distribution. */
const SHAPE_MIN = 20;

function neededBy({ method, parameters }: VarSpec): number {
  switch (method) {
    case "garch":
      return GARCH_MIN;
    case "filteredHistorical":
      return parameters.filter === "ewma" ? 2 : GARCH_MIN;
    case "historical":
    case "ewma":
      return 1;
    case "studentT":
      return parameters.nu === undefined ? SHAPE_MIN : 2;
    case "normal":
    case "cornishFisher":
    case "evt":
      return 2;
  }
}

function measureVarying(
  book: ObservedBook,
  spec: VarSpec,
  isSplit: boolean,
): Measured | Unmeasurable {
  const { method, confidence, parameters } = spec;
  switch (method) {
    case "historical":
      return parameters.ageWeight === undefined
        ? sampleMeasure(book, confidence, parameters.quantile ?? "type7", isSplit)
        : agedMeasure(book, confidence, parameters.ageWeight, isSplit);
    case "normal":
      return normalMeasure(book, spec, isSplit);
    case "studentT":
      return studentMeasure(book, spec, isSplit);
    case "cornishFisher":
      return cornishFisherMeasure(book, confidence, isSplit);
    case "ewma":
      return ewmaMeasure(book, spec, isSplit);
    case "garch":
      return garchMeasure(book, spec, isSplit);
    case "filteredHistorical":
      return filteredMeasure(book, spec, isSplit);
    case "evt":
      return extremeMeasure(book, spec, isSplit);
  }
}

/** A book that returns the same whatever happens loses that, with any confidence; its parts are the names' mean losses. */
function riskless({ columns, returns }: ObservedBook, isSplit: boolean): Measured {
  const value = 0 - (returns[0] ?? 0);
  const parts = () => meansOf(columns).map((one) => 0 - one);
  return {
    var: value,
    expectedShortfall: value,
    marginal: isSplit ? { var: parts(), shortfall: parts() } : null,
    warnings: [],
    fitted: { standardDeviation: 0 },
  };
}

const EMPIRICAL: ReadonlySet<VarSpec["method"]> = new Set(["historical", "filteredHistorical"]);

function withFewWarned(found: Measured, count: number, { method, confidence }: VarSpec): Measured {
  if (!EMPIRICAL.has(method) || count * (1 - confidence) >= 1 - 1e-9) return found;
  const message = `${count} returns have not one beyond this confidence: the worst of them bound the answer`;
  return { ...found, warnings: [...found.warnings, message] };
}

function scaled(measured: Measured, factor: number): Measured {
  if (factor === 1) return measured;
  const { marginal } = measured;
  const times = (values: Float64Array) => values.map((value) => value * factor);
  return {
    ...measured,
    var: measured.var * factor,
    expectedShortfall: measured.expectedShortfall * factor,
    marginal: marginal && { var: times(marginal.var), shortfall: times(marginal.shortfall) },
  };
}
