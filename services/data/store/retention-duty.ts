import type { Work } from "../../../mixins/actor/duty.ts";
import type { Timer } from "../../../mixins/clock.ts";
import { forgetJobs } from "../../../models/jobs.ts";
import { applyRetention } from "../../../models/timescale/storage.ts";
import { forgetUploads } from "../../../models/upload-answers.ts";
import type { NodeContext } from "../../context.ts";

const DAY_MS = 86_400_000;
/** Idempotency keys of uploads are remembered for so long. */
const KEYS_MS = 7 * DAY_MS;
/** Jobs that are over, with their results. */
const JOBS_MS = 30 * DAY_MS;
/** Not while everything else starts; and a node that starts often does not delete often. */
const FIRST_MS = 10 * 60_000;

/** Names the duty like an actor, of those that run where data does. */
export const RETENTION = { type: "feed", id: "~retention" } as const;

/** Deletes once a day what is kept no longer. It is the duty of one node at a time; a second one would find nothing. */
export class RetentionDuty implements Work {
  readonly #node: NodeContext;
  #timer: Timer | null = null;
  #running: Promise<void> = Promise.resolve();
  #isStopped = true;

  constructor(node: NodeContext) {
    this.#node = node;
  }

  async start(): Promise<void> {
    this.#isStopped = false;
    this.#wait(FIRST_MS);
  }

  async stop(): Promise<void> {
    this.#isStopped = true;
    this.#timer?.cancel();
    await this.#running;
  }

  #wait(ms: number): void {
    this.#timer = this.#node.clock.setTimer(ms, () => {
      this.#running = this.#round().finally(() => {
        if (!this.#isStopped) this.#wait(DAY_MS);
      });
    });
  }

  async #round(): Promise<void> {
    const { pool, clock, log } = this.#node;
    try {
      for (const { kind, timeframe, deleted } of await applyRetention(pool, clock.now())) {
        if (deleted > 0) log.info({ kind, timeframe, deleted }, "retention has deleted rows");
      }
      await forgetUploads(pool, clock.now() - KEYS_MS);
      const jobs = await forgetJobs(pool, clock.now() - JOBS_MS);
      if (jobs > 0) log.info({ deleted: jobs }, "jobs that ended long ago were deleted");
    } catch (err) {
      if (!this.#isStopped) log.warn({ err }, "retention could not be applied; again tomorrow");
    }
  }
}
