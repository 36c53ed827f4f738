import type { SignalDefinition } from "../../../domain/ai/signals/definition.ts";
import { columnsOf, judge } from "../../../domain/ai/signals/judge.ts";
import type { Moment } from "../../../domain/ai/signals/verdict.ts";
import { oneNumber, type FeatureValues } from "../../../domain/features/pipeline.ts";
import type { Bar } from "../../../domain/market/bar.ts";
import { listCorporateActions } from "../../../models/corporate-actions.ts";
import type { NodeContext } from "../../context.ts";

/** Of the catalogue, with one line: what live features keep the state of. */
const LIVE = /^(?!series_|news_sentiment)[a-z][a-z0-9]*(?:_[0-9.]+)*$/;

interface FeaturePair {
  readonly present: FeatureValues;
  readonly previous: FeatureValues;
}

/**
 * Whether live features say already that nothing is to be done at a close, as on most bars: a twentieth of the cost of reading the
 * history. They are of prices as traded, so nothing is said of a symbol that has split.
 */
export async function saysHold(
  node: NodeContext,
  definition: SignalDefinition,
  bar: Bar,
): Promise<boolean> {
  // A crossing looks at two closes and at nothing else.
  if (definition.kind !== "crossover") return false;
  const features = columnsOf(definition);
  if (!features.every((name) => LIVE.test(name))) return false;
  const { symbol, timeframe } = bar;
  const splits = await listCorporateActions(node.pool, { symbol, kind: "split", limit: 1 });
  if (splits.data.length > 0) return false;
  const asked = { bar, timeframe, features };
  const { present, previous } = await node.broker.call<FeaturePair, unknown>(
    "features.vector",
    asked,
  );
  return judge(definition, moment(previous), moment(present)).side === "hold";
}

function moment(found: FeatureValues): Moment {
  const values = Object.entries(found).map(([name, value]) => [name, oneNumber(value)] as const);
  return { close: null, values: Object.fromEntries(values) };
}
