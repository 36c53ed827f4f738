import { route } from "../route.ts";
import { s } from "../schema.ts";
import type { Infer } from "../schema.ts";
import { pageOf, pagingInOrder } from "./common.ts";

/** Pools of shards in the order of their numbers: each has the name of the core service that hosts its actors. */
export const POOLS = ["data", "ai", "risk", "execution"] as const;
const pool = s.enum(POOLS);

const UUID = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

const nodeId = s.string({ min: 1, max: 128, pattern: /^[\w.-]+$/, hint: "must be a node id" });
const shardNumber = s.integer({ min: 0, max: 2_147_483_647 });
const actorType = s.string({
  min: 1,
  max: 50,
  pattern: /^[A-Za-z][A-Za-z0-9_-]*$/,
  hint: "must be a type of actor such as portfolio",
  example: "portfolio",
});
const actorId = s.string({
  min: 1,
  max: 200,
  pattern: /^[A-Za-z0-9_{}^=:.-]+$/,
  hint: "must be the id of an actor",
});
const effectId = s.string({ min: 36, max: 36, pattern: UUID, hint: "must be a UUID" });

const member = s.named(
  "Member",
  s.object({
    nodeId,
    incarnation: s.describe(s.string(), "of the run of the process, since its lease was last lost"),
    state: s.describe(s.enum(["up", "draining", "down"]), "a draining member is given no shards"),
    pools: s.describe(
      s.array(pool),
      "whose actors it hosts; none on a node that is a gateway only",
    ),
    shardsOwned: s.integer(),
    shardsPinned: s.describe(s.integer(), "that it is to own whenever it is up"),
    seenAt: s.isoTime(),
    leaseMsLeft: s.describe(s.integer(), "until the others may take what it owns"),
    isSelf: s.describe(s.boolean(), "the node that answers"),
  }),
);
export type MemberView = Infer<typeof member>;
const memberPage = pageOf("MemberPage", member);
export type MemberPage = Infer<typeof memberPage>;

const shard = s.named(
  "Shard",
  s.object({
    shard: s.integer(),
    pool,
    owner: s.describe(s.nullable(nodeId), "null while it is on its way to the next"),
    epoch: s.describe(s.integer(), "grows with every change of owner"),
    wantedOwner: s.describe(s.nullable(nodeId), "null when no member that is up hosts the pool"),
    pinnedTo: s.nullable(nodeId),
  }),
);
export type ShardView = Infer<typeof shard>;
const shardPage = pageOf("ShardPage", shard);
export type ShardPage = Infer<typeof shardPage>;

const actor = s.named(
  "Actor",
  s.object({
    type: actorType,
    actorId,
    shard: s.integer(),
    owner: s.describe(s.nullable(nodeId), "null while nobody owns its shard"),
    epoch: s.integer(),
    isResident: s.describe(s.boolean(), "was in the memory of its owner when this was asked"),
    version: s.describe(s.integer(), "events on record; of a symbol, since it came into memory"),
    summary: s.json("its state in short; null while it cannot be read"),
    isQuarantined: s.describe(s.boolean(), "its events cannot be replayed: see STREAM_QUARANTINED"),
    waiting: s.describe(s.integer(), "commands in its mailbox"),
  }),
);
export type ActorInfo = Infer<typeof actor>;

const resident = s.named(
  "Resident",
  s.object({
    type: actorType,
    actorId,
    shard: s.integer(),
    version: s.integer(),
    waiting: s.describe(s.integer(), "commands in its mailbox"),
    idleMs: s.integer(),
  }),
);
export type ResidentView = Infer<typeof resident>;
const residentPage = pageOf("ResidentPage", resident);
export type ResidentPage = Infer<typeof residentPage>;

const lag = {
  lagEvents: s.describe(s.integer(), "recorded, and not relayed yet"),
  oldestAt: s.describe(s.nullable(s.isoTime()), "when the oldest of them was recorded"),
};
const outboxLag = s.named(
  "OutboxLag",
  s.object({
    ...lag,
    byOwner: s.describe(
      s.array(
        s.object({
          owner: s.nullable(nodeId),
          shards: s.describe(s.integer(), "that have events to be relayed"),
          ...lag,
        }),
      ),
      "of those who lag",
    ),
  }),
);
export type OutboxLagView = Infer<typeof outboxLag>;

const EFFECT_STATES = ["pending", "failing", "parked"] as const;

const effect = s.named(
  "Effect",
  s.object({
    effectId,
    actor: s.object({ type: actorType, actorId }),
    kind: s.string(),
    attempts: s.describe(s.integer(), "that failed"),
    state: s.describe(
      s.enum(EFFECT_STATES),
      "not tried yet, or under way; to be tried again; given up until somebody retries it",
    ),
    isOutcomeUnknown: s.describe(
      s.boolean(),
      "submits an order of which nobody knows yet whether the broker has it",
    ),
    dueAt: s.describe(s.nullable(s.isoTime()), "null when parked"),
    lastError: s.nullable(s.string()),
    createdAt: s.isoTime(),
  }),
);
export type EffectView = Infer<typeof effect>;
const effectPage = pageOf("EffectPage", effect);
export type EffectPage = Infer<typeof effectPage>;

/** What all of these have in common: they are about the installation, and for administrators. */
const OPERATORS = { area: "operations", permission: "system.operate" } as const;

export const listMembers = route({
  ...OPERATORS,
  method: "GET",
  path: "/api/system/members",
  action: "system.members",
  summary: "The nodes of this installation, with those that went down in the last 24 hours",
  response: memberPage,
});

export const drainMember = route({
  ...OPERATORS,
  method: "POST",
  path: "/api/system/members/{nodeId}/drain",
  action: "system.drain",
  summary: "Have a node give all its shards to the others, and take none",
  description:
    "It goes on answering; it takes shards again when it is resumed or restarted. Refused when nobody else who is up " +
    "hosts one of its pools.",
  params: { nodeId },
  response: member,
  problems: ["NOT_FOUND", "CONFLICT"],
});

export const resumeMember = route({
  ...OPERATORS,
  method: "POST",
  path: "/api/system/members/{nodeId}/resume",
  action: "system.resume",
  summary: "Let a drained node take its share of the shards again",
  params: { nodeId },
  response: member,
  problems: ["NOT_FOUND", "CONFLICT"],
});

export const listShards = route({
  ...OPERATORS,
  method: "GET",
  path: "/api/system/shards",
  action: "system.shards",
  summary: "Shards in order, with who owns them and who should",
  query: {
    owner: s.optional(nodeId),
    pool: s.optional(pool),
    pinned: s.optional(s.boolean()),
    ...pagingInOrder,
  },
  response: shardPage,
});

export const getShard = route({
  ...OPERATORS,
  method: "GET",
  path: "/api/system/shards/{shard}",
  action: "system.shard",
  summary: "One shard, with who owns it and who should",
  params: { shard: shardNumber },
  response: shard,
  problems: ["NOT_FOUND"],
});

export const moveShard = route({
  ...OPERATORS,
  method: "POST",
  path: "/api/system/shards/{shard}/move",
  action: "system.move",
  summary: "Pin a shard to a node, which is then its owner whenever it is up",
  description:
    "The present owner finishes its turns first: look the shard up to see when it has moved. A node that is unknown or " +
    "does not host the shard's pool is 422, one that is not up 409.",
  params: { shard: shardNumber },
  body: { nodeId },
  response: shard,
  problems: ["NOT_FOUND", "CONFLICT"],
});

export const unpinShard = route({
  ...OPERATORS,
  method: "DELETE",
  path: "/api/system/shards/{shard}/pin",
  action: "system.unpin",
  summary: "Leave a shard to the placement again",
  params: { shard: shardNumber },
  response: shard,
  problems: ["NOT_FOUND"],
});

export const findActor = route({
  ...OPERATORS,
  method: "GET",
  path: "/api/system/actors/{type}/{actorId}",
  action: "system.actor",
  summary: "One actor, whichever node it lives on",
  description: "Actors of another tenant are not there; those that belong to none are.",
  params: { type: actorType, actorId },
  response: actor,
  problems: ["NOT_FOUND"],
});

export const listActors = route({
  ...OPERATORS,
  method: "GET",
  path: "/api/system/actors",
  action: "system.actors",
  summary: "Actors in the memory of a node, by type and id",
  description:
    "Those of another tenant are left out, so that a page may have fewer than `limit` although there is a next one.",
  query: {
    nodeId: s.optional(s.describe(nodeId, "this node when absent")),
    type: s.optional(actorType),
    ...pagingInOrder,
  },
  response: residentPage,
  problems: ["NOT_FOUND"],
});

export const getOutboxLag = route({
  ...OPERATORS,
  method: "GET",
  path: "/api/system/outbox",
  action: "system.outbox",
  summary: "Events that are recorded and not relayed yet, by the node that has to relay them",
  response: outboxLag,
});

export const listEffects = route({
  ...OPERATORS,
  method: "GET",
  path: "/api/system/effects",
  action: "system.effects",
  summary: "What actors asked for and is not done yet, oldest first",
  description: "Effects of another tenant's actors are not there.",
  query: {
    state: s.optional(
      s.describe(
        s.enum([...EFFECT_STATES, "unknown"]),
        "`unknown`: those whose outcome at a broker is not known",
      ),
    ),
    ...pagingInOrder,
  },
  response: effectPage,
});

export const retryEffect = route({
  ...OPERATORS,
  method: "POST",
  path: "/api/system/effects/{effectId}/retry",
  action: "system.retry",
  summary: "Try a parked or failing effect again, now",
  params: { effectId },
  response: effect,
  problems: ["NOT_FOUND", "CONFLICT"],
});
