import { randomUUID } from "node:crypto";
import { cancelJob, insertJob } from "../../../../models/jobs.ts";
import type { StoredAgent } from "../../../../models/rl-agents.ts";
import { agentIdOf, TRAIN, type TrainOrder } from "../../../../services/ai/rl/order.ts";
import { sweepAll, sweepTraining } from "../../../../services/ai/rl/sweep.ts";
import { withLearningStores } from "../../../support/learning-stores.ts";

const BYTES = Uint8Array.of(1, 2, 3);
const SEED = 4;

describe("what trainings of agents leave", () => {
  const stores = withLearningStores();
  const parts = () => {
    const { agents, checkpoints, database: node } = stores;
    return { agents, checkpoints, node };
  };
  const sweep = () => sweepAll(parts(), () => false);

  /** A job that waits for a node, with the checkpoints that it wrote before its node was lost. */
  async function begun(asked: Partial<TrainOrder>, ...steps: readonly number[]) {
    const job = { jobId: randomUUID(), params: { kind: "new", ...asked } as never };
    const rest = {
      kind: TRAIN,
      tenantId: "t",
      ownerId: "u",
      isResumable: true,
      deadlineMs: 60_000,
    };
    await insertJob(stores.database.pool, { ...job, ...rest }, { queuedMax: 100 });
    const agentId = agentIdOf(job);
    await stores.checkpoints.begin({ _id: job.jobId, agentId, knownAtMs: 1 });
    for (const one of steps)
      await stores.checkpoints.put({ agentId, seed: SEED }, job.jobId, one, BYTES);
    return { agentId, jobId: job.jobId };
  }

  async function onRecord(steps: number): Promise<string> {
    const agentId = randomUUID();
    // Only its steps are looked at.
    await stores.agents.insert({ ...AGENT, _id: agentId, steps });
    await stores.checkpoints.put({ agentId, seed: SEED }, "before", steps, BYTES);
    return agentId;
  }

  const newest = async (agentId: string): Promise<number | undefined> =>
    (await stores.checkpoints.newest({ agentId, seed: SEED }, Infinity))?.steps;

  it("stays while another node may go on with it, and is gone when it was cancelled meanwhile", async () => {
    const { agentId, jobId } = await begun({}, 20_000, 40_000);
    await sweep();
    expect(await newest(agentId)).toBe(40_000);
    await cancelJob(stores.database.pool, jobId);
    await sweep();
    expect(await newest(agentId)).toBeUndefined();
    expect((await stores.checkpoints.trainings()).map(({ _id }) => _id)).not.toContain(jobId);
  });

  it("of an agent on record is what it stands on", async () => {
    const agentId = await onRecord(20_000);
    const { jobId } = await begun({ kind: "more", agentId }, 40_000, 60_000);
    await cancelJob(stores.database.pool, jobId);
    await sweep();
    expect(await newest(agentId)).toBe(20_000);
  });

  it("of an agent that was deleted meanwhile is nothing", async () => {
    const agentId = await onRecord(20_000);
    const { jobId } = await begun({ kind: "more", agentId }, 40_000);
    await stores.agents.remove("t", agentId);
    await cancelJob(stores.database.pool, jobId);
    await sweep();
    expect(await newest(agentId)).toBeUndefined();
  });

  it("is left alone while another job trains the same agent, which may have written the same steps", async () => {
    const agentId = await onRecord(20_000);
    const first = await begun({ kind: "more", agentId }, 40_000);
    const second = await begun({ kind: "more", agentId }, 60_000);
    await cancelJob(stores.database.pool, first.jobId);
    await sweepTraining(parts(), first);
    expect(await newest(agentId)).toBe(60_000);
    await cancelJob(stores.database.pool, second.jobId);
    await sweep();
    expect(await newest(agentId)).toBe(20_000);
  });

  it("of a job that succeeded keeps where its agent stands", async () => {
    const agentId = await onRecord(20_000);
    const { jobId } = await begun({ kind: "more", agentId }, 40_000);
    await stores.agents.replace({ ...AGENT, _id: agentId, steps: 40_000 }, 20_000);
    await stores.database.pool.query("UPDATE ops.job SET status = 'succeeded' WHERE job_id = $1", [
      jobId,
    ]);
    await sweep();
    expect(await newest(agentId)).toBe(40_000);
    expect((await stores.checkpoints.trainings()).map(({ _id }) => _id)).not.toContain(jobId);
  });
});

const AGENT: Omit<StoredAgent, "_id" | "steps"> = {
  tenantId: "t",
  ownerId: "u",
  name: "n",
  algorithm: "ppo",
  symbols: ["SPX"],
  timeframe: "1d",
  seeds: [SEED],
  jobId: "j",
  order: "{}",
  outlook: "{}",
  evaluations: "{}",
  knownAtMs: 1,
  dataSha256: "d",
  policySha256: "p",
  createdAtMs: 1,
  updatedAtMs: 1,
};
