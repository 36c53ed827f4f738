import type { ModelDefinition } from "../../../domain/ai/model/definition.ts";
import type { Timeframe } from "../../../domain/market/bar.ts";
import type { Aliases } from "../../../domain/ai/model/version.ts";
import { Lru } from "../../../models/cache/lru.ts";
import { getInstrument } from "../../../models/instruments.ts";
import type { StoredVersion } from "../../../models/model-registry.ts";
import {
  findPrediction,
  type NewPrediction,
  type PredictionRecord,
  type PredictionRole,
  recordPrediction,
} from "../../../models/predictions.ts";
import type { NodeContext } from "../../context.ts";
import type { Datasets, Latest } from "../datasets/datasets.ts";
import type { ModelServer } from "../serving/model-server.ts";
import { barsAhead, type BarsAhead } from "./bars-ahead.ts";
import { SharedReads } from "./shared-reads.ts";

/** Records that are kept: they never change but for their truth, which nobody asks here. */
const KEPT_MAX = 10_000;

export interface MadePrediction {
  readonly record: PredictionRecord;
  /** from then on the prediction rests on a bar that is too old; null where the market's calendar is not known */
  readonly staleFromMs: number | null;
}

/** What a version says of the bars after the newest that is closed: made once, recorded, and the same ever after. */
export class PredictionMaker {
  readonly #node: NodeContext;
  readonly #datasets: Pick<Datasets, "latest">;
  readonly #server: ModelServer;
  readonly #kept = new Lru<MadePrediction>(KEPT_MAX);
  readonly #shared = new SharedReads<MadePrediction>();

  constructor(node: NodeContext, datasets: Pick<Datasets, "latest">, server: ModelServer) {
    this.#node = node;
    this.#datasets = datasets;
    this.#server = server;
  }

  /**
   * @param asOfMs the newest bar that had closed by then; a bar that is not the newest of all is predicted without being recorded
   * @throws RestError 422 INSUFFICIENT_DATA, 429, 503
   */
  make(
    stored: StoredVersion,
    aliases: Aliases,
    symbol: string,
    asOfMs?: number,
  ): Promise<MadePrediction> {
    const key = `${stored.modelId}/${stored.version}/${symbol}/${asOfMs ?? ""}`;
    return this.#shared.read(key, () => this.#make(stored, aliases, symbol, asOfMs));
  }

  async #make(
    stored: StoredVersion,
    aliases: Aliases,
    symbol: string,
    asOfMs?: number,
  ): Promise<MadePrediction> {
    const latest = await this.#latest(stored, symbol, asOfMs);
    const key = `${stored.modelId}/${stored.version}/${symbol}/${latest.closeMs}`;
    const kept = this.#kept.get(key);
    if (kept !== undefined) return kept;
    const made = await this.#makeNew(stored, aliases, symbol, latest, asOfMs !== undefined);
    if (made.record.predictionId !== null) this.#kept.set(key, made);
    return made;
  }

  #latest(stored: StoredVersion, symbol: string, asOfMs?: number): Promise<Latest> {
    const { definition } = stored.lineage;
    const { tenantId } = stored;
    return this.#datasets.latest({
      tenantId,
      definition,
      symbol,
      ...(asOfMs !== undefined && { asOfMs }),
    });
  }

  async #makeNew(
    stored: StoredVersion,
    aliases: Aliases,
    symbol: string,
    latest: Latest,
    isAsOf: boolean,
  ): Promise<MadePrediction> {
    const { modelId, version } = stored;
    const { definition } = stored.lineage;
    const { timeframe } = definition;
    const { closeMs: asOfMs } = latest;
    const ahead = await this.#ahead(symbol, definition, asOfMs);
    const staleFromMs = ahead?.staleFromMs ?? null;
    const { pool } = this.#node;
    const there = await findPrediction(pool, { modelId, version, symbol, timeframe, asOfMs });
    if (there !== null) return { record: there, staleFromMs };
    const made: NewPrediction = {
      tenantId: stored.tenantId,
      modelId,
      version,
      symbol,
      timeframe,
      asOfMs,
      bars: ahead?.bars ?? null,
      horizon: definition.target.horizon,
      kind: definition.kind,
      role: roleOf(version, aliases),
      prediction: await this.#server.predict(stored, latest),
      features: latest.features,
      madeAtMs: this.#node.clock.now(),
    };
    // What is said of a bar when later ones are known is nothing that anybody could have acted on.
    const isPast = isAsOf && (await this.#latest(stored, symbol)).closeMs > asOfMs;
    const record = isPast
      ? { ...made, predictionId: null, truth: null, loss: null, scoredAtMs: null }
      : await recordPrediction(pool, made);
    return { record, staleFromMs };
  }

  async #ahead(
    symbol: string,
    { timeframe, target }: { readonly timeframe: Timeframe } & Pick<ModelDefinition, "target">,
    closeMs: number,
  ): Promise<BarsAhead | null> {
    const instrument = await getInstrument(this.#node.pool, symbol);
    return barsAhead(instrument?.calendar ?? null, timeframe, closeMs, target.horizon);
  }
}

function roleOf(version: number, { champion, shadow }: Aliases): PredictionRole {
  if (version === champion) return "champion";
  return shadow.includes(version) ? "shadow" : "asked";
}
