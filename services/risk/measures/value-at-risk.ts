import { randomInt } from "node:crypto";
import type { VarSpec } from "../../../domain/risk/measures/spec.ts";
import { dec } from "../../../domain/shared/decimal.ts";
import { insufficientData, unprocessable } from "../../../mixins/rest/rest-error.ts";
import type { ActionMap } from "../../../mixins/rest/routes/index.ts";
import type { ValueAtRiskView } from "../../../mixins/rest/routes/risk-var.ts";
import { isoTime } from "../../../mixins/rest/views.ts";
import type { RequestContext } from "../../../types/contracts.ts";
import type { PortfolioAccess } from "../../access.ts";
import type { NodeContext } from "../../context.ts";
import { type Subject, subjectOf } from "../inputs/subject.ts";
import { covarianceOf, measureCovariance, measureSubject } from "./measure-book.ts";
import { simulateBook } from "./monte-carlo.ts";

type Params = ActionMap["risk.valueAtRisk"]["params"];

/** What is measured, whether by its returns or by moments. */
interface Base {
  readonly names: readonly string[];
  readonly weights: readonly number[];
  /** null: only moments are known */
  readonly subject: Subject | null;
  readonly sampleSize: number;
  readonly source: string;
  readonly asOfMs: number;
  /** what a fraction is of, in money; null: nobody said, or weights are money themselves */
  readonly value: number | null;
  readonly unit: "fraction" | "currency";
  readonly currency: string | null;
  /** bare returns have no names to divide among */
  readonly hasNames: boolean;
}

interface Parts {
  readonly var: number;
  readonly expectedShortfall: number;
  readonly marginal: {
    readonly var: ArrayLike<number>;
    readonly shortfall: ArrayLike<number>;
  } | null;
  readonly incremental: ArrayLike<number> | null;
  readonly fitted: { readonly [name: string]: number };
  readonly warnings: readonly string[];
}

/** Of a book in which nothing moves, by whatever method. */
const RISKLESS: Parts = {
  var: 0,
  expectedShortfall: 0,
  marginal: { var: [], shortfall: [] },
  incremental: [],
  fitted: {},
  warnings: ["nothing is held: cash alone risks nothing in its own currency"],
};

/** @throws RestError 404, 422 */
export async function valueAtRisk(
  node: NodeContext,
  access: PortfolioAccess,
  ctx: RequestContext<Params>,
): Promise<ValueAtRiskView> {
  const { params } = ctx;
  const base = await baseOf(node, access, ctx);
  const { method, confidence, horizonDays } = params;
  const scale = base.value ?? 1;
  const common = {
    unit: base.unit,
    currency: base.currency,
    value: base.value,
    method,
    confidence,
    horizonDays,
    asOf: isoTime(base.asOfMs),
    source: base.source,
  };
  if (base.names.length === 0 && base.hasNames)
    return { ...viewOf(RISKLESS, base, scale), ...common, sampleSize: 0 };
  if (method === "monteCarlo") {
    const seed = params.seed ?? randomInt(2 ** 47);
    const { parts, paths, errors } = await simulated(node, base, params, seed);
    const [standardError, shortfallStandardError] = errors.map((error) => error * scale);
    return {
      ...viewOf(parts, base, scale),
      ...common,
      sampleSize: paths,
      seed,
      ...(standardError !== undefined && { standardError }),
      ...(shortfallStandardError !== undefined && { shortfallStandardError }),
    };
  }
  const spec: VarSpec = { method, confidence, horizonDays, parameters: params.parameters ?? {} };
  const parts = await partsOf(node, base, params, spec);
  return { ...viewOf(parts, base, scale), ...common, sampleSize: base.sampleSize };
}

async function baseOf(
  node: NodeContext,
  access: PortfolioAccess,
  ctx: RequestContext<Params>,
): Promise<Base> {
  const { params } = ctx;
  const said = params.value === undefined ? null : dec(params.value).toNumber();
  const { covariance } = params;
  if (covariance !== undefined)
    return {
      names: params.names ?? covariance.map((_, i) => `asset${i + 1}`),
      weights: params.weights ?? [],
      subject: null,
      sampleSize: 0,
      source: "covariance as given",
      asOfMs: node.clock.now(),
      value: said,
      unit: said === null ? "fraction" : "currency",
      currency: null,
      hasNames: true,
    };
  const { returns, ...others } = params;
  const missing = params.parameters?.missing;
  const asked = {
    ...others,
    missing,
    mayBeDegenerate: true as const,
    ...(returns !== undefined && { returns: withoutGaps(returns, missing) }),
  };
  const subject = await subjectOf(node, access, ctx, asked);
  const { book } = subject;
  const isWorthless = book !== null && !(book.value > 0);
  if (isWorthless && said !== null)
    throw insufficientData("the book is worth nothing, of which no value is a multiple");
  const value = isWorthless ? null : (said ?? book?.value ?? null);
  return {
    names: subject.names,
    weights: Array.from(subject.weights ?? [1]),
    subject,
    sampleSize: subject.sampleSize,
    source: subject.source,
    asOfMs: subject.timesMs?.at(-1) ?? node.clock.now(),
    value,
    unit: value === null && !isWorthless ? "fraction" : "currency",
    currency: book?.currency ?? null,
    hasNames: subject.weights !== null,
  };
}

/** @throws RestError 422 where a return is missing, unless such periods are to be left out, or none is there */
function withoutGaps(
  returns: readonly (number | null)[],
  missing: "refuse" | "complete" | "pairwise" = "refuse",
): readonly number[] {
  const gap = returns.indexOf(null);
  if (gap >= 0 && missing === "refuse")
    throw unprocessable([
      {
        path: `returns[${gap}]`,
        code: "INVALID_VALUE",
        message: "is missing: parameters.missing says what is to be done about it",
      },
    ]);
  const kept = returns.filter((value) => value !== null);
  if (kept.length === 0) throw insufficientData("none of the returns is there");
  return kept;
}

async function partsOf(
  node: NodeContext,
  { subject, weights }: Base,
  params: Params,
  spec: VarSpec,
): Promise<Parts> {
  const { whole, incremental } =
    subject === null
      ? await measureCovariance(node, momentsOf(params, weights), spec)
      : await measureSubject(node, subject, spec);
  return { ...whole, incremental };
}

function momentsOf({ covariance = [], mean }: Params, weights: readonly number[]) {
  return {
    weights,
    mean: mean ?? covariance.map(() => 0),
    covariance: covarianceOf(covariance),
  };
}

async function simulated(node: NodeContext, base: Base, params: Params, seed: number) {
  const { subject, weights } = base;
  if (subject?.columns.some((column) => column.some(Number.isNaN)) === true)
    throw unprocessable([
      {
        path: "parameters.missing",
        code: "INVALID_VALUE",
        message: "must not be pairwise for monteCarlo",
      },
    ]);
  const data =
    subject === null
      ? ({
          kind: "moments",
          mean: params.mean ?? weights.map(() => 0),
          covariance: params.covariance ?? [],
        } as const)
      : ({
          kind: "history",
          columns: subject.columns.map((column) => Array.from(column)),
        } as const);
  const book = { weights, data, rows: base.sampleSize };
  const { tail, paths, incremental } = await simulateBook(node, book, params, seed);
  const { components } = tail;
  const perWeight = (values: ArrayLike<number>) =>
    weights.map((weight, i) => (weight === 0 ? 0 : (values[i] ?? 0) / weight));
  const parts: Parts = {
    var: tail.valueAtRisk,
    expectedShortfall: tail.expectedShortfall,
    marginal: components && {
      var: perWeight(components.valueAtRisk),
      shortfall: perWeight(components.expectedShortfall),
    },
    incremental,
    fitted: {},
    warnings: [],
  };
  const { standardErrors } = tail;
  return { parts, paths, errors: [standardErrors.valueAtRisk, standardErrors.expectedShortfall] };
}

function viewOf(parts: Parts, base: Base, scale: number) {
  const { marginal, incremental, fitted, warnings } = parts;
  return {
    var: parts.var * scale,
    expectedShortfall: parts.expectedShortfall * scale,
    ...(marginal !== null &&
      base.hasNames && { components: componentsOf(parts, marginal, incremental, base, scale) }),
    fitted,
    warnings: [...warnings],
  };
}

function componentsOf(
  parts: Parts,
  marginal: NonNullable<Parts["marginal"]>,
  incremental: Parts["incremental"],
  { names, weights }: Base,
  scale: number,
): NonNullable<ValueAtRiskView["components"]> {
  return names.map((name, i) => {
    const weight = weights[i] ?? 0;
    const component = weight * (marginal.var[i] ?? 0);
    return {
      name,
      component: component * scale,
      marginal: marginal.var[i] ?? 0,
      incremental: finiteOrNull((incremental?.[i] ?? Number.NaN) * scale),
      percent: finiteOrNull(component / parts.var),
      shortfallComponent: weight * (marginal.shortfall[i] ?? 0) * scale,
    };
  });
}

/** JSON has no other word for what is not a number. */
function finiteOrNull(value: number): number | null {
  return Number.isFinite(value) ? value : null;
}
