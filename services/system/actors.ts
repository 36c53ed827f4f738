import type { ActorRef } from "../../domain/shared/decider.ts";
import type { Json } from "../../domain/shared/json.ts";
import type { ActivationInfo } from "../../mixins/actor/host.ts";
import { notFound } from "../../mixins/rest/rest-error.ts";
import type { ActionMap } from "../../mixins/rest/routes/index.ts";
import type { ActorInfo, ResidentPage } from "../../mixins/rest/routes/system.ts";
import { decodeCursor, encodeCursor } from "../../mixins/rest/views.ts";
import { getInstrument } from "../../models/instruments.ts";
import * as operations from "../../models/journal/operations.ts";
import { pageOf } from "../../models/timescale/page.ts";
import { findViews } from "../../models/views.ts";
import { ACTOR_POOLS } from "../actor-pools.ts";
import type { NodeContext } from "../context.ts";

type Params<A extends keyof ActionMap> = ActionMap[A]["params"];

/** Operators look at what is slow: an answer that does not come soon is one too. */
const PATIENCE_MS = 2_000;

/** What a node knows of an actor that may be in its memory. */
interface Presence {
  readonly isResident: boolean;
  readonly waiting: number;
  readonly isQuarantined: boolean;
}

/** An actor wherever it lives. @throws RestError 404 when there is none, or it is another tenant's */
export async function actor(
  node: NodeContext,
  { type, actorId }: Params<"system.actor">,
  tenantId: string | null,
): Promise<ActorInfo> {
  const ref: ActorRef = { type, id: actorId };
  if (!Object.hasOwn(ACTOR_POOLS, type)) throw notFound("actor", nameOf(ref));
  const shard = node.actorSystem.shardOf(ref);
  const [place, recorded, strangers] = await Promise.all([
    operations.findShard(node.pool, shard),
    operations.streamVersion(node.pool, ref),
    ofOthers(node, [ref], tenantId),
  ]);
  const isThere = recorded !== null || (await isListed(node, ref));
  if (place === null || !isThere || strangers.has(nameOf(ref)))
    throw notFound("actor", nameOf(ref));
  const { owner, epoch } = place;
  // Before it is read, which brings it into memory.
  const seen = owner === null ? ABSENT : await presenceAt(node, owner, ref);
  const isReadable = owner !== null && !seen.isQuarantined;
  const state = isReadable ? await read(node, ref) : { summary: null, version: recorded ?? 0 };
  return { type, actorId, shard, owner, epoch, ...state, ...seen };
}

/** A symbol records nothing: it is there when its instrument is. */
async function isListed({ pool }: NodeContext, { type, id }: ActorRef): Promise<boolean> {
  return type === "symbol" && (await getInstrument(pool, id)) !== null;
}

const ABSENT: Presence = { isResident: false, waiting: 0, isQuarantined: false };

function presenceAt({ broker }: NodeContext, nodeID: string, ref: ActorRef): Promise<Presence> {
  const options = { nodeID, timeout: PATIENCE_MS };
  return broker.call<Presence, ActorRef>("system.presence", ref, options);
}

function read(
  node: NodeContext,
  ref: ActorRef,
): Promise<{ readonly summary: Json; readonly version: number }> {
  return node.actors.read(ref, node.clock.now() + PATIENCE_MS);
}

/** Answered by the node itself. */
export function presence({ actorSystem }: NodeContext, { type, id }: ActorRef): Presence {
  const found = actorSystem.residents().find((one) => one.type === type && one.id === id);
  return {
    isResident: found !== undefined,
    waiting: found?.waiting ?? 0,
    isQuarantined: actorSystem.status.quarantined.includes(nameOf({ type, id })),
  };
}

/** Actors in the memory of a node, this one unless another is named. @throws RestError 404 when that one is not a member */
export async function actors(
  node: NodeContext,
  { nodeId = node.config.nodeId, type, cursor, limit }: Params<"system.actors">,
  tenantId: string | null,
): Promise<ResidentPage> {
  const members = await operations.listMembers(node.pool);
  if (!members.some((member) => member.nodeId === nodeId && member.state !== "down"))
    throw notFound("member that is up or draining", nodeId);
  const question: Question = {
    type: type ?? null,
    after: decodeCursor(cursor, { type: "string", id: "string" }),
    limit: limit + 1,
  };
  const options = { nodeID: nodeId, timeout: PATIENCE_MS };
  const found = await node.broker.call<readonly ActivationInfo[], Question>(
    "system.residents",
    question,
    options,
  );
  const { data, next } = pageOf(found, limit, (last) => ({ type: last.type, id: last.id }));
  const strangers = await ofOthers(node, data, tenantId);
  return {
    data: data.filter((one) => !strangers.has(nameOf(one))).map(toView),
    nextCursor: next === null ? null : encodeCursor(next),
  };
}

export interface Question {
  readonly type: string | null;
  readonly after: ActorRef | null;
  readonly limit: number;
}

/** Answered by the node itself: by type and id, because the order of their last use changes from page to page. */
export function residents(
  { actorSystem }: NodeContext,
  { type, after, limit }: Question,
): readonly ActivationInfo[] {
  return actorSystem
    .residents()
    .filter((one) => type === null || one.type === type)
    .filter((one) => after === null || inOrder(after, one) < 0)
    .toSorted(inOrder)
    .slice(0, limit);
}

function inOrder(a: ActorRef, b: ActorRef): number {
  if (a.type !== b.type) return a.type < b.type ? -1 : 1;
  return a.id < b.id ? -1 : Number(a.id > b.id);
}

/** The names of those that belong to another tenant. One without a view belongs to none. */
async function ofOthers(
  { pool }: NodeContext,
  refs: readonly ActorRef[],
  tenantId: string | null,
): Promise<ReadonlySet<string>> {
  if (tenantId === null) return new Set();
  const views = await findViews(pool, refs);
  return new Set(views.filter((view) => view.tenantId !== tenantId).map(nameOf));
}

function nameOf({ type, id }: ActorRef): string {
  return `${type}:${id}`;
}

function toView({ type, id, shard, version, waiting, idleMs }: ActivationInfo) {
  return { type, actorId: id, shard, version, waiting, idleMs };
}
