import type { Lesson } from "../../../domain/ai/rl/learn.ts";
import type { JobRun } from "../../../mixins/jobs/kind.ts";
import type { StoredAgent } from "../../../models/rl-agents.ts";
import type { ActingSeed } from "./artifact.ts";
import type { AgentOrder } from "./order.ts";
import type { RlParts } from "./parts.ts";
import { LEARN } from "./threads.ts";

/** Steps between two checkpoints of a seed: a few seconds. */
const CHECKPOINT_STEPS = 20_000;
/** Of a job's progress, what the seeds' learning is. */
export const LEARNING_SHARE = 0.95;
/** Of a thread's heap, MiB. */
export const MEMORY_MB = 1_024;

/** A training as one job has it. */
export interface Training {
  readonly agentId: string;
  readonly order: AgentOrder;
  /** what it goes on from; null: a new one */
  readonly before: StoredAgent | null;
  /** steps of each seed in the end, whole chunks */
  readonly until: number;
  readonly knownAtMs: number;
}

/** As many seeds at a time as leave a thread to others. What comes out does not depend on it. */
export async function learnAll(
  parts: RlParts,
  run: JobRun,
  training: Training,
  lesson: Lesson,
): Promise<readonly ActingSeed[]> {
  const { seeds } = training.order;
  const done = seeds.map(() => 0);
  const report = (index: number, part: number): void => {
    done[index] = part;
    const whole = done.reduce((sum, one) => sum + one, 0) / seeds.length;
    run.report(
      LEARNING_SHARE * whole,
      `${done.filter((one) => one === 1).length} of ${seeds.length} seeds`,
    );
  };
  const learnt: ActingSeed[] = [];
  const failed = new AbortController();
  const signal = AbortSignal.any([run.signal, failed.signal]);
  const next = seeds.entries();
  const lane = async (): Promise<void> => {
    for (const [index, seed] of next)
      learnt[index] = await learnSeed(parts, training, lesson, seed, {
        jobId: run.jobId,
        signal,
        onProgress: (part) => report(index, part),
      });
  };
  const lanes = Math.max(1, parts.node.compute.threads - 1);
  const guarded = async (): Promise<void> => {
    try {
      await lane();
    } catch (error) {
      failed.abort(error);
      throw error;
    }
  };
  // All have ended before anything is said of one: none writes a checkpoint any more.
  const ends = await Promise.allSettled(Array.from({ length: lanes }, guarded));
  const fault = ends.find((end) => end.status === "rejected");
  if (fault !== undefined) throw fault.reason;
  return learnt;
}

interface SeedRun extends Pick<JobRun, "jobId" | "signal"> {
  readonly onProgress: (part: number) => void;
}

async function learnSeed(
  { node, checkpoints }: RlParts,
  { agentId, before, until }: Training,
  lesson: Lesson,
  seed: number,
  { jobId, signal, onProgress }: SeedRun,
): Promise<ActingSeed> {
  const from = before?.steps ?? 0;
  const key = { agentId, seed };
  const found = await checkpoints.newest(key, until);
  if (found === null && before !== null)
    throw new Error(`expected a checkpoint of agent ${agentId} and seed ${seed}`);
  let { steps, bytes: checkpoint } = found ?? { steps: 0, bytes: null };
  for (;;) {
    const base = steps;
    const target = Math.min(until, base + CHECKPOINT_STEPS);
    const task = { lesson, seed, checkpoint, until: target };
    const learnt = await node.compute.run(LEARN, task, {
      signal,
      memoryMb: MEMORY_MB,
      isLong: true,
      onProgress: (part) => onProgress((base + part * (target - base) - from) / (until - from)),
    });
    ({ steps, checkpoint } = learnt);
    await checkpoints.put(key, jobId, steps, checkpoint);
    // What an agent stands on is kept until it stands further on.
    await checkpoints.forgetBetween(key, from, steps);
    onProgress(Math.min(1, (steps - from) / (until - from)));
    if (steps >= until) return { seed, bytes: learnt.acting };
  }
}
