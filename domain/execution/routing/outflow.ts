/**
 * What leaves the front of a venue's queue until the deadline, by executions and cancellations, in units: the ξ of Cont and
 * Kukanov. Supported: exponential and uniform distributions, and the empirical one of observed outflows.
 */
export type Outflow =
  | { readonly kind: "exponential"; readonly mean: number }
  | { readonly kind: "uniform"; readonly low: number; readonly high: number }
  | { readonly kind: "empirical"; readonly samples: readonly number[] };

/** F(x) = P(ξ ≤ x). */
export function outflowCdf(outflow: Outflow, x: number): number {
  switch (outflow.kind) {
    case "exponential":
      return x <= 0 ? 0 : -Math.expm1(-x / outflow.mean);
    case "uniform":
      return Math.min(1, Math.max(0, (x - outflow.low) / (outflow.high - outflow.low)));
    case "empirical":
      return outflow.samples.filter((sample) => sample <= x).length / outflow.samples.length;
  }
}

/** P(ξ ≥ x): for the empirical distribution the samples at x count. */
export function outflowReaches(outflow: Outflow, x: number): number {
  if (outflow.kind !== "empirical") return 1 - outflowCdf(outflow, x);
  return outflow.samples.filter((sample) => sample >= x).length / outflow.samples.length;
}

/** The least x with F(x) ≥ p. @param p in [0, 1) */
export function outflowQuantile(outflow: Outflow, p: number): number {
  switch (outflow.kind) {
    case "exponential":
      return -outflow.mean * Math.log1p(-p);
    case "uniform":
      return outflow.low + p * (outflow.high - outflow.low);
    case "empirical": {
      const sorted = outflow.samples.toSorted((a, b) => a - b);
      const rank = Math.max(1, Math.ceil(p * sorted.length - 1e-12));
      return sorted[rank - 1] ?? 0;
    }
  }
}

/** A distribution as it is told: the fields of its kind, and no others. A type alias, so that it is assignable to Json. */
export type OutflowTerms = {
  readonly kind: Outflow["kind"];
  readonly mean?: number;
  readonly low?: number;
  readonly high?: number;
  readonly samples?: readonly number[];
};

const FIELDS = {
  exponential: ["mean"],
  uniform: ["low", "high"],
  empirical: ["samples"],
} as const;

/** The distribution, or what is wrong with it. */
export function readOutflow(terms: OutflowTerms): Outflow | { readonly fault: string } {
  const { mean = 0, low = -1, high = -1, samples = [] } = terms;
  const expected = ["kind", ...FIELDS[terms.kind]].toSorted();
  const found = Object.keys(terms).toSorted();
  if (found.join() !== expected.join()) {
    return { fault: `${terms.kind} has ${FIELDS[terms.kind].join(" and ")}, and nothing else` };
  }
  const outflow = outflowOf(terms.kind, { mean, low, high, samples });
  const fault = outflowFault(outflow);
  return fault === null ? outflow : { fault };
}

function outflowOf(
  kind: Outflow["kind"],
  { mean, low, high, samples }: Required<Omit<OutflowTerms, "kind">>,
): Outflow {
  switch (kind) {
    case "exponential":
      return { kind, mean };
    case "uniform":
      return { kind, low, high };
    case "empirical":
      return { kind, samples };
  }
}

/** Null when the distribution is one. */
export function outflowFault(outflow: Outflow): string | null {
  switch (outflow.kind) {
    case "exponential":
      return outflow.mean > 0 && Number.isFinite(outflow.mean) ? null : "mean must be above 0";
    case "uniform": {
      const { low, high } = outflow;
      return low >= 0 && high > low && Number.isFinite(high) ? null : "expected 0 ≤ low < high";
    }
    case "empirical": {
      const { samples } = outflow;
      const isSound = samples.length > 0 && samples.every((x) => x >= 0 && Number.isFinite(x));
      return isSound ? null : "expected at least one sample, none negative";
    }
  }
}
