import { outcomeOf } from "../../../domain/risk/stress/outcome.ts";
import { namedShocks } from "../../../domain/risk/stress/shocks.ts";
import {
  type BookResult,
  type PositionResult,
  totalOf,
} from "../../../domain/risk/stress/total.ts";
import { type Decimal, text } from "../../../domain/shared/decimal.ts";
import type { ScenarioAsked, ScenarioDefinition } from "../../../mixins/rest/routes/risk-stress.ts";
import type { StressScenarioResult } from "../../../mixins/rest/routes/risk-stress-views.ts";
import { isoTime } from "../../../mixins/rest/views.ts";
import type { ScenarioStore } from "../../../models/scenarios.ts";
import type { RequestContext } from "../../../types/contracts.ts";
import type { NodeContext } from "../../context.ts";
import type { StressBook } from "./book.ts";
import { type Replay, replay } from "./history.ts";
import { reversed } from "./reversed.ts";
import { factorsView, savedScenario } from "./saved.ts";
import { simulated } from "./simulated.ts";

export interface StressParts {
  readonly node: NodeContext;
  readonly store: ScenarioStore;
  readonly ctx: RequestContext;
  readonly book: StressBook;
}

/** @param path of the scenario in the request, for what is wrong with it */
export async function runScenario(
  parts: StressParts,
  { kind, scenarioId, ...fields }: ScenarioAsked,
  path: string,
): Promise<StressScenarioResult> {
  if (kind !== "saved") return run(parts, { kind, ...fields }, null, path);
  const saved = await savedScenario(parts.store, parts.ctx, scenarioId ?? "");
  const name = fields.name ?? saved.name;
  const result = await run(parts, saved.definition, scenarioId ?? null, path);
  return { ...result, name };
}

async function run(
  { node, ctx, book }: StressParts,
  asked: ScenarioDefinition,
  scenarioId: string | null,
  path: string,
): Promise<StressScenarioResult> {
  const { kind } = asked;
  const common = { ...NOTHING, name: asked.name ?? kind, kind, scenarioId };
  switch (kind) {
    case "historical":
      return { ...common, ...historicalView(await replay(ctx, book, asked, path), asked) };
    case "hypothetical":
      return { ...common, ...hypothesis(book, asked) };
    case "monteCarlo": {
      const found = await simulated(node, ctx, book, asked, path);
      const { simulation, tail, method, sampleSize, source, seed, correlation } = found;
      const own = { method, sampleSize, source, seed, correlation, simulations: simulation.paths };
      const { percentiles } = simulation;
      return { ...common, ...bookView(found.result), ...own, percentiles, tail: tailView(tail) };
    }
    case "reverse": {
      const { result, unmatched, ...own } = await reversed(node, ctx, book, asked, path);
      return { ...common, ...bookView(result), ...own, unmatchedShocks: unmatched };
    }
  }
}

const NOTHING = {
  from: null,
  to: null,
  unmatchedShocks: [],
  factors: [],
  sampleSize: null,
  seed: null,
  simulations: null,
  percentiles: [],
  tail: null,
  correlation: null,
  reverse: null,
} as const;

function historicalView({ scenario, fromMs, toMs, result }: Replay, asked: ScenarioDefinition) {
  const known =
    scenario === null ? "the benchmark's stored closes" : "moves of factors in those days";
  const days = `${isoTime(fromMs).slice(0, 10)} to ${isoTime(toMs).slice(0, 10)}`;
  return {
    ...bookView(result),
    name: scenario?.name ?? asked.name ?? days,
    from: isoTime(fromMs),
    to: isoTime(toMs),
    factors: scenario === null ? [] : factorsView(scenario),
    method: `replay from close to close by stored prices, else by ${known}`,
    source: "stored daily bars, adjusted for splits and dividends; factors as listed",
  };
}

function hypothesis(
  { book, positions, cash }: StressBook,
  { shocks: asked = {} }: ScenarioDefinition,
) {
  const { shocks, unmatched } = namedShocks(Object.entries(asked), positions, book.currency);
  const stressed = positions.map((position) => ({
    symbol: position.symbol,
    value: position.value,
    outcome: outcomeOf(position, shocks, book.currency),
  }));
  return {
    ...bookView(totalOf(stressed, cash)),
    unmatchedShocks: unmatched,
    method:
      "shocks by symbol, else sector, else class, else market × beta; rates, volatility and currency on top",
    source: "shocks as given",
  };
}

function bookView(result: BookResult) {
  const { valueBefore, valueAfter, change, changePct, coveredPct } = result;
  return {
    valueBefore: text(valueBefore),
    valueAfter: textOf(valueAfter),
    change: textOf(change),
    changePct,
    coveredPct,
    notCovered: result.notCovered.map(({ symbol, value, reason }) => ({
      symbol,
      value: text(value),
      reason,
    })),
    positions: result.positions.map(positionView),
  };
}

function positionView(one: PositionResult) {
  const { symbol, changePct, basis, rule, moves } = one;
  const amounts = { valueAfter: textOf(one.valueAfter), change: textOf(one.change) };
  return { symbol, valueBefore: text(one.valueBefore), ...amounts, changePct, basis, rule, moves };
}

function textOf(value: Decimal | null): string | null {
  return value === null ? null : text(value);
}

function tailView({
  confidence,
  valueAtRisk,
  expectedShortfall,
  standardErrors,
}: Awaited<ReturnType<typeof simulated>>["tail"]) {
  return {
    confidence,
    var: valueAtRisk,
    expectedShortfall,
    standardError: {
      var: standardErrors.valueAtRisk,
      expectedShortfall: standardErrors.expectedShortfall,
    },
  };
}
