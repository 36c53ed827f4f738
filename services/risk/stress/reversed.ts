import { semiCholesky } from "../../../domain/numeric/cholesky.ts";
import { chiSquareTail, normalCdf } from "../../../domain/numeric/distributions.ts";
import { identity, matrixOf } from "../../../domain/numeric/matrix.ts";
import { scaledBy } from "../../../domain/numeric/symmetric.ts";
import { smallestFactorShock } from "../../../domain/risk/stress/factor-reverse.ts";
import { outcomeOf } from "../../../domain/risk/stress/outcome.ts";
import type { ReverseShock } from "../../../domain/risk/stress/reverse.ts";
import { namedShocks } from "../../../domain/risk/stress/shocks.ts";
import {
  type BookResult,
  money,
  type Stressed,
  totalOf,
} from "../../../domain/risk/stress/total.ts";
import { text } from "../../../domain/shared/decimal.ts";
import type { ComputeTask } from "../../../mixins/compute/compute.ts";
import { insufficientData, unprocessable } from "../../../mixins/rest/rest-error.ts";
import type { ScenarioDefinition } from "../../../mixins/rest/routes/risk-stress.ts";
import type { StressScenarioResult } from "../../../mixins/rest/routes/risk-stress-views.ts";
import type { RequestContext } from "../../../types/contracts.ts";
import type { NodeContext } from "../../context.ts";
import type { ReverseOfHistory, ReverseTask } from "../workers/stress.worker.ts";
import type { StressBook } from "./book.ts";
import { coveredByHistory } from "./covered.ts";

type ReverseView = NonNullable<StressScenarioResult["reverse"]>;

export interface Reversed {
  readonly result: BookResult;
  readonly reverse: ReverseView;
  readonly unmatched: readonly string[];
  readonly method: string;
  readonly sampleSize: number | null;
  readonly source: string;
}

/** The smallest shock that loses so much: of the positions' own prices, or of factors that the caller describes. */
export async function reversed(
  node: NodeContext,
  ctx: RequestContext,
  book: StressBook,
  asked: ScenarioDefinition,
  path: string,
): Promise<Reversed> {
  const loss = lossOf(book, asked);
  return asked.factors === undefined
    ? byHistory(node, ctx, book, asked, loss)
    : byFactors(book, asked, asked.factors, loss, path);
}

function lossOf({ book }: StressBook, { loss = 0, unit }: ScenarioDefinition): number {
  if ((unit ?? (loss <= 1 ? "fraction" : "currency")) === "currency") return loss;
  if (book.value === 0)
    throw insufficientData("the book is worth nothing, so that no part of it can be lost");
  return loss * Math.abs(book.value);
}

const REVERSE: ComputeTask<ReverseTask, ReverseOfHistory> = {
  module: new URL("../workers/stress.worker.ts", import.meta.url),
  name: "reverseOfHistory",
};

async function byHistory(
  { compute }: NodeContext,
  ctx: RequestContext,
  book: StressBook,
  asked: ScenarioDefinition,
  loss: number,
): Promise<Reversed> {
  const { positions, history, notCovered } = await coveredByHistory(ctx, book, asked);
  const horizonDays = asked.horizonDays ?? 1;
  const { shock, deviations } = await compute.run(REVERSE, {
    columns: history.columns.map((column) => Float64Array.from(column)),
    exposures: Float64Array.from(positions, ({ value }) => value),
    horizonDays,
    loss,
  });
  const rule = "the smallest shock of all prices together";
  const stressed = positions.map(({ symbol, value }, i): Stressed => {
    const price = shock?.shocks[i];
    if (price === undefined) return unreached(symbol, value);
    const moves = { price, rates: 0, volatility: 0, fx: 0 };
    const change = value * price;
    return { symbol, value, outcome: { isCovered: true, basis: "shock", rule, moves, change } };
  });
  return {
    result: totalOf([...stressed, ...notCovered], book.cash),
    reverse: reverseView(
      positions.map(({ symbol }) => symbol),
      deviations,
      shock,
      { loss, mostLoss: null, horizonDays },
    ),
    unmatched: [],
    method: "minimal Mahalanobis norm of a linear book, by the sample covariance",
    sampleSize: history.sampleSize,
    source: history.source,
  };
}

function byFactors(
  { book, positions, cash }: StressBook,
  { correlation }: ScenarioDefinition,
  factors: NonNullable<ScenarioDefinition["factors"]>,
  loss: number,
  path: string,
): Reversed {
  const names = factors.map(({ name }) => name);
  const deviations = Float64Array.from(factors, ({ deviation }) => deviation);
  const correlated = correlation === undefined ? identity(names.length) : matrixOf(correlation);
  const covariance = scaledBy(correlated, deviations);
  if (semiCholesky(correlated) === null || semiCholesky(covariance) === null)
    throw unprocessable([
      {
        path: `${path}.correlation`,
        code: "INVALID_VALUE",
        message: "must be positive semidefinite",
      },
    ]);
  const found = smallestFactorShock(positions, book.currency, names, covariance, loss);
  const shock = "mostLoss" in found ? null : found;
  const mostLoss = "mostLoss" in found && Number.isFinite(found.mostLoss) ? found.mostLoss : null;
  const given = names.map((name, i) => [name, shock?.shocks[i] ?? 0] as const);
  const { shocks, unmatched } = namedShocks(given, positions, book.currency);
  const stressed = positions.map((position): Stressed => {
    const { symbol, value } = position;
    if (shock === null) return unreached(symbol, value);
    return { symbol, value, outcome: outcomeOf(position, shocks, book.currency) };
  });
  return {
    result: totalOf(stressed, cash),
    reverse: reverseView(names, deviations, shock, { loss, mostLoss, horizonDays: null }),
    unmatched,
    method:
      "minimal Mahalanobis norm of the book as it slopes and bends, drawn out to the loss by a root search",
    sampleSize: null,
    source: "factors as given",
  };
}

function unreached(symbol: string, value: number): Stressed {
  return { symbol, value, outcome: { isCovered: false, reason: "no shock loses so much" } };
}

function reverseView(
  names: readonly string[],
  deviations: Float64Array,
  shock: ReverseShock | null,
  terms: {
    readonly loss: number;
    readonly mostLoss: number | null;
    readonly horizonDays: number | null;
  },
): ReverseView {
  const { loss, mostLoss, horizonDays } = terms;
  const distance = shock?.distance ?? null;
  return {
    reachable: shock !== null,
    loss: text(money(loss)),
    mostLoss: mostLoss === null ? null : text(money(mostLoss)),
    shocks: names.map((name, i) => {
      const size = shock?.shocks[i] ?? 0;
      const deviation = deviations[i] ?? 0;
      return { name, shock: size, deviations: deviation > 0 ? size / deviation : null };
    }),
    distance,
    lossProbability: distance === null ? null : normalCdf(-distance),
    plausibility: distance === null ? null : chiSquareTail(distance * distance, names.length),
    horizonDays,
  };
}
