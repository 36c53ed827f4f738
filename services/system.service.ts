import type { Context, ServiceSchema } from "moleculer";
import type { ActorRef } from "../domain/shared/decider.ts";
import type { ActionMap } from "../mixins/rest/routes/index.ts";
import type { SystemInfoView } from "../mixins/rest/routes/operations.ts";
import * as routes from "../mixins/rest/routes/system.ts";
import { isoTime } from "../mixins/rest/views.ts";
import type { RequestContext } from "../types/contracts.ts";
import type { NodeContext } from "./context.ts";
import { actor, actors, presence, residents } from "./system/actors.ts";
import type { Question } from "./system/actors.ts";
import { effects, outbox, retry } from "./system/backlog.ts";
import { drain, members, resume } from "./system/members.ts";
import { tenantOf } from "./system/scope.ts";
import { move, oneShard, shards, unpin } from "./system/shards.ts";

type Request<A extends keyof ActionMap> = RequestContext<ActionMap[A]["params"]>;

/** What this node is and runs, and what operators ask and do: over REST and at the console by the same actions. */
export function systemService(
  node: NodeContext,
  version: string,
  stores: Readonly<Record<string, string>>,
): ServiceSchema {
  const startedAt = isoTime(node.clock.now());
  return {
    name: "system",
    actions: {
      info: (): SystemInfoView => ({
        name: "quantumalpha",
        version,
        nodeId: node.config.nodeId,
        nodeVersion: process.version,
        startedAt,
        services: [...node.config.services],
        stores: { ...stores },
      }),
      ...clusterActions(node),
      ...actorActions(node),
      ...backlogActions(node),
    },
  };
}

type Actions = NonNullable<ServiceSchema["actions"]>;

function clusterActions(node: NodeContext): Actions {
  return {
    members: {
      params: routes.listMembers.input.validator,
      handler: () => members(node),
    },
    drain: {
      params: routes.drainMember.input.validator,
      handler: (ctx: Request<"system.drain">) => drain(node, ctx.params.nodeId),
    },
    resume: {
      params: routes.resumeMember.input.validator,
      handler: (ctx: Request<"system.resume">) => resume(node, ctx.params.nodeId),
    },
    shards: {
      params: routes.listShards.input.validator,
      handler: (ctx: Request<"system.shards">) => shards(node, ctx.params),
    },
    shard: {
      params: routes.getShard.input.validator,
      handler: (ctx: Request<"system.shard">) => oneShard(node, ctx.params.shard),
    },
    move: {
      params: routes.moveShard.input.validator,
      handler: (ctx: Request<"system.move">) => move(node, ctx.params),
    },
    unpin: {
      params: routes.unpinShard.input.validator,
      handler: (ctx: Request<"system.unpin">) => unpin(node, ctx.params.shard),
    },
  };
}

function actorActions(node: NodeContext): Actions {
  return {
    actor: {
      params: routes.findActor.input.validator,
      handler: (ctx: Request<"system.actor">) => actor(node, ctx.params, tenantOf(ctx)),
    },
    actors: {
      params: routes.listActors.input.validator,
      handler: (ctx: Request<"system.actors">) => actors(node, ctx.params, tenantOf(ctx)),
    },
    // Asked of the node that they are about, by the others.
    presence: { handler: (ctx: Context<ActorRef>) => presence(node, ctx.params) },
    residents: { handler: (ctx: Context<Question>) => residents(node, ctx.params) },
  };
}

function backlogActions(node: NodeContext): Actions {
  return {
    outbox: {
      params: routes.getOutboxLag.input.validator,
      handler: () => outbox(node),
    },
    effects: {
      params: routes.listEffects.input.validator,
      handler: (ctx: Request<"system.effects">) => effects(node, ctx.params, tenantOf(ctx)),
    },
    retry: {
      params: routes.retryEffect.input.validator,
      handler: (ctx: Request<"system.retry">) => retry(node, ctx.params.effectId, tenantOf(ctx)),
    },
  };
}
