import { barFacts, firstWithValue, measureOf, putRows } from "../../../domain/ai/dataset/part.ts";
import type { Sample } from "../../../domain/ai/learning/sample.ts";
import type { DataDefinition } from "../../../domain/ai/model/definition.ts";
import {
  type FeatureMatrix,
  matrixPart,
  type MatrixRequest,
} from "../../../domain/features/matrix.ts";
import { lowerBound } from "../../../domain/market/known-bars.ts";
import { appended, grown } from "../../../domain/numeric/growing.ts";
import type { Steps } from "../../../domain/shared/steps.ts";
import { inTurns } from "../../../mixins/compute/in-turns.ts";
import { insufficientData } from "../../../mixins/rest/rest-error.ts";
import { ByteLru } from "../../../models/cache/byte-lru.ts";
import type { NodeContext } from "../../context.ts";
import { featureMatrix, matrixToken } from "./matrices.ts";

export interface LatestRequest {
  readonly tenantId: string;
  readonly definition: DataDefinition;
  readonly symbol: string;
  /** the newest bar that closed at it or before, epoch ms; absent: now */
  readonly asOfMs?: number;
}

export interface Latest {
  /** the whole known history of the symbol up to the row */
  readonly sample: Sample;
  /** of the newest bar: the last one */
  readonly row: number;
  readonly closeMs: number;
  /** by name; null where one has no value */
  readonly features: Readonly<Record<string, number | null>>;
}

/** Samples of histories: 128 MB. */
const KEPT_BYTES_MAX = 134_217_728;

interface Kept {
  readonly token: string;
  readonly lineage: string;
  /** of the matrix: those of the sample and the ones before it, on which no feature has a value */
  readonly rows: number;
  readonly sample: Sample;
}

/** The newest rows of symbols, kept as long as the data services say that nothing has changed. */
export class LatestBook {
  readonly #node: NodeContext;
  readonly #kept = new ByteLru<Kept>(KEPT_BYTES_MAX);
  readonly #loading = new Map<string, Promise<Sample>>();

  constructor(node: NodeContext) {
    this.#node = node;
  }

  async at(request: LatestRequest): Promise<Latest> {
    const { definition, symbol, asOfMs = this.#node.clock.now() } = request;
    const sample = await this.#sample(request);
    const row = lowerBound(sample.closeMs, asOfMs + 1) - 1;
    const closeMs = sample.closeMs[row];
    if (closeMs === undefined)
      throw insufficientData(`${symbol} has no closed bar with a value of any feature by then`);
    return {
      sample: row + 1 === sample.closeMs.length ? sample : upTo(sample, row + 1),
      row,
      closeMs,
      features: featuresOf(sample, row, definition.features),
    };
  }

  async #sample(request: LatestRequest): Promise<Sample> {
    const asked = matrixOf(request);
    const key = JSON.stringify([asked, measureOf(request.definition.target)]);
    const kept = this.#kept.get(key);
    if (kept !== undefined && (await matrixToken(this.#node, asked)) === kept.token)
      return kept.sample;
    const loading = this.#loading.get(key) ?? this.#load(request, asked, key);
    this.#loading.set(key, loading);
    try {
      return await loading;
    } finally {
      this.#loading.delete(key);
    }
  }

  async #load({ definition }: LatestRequest, asked: MatrixRequest, key: string): Promise<Sample> {
    const matrix = await featureMatrix(this.#node, asked);
    const kept = this.#kept.get(key);
    const before = kept !== undefined && kept.lineage === matrix.lineage ? kept : null;
    const sample = await inTurns(sampleOf(matrix, definition, before));
    const { token, lineage, rows } = matrix;
    if (token !== null && lineage !== null)
      this.#kept.set(key, { token, lineage, rows, sample }, bytesOf(sample));
    return sample;
  }
}

function matrixOf({ tenantId, definition, symbol }: LatestRequest): MatrixRequest {
  const { timeframe, features, adjust } = definition;
  return { tenantId, symbol, timeframe, features, adjust };
}

/** @param before of the same matrix with fewer rows: only those behind it are taken from this one */
function* sampleOf(
  matrix: FeatureMatrix,
  { target }: DataDefinition,
  before: Kept | null,
): Steps<Sample> {
  // One on which no feature had a value is made anew: its first row may be among those that came.
  const held = before !== null && before.sample.closeMs.length > 0 ? before : null;
  const from = held?.rows ?? firstWithValue(matrix);
  const sample = held?.sample ?? noRows(matrix.values.length);
  const more = matrixPart(matrix, from, matrix.rows);
  const { closeMs, logReturn, variance } = yield* barFacts(more, measureOf(target));
  const { columns, data } = sample.x;
  const rows = sample.closeMs.length + closeMs.length;
  const x = { rows, columns, data: grown(data, rows * columns) };
  yield* putRows(x.data, sample.closeMs.length, more.values);
  return {
    x,
    symbol: new Int32Array(rows),
    closeMs: appended(sample.closeMs, closeMs),
    logReturn: appended(sample.logReturn, logReturn),
    variance: appended(sample.variance, variance),
  };
}

function noRows(columns: number): Sample {
  return {
    x: { rows: 0, columns, data: new Float64Array(0) },
    symbol: new Int32Array(0),
    closeMs: new Float64Array(0),
    logReturn: new Float64Array(0),
    variance: new Float64Array(0),
  };
}

function bytesOf({ x, closeMs }: Sample): number {
  return 8 * x.data.length + 28 * closeMs.length;
}

/** The first rows, without a copy. */
function upTo({ x, symbol, closeMs, logReturn, variance }: Sample, rows: number): Sample {
  return {
    x: { rows, columns: x.columns, data: x.data.subarray(0, rows * x.columns) },
    symbol: symbol.subarray(0, rows),
    closeMs: closeMs.subarray(0, rows),
    logReturn: logReturn.subarray(0, rows),
    variance: variance.subarray(0, rows),
  };
}

function featuresOf(
  { x }: Sample,
  row: number,
  names: readonly string[],
): Readonly<Record<string, number | null>> {
  const value = (column: number) => x.data[row * x.columns + column] ?? Number.NaN;
  return Object.fromEntries(
    names.map((name, j) => [name, Number.isNaN(value(j)) ? null : value(j)]),
  );
}
