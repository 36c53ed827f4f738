import { putSymbol } from "../../mixins/rest/routes/symbols.ts";
import { cancelJob } from "../../mixins/rest/routes/jobs.ts";
import type { AgentView } from "../../mixins/rest/routes/rl-views.ts";
import {
  actAgent,
  deleteAgent,
  evaluateAgent,
  getAgent,
  listAgents,
  trainAgent,
} from "../../mixins/rest/routes/rl.ts";
import { storeBars } from "../../models/timescale/bars.ts";
import { SPX } from "../../services/data/feeds/sp500.ts";
import type { HttpClient, RouteInput } from "../support/http.ts";
import { eventually } from "../support/node-eventually.ts";
import { signUp } from "../support/node-users.ts";
import { withNode } from "../support/node.ts";
import { ended, sp500Bars } from "./ai-desk.ts";
import { expectProblem } from "./problems.ts";
import { KNOWN_MS } from "./stored-bars.ts";

const node = withNode({ env: { COMPUTE_THREADS: "2", SAMPLE_DATA: "off" } });

const ASKED: RouteInput = {
  name: "pole star",
  algorithm: "ppo",
  symbols: ["SPX"],
  timeframe: "1d",
  features: ["returns_1", "rsi_14", "macd"],
  trainRange: { start: "2010-01-01T00:00:00Z", end: "2016-01-01T00:00:00Z" },
  testRange: { start: "2016-01-01T00:00:00Z", end: "2019-01-01T00:00:00Z" },
  environment: { feeBps: 2, slippageBps: 3, initialCash: 1_000 },
  parameters: { rolloutSteps: 256, hidden: [8], epochs: 2 },
  steps: 1_000,
  seed: 11,
};
/** `macd` has three lines. */
const WIDTH = 6;

async function learnt(client: HttpClient, input: RouteInput): Promise<AgentView> {
  const job = await ended(client, await client.call(trainAgent, input));
  if (job.status !== "succeeded")
    throw new Error(`job ${job.status}: ${JSON.stringify(job.error)}`);
  // sound: the result of a training is an agent
  return job.result as unknown as AgentView;
}

async function failure(input: RouteInput): Promise<string | undefined> {
  const job = await ended(node().admin, await node().admin.call(trainAgent, input));
  return job.status === "failed" ? job.error?.code : job.status;
}

describe("an agent that learns to trade the S&P 500", () => {
  let agent: AgentView;

  beforeAll(async () => {
    await node().admin.call(putSymbol, { ...SPX });
    await storeBars(node().database.pool, sp500Bars(2008), KNOWN_MS);
    agent = await learnt(node().admin, ASKED);
  });

  it("is shown with all its seeds on bars that none has seen, beside what asks for no learning", () => {
    expect(agent).toMatchObject({
      algorithm: "ppo",
      seeds: [11, 12, 13, 14, 15],
      steps: 1_024,
      actions: [-1, 0, 1],
      environment: { reward: "logReturn", drawdownStop: null, feeBps: 2 },
      parameters: { rolloutSteps: 256, gamma: 0.97 },
    });
    expect(agent.observation).toHaveLength(WIDTH);
    expect(agent.observation.at(-1)).toBe("position");
    const { evaluation, inSample } = agent;
    expect(evaluation.isHeldOut).toBe(true);
    expect(evaluation.bars).toBe(754);
    expect(evaluation.range.start.slice(0, 10)).toBe("2016-01-04");
    expect(evaluation.range.end.slice(0, 10)).toBe("2018-12-31");
    expect(inSample.isHeldOut).toBe(false);
    expect(evaluation.seeds).toHaveLength(5);
    const sharpes = evaluation.seeds.map(({ scores }) => scores.sharpe ?? 0);
    expect(evaluation.spread.sharpe?.max ?? 0).toBe(Math.max(...sharpes));
    // 2012.66 on 2016-01-04, 2506.85 on 2018-12-31, less 5 bp once.
    const { buyAndHold } = evaluation.baselines;
    expect(buyAndHold.totalReturn).toBeCloseTo(2_506.85 / 2_012.66 - 1, 2);
    expect(buyAndHold.finalCapital).toBeCloseTo(1_000 * (1 + buyAndHold.totalReturn), 8);
    expect(evaluation.baselines.random.totalReturn?.max ?? 1).toBeLessThan(0);
  });

  it("learns the same from the same request, and not from another seed", async () => {
    const again = await learnt(node().admin, ASKED);
    expect(again.policySha256).toBe(agent.policySha256);
    expect(again.evaluation).toEqual(agent.evaluation);
    const other = await learnt(node().admin, { ...ASKED, seed: 12 });
    expect(other.policySha256).not.toBe(agent.policySha256);
  });

  it("trained on has learnt what it would have learnt at once", async () => {
    const half = await learnt(node().admin, ASKED);
    const more = await learnt(node().admin, { agentId: half.agentId, steps: 1_024 });
    expect(more).toMatchObject({ agentId: half.agentId, steps: 2_048 });
    const whole = await learnt(node().admin, { ...ASKED, steps: 2_048 });
    expect(more.policySha256).toBe(whole.policySha256);
    expect(await node().admin.call(getAgent, { agentId: half.agentId })).toEqual(more);
  });

  it.each(["qlearning", "dqn"])("may learn by %s", async (algorithm) => {
    const found = await learnt(node().admin, {
      ...ASKED,
      algorithm,
      features: ["rsi_14"],
      parameters: algorithm === "dqn" ? { hidden: [8], warmUp: 200 } : { bins: 7 },
      environment: {
        reward: algorithm === "dqn" ? "differentialSharpe" : "volatilityScaled",
        positions: "longFlat",
        drawdownStop: 0.2,
        unrealised: true,
      },
    });
    expect(found).toMatchObject({ algorithm, actions: [0, 1] });
    expect(found.observation).toEqual(["rsi_14", "position", "unrealised"]);
  });

  it("acts on the newest bar and on an observation alike, and not on one unlike all that it knows", async () => {
    const { agentId, observation: names } = agent;
    const asked = { agentId, symbol: "SPX", asOf: "2017-06-15T00:00:00Z", position: 1 };
    const found = await node().admin.call(actAgent, asked);
    expect(found).toMatchObject({ symbol: "SPX", reason: null, steps: 1_024 });
    expect(found.asOf?.slice(0, 10)).toBe("2017-06-14");
    const shares = found.actions.map(({ share }) => share);
    expect(shares.reduce((sum, share) => sum + share, 0)).toBeCloseTo(1, 12);
    expect(found.position).toBe(found.actions[found.action ?? -1]?.position);
    const observation = names.map((name) => found.observation[name] ?? Number.NaN);
    const same = await node().admin.call(actAgent, { agentId, observation });
    expect({ ...same, symbol: "", asOf: "" }).toEqual({ ...found, symbol: "", asOf: "" });
    const far = await node().admin.call(actAgent, {
      agentId,
      observation: observation.map((value, i) => (i === 0 ? 0.5 : value)),
    });
    expect(far).toMatchObject({ action: null, position: null, reason: { code: "NOVEL_ROW" } });
    expect(far.novelty).toBeGreaterThan(1);
  });

  it("is tried over any range, which says whether it has seen it", async () => {
    const { agentId } = agent;
    const test = await node().admin.call(evaluateAgent, { agentId, range: ASKED["testRange"] });
    expect(test).toEqual(agent.evaluation);
    const range = { start: "2015-01-01", end: "2017-01-01" };
    const seen = await node().admin.call(evaluateAgent, { agentId, range });
    expect(seen.isHeldOut).toBe(false);
    const none = { start: "1990-01-01", end: "1991-01-01" };
    const refused = await node().admin.ask(evaluateAgent, { agentId, range: none });
    expectProblem(refused, "INSUFFICIENT_DATA");
  });

  it("is the tenant's: listed, not there for another, and gone when it is deleted", async () => {
    const { agentId } = await learnt(node().admin, { ...ASKED, name: "passing" });
    const page = await node().admin.call(listAgents, { algorithm: "ppo", limit: 1 });
    expect(page.data[0]?.agentId).toBe(agentId);
    expect(page.nextCursor).not.toBeNull();
    const stranger = await signUp(node(), { role: "trader", tenantId: "elsewhere" });
    const viewer = await signUp(node(), { role: "viewer" });
    expect((await stranger.client.call(listAgents, {})).data).toEqual([]);
    for (const route of [getAgent, deleteAgent])
      expectProblem(await stranger.client.ask(route, { agentId }), "NOT_FOUND");
    const act = { agentId, symbol: "SPX" };
    expectProblem(await stranger.client.ask(actAgent, act), "NOT_FOUND");
    const more = { agentId, steps: 500 };
    expectProblem(await stranger.client.ask(trainAgent, more), "NOT_FOUND");
    expectProblem(await viewer.client.ask(trainAgent, ASKED), "FORBIDDEN");
    expectProblem(await viewer.client.ask(deleteAgent, { agentId }), "FORBIDDEN");
    expectProblem(await node().anonymous.ask(trainAgent, ASKED), "UNAUTHENTICATED");
    await node().admin.call(deleteAgent, { agentId });
    expectProblem(await node().admin.ask(getAgent, { agentId }), "NOT_FOUND");
  });

  it.each([
    ["testRange before trainRange ends", { testRange: { start: "2015-01-01", end: "2019-01-01" } }],
    [
      "a range that ends before it begins",
      { trainRange: { start: "2016-01-01", end: "2010-01-01" } },
    ],
    ["four seeds", { seeds: 4 }],
    ["no features", { features: [] }],
    ["a feature twice", { features: ["rsi_14", "rsi_14"] }],
    ["a parameter that there is not", { parameters: { depth: 3 } }],
    ["a parameter out of range", { parameters: { clip: -1 } }],
    ["steps without end", { steps: 5_000_000 }],
    ["an agent and a name", { agentId: "x" }],
    ["an unknown algorithm", { algorithm: "ddpg" }],
    ["an unknown symbol", { symbols: ["NOBODY"] }],
    ["an infinite fee", { environment: { feeBps: "Infinity" } }],
    ["an unknown field", { reward: "logReturn" }],
  ])("%s is refused at once", async (_, change) => {
    expectProblem(await node().admin.ask(trainAgent, { ...ASKED, ...change }), "VALIDATION_FAILED");
  });

  it("an unknown feature is refused at once", async () => {
    const asked = { ...ASKED, features: ["horoscope_12"] };
    expectProblem(await node().admin.ask(trainAgent, asked), "FEATURE_UNKNOWN");
  });

  it("poisoned observations are refused", async () => {
    const { agentId } = agent;
    const whole = Array.from({ length: WIDTH }, () => 0);
    const poisons = [
      { observation: whole.slice(1) },
      { observation: [...whole, 0] },
      { observation: ["NaN", ...whole.slice(1)] },
      { observation: [null, ...whole.slice(1)] },
      { observation: [...whole.slice(1), 7] },
      { symbol: "SPX", observation: whole },
      { symbol: "ACME" },
      {},
    ];
    for (const poison of poisons)
      expectProblem(await node().admin.ask(actAgent, { agentId, ...poison }), "VALIDATION_FAILED");
  });

  it("ranges without bars, and a feature that never varies, fail the job and say why", async () => {
    const later = { start: "2030-01-01T00:00:00Z", end: "2031-01-01T00:00:00Z" };
    expect(await failure({ ...ASKED, testRange: later })).toBe("INSUFFICIENT_DATA");
    const short = { start: "2015-12-01T00:00:00Z", end: "2016-01-01T00:00:00Z" };
    expect(await failure({ ...ASKED, trainRange: short })).toBe("INSUFFICIENT_DATA");
    const table = { ...ASKED, algorithm: "qlearning", parameters: { bins: 101 } };
    expect(await failure(table)).toBe("VALIDATION_FAILED");
  });

  it("is not there when its training was cancelled, and leaves no checkpoints", async () => {
    const { data: before } = await node().admin.call(listAgents, { limit: 1000 });
    const job = await node().admin.call(trainAgent, { ...ASKED, steps: 500_000 });
    const { jobId } = job;
    await checkpointsOf(jobId, (steps) => steps.length > 0);
    await node().admin.call(cancelJob, { jobId });
    expect((await ended(node().admin, job)).status).toBe("cancelled");
    expect((await node().admin.call(listAgents, { limit: 1000 })).data).toEqual(before);
    expect(await checkpointsOf(jobId, () => true)).toEqual([]);
  });

  it("stands where it stood when it was to be trained on and that was cancelled", async () => {
    const { agentId, steps, policySha256 } = await learnt(node().admin, ASKED);
    const job = await node().admin.call(trainAgent, { agentId, steps: 500_000 });
    await checkpointsOf(job.jobId, (found) => found.length > 0);
    await node().admin.call(cancelJob, { jobId: job.jobId });
    expect((await ended(node().admin, job)).status).toBe("cancelled");
    expect(await checkpointsOf(job.jobId, () => true)).toEqual([]);
    expect(await node().admin.call(getAgent, { agentId })).toMatchObject({ steps, policySha256 });
    const more = await learnt(node().admin, { agentId, steps: 1_024 });
    expect(more.steps).toBe(2_048);
  });
});

/** The steps of the checkpoints that a job wrote, once they are as wanted. */
function checkpointsOf(
  jobId: string,
  isWanted: (steps: readonly number[]) => boolean,
): Promise<readonly number[]> {
  const parts = node().context.documents.connection.collection("rl_checkpoints");
  return eventually(`checkpoints of job ${jobId}`, async () => {
    const found = await parts.find({ jobId }).toArray();
    const steps = found.map((part) => Number(part["steps"]));
    return isWanted(steps) ? steps : null;
  });
}
