import { matrixOf } from "../../../domain/numeric/matrix.ts";
import { assessCovariance } from "../../../domain/risk/covariance/assess.ts";
import type {
  Assessment,
  CovarianceAsked,
  MissingRule,
  Unassessable,
} from "../../../domain/risk/covariance/assess.ts";
import { DEFAULT_LAMBDA, type Estimator } from "../../../domain/risk/covariance/estimate.ts";
import type { Compute, ComputeTask } from "../../../mixins/compute/compute.ts";
import { insufficientData, unprocessable } from "../../../mixins/rest/rest-error.ts";
import type { RequestContext } from "../../../types/contracts.ts";
import { readReturns } from "../inputs/read-returns.ts";

/** As the fields of the contract have it: exactly one of the forms is there. */
export interface MatrixAsked {
  readonly assets?: { readonly [name: string]: readonly (number | null)[] } | undefined;
  readonly symbols?: readonly string[] | undefined;
  readonly lookback?: number | undefined;
  readonly currency?: string | undefined;
  readonly covariance?: readonly (readonly number[])[] | undefined;
  readonly correlation?: readonly (readonly number[])[] | undefined;
  readonly volatilities?: readonly number[] | undefined;
  readonly names?: readonly string[] | undefined;
  readonly estimator?: Estimator | undefined;
  readonly lambda?: number | undefined;
  readonly missing?: MissingRule | undefined;
  readonly repair: boolean;
}

export interface NamedSeries {
  readonly names: readonly string[];
  /** NaN: missing */
  readonly columns: readonly Float64Array[];
  /** epoch ms; null where the caller gave returns */
  readonly timesMs: Float64Array | null;
  readonly source: string;
}

export interface NamedAssessment extends Assessment {
  readonly names: readonly string[];
  readonly estimator: Estimator | "given";
  readonly lambda: number | null;
  readonly source: string;
}

/** A year of trading days. */
const LOOKBACK = 252;
/** Names beyond which the event loop would be held up for too long. */
export const INLINE_MAX = 50;

/** The returns that are given, or those of stored bars. @throws RestError 404; 422 INSUFFICIENT_DATA */
export async function seriesOf(
  ctx: RequestContext,
  { assets, symbols = [], lookback = LOOKBACK, currency, missing }: Omit<MatrixAsked, "repair">,
): Promise<NamedSeries> {
  if (assets !== undefined)
    return {
      names: Object.keys(assets),
      columns: Object.values(assets).map((values) =>
        Float64Array.from(values, (value) => value ?? Number.NaN),
      ),
      timesMs: null,
      source: "returns as given",
    };
  const { names, columns, timesMs, source } = await readReturns(ctx, {
    symbols,
    lookback,
    ...(currency !== undefined && { currency }),
    ...(missing === "pairwise" && { missing }),
  });
  return { names, columns, timesMs, source };
}

/**
 * The covariance that is asked for: large ones on a thread of their own.
 * @throws RestError 404; 422 where too little is there to make it of
 */
export async function assessed(
  compute: Compute,
  ctx: RequestContext,
  asked: MatrixAsked,
): Promise<NamedAssessment> {
  const { names, source, ...rest } = await inputOf(ctx, asked);
  const large = names.length > INLINE_MAX;
  const found = large ? await compute.run(TASK, rest.input) : assessCovariance(rest.input);
  if ("problem" in found) throw refused(found, names);
  return { ...found, names, source, estimator: rest.estimator, lambda: rest.lambda };
}

const TASK: ComputeTask<CovarianceAsked, Assessment | Unassessable> = {
  module: new URL("../../../domain/risk/covariance/assess.ts", import.meta.url),
  name: "assessCovariance",
};

interface Input extends Pick<NamedAssessment, "names" | "source" | "estimator" | "lambda"> {
  readonly input: CovarianceAsked;
}

async function inputOf(ctx: RequestContext, asked: MatrixAsked): Promise<Input> {
  const { covariance, correlation, volatilities, repair: isRepaired } = asked;
  const rows = covariance ?? correlation;
  if (rows === undefined) return inputOfSeries(ctx, asked);
  const names = asked.names ?? rows.map((_, i) => `asset${i + 1}`);
  const matrix = matrixOf(rows);
  const deviations = volatilities === undefined ? null : Float64Array.from(volatilities);
  const input: CovarianceAsked =
    covariance === undefined
      ? { kind: "correlation", matrix, deviations, isRepaired }
      : { kind: "covariance", matrix, isRepaired };
  return { names, input, estimator: "given", lambda: null, source: "the matrix as given" };
}

async function inputOfSeries(ctx: RequestContext, asked: MatrixAsked): Promise<Input> {
  const { estimator = "sample", lambda = DEFAULT_LAMBDA, repair: isRepaired } = asked;
  const { names, columns, source } = await seriesOf(ctx, asked);
  const missing = asked.missing ?? "refuse";
  return {
    names,
    source,
    estimator,
    lambda: estimator === "ewma" ? lambda : null,
    input: { kind: "series", columns, estimator, lambda, missing, isRepaired },
  };
}

function refused(found: Unassessable, names: readonly string[]) {
  switch (found.problem) {
    case "missing": {
      const message = "is missing; `missing` says what to do then";
      const path = `assets.${names[found.index]}[${found.at}]`;
      return unprocessable([{ path, code: "REQUIRED", message }]);
    }
    case "tooFew":
      return insufficientData(
        `2 observations that all names have are needed, found ${found.found}`,
      );
    case "pairTooFew": {
      const [first, second] = found.pair.map((i) => names[i]);
      return insufficientData(
        `2 observations that both ${first} and ${second} have are needed, and there are fewer`,
      );
    }
  }
}
