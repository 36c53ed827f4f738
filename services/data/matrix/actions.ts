import type { Readable } from "node:stream";
import type { Context, ServiceSchema } from "moleculer";
import { BAR_COLUMNS, type MatrixRequest } from "../../../domain/features/matrix.ts";
import type { Timeframe } from "../../../domain/market/bar.ts";
import { toStream } from "../../../mixins/column-stream.ts";
import { heavyRead } from "../../../mixins/resilience/heavy.ts";
import { estimateRows } from "../../../models/timescale/row-estimates.ts";
import type { NodeContext } from "../../context.ts";
import type { FeatureMatrices } from "./feature-matrix.ts";

interface NamesAsked {
  readonly tenantId: string;
  readonly features: readonly string[];
}

interface RowsAsked {
  readonly symbols: readonly string[];
  readonly timeframe: Timeframe;
  readonly startMs?: number;
  readonly endMs?: number;
}

/** Features for those who learn from them, and predict by them. */
export function matrixActions(
  node: NodeContext,
  matrices: FeatureMatrices,
): NonNullable<ServiceSchema["actions"]> {
  return {
    /** A stream of columns, because a matrix may be larger than a message: those of the bars, then one a feature. */
    matrix: {
      ...heavyRead(4, 256),
      visibility: "public",
      handler: async ({ params }: Context<MatrixRequest>): Promise<Readable> => {
        const { symbol, token, lineage, rows, features, bars, values } =
          await matrices.read(params);
        const columns = [...BAR_COLUMNS.map((name) => bars[name]), ...values];
        return toStream({
          head: { symbol, token, lineage, rows, features: [...features] },
          columns,
        });
      },
    },
    /** The token of a matrix while the one that has it is still true; null: ask for it. */
    matrixToken: {
      visibility: "public",
      handler: ({ params }: Context<MatrixRequest>): Promise<string | null> =>
        matrices.token(params),
    },
    /** Canonical names of columns. */
    columns: {
      visibility: "public",
      handler: ({ params }: Context<NamesAsked>): Promise<readonly string[]> =>
        matrices.names(params.tenantId, params.features),
    },
    /** About how many bars there are, before any is read. */
    rows: {
      visibility: "public",
      handler: ({ params }: Context<RowsAsked>): Promise<number> => {
        const { symbols, timeframe, ...range } = params;
        return estimateRows(node.pool, symbols, timeframe, range);
      },
    },
  };
}
