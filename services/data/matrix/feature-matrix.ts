import {
  BAR_COLUMNS,
  type FeatureMatrix,
  matrixPart,
  type MatrixRequest,
} from "../../../domain/features/matrix.ts";
import { lowerBound } from "../../../domain/market/known-bars.ts";
import { insufficientData, RestError } from "../../../mixins/rest/rest-error.ts";
import { ByteLru } from "../../../models/cache/byte-lru.ts";
import { seriesTokens } from "../../../models/timescale/series-tokens.ts";
import type { NodeContext } from "../../context.ts";
import type { AlternativeFeatures } from "../alternative/feature-values.ts";
import type { Market } from "../market.ts";
import { columnsOf, type MatrixColumn } from "./columns.ts";
import { readHistory } from "./history.ts";
import { KeptSeries } from "./kept-series.ts";
import { refuseEndlessRevisions } from "./run.ts";

/** Of one matrix before it is cut to a range: 400 MB. */
const CELLS_MAX = 50_000_000;
const KEPT_BYTES_MAX = 268_435_456;

interface Kept {
  /** of the store's series, when it was read */
  readonly token: string;
  readonly series: KeptSeries;
}

interface KeptColumn {
  readonly token: string;
  readonly values: Float64Array;
}

/**
 * Features of symbols as of each moment. What was computed is kept as long as the store says that nothing of it has changed, and
 * goes on from its state when bars were added.
 */
export class FeatureMatrices {
  readonly #node: NodeContext;
  readonly #market: Market;
  readonly #alternative: AlternativeFeatures;
  readonly #series = new ByteLru<Kept>(KEPT_BYTES_MAX);
  readonly #columns = new ByteLru<KeptColumn>(KEPT_BYTES_MAX / 8);
  readonly #loading = new Map<string, Promise<KeptSeries>>();

  constructor(node: NodeContext, market: Market, alternative: AlternativeFeatures) {
    this.#node = node;
    this.#market = market;
    this.#alternative = alternative;
  }

  /** The canonical names of columns. @throws Refusal naming the feature */
  async names(tenantId: string, features: readonly string[]): Promise<readonly string[]> {
    const columns = await columnsOf(this.#node.pool, tenantId, features);
    for (const column of columns)
      if (column.kind === "alternative")
        await this.#alternative.requireKnown(tenantId, column.feature);
    return columns.map(({ name }) => name);
  }

  /** The token of a matrix that is kept here and still true; null when it would have to be made. */
  async token(request: MatrixRequest): Promise<string | null> {
    const kept = this.#series.get(keyOf(request));
    if (kept === undefined) return null;
    const token = await this.#storeToken(request);
    if (!this.#isCurrent(kept, token)) return null;
    return tokenOf(kept, await this.#alternativeToken(request));
  }

  /** @throws RestError 404, 422; Refusal of a feature */
  async read(request: MatrixRequest): Promise<FeatureMatrix> {
    const columns = await columnsOf(this.#node.pool, request.tenantId, request.features);
    const isLive = request.knownAtMs === undefined;
    // Before what it stands for is read: what changes meanwhile is noticed at the next question.
    const storeToken = isLive ? await this.#storeToken(request) : "";
    const alternativeToken = isLive ? await this.#alternativeToken(request) : "";
    const series = isLive
      ? await this.#current(request, storeToken)
      : await this.#load(request, null);
    refuseTooLarge(series, request, columns.length);
    const values: Float64Array[] = [];
    for (const column of columns)
      values.push(await this.#values(series, request, column, `${storeToken} ${alternativeToken}`));
    if (isLive) this.#keep(request, { token: storeToken, series });
    const token = isLive ? tokenOf({ token: storeToken, series }, alternativeToken) : null;
    const lineage = isLive ? `${series.lineage} ${alternativeToken}` : null;
    return cut(series, values, request, { token, lineage }, columns);
  }

  async #storeToken({ symbol }: MatrixRequest): Promise<string> {
    return (await seriesTokens(this.#node.pool, [symbol])).get(symbol) ?? "";
  }

  async #alternativeToken({ tenantId, features }: MatrixRequest): Promise<string> {
    const isAsked = features.some((name) => /^(?:series_|news_sentiment)/.test(name));
    return isAsked ? this.#alternative.token(tenantId) : "";
  }

  #isCurrent({ token, series }: Kept, storeToken: string): boolean {
    return token === storeToken && this.#node.clock.now() < series.history.nextCloseMs;
  }

  async #current(request: MatrixRequest, storeToken: string): Promise<KeptSeries> {
    const key = keyOf(request);
    const kept = this.#series.get(key);
    if (kept !== undefined && this.#isCurrent(kept, storeToken)) return kept.series;
    const place = `${key} ${storeToken}`;
    const loading = this.#loading.get(place) ?? this.#load(request, kept?.series ?? null);
    this.#loading.set(place, loading);
    try {
      return await loading;
    } finally {
      this.#loading.delete(place);
    }
  }

  async #load(request: MatrixRequest, before: KeptSeries | null): Promise<KeptSeries> {
    const history = await readHistory(this.#node, this.#market, request, before?.history);
    const { symbol, timeframe } = request;
    if (history.closeMs.length === 0)
      throw insufficientData(`there are no closed bars of ${symbol} in ${timeframe}`);
    refuseEndlessRevisions(history, symbol);
    return new KeptSeries(history, before, this.#node.newId());
  }

  #keep(request: MatrixRequest, kept: Kept): void {
    this.#series.set(keyOf(request), kept, kept.series.bytes);
  }

  async #values(
    series: KeptSeries,
    request: MatrixRequest,
    column: MatrixColumn,
    token: string,
  ): Promise<Float64Array> {
    if (column.kind === "computed") return series.column(column);
    const { tenantId, symbol, knownAtMs } = request;
    const asked = { tenantId, symbol, closesMs: series.history.closeMs };
    if (knownAtMs !== undefined)
      return this.#alternative.values(column.feature, { ...asked, storedByMs: knownAtMs });
    const key = `${keyOf(request)} ${tenantId} ${column.name}`;
    const whole = `${token} ${series.history.closeMs.length}`;
    const kept = this.#columns.get(key);
    if (kept?.token === whole) return kept.values;
    const values = await this.#alternative.values(column.feature, asked);
    this.#columns.set(key, { token: whole, values }, values.byteLength);
    return values;
  }
}

function keyOf({ symbol, timeframe, adjust }: MatrixRequest): string {
  return `${symbol} ${timeframe} ${adjust}`;
}

function tokenOf({ token, series }: Kept, alternativeToken: string): string {
  return `${token} ${series.history.closeMs.length} ${alternativeToken}`;
}

function refuseTooLarge({ history }: KeptSeries, { symbol }: MatrixRequest, columns: number): void {
  const cells = history.closeMs.length * (columns + BAR_COLUMNS.length);
  if (cells <= CELLS_MAX) return;
  const detail = `${symbol} has ${history.closeMs.length} bars, which with ${columns} features is more than can be computed at once`;
  throw new RestError("RANGE_TOO_LARGE", detail);
}

/** The rows that were asked for. */
function cut(
  { history, closeBefore }: KeptSeries,
  values: readonly Float64Array[],
  { symbol, startMs = -Infinity, endMs = Infinity }: MatrixRequest,
  words: Pick<FeatureMatrix, "token" | "lineage">,
  columns: readonly MatrixColumn[],
): FeatureMatrix {
  const { bars, truth, closeMs } = history;
  const whole: FeatureMatrix = {
    symbol,
    ...words,
    rows: closeMs.length,
    features: columns.map(({ name }) => name),
    bars: {
      startMs: bars.startMs,
      closeMs,
      open: bars.open,
      high: bars.high,
      low: bars.low,
      close: bars.close,
      closeBefore,
      finalOpen: truth.open,
      finalHigh: truth.high,
      finalLow: truth.low,
      finalClose: truth.close,
    },
    values,
  };
  return matrixPart(whole, lowerBound(bars.startMs, startMs), lowerBound(bars.startMs, endMs));
}
