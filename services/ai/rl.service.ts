import type { ServiceSchema } from "moleculer";
import type { Json } from "../../domain/shared/json.ts";
import type { JobKind } from "../../mixins/jobs/kind.ts";
import { heavy } from "../../mixins/resilience/heavy.ts";
import type { ActionMap } from "../../mixins/rest/routes/index.ts";
import type { JobAccepted } from "../../mixins/rest/routes/jobs.ts";
import { conflict, notFound } from "../../mixins/rest/rest-error.ts";
import type {
  AgentDecision,
  AgentEvaluation,
  AgentPage,
  AgentView,
} from "../../mixins/rest/routes/rl-views.ts";
import * as routes from "../../mixins/rest/routes/rl.ts";
import { decodeCursor, encodeCursor } from "../../mixins/rest/views.ts";
import { ArtifactStore } from "../../models/artifacts.ts";
import { AgentStore, type StoredAgent } from "../../models/rl-agents.ts";
import { CheckpointStore } from "../../models/rl-checkpoints.ts";
import type { RequestContext } from "../../types/contracts.ts";
import { userOf } from "../access.ts";
import type { NodeContext } from "../context.ts";
import type { Datasets } from "./datasets/datasets.ts";
import { decide } from "./rl/act.ts";
import { evaluateOver } from "./rl/evaluate.ts";
import { OpenAgents } from "./rl/opened.ts";
import { orderOf, requireAffordable, STEPS, TRAIN, type TrainOrder } from "./rl/order.ts";
import { agentOf, type RlParts } from "./rl/parts.ts";
import { CheckpointSweeper } from "./rl/sweep.ts";
import { runTraining } from "./rl/train.ts";
import { agentView, summaryView } from "./rl/views.ts";

type Ctx<A extends keyof ActionMap> = RequestContext<ActionMap[A]["params"]>;

/** A tenant's. */
const AGENTS_MAX = 1_000;

/** Agents that learn to trade, and what they would do. */
export function rlService(node: NodeContext, datasets: Datasets): ServiceSchema {
  const parts = partsOf(node, datasets);
  const opened = new OpenAgents(parts.artifacts);
  const sweeper = new CheckpointSweeper(parts);
  node.jobs.add(trainKind(parts));
  return {
    name: "rl",
    actions: {
      train: {
        params: routes.trainAgent.input.validator,
        handler: (ctx: Ctx<"rl.train">): Promise<JobAccepted> => train(parts, ctx),
      },
      list: {
        params: routes.listAgents.input.validator,
        handler: (ctx: Ctx<"rl.list">): Promise<AgentPage> => list(parts, ctx),
      },
      get: {
        params: routes.getAgent.input.validator,
        handler: async (ctx: Ctx<"rl.get">): Promise<AgentView> =>
          agentView(await agentOf(parts, userOf(ctx).tenantId, ctx.params.agentId)),
      },
      remove: {
        params: routes.deleteAgent.input.validator,
        handler: (ctx: Ctx<"rl.remove">): Promise<null> => remove(parts, ctx),
      },
      act: {
        ...heavy(4, 64),
        params: routes.actAgent.input.validator,
        handler: async (ctx: Ctx<"rl.act">): Promise<AgentDecision> => {
          const agent = await agentOf(parts, userOf(ctx).tenantId, ctx.params.agentId);
          return decide(parts, agent, await opened.open(agent), ctx.params);
        },
      },
      evaluate: {
        ...heavy(1, 16),
        params: routes.evaluateAgent.input.validator,
        handler: async (ctx: Ctx<"rl.evaluate">): Promise<AgentEvaluation> => {
          const agent = await agentOf(parts, userOf(ctx).tenantId, ctx.params.agentId);
          return evaluateOver(parts, agent, await opened.open(agent), ctx.params.range);
        },
      },
    },
    started: async () => {
      await Promise.all([parts.agents.ready(), parts.checkpoints.ready(), parts.artifacts.ready()]);
      sweeper.start();
    },
    stopped: () => sweeper.stop(),
  };
}

function partsOf(node: NodeContext, datasets: Datasets): RlParts {
  const { connection } = node.documents;
  return {
    node,
    agents: new AgentStore(connection),
    checkpoints: new CheckpointStore(connection),
    artifacts: new ArtifactStore(connection),
    datasets,
  };
}

/** What is done twice comes to the same bits. */
function trainKind(parts: RlParts): JobKind {
  return {
    kind: TRAIN,
    isResumable: true,
    concurrency: 1,
    queuedMax: 50,
    deadlineMs: 6 * 3_600_000,
    run: (run) => runTraining(parts, run),
  };
}

async function train(parts: RlParts, ctx: Ctx<"rl.train">): Promise<JobAccepted> {
  const { node, agents } = parts;
  const { tenantId } = userOf(ctx);
  const { agentId, steps = STEPS } = ctx.params;
  if (agentId !== undefined) {
    const { seeds } = await agentOf(parts, tenantId, agentId);
    requireAffordable(steps * seeds.length);
    return submit(node, ctx, { kind: "more", agentId, steps });
  }
  const order = await orderOf(node, tenantId, ctx.params);
  if ((await agents.count(tenantId)) >= AGENTS_MAX)
    throw conflict(`a tenant has ${AGENTS_MAX} agents at most`);
  return submit(node, ctx, { kind: "new", order, steps });
}

function submit(node: NodeContext, ctx: Ctx<"rl.train">, order: TrainOrder): Promise<JobAccepted> {
  ctx.meta.$statusCode = 202;
  // sound: an order is plain data
  return node.jobs.submit(ctx, TRAIN, order as unknown as Json);
}

async function list({ agents }: RlParts, ctx: Ctx<"rl.list">): Promise<AgentPage> {
  const { algorithm, symbol, limit, cursor } = ctx.params;
  const found = await agents.list({
    tenantId: userOf(ctx).tenantId,
    algorithm,
    symbol,
    after: decodeCursor(cursor, { atMs: "time", id: "string" }),
    limit: limit + 1,
  });
  const shown = found.slice(0, limit);
  const last = found.length > limit ? shown.at(-1) : undefined;
  return { data: shown.map(summaryView), nextCursor: last ? cursorOf(last) : null };
}

async function remove({ agents, checkpoints }: RlParts, ctx: Ctx<"rl.remove">): Promise<null> {
  const { agentId } = ctx.params;
  if (!(await agents.remove(userOf(ctx).tenantId, agentId))) throw notFound("agent", agentId);
  await checkpoints.forget(agentId);
  return null;
}

function cursorOf({ _id: id, createdAtMs: atMs }: StoredAgent): string {
  return encodeCursor({ atMs, id });
}
