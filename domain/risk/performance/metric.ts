import { TOO_FEW } from "./facts.ts";
import type { Facts, Finding, Formula } from "./facts.ts";

/** One statistic: what it is, in words that stand in the documentation, and how it is computed. */
export interface Metric {
  readonly definition: string;
  /** of the default convention */
  readonly formula: Formula;
}

export function metric(definition: string, formula: Formula): Metric {
  return { definition, formula };
}

/** A statistic that needs a deviation, and so two observations. */
export function spreadMetric(definition: string, formula: Formula): Metric {
  return metric(definition, (facts): Finding => (facts.count < 2 ? TOO_FEW : formula(facts)));
}

export type { Facts, Finding, Formula };
