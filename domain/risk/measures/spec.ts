export const VAR_METHODS = [
  "historical",
  "normal",
  "studentT",
  "cornishFisher",
  "ewma",
  "garch",
  "filteredHistorical",
  "monteCarlo",
  "evt",
] as const;
export type VarMethod = (typeof VAR_METHODS)[number];

/** How a quantile is read off a sample: between order statistics, or as the ⌈n(1 − c)⌉-th worst of them (Hull 2018, §13.1). */
export const QUANTILES = ["type7", "orderStatistic"] as const;
export type QuantileKind = (typeof QUANTILES)[number];

export interface VarParameters {
  /** historical: λ of Boudoukh, Richardson & Whitelaw (1998); absent: all returns weigh the same */
  readonly ageWeight?: number | undefined;
  readonly quantile?: QuantileKind | undefined;
  /** studentT: degrees of freedom, above 2; absent: fitted */
  readonly nu?: number | undefined;
  /** ewma, and the filter of filteredHistorical; absent: 0.94 */
  readonly lambda?: number | undefined;
  /** filteredHistorical: absent: garch */
  readonly filter?: "garch" | "ewma" | undefined;
  /** evt: a loss; absent: the loss that a tenth exceeds */
  readonly threshold?: number | undefined;
  /** normal, ewma: in place of Φ⁻¹(c), as tables round it */
  readonly z?: number | undefined;
}

export interface VarSpec {
  readonly method: Exclude<VarMethod, "monteCarlo">;
  /** in (0, 1) */
  readonly confidence: number;
  readonly horizonDays: number;
  readonly parameters: VarParameters;
}

/**
 * A loss as a positive number, in the unit of the weights times returns. Negative where even the quantile is a gain: it is not
 * cut off at 0, so that it stays homogeneous, translates with the mean, and is divided among positions without a rest.
 */
export interface Measured {
  readonly var: number;
  readonly expectedShortfall: number;
  /** dVaR/dw and dES/dw, one a name: weight times it is the name's component. Null where the method has none. */
  readonly marginal: { readonly var: Float64Array; readonly shortfall: Float64Array } | null;
  readonly warnings: readonly string[];
  /** what was fitted on the way, for the answer */
  readonly fitted: { readonly [name: string]: number };
}

/** Why a measure cannot be taken of what there is. */
export type Unmeasurable =
  | { readonly code: "TOO_FEW_RETURNS"; readonly needed: number; readonly found: number }
  | { readonly code: "TAIL_TOO_SHORT"; readonly message: string }
  | { readonly code: "NEEDS_RETURNS" }
  | { readonly code: "NEEDS_NU" }
  | { readonly code: "NO_SHORTFALL"; readonly message: string };

export function isUnmeasurable(found: Measured | Unmeasurable): found is Unmeasurable {
  return "code" in found;
}
