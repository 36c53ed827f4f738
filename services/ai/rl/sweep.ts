import { liveJobs } from "../../../models/jobs.ts";
import type { NodeContext } from "../../context.ts";
import { Rounds } from "../../rounds.ts";
import { agentIdOf, TRAIN } from "./order.ts";
import type { RlParts } from "./parts.ts";

const EVERY_MS = 60_000;

/** A training that nobody goes on with. */
interface OverTraining {
  readonly jobId: string;
  readonly agentId: string;
}

interface SweepParts extends Pick<RlParts, "agents" | "checkpoints"> {
  readonly node: Pick<NodeContext, "pool">;
}

/**
 * Deletes the checkpoints that a job wrote beyond where its agent stands: of an agent that is not on record, all. While another job trains
 * the same agent nothing is deleted, since it may have written the same steps before: a later sweep does it.
 */
export async function sweepTraining(
  { agents, checkpoints, node }: SweepParts,
  { jobId, agentId }: OverTraining,
): Promise<void> {
  const live = await liveJobs(node.pool, TRAIN);
  if (live.some((job) => job.jobId !== jobId && agentIdOf(job) === agentId)) return;
  // After the jobs: what another one has put on record by now is seen here.
  const steps = await agents.stepsOf(agentId);
  if (steps === null) await checkpoints.forget(agentId);
  else await checkpoints.forgetBeyond(agentId, jobId, steps);
  await checkpoints.end(jobId);
}

/**
 * Sweeps what jobs leave that end while no node runs them: cancelled while they wait for another node, late, or lost too often.
 * A job's own end is swept by the node that ran it.
 */
export class CheckpointSweeper {
  readonly #parts: RlParts;
  readonly #rounds: Rounds;

  constructor(parts: RlParts) {
    this.#parts = parts;
    this.#rounds = new Rounds(parts.node.clock, EVERY_MS, (isStopped) => this.#round(isStopped));
  }

  start(): void {
    this.#rounds.start();
  }

  stop(): Promise<void> {
    return this.#rounds.stop();
  }

  async #round(isStopped: () => boolean): Promise<void> {
    try {
      await sweepAll(this.#parts, isStopped);
    } catch (err) {
      if (!isStopped()) this.#parts.node.log.warn({ err }, "checkpoints could not be swept; again");
    }
  }
}

/** After trainings whose jobs are over. */
export async function sweepAll(parts: SweepParts, isStopped: () => boolean): Promise<void> {
  for (const training of await overTrainings(parts)) {
    if (isStopped()) return;
    await sweepTraining(parts, training);
  }
}

async function overTrainings({ checkpoints, node }: SweepParts): Promise<readonly OverTraining[]> {
  const begun = await checkpoints.trainings();
  if (begun.length === 0) return [];
  // After the trainings: a job that is not live now has not begun one of these later.
  const live = new Set((await liveJobs(node.pool, TRAIN)).map(({ jobId }) => jobId));
  return begun
    .filter(({ _id }) => !live.has(_id))
    .map(({ _id: jobId, agentId }) => ({ jobId, agentId }));
}
