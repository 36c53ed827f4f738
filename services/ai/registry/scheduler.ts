import { barsAfter, latestBar } from "../../../models/timescale/bars.ts";
import type { RequestMeta } from "../../../types/contracts.ts";
import type { StoredModel, StoredSchedule } from "../../../models/model-registry.ts";
import { Rounds } from "../../rounds.ts";
import type { RegistryParts } from "./parts.ts";

const LOOK_MS = 5_000;
/** A schedule by bars is looked at again so soon. */
const BARS_MS = 30_000;
/** One that could not be followed: the queue is full, or the model cannot be trained as it is. */
const AGAIN_MS = 300_000;

/**
 * Trains models by their schedules, which are kept with the models: after a restart it goes on, and what fell due meanwhile is done
 * once. Several nodes may look: of one time that fell due there is one job, whoever asks for it.
 */
export class TrainingScheduler {
  readonly #parts: RegistryParts;
  readonly #rounds: Rounds;

  constructor(parts: RegistryParts) {
    this.#parts = parts;
    this.#rounds = new Rounds(parts.node.clock, LOOK_MS, (isStopped) => this.#round(isStopped));
  }

  start(): void {
    this.#rounds.start();
  }

  stop(): Promise<void> {
    return this.#rounds.stop();
  }

  async #round(isStopped: () => boolean): Promise<void> {
    const { registry, node } = this.#parts;
    try {
      for (const model of await registry.listScheduled(node.clock.now())) {
        if (isStopped()) return;
        await this.#follow(model);
      }
    } catch (err) {
      if (!isStopped()) node.log.warn({ err }, "schedules of models could not be read; again");
    }
  }

  async #follow(model: StoredModel): Promise<void> {
    const { registry, node } = this.#parts;
    const { schedule, modelId } = model;
    if (schedule === null) return;
    const nowMs = node.clock.now();
    try {
      const next = await this.#next(model, schedule, nowMs);
      await registry.updateModel(model, { schedule: next }, model.updatedAtMs);
    } catch (err) {
      node.log.warn({ err, modelId }, "a model could not be trained by its schedule; again soon");
      const next = { ...schedule, nextAtMs: nowMs + AGAIN_MS };
      await registry.updateModel(model, { schedule: next }, model.updatedAtMs);
    }
  }

  /** The job is asked for first, under a name that follows from what is due: cut off between the two, it is asked for again and is the same. */
  async #next(
    model: StoredModel,
    schedule: StoredSchedule,
    nowMs: number,
  ): Promise<StoredSchedule> {
    const { every, nextAtMs, lastBarMs } = schedule;
    if ("ms" in every) {
      await this.#submit(model, schedule, `at ${nextAtMs}`);
      // What was missed while nobody looked is not made up for.
      const missed = Math.floor((nowMs - nextAtMs) / every.ms);
      return { ...schedule, nextAtMs: nextAtMs + (missed + 1) * every.ms };
    }
    const later = { ...schedule, nextAtMs: nowMs + BARS_MS };
    const newestMs = await this.#enoughBars(model, lastBarMs ?? 0, every.bars);
    if (newestMs === null) return later;
    await this.#submit(model, schedule, `after ${lastBarMs}`);
    return { ...later, lastBarMs: newestMs };
  }

  /** When the newest bar opened; null while fewer than so many have come. */
  async #enoughBars(
    { definition: { symbols, timeframe } }: StoredModel,
    afterMs: number,
    count: number,
  ): Promise<number | null> {
    const { pool } = this.#parts.node;
    const [symbol = ""] = symbols;
    const come = await barsAfter(pool, symbol, timeframe, afterMs, count);
    if (come.length < count) return null;
    return (await latestBar(pool, symbol, timeframe))?.startMs ?? null;
  }

  async #submit(model: StoredModel, schedule: StoredSchedule, due: string): Promise<void> {
    const { modelId, tenantId } = model;
    const { request, userId, setAtMs } = schedule;
    const meta: RequestMeta = {
      user: { userId, tenantId, role: "analyst", email: "", sessionId: "" },
      idempotencyKey: `schedule:${modelId}:${setAtMs}:${due.replace(" ", ":")}`,
    };
    // sound: it was valid when the schedule was made, and is checked again
    const asked = { ...(request as object), modelId, asChallenger: true };
    await this.#parts.node.broker.call("trainings.train", asked, { meta });
  }
}
