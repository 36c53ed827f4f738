import { canonicalJson } from "../../../domain/ai/model/canonical-json.ts";
import {
  type SignalDefinition,
  type SignalKind,
  modelsOf,
} from "../../../domain/ai/signals/definition.ts";
import { columnsOf } from "../../../domain/ai/signals/judge.ts";
import type { Given } from "../../../domain/ai/signals/parameters.ts";
import { readDefinition } from "../../../domain/ai/signals/read-definition.ts";
import type { Timeframe } from "../../../domain/market/bar.ts";
import type { Json } from "../../../domain/shared/json.ts";
import type { FieldError } from "../../../mixins/rest/readers.ts";
import { unprocessable } from "../../../mixins/rest/rest-error.ts";
import type { ModelView } from "../../../mixins/rest/routes/model-views.ts";
import type { RequestContext } from "../../../types/contracts.ts";
import { userOf } from "../../access.ts";
import type { NodeContext } from "../../context.ts";
import { canonicalFeatures } from "../datasets/matrices.ts";

export interface AskedSignal {
  readonly kind: SignalKind;
  readonly parameters?: Given | undefined;
}

export interface SignalTerms {
  readonly symbols: readonly string[];
  readonly timeframe: Timeframe;
  /** where the request has it, e.g. `strategy` */
  readonly path: string;
}

/**
 * A definition that can be computed: its parameters are whole, its columns are columns, and its models are the tenant's and of these
 * symbols.
 * @throws RestError 404, 422 naming the field; Refusal of a feature
 */
export async function checkedSignal(
  node: NodeContext,
  ctx: RequestContext,
  { kind, parameters = {} }: AskedSignal,
  terms: SignalTerms,
): Promise<SignalDefinition> {
  const path = `${terms.path}.parameters.`;
  const read = readDefinition(kind, parameters, path);
  if ("faults" in read)
    throw unprocessable(read.faults.map((fault) => ({ ...fault, code: "INVALID_VALUE" })));
  const { definition } = read;
  refuseSymbols(definition, terms.symbols);
  await checkColumns(node, userOf(ctx).tenantId, definition, terms);
  for (const { modelId } of modelsOf(definition)) await checkModel(ctx, modelId, terms);
  return definition;
}

/** The same text for the same definition. */
export function canonicalDefinition(definition: SignalDefinition): string {
  // sound: numbers, texts and lists of them
  return canonicalJson(definition as unknown as Json);
}

function refuseSymbols({ kind }: SignalDefinition, symbols: readonly string[]): void {
  if (new Set(symbols).size !== symbols.length) throw invalid("symbols", "names one twice");
  if (kind === "pairs" && symbols.length !== 2)
    throw invalid("symbols", "must be the two of a pair");
}

async function checkColumns(
  node: NodeContext,
  tenantId: string,
  definition: SignalDefinition,
  { path }: SignalTerms,
): Promise<void> {
  for (const column of columnsOf(definition)) {
    const names = await canonicalFeatures(node, tenantId, [column]);
    if (names.length !== 1)
      throw invalid(
        `${path}.parameters`,
        `${column} has several lines: name one of ${names.join(", ")}`,
      );
  }
}

/** @throws RestError 404 when the tenant has none of this id */
async function checkModel(
  ctx: RequestContext,
  modelId: string,
  { symbols, timeframe, path }: SignalTerms,
): Promise<void> {
  const model = await ctx.call<ModelView, { modelId: string }>("models.get", { modelId });
  if (model.kind === "forecaster")
    throw invalid(`${path}.parameters`, `model ${modelId} forecasts a variance, which has no side`);
  if (model.timeframe !== timeframe)
    throw invalid("timeframe", `must be the model's, ${model.timeframe}`);
  const foreign = symbols.find((symbol) => !model.symbols.includes(symbol));
  if (foreign !== undefined)
    throw invalid("symbols", `model ${modelId} knows nothing of ${foreign}`);
}

export function invalid(path: string, message: string) {
  const error: FieldError = { path, code: "INVALID_VALUE", message };
  return unprocessable([error]);
}
