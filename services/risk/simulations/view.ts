import type { SimulatedTail, SimulationResult } from "../../../domain/risk/simulation/summary.ts";
import type { SimulationView } from "../../../mixins/rest/routes/risk-simulation.ts";
import { isoTime } from "../../../mixins/rest/views.ts";
import { type SimulationPlan, stepsOf } from "./plan.ts";

export function toSimulationView(plan: SimulationPlan, result: SimulationResult): SimulationView {
  const { recipe, names, isMoney, currency, sampleSize, source, asOfMs } = plan;
  const { mean, standardDeviation, probabilityOfLoss, percentiles, histogram, path } = result;
  return {
    method: "monteCarlo",
    distribution: recipe.distribution.name,
    parameters: parametersOf(recipe.distribution),
    sampling: recipe.sampling,
    momentMatching: recipe.isMatched,
    drift: recipe.drift,
    seed: recipe.seed,
    simulations: result.paths,
    horizonDays: recipe.horizonDays,
    steps: stepsOf(recipe),
    sampleSize,
    source,
    asOf: isoTime(asOfMs),
    unit: isMoney ? "currency" : "fraction",
    currency,
    value: recipe.wealth ?? 1,
    mean,
    standardDeviation,
    probabilityOfLoss,
    percentiles,
    risks: result.tails.map((tail) => riskOf(tail, names)),
    histogram,
    paths: path,
  };
}

/** Those that the distribution has. */
function parametersOf({
  name,
  nu,
  marginals,
  blocks,
}: SimulationPlan["recipe"]["distribution"]): SimulationView["parameters"] {
  switch (name) {
    case "normal":
    case "gbm":
      return {};
    case "studentT":
      return { nu };
    case "gaussianCopula":
      return { marginals };
    case "studentTCopula":
      return { nu, marginals };
    case "bootstrap":
      return { blocks: blocks.kind, blockLength: blocks.length };
  }
}

function riskOf(
  { confidence, valueAtRisk, expectedShortfall, standardErrors, components }: SimulatedTail,
  names: readonly string[],
): SimulationView["risks"][number] {
  return {
    confidence,
    var: valueAtRisk,
    expectedShortfall,
    standardErrors: {
      var: standardErrors.valueAtRisk,
      expectedShortfall: standardErrors.expectedShortfall,
    },
    ...(components !== null && {
      components: names.map((name, i) => {
        const shortfall = components.expectedShortfall[i] ?? 0;
        return {
          name,
          var: components.valueAtRisk[i] ?? 0,
          expectedShortfall: shortfall,
          percent: finiteOrNull(shortfall / expectedShortfall),
        };
      }),
    }),
  };
}

/** Of a shortfall of nothing there are no parts. */
function finiteOrNull(value: number): number | null {
  return Number.isFinite(value) ? value : null;
}
