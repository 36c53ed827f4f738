import { Errors } from "moleculer";
import { type ModelRule, predictionKey } from "../../../domain/ai/signals/definition.ts";
import type { Foresight } from "../../../domain/ai/signals/verdict.ts";
import type { PredictionRecord } from "../../../models/predictions.ts";
import type { NodeContext } from "../../context.ts";
import type { OnSymbol } from "../predictions.service.ts";

interface Asked {
  readonly tenantId: string;
  readonly symbol: string;
  readonly models: readonly ModelRule[];
}

/** What models say of one symbol at closes. */
export class Foresights {
  readonly #node: NodeContext;
  readonly #asked: Asked;
  readonly #records = new Map<string, PredictionRecord>();

  constructor(node: NodeContext, asked: Asked) {
    this.#node = node;
    this.#asked = asked;
  }

  /**
   * @param closeMs by which the newest bar has closed that the models know
   * @param afterMs what rests on a bar that had closed by then is about an earlier one
   */
  async at(closeMs: number, afterMs: number): Promise<Readonly<Record<string, Foresight>>> {
    const all: Record<string, Foresight> = {};
    for (const model of this.#asked.models)
      all[predictionKey(model)] = await this.#one(model, closeMs, afterMs);
    return all;
  }

  /** The first that was asked for under a key. */
  record(key: string): PredictionRecord | null {
    return this.#records.get(key) ?? null;
  }

  async #one(model: ModelRule, closeMs: number, afterMs: number): Promise<Foresight> {
    const { tenantId, symbol } = this.#asked;
    const { modelId, version } = model;
    const asked: OnSymbol = {
      tenantId,
      modelId,
      symbol,
      asOfMs: closeMs,
      ...(version !== null && { version }),
    };
    try {
      const record = await this.#node.broker.call<PredictionRecord, OnSymbol>(
        "predictions.onSymbol",
        asked,
      );
      return this.#foresight(predictionKey(model), record, afterMs);
    } catch (error) {
      if (error instanceof Errors.MoleculerError && error.type === "INSUFFICIENT_DATA")
        return { isGiven: false, why: error.message };
      throw error;
    }
  }

  #foresight(key: string, record: PredictionRecord, afterMs: number): Foresight {
    if (!this.#records.has(key)) this.#records.set(key, record);
    const { prediction, asOfMs } = record;
    if (asOfMs <= afterMs) return { isGiven: false, why: "the bar is none of its data" };
    if (!prediction.isGiven) return { isGiven: false, why: prediction.message };
    return { isGiven: true, probability: prediction.probability, value: prediction.value };
  }
}
