import { type LabelledPart, labelledPart } from "../../../domain/ai/dataset/part.ts";
import type { LabelledSample } from "../../../domain/ai/learning/sample.ts";
import type { DataDefinition } from "../../../domain/ai/model/definition.ts";
import type { FeatureMatrix } from "../../../domain/features/matrix.ts";
import { inTurns } from "../../../mixins/compute/in-turns.ts";
import { insufficientData, unprocessable } from "../../../mixins/rest/rest-error.ts";
import type { NodeContext } from "../../context.ts";
import { fingerprint } from "./fingerprint.ts";
import { joined } from "./joined.ts";
import { type Latest, LatestBook, type LatestRequest } from "./latest.ts";
import { featureMatrix } from "./matrices.ts";

export type { Latest, LatestRequest };

export interface DatasetRequest {
  readonly tenantId: string;
  readonly definition: DataDefinition;
  /** bars that open in [startMs, endMs), epoch ms; absent: unbounded. No label looks beyond. */
  readonly startMs?: number;
  readonly endMs?: number;
  /** nothing that became known later is seen: the same request gives the same data set, whenever it is made */
  readonly knownAtMs: number;
  /** 1,000,000 when absent, which is also the most */
  readonly rowsMax?: number;
}

export interface Dataset {
  readonly sample: LabelledSample;
  readonly symbols: readonly string[];
  /** when the first bar opened, and the last one closed, epoch ms */
  readonly startMs: number;
  readonly endMs: number;
  readonly rows: number;
  /** see `fingerprint` */
  readonly sha256: string;
}

const ROWS_MAX = 1_000_000;
const CELLS_MAX = 20_000_000;

/** What models learn from and predict by, of the feature store as of each moment. */
export class Datasets {
  readonly #node: NodeContext;
  readonly #latest: LatestBook;

  constructor(node: NodeContext) {
    this.#node = node;
    this.#latest = new LatestBook(node);
  }

  /**
   * All rows of the symbols, one symbol after the other. A row is there from the first bar on which any feature has a value; where a
   * feature has none it is NaN, and so is a label whose future is not known yet.
   * @throws RestError 404, 422 (`INSUFFICIENT_DATA` naming the symbol, `VALIDATION_FAILED` when it would be too large); Refusal of a feature
   */
  async build(request: DatasetRequest): Promise<Dataset> {
    const { definition } = request;
    await this.#refuseTooLarge(request);
    const parts: LabelledPart[] = [];
    let rows = 0;
    for (const symbol of definition.symbols) {
      const part = await this.#part(request, symbol);
      rows += part.closeMs.length;
      refuseRows(rows, request);
      parts.push(part);
    }
    const sample = await inTurns(joined(parts, rows, definition.features.length));
    return {
      sample,
      symbols: definition.symbols,
      startMs: Math.min(...parts.map(({ startMs }) => startMs[0] ?? Infinity)),
      endMs: Math.max(...parts.map(({ closeMs }) => closeMs.at(-1) ?? -Infinity)),
      rows,
      sha256: await inTurns(fingerprint(definition, sample)),
    };
  }

  /**
   * The newest closed bar of a symbol, with all that was known at its close; the same row that `build` gives for it.
   * @throws RestError 404, 422; Refusal of a feature
   */
  latest(request: LatestRequest): Promise<Latest> {
    return this.#latest.at(request);
  }

  async #refuseTooLarge(request: DatasetRequest): Promise<void> {
    const { definition, startMs, endMs } = request;
    const { symbols, timeframe } = definition;
    const range = {
      ...(startMs !== undefined && { startMs }),
      ...(endMs !== undefined && { endMs }),
    };
    const rows = await this.#node.broker.call<number, object>("features.rows", {
      symbols,
      timeframe,
      ...range,
    });
    // An estimate: what is not clearly too much is counted when it is read.
    refuseRows(Math.floor(rows / 2), request);
  }

  async #part(request: DatasetRequest, symbol: string): Promise<LabelledPart> {
    const { definition, startMs = -Infinity } = request;
    const matrix = await this.#matrix(request, symbol);
    const part = await inTurns(labelledPart(matrix, definition.target, startMs));
    if (part.closeMs.length > 0) return part;
    throw insufficientData(
      `${symbol} has no closed bars in the range on which any feature has a value`,
    );
  }

  #matrix(
    { tenantId, definition, startMs, endMs, knownAtMs }: DatasetRequest,
    symbol: string,
  ): Promise<FeatureMatrix> {
    const { timeframe, features, adjust, target } = definition;
    const asked = { tenantId, symbol, timeframe, features, adjust, knownAtMs };
    // A barrier is measured by bars that may lie before the first row.
    const from = target.kind === "tripleBarrier" || startMs === undefined ? {} : { startMs };
    return featureMatrix(this.#node, { ...asked, ...from, ...(endMs !== undefined && { endMs }) });
  }
}

/** @throws RestError 422 */
function refuseRows(rows: number, { definition, rowsMax = ROWS_MAX }: DatasetRequest): void {
  const features = definition.features.length;
  const most = Math.min(rowsMax, ROWS_MAX);
  const errors = [];
  if (rows > most)
    errors.push(tooLarge("symbols", `${rows} rows or more, expected ${most} at most`));
  if (rows * features > CELLS_MAX)
    errors.push(
      tooLarge("features", `${rows * features} values or more, expected ${CELLS_MAX} at most`),
    );
  if (errors.length > 0) throw unprocessable(errors);
}

function tooLarge(path: string, found: string) {
  return { path, code: "INVALID_VALUE" as const, message: `asks for too much: found ${found}` };
}
