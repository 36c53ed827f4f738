import {
  type Ensemble,
  horizonOf,
  modelsOf,
  type Pairs,
  predictionKey,
  type SignalDefinition,
  type Voter,
} from "../../../domain/ai/signals/definition.ts";
import { hitRate } from "../../../domain/ai/signals/hit-rate.ts";
import { columnsOf, judge } from "../../../domain/ai/signals/judge.ts";
import type { Moment, Verdict } from "../../../domain/ai/signals/verdict.ts";
import type { Timeframe } from "../../../domain/market/bar.ts";
import { barEndMs } from "../../../domain/market/timeframe.ts";
import type { PredictionRecord } from "../../../models/predictions.ts";
import type { NodeContext } from "../../context.ts";
import {
  byHitRate,
  type Confidence,
  type Finding,
  type FindRequest,
  NO_CONFIDENCE,
} from "./finding.ts";
import { Foresights } from "./foresights.ts";
import { type History, momentAt, readHistory } from "./history.ts";
import { findPair } from "./find-pair.ts";

/**
 * What a definition says at the close of a bar, of nothing that came later.
 * @returns none of a pair whose other symbol has not closed the bar yet
 * @throws RestError 404, 409, 422; Refusal of a feature
 */
export async function find(node: NodeContext, request: FindRequest): Promise<readonly Finding[]> {
  const { definition } = request;
  return definition.kind === "pairs"
    ? findPair(node, { ...request, definition })
    : [await findOne(node, { ...request, definition })];
}

type Alone = FindRequest & { readonly definition: Exclude<SignalDefinition, Pairs> };

async function findOne(node: NodeContext, request: Alone): Promise<Finding> {
  const { tenantId, definition, symbols, timeframe, startMs } = request;
  const [symbol = ""] = symbols;
  const history = await readHistory(node, {
    tenantId,
    symbol,
    timeframe,
    columns: columnsOf(definition),
    ...(startMs !== undefined && { lastStartMs: startMs }),
  });
  const last = history.startMs.length - 1;
  const seen = new Foresights(node, { tenantId, symbol, models: modelsOf(definition) });
  const [present, previous] = [
    await withModels(seen, history, timeframe, last),
    definition.kind === "ensemble"
      ? await withModels(seen, history, timeframe, last - 1)
      : momentAt(history, last - 1),
  ];
  const verdict = judge(definition, previous, present);
  const record = definition.kind === "model" ? seen.record(predictionKey(definition)) : null;
  return {
    symbol,
    startMs: history.startMs[last] ?? Number.NaN,
    verdict,
    weight: 1,
    horizon: horizonOf(definition) ?? record?.horizon ?? 1,
    confidence: confidenceOf(definition, history, verdict, record),
    model: record === null ? null : { modelId: record.modelId, version: record.version },
  };
}

async function withModels(
  seen: Foresights,
  history: History,
  timeframe: Timeframe,
  row: number,
): Promise<Moment> {
  const at = history.startMs[row];
  const moment = momentAt(history, row);
  if (at === undefined) return moment;
  const before = history.startMs[row - 1];
  const afterMs = before === undefined ? -Infinity : barEndMs(timeframe, before);
  return { ...moment, predictions: await seen.at(barEndMs(timeframe, at), afterMs) };
}

function confidenceOf(
  definition: Voter | Ensemble,
  history: History,
  verdict: Verdict,
  record: PredictionRecord | null,
): Confidence {
  if (verdict.side === "hold") return NO_CONFIDENCE;
  if (definition.kind === "model") return byModel(verdict, record);
  // What its models said of the bars of the past nobody has on record.
  if (modelsOf(definition).length > 0) return NO_CONFIDENCE;
  const { closes } = history;
  const rows = closes.length;
  const found = hitRate(
    verdict,
    { rows, horizon: definition.horizon },
    (row) => judge(definition, momentAt(history, row - 1), momentAt(history, row)),
    (from, to) => (closes[to] ?? Number.NaN) / (closes[from] ?? Number.NaN) - 1,
  );
  return byHitRate(found);
}

/** A forecast return is no probability. */
function byModel({ side }: Verdict, record: PredictionRecord | null): Confidence {
  const said = record?.prediction;
  if (said?.isGiven !== true || said.probability === null) return NO_CONFIDENCE;
  return {
    confidence: side === "buy" ? said.probability : 1 - said.probability,
    confidenceBasis: "calibratedProbability",
    sampleSize: null,
  };
}
