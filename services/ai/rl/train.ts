import { AGENTS } from "../../../domain/ai/rl/agents/index.ts";
import type { Outlook } from "../../../domain/ai/rl/prepare.ts";
import type { TimeRange } from "../../../domain/ai/rl/env/market.ts";
import type { Lesson } from "../../../domain/ai/rl/learn.ts";
import { durationMs } from "../../../domain/market/timeframe.ts";
import type { Json } from "../../../domain/shared/json.ts";
import { JobFailure, type JobRun } from "../../../mixins/jobs/kind.ts";
import type { StoredAgent } from "../../../models/rl-agents.ts";
import { type ActingSeed, packActing } from "./artifact.ts";
import { learnAll, LEARNING_SHARE, MEMORY_MB, type Training } from "./learn-seeds.ts";
import { agentIdOf, type AgentOrder, definitionOf, type TrainOrder } from "./order.ts";
import type { RlParts } from "./parts.ts";
import { failureOf } from "./refusals.ts";
import { sweepTraining } from "./sweep.ts";
import { EXAMINE, READ } from "./threads.ts";
import { agentView, type Evaluations, orderIn } from "./views.ts";

/** Bars, on a calendar without holidays: 20 of any market's days lie within as many. */
const LOOK_BACK = 60;
const MONTH_MS = 31 * 86_400_000;
/** Bars that are learnt from, and tried on. */
const ROWS_MAX = 250_000;

/**
 * Trains all seeds of an agent and puts it on record. Run again after its node was lost it goes on from the checkpoints, with the data as they
 * were known when it began, and ends with the same bits.
 * @throws JobFailure
 */
export async function runTraining(parts: RlParts, run: JobRun): Promise<Json> {
  // sound: what `submit` was given
  const asked = run.params as unknown as TrainOrder;
  const agentId = agentIdOf(run);
  const there = await parts.agents.find(run.tenantId, agentId);
  // Its node was lost after the work was done, and before that was known.
  if (there?.jobId === run.jobId) return shown(there);
  try {
    const training = await beginTraining(parts, run, asked, agentId, there);
    return shown(await trainAll(parts, run, training));
  } catch (error) {
    if (!isGoneOnWith(run)) await sweepAfter(parts, run, agentId);
    throw failureOf(error);
  }
}

/** Another node, or this one after its start, takes the job again. */
function isGoneOnWith({ signal }: JobRun): boolean {
  return signal.reason === "stopping" || signal.reason === "lost";
}

/** What cannot be swept now is swept later. */
async function sweepAfter(parts: RlParts, { jobId }: JobRun, agentId: string): Promise<void> {
  try {
    await sweepTraining(parts, { jobId, agentId });
  } catch (err) {
    parts.node.log.warn({ err, jobId }, "checkpoints could not be swept; again later");
  }
}

async function beginTraining(
  { node, checkpoints }: RlParts,
  run: JobRun,
  asked: TrainOrder,
  agentId: string,
  there: StoredAgent | null,
): Promise<Training> {
  const begin = (knownAtMs: number) => checkpoints.begin({ _id: run.jobId, agentId, knownAtMs });
  if (asked.kind === "new") {
    const { knownAtMs } = await begin(node.clock.now());
    const until = endOf(asked.order, asked.steps);
    return { agentId, order: asked.order, before: null, until, knownAtMs };
  }
  if (there === null) throw new JobFailure("NOT_FOUND", `there is no agent ${agentId} any more`);
  await begin(there.knownAtMs);
  const order = orderIn(there);
  const until = endOf(order, there.steps + asked.steps);
  return { agentId, order, before: there, until, knownAtMs: there.knownAtMs };
}

/** Learners stand at whole chunks of steps. */
function endOf({ terms }: AgentOrder, steps: number): number {
  const chunk = AGENTS[terms.algorithm].chunkSteps(terms.parameters);
  return Math.ceil(steps / chunk) * chunk;
}

async function trainAll(parts: RlParts, run: JobRun, training: Training): Promise<StoredAgent> {
  const { order } = training;
  const { train, test } = order.terms;
  const whole = { startMs: train.startMs, endMs: test.endMs };
  const { lesson, sha256 } = await lessonOf(
    parts,
    run.tenantId,
    order,
    training.knownAtMs,
    whole,
    ROWS_MAX,
  );
  const outlook = await parts.node.compute.run(READ, lesson, { signal: run.signal });
  const acting = await learnAll(parts, run, training, lesson);
  run.report(LEARNING_SHARE, "evaluating");
  const evaluations = await evaluate(parts, run, lesson, outlook, acting);
  const policySha256 = await parts.artifacts.put(packActing(acting));
  const result = { outlook, evaluations, policySha256, dataSha256: sha256 };
  return record(parts, run, training, result);
}

/** @param range of bars; some before it are taken in, for rules that look back */
export async function lessonOf(
  { datasets }: Pick<RlParts, "datasets">,
  tenantId: string,
  order: AgentOrder,
  knownAtMs: number,
  { startMs, endMs }: TimeRange,
  rowsMax: number,
): Promise<{ readonly lesson: Lesson; readonly sha256: string }> {
  const { sample, sha256 } = await datasets.build({
    tenantId,
    definition: definitionOf(order),
    startMs: startMs - LOOK_BACK * (durationMs(order.timeframe) ?? MONTH_MS),
    endMs,
    knownAtMs,
    rowsMax,
  });
  const { x, symbol, closeMs, logReturn, variance } = sample;
  const rows = { x, symbol, closeMs, logReturn, variance };
  return { lesson: { sample: rows, features: order.features, terms: order.terms }, sha256 };
}

async function evaluate(
  { node }: RlParts,
  { signal }: JobRun,
  lesson: Lesson,
  outlook: Outlook,
  acting: readonly ActingSeed[],
): Promise<Evaluations> {
  const ranges = [
    { name: "testRange", range: lesson.terms.test },
    { name: "trainRange", range: lesson.terms.train },
  ];
  const [test, train] = await node.compute.run(
    EXAMINE,
    { lesson, outlook, ranges, acting },
    { signal, memoryMb: MEMORY_MB, isLong: true },
  );
  if (test === undefined || train === undefined)
    throw new Error("expected an evaluation of each of two ranges");
  return { test, train };
}

interface LearntAgent {
  readonly outlook: Outlook;
  readonly evaluations: Evaluations;
  readonly policySha256: string;
  readonly dataSha256: string;
}

async function record(
  { node, agents, checkpoints }: RlParts,
  { jobId, tenantId, ownerId, signal }: JobRun,
  { agentId, order, before, until: steps, knownAtMs }: Training,
  { outlook, evaluations, policySha256, dataSha256 }: LearntAgent,
): Promise<StoredAgent> {
  signal.throwIfAborted();
  const nowMs = node.clock.now();
  const agent: StoredAgent = {
    _id: agentId,
    tenantId,
    ownerId: before?.ownerId ?? ownerId,
    name: order.name,
    algorithm: order.terms.algorithm,
    symbols: order.symbols,
    timeframe: order.timeframe,
    seeds: order.seeds,
    steps,
    jobId,
    order: JSON.stringify(order),
    outlook: JSON.stringify(outlook),
    evaluations: JSON.stringify(evaluations),
    knownAtMs,
    dataSha256,
    policySha256,
    createdAtMs: before?.createdAtMs ?? nowMs,
    updatedAtMs: nowMs,
  };
  const isOurs =
    before === null ? await agents.insert(agent) : await agents.replace(agent, before.steps);
  if (!isOurs) throw new JobFailure("CONFLICT", "the agent was trained on, or deleted, meanwhile");
  for (const seed of order.seeds) await checkpoints.forgetBefore({ agentId, seed }, steps);
  return agent;
}

function shown(agent: StoredAgent): Json {
  return agentView(agent);
}
