import {
  BAR_COLUMNS,
  type FeatureMatrix,
  type MatrixRequest,
} from "../../../domain/features/matrix.ts";
import { fromStream } from "../../../mixins/column-stream.ts";
import type { NodeContext } from "../../context.ts";

/** Asks the data services, on whatever node they run. */
export async function featureMatrix(
  { broker }: NodeContext,
  request: MatrixRequest,
): Promise<FeatureMatrix> {
  const stream = await broker.call<unknown, MatrixRequest>("features.matrix", request);
  const { head, columns } = await fromStream(stream);
  // sound: what the action `features.matrix` says first
  const { symbol, token, lineage, rows, features } = head as unknown as Omit<
    FeatureMatrix,
    "bars" | "values"
  >;
  const column = (name: (typeof BAR_COLUMNS)[number]): Float64Array =>
    columns[BAR_COLUMNS.indexOf(name)] ?? new Float64Array(0);
  return {
    symbol,
    token,
    lineage,
    rows,
    features,
    bars: {
      startMs: column("startMs"),
      closeMs: column("closeMs"),
      open: column("open"),
      high: column("high"),
      low: column("low"),
      close: column("close"),
      closeBefore: column("closeBefore"),
      finalOpen: column("finalOpen"),
      finalHigh: column("finalHigh"),
      finalLow: column("finalLow"),
      finalClose: column("finalClose"),
    },
    values: columns.slice(BAR_COLUMNS.length),
  };
}

/** Null: it has changed, or the node that was asked does not know it. */
export function matrixToken(
  { broker }: NodeContext,
  request: MatrixRequest,
): Promise<string | null> {
  return broker.call<string | null, MatrixRequest>("features.matrixToken", request);
}

/**
 * The canonical names of a model's columns: a feature of several lines stands for all of them, and a stored formula for what it says
 * now.
 * @throws Refusal naming the feature
 */
export function canonicalFeatures(
  { broker }: Pick<NodeContext, "broker">,
  tenantId: string,
  features: readonly string[],
): Promise<readonly string[]> {
  return broker.call("features.columns", { tenantId, features });
}
