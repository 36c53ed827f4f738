import { setImmediate } from "node:timers/promises";
import type { Singular } from "../../../domain/numeric/least-squares.ts";
import { type FactorFit, fitFactors } from "../../../domain/risk/factors/exposures.ts";
import {
  type PrincipalComponents,
  principalComponents,
} from "../../../domain/risk/factors/principal.ts";
import { insufficientData, unprocessable } from "../../../mixins/rest/rest-error.ts";
import type { ActionMap } from "../../../mixins/rest/routes/index.ts";
import type { FactorsView } from "../../../mixins/rest/routes/risk-factors.ts";
import type { Compute, ComputeTask } from "../../../mixins/compute/compute.ts";
import { isoTime } from "../../../mixins/rest/views.ts";
import type { RequestContext } from "../../../types/contracts.ts";
import type { PortfolioAccess } from "../../access.ts";
import type { NodeContext } from "../../context.ts";
import { INLINE_MAX } from "../covariance/assess.ts";
import type { ComponentsAsked } from "../workers/components.worker.ts";
import { type Subject, subjectOf, whole } from "../inputs/subject.ts";
import type { Explained, Factors } from "./explained.ts";
import { withFactors } from "./factor-returns.ts";

type Params = ActionMap["factors.explain"]["params"];

/** Of pca where nobody says. */
const EXPLAINED = 0.9;

const COMPONENTS: ComputeTask<ComponentsAsked, PrincipalComponents | null> = {
  module: new URL("../workers/components.worker.ts", import.meta.url),
  name: "componentsInThread",
};

/** @throws RestError 404; 422 where series do not fit, or factors are made of one another */
export async function explain(
  node: NodeContext,
  access: PortfolioAccess,
  ctx: RequestContext<Params>,
): Promise<FactorsView> {
  const { params } = ctx;
  const asked = await subjectOf(node, access, ctx, params);
  const { subject, factors, components } =
    params.model === "pca"
      ? await ofItself(node.compute, asked, params)
      : await withFactors(ctx, asked, params);
  const fitted = fitOf(whole(subject), factors, params);
  const assets = await assetsOf(subject, factors, params);
  return {
    model: params.model,
    method:
      params.model === "pca"
        ? "ordinary least squares on the principal components of the sample covariance"
        : "ordinary least squares",
    errors: params.errors,
    factors: [...factors.names],
    ...viewOf(fitted, params),
    risk: {
      ...fitted.risk,
      factors: [...fitted.risk.factors],
      volatility: Math.sqrt(fitted.risk.variance * params.periodsPerYear),
    },
    assets,
    ...(components !== undefined && { components }),
    asOf: isoTime(subject.timesMs?.at(-1) ?? node.clock.now()),
    sampleSize: fitted.observations,
    source: subject.source,
  };
}

/** The principal components of the assets as their factors. */
async function ofItself(
  compute: Compute,
  subject: Subject,
  { components, explained }: Params,
): Promise<Explained> {
  if (subject.sampleSize < 2) throw insufficientData("components need 2 returns at least");
  const keep =
    components === undefined ? { explained: explained ?? EXPLAINED } : { count: components };
  const { columns } = subject;
  const isLarge = columns.length > INLINE_MAX;
  const found = isLarge
    ? await compute.run(COMPONENTS, { columns, keep })
    : principalComponents(columns, keep);
  if (found === null) throw insufficientData("none of the assets has moved: there is no component");
  // A component without variance explains nothing, and is made of the others.
  const kept = found.loadings.filter((_, k) => (found.explained[k] ?? 0) > 1e-10);
  const names = kept.map((_, k) => `PC${k + 1}`);
  return {
    subject,
    factors: { names, columns: found.scores.slice(0, kept.length) },
    components: kept.map((loadings, k) => ({
      factor: `PC${k + 1}`,
      variance: found.variances[k] ?? 0,
      explained: found.explained[k] ?? 0,
      loadings: loadings.map((loading, i) => ({ name: subject.names[i] ?? "", loading })),
    })),
  };
}

/** Each asset by itself; whoever else waits for the node has a turn between two. */
async function assetsOf(
  subject: Subject,
  factors: Factors,
  params: Params,
): Promise<FactorsView["assets"]> {
  const { weights, names, columns } = subject;
  if (weights === null) return [];
  const found: FactorsView["assets"][number][] = [];
  for (const [i, column] of columns.entries()) {
    await setImmediate();
    const fitted = fitOf(column, factors, params);
    found.push({ name: names[i] ?? "", weight: weights[i] ?? 0, ...viewOf(fitted, params) });
  }
  return found;
}

function fitOf(
  column: Float64Array,
  { names, columns }: Factors,
  { riskFree, errors, lags }: Params,
): FactorFit {
  const excess = column.map((value) => value - riskFree);
  const terms = { errors, ...(lags !== undefined && { lags }) };
  const found = fitFactors(excess, names, columns, terms);
  if (typeof found === "string" || "dependent" in found) throw refused(found, names, column.length);
  if (!Number.isFinite(found.risk.variance) || !Number.isFinite(found.residualDeviation))
    throw unprocessable([
      {
        path: "returns",
        code: "OUT_OF_RANGE",
        message: "are too large for their squares to be summed",
      },
    ]);
  return found;
}

function refused(found: Singular, names: readonly string[], count: number) {
  if (found === "tooFew")
    return insufficientData(
      `${names.length + 2} returns are needed for ${names.length} factors, found ${count}`,
    );
  const name = names[found.dependent - 1];
  const message =
    name === undefined
      ? "cannot be told from the constant"
      : "is made of the factors before it, or never moves";
  return unprocessable([{ path: `factors.${name ?? "alpha"}`, code: "INVALID_VALUE", message }]);
}

function viewOf(fitted: FactorFit, { periodsPerYear }: Params) {
  const { alpha, exposures, rSquared, adjustedRSquared, residualDeviation } = fitted;
  return {
    alpha,
    annualizedAlpha: alpha.estimate * periodsPerYear,
    exposures: [...exposures],
    rSquared,
    adjustedRSquared,
    residualDeviation,
  };
}
