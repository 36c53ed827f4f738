import { randomUUID } from "node:crypto";
import { readParameters } from "../../domain/ai/learning/read-parameters.ts";
import { AGENTS } from "../../domain/ai/rl/agents/index.ts";
import { toBytes } from "../../domain/ai/rl/checkpoint.ts";
import { checkLesson, examine, learn, type Lesson } from "../../domain/ai/rl/learn.ts";
import type { AgentTerms } from "../../domain/ai/rl/terms.ts";
import { ArtifactStore } from "../../models/artifacts.ts";
import { AgentStore } from "../../models/rl-agents.ts";
import { CheckpointStore } from "../../models/rl-checkpoints.ts";
import { packActing } from "../../services/ai/rl/artifact.ts";
import type { RouteInput } from "../support/http.ts";
import type { TestNode } from "../support/node.ts";
import { DAY_MS, hintedSample } from "../unit/domain/ai/rl/markets.ts";
import { bar, barsOf } from "./stored-bars.ts";

const SYMBOL = "RLX";
const FEATURES = ["returns_1", "sma_2"];
const SEEDS = [1, 2, 3, 4, 5];
const STEPS = 1_000;
const run = { report: () => undefined, isCancelled: false };

function lessonOf(): Lesson {
  const read = readParameters(AGENTS.qlearning.parameters, { bins: 3 });
  if (!read.isValid) throw new Error(JSON.stringify(read.faults));
  const terms: AgentTerms = {
    algorithm: "qlearning",
    parameters: read.parameters,
    trading: {
      positions: "longShort",
      feeBps: 1,
      slippageBps: 1,
      reward: "logReturn",
      episodeBars: 50,
      drawdownStop: null,
      unrealised: false,
    },
    train: { startMs: 0, endMs: 200 * DAY_MS },
    test: { startMs: 200 * DAY_MS, endMs: 300 * DAY_MS },
  };
  return { sample: hintedSample(300, 9), features: FEATURES, terms };
}

/**
 * Puts an agent on record that has learnt in a market of chance, and bars of its symbol that it has not seen.
 * @returns what requests about it say
 */
export async function leaveAgent(node: TestNode, ownerId: string): Promise<RouteInput> {
  await leaveBars(node);
  const { connection } = node.context.documents;
  const lesson = lessonOf();
  const { terms, features } = lesson;
  const outlook = checkLesson(lesson);
  const learnt = SEEDS.map((seed) => ({ seed, checkpoint: learn(lesson, seed, null, STEPS, run) }));
  const agentId = randomUUID();
  const checkpoints = new CheckpointStore(connection);
  for (const { seed, checkpoint } of learnt)
    await checkpoints.put({ agentId, seed }, "before", STEPS, toBytes(checkpoint));
  const acting = learnt.map(({ seed, checkpoint }) => ({
    seed,
    bytes: toBytes(AGENTS.qlearning.actingPart(checkpoint)),
  }));
  const symbols = [SYMBOL];
  const order = {
    name: "left",
    symbols,
    timeframe: "1d",
    features,
    adjust: "none",
    initialCash: 1,
  };
  const evaluations = {
    test: examine(lesson, outlook, terms.test, "testRange", learnt),
    train: examine(lesson, outlook, terms.train, "trainRange", learnt),
  };
  await new AgentStore(connection).insert({
    _id: agentId,
    tenantId: "default",
    ownerId,
    name: order.name,
    algorithm: terms.algorithm,
    symbols,
    timeframe: order.timeframe,
    seeds: SEEDS,
    steps: STEPS,
    jobId: randomUUID(),
    order: JSON.stringify({ ...order, terms, seeds: SEEDS }),
    outlook: JSON.stringify(outlook),
    evaluations: JSON.stringify(evaluations),
    knownAtMs: Date.UTC(2022, 0),
    dataSha256: "0",
    policySha256: await new ArtifactStore(connection).put(packActing(acting)),
    createdAtMs: 1,
    updatedAtMs: 1,
  });
  return { agentId };
}

/** What it may be asked to be tried on. */
export const LEFT_RANGE = { start: "2021-01-05T00:00:00Z", end: "2021-03-01T00:00:00Z" };

async function leaveBars(node: TestNode): Promise<void> {
  const { define, store } = barsOf(() => node);
  await define(SYMBOL);
  const first = Date.UTC(2021, 0, 4);
  await store(
    Array.from({ length: 60 }, (_, t) =>
      bar(
        SYMBOL,
        new Date(first + t * DAY_MS).toISOString().slice(0, 10),
        (100 + 3 * Math.sin(t * 1.7)).toFixed(2),
      ),
    ),
  );
}
