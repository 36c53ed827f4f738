import type { ServiceSchema } from "moleculer";
import { begunAnew } from "../../domain/market/collection/progress.ts";
import { invariant } from "../../domain/shared/errors.ts";
import { bodyHash, uuidv5 } from "../../mixins/actor/ids.ts";
import { isPermitted, mayRead } from "../../mixins/rest/permissions.ts";
import { conflict, notFound, RestError } from "../../mixins/rest/rest-error.ts";
import * as routes from "../../mixins/rest/routes/collection-schedules.ts";
import type {
  CollectionSchedulePage,
  CollectionScheduleView,
} from "../../mixins/rest/routes/collection-schedules.ts";
import type { ActionMap } from "../../mixins/rest/routes/index.ts";
import { decodeCursor, encodeCursor } from "../../mixins/rest/views.ts";
import {
  deleteCollectionSchedule,
  findCollectionSchedule,
  insertCollectionSchedule,
  listCollectionSchedules,
  updateCollectionSchedule,
} from "../../models/collection-schedules.ts";
import type {
  CollectionTarget,
  NewCollectionSchedule,
  ScheduleTerms,
  StoredCollectionSchedule,
} from "../../models/collection-schedules.ts";
import { claimRequestKey } from "../../models/request-keys.ts";
import type { RequestContext, RequestUser } from "../../types/contracts.ts";
import { userOf, viewerOf } from "../access.ts";
import type { NodeContext } from "../context.ts";
import { Rounds } from "../rounds.ts";
import type { AlternativeRegistry } from "./alternative/registry.ts";
import { CollectionScheduler } from "./collection/scheduler.ts";
import { askForJob, checkTarget, permissionFor } from "./collection/targets.ts";
import { targetOf, timingOf } from "./collection/terms.ts";
import { toScheduleView } from "./collection/views.ts";
import { zoneOffsets } from "./feeds/read-time.ts";
import type { Market } from "./market.ts";
import type { SourceRegistry } from "./sources/registry.ts";

type Ctx<A extends keyof ActionMap> = RequestContext<ActionMap[A]["params"]>;
type OfSchedule = RequestContext<{ readonly scheduleId: string }>;

interface Parts {
  readonly node: NodeContext;
  readonly market: Market;
  readonly registry: SourceRegistry;
  readonly alternative: AlternativeRegistry;
}

const NAMESPACE = "5d0c2f7b-3a41-4c8e-9b16-2e7f4ad90c53";
/** How soon after it is due a run begins, at the latest. */
const LOOK_MS = 1_000;
const SCHEDULES_MAX = 500;
/** While the scheduler writes beside a user's change. */
const TRIES = 10;

/** What is collected by itself: when, on whose behalf, and how it went. */
export function collectionSchedulesService(parts: Parts): ServiceSchema {
  const { node } = parts;
  const count = node.metrics.counter(
    "collection_schedule_runs",
    "Runs of schedules of collection, by what became of them",
  );
  const scheduler = new CollectionScheduler({
    node,
    count,
    askForJob: (schedule, meta) => askForJob(node, schedule, meta),
  });
  const rounds = new Rounds(node.clock, LOOK_MS, (isStopped) => scheduler.round(isStopped));
  return {
    name: "collection-schedules",
    actions: {
      create: {
        params: routes.createCollectionSchedule.input.validator,
        handler: (ctx: Ctx<"collection-schedules.create">) => create(parts, ctx),
      },
      list: {
        params: routes.listCollectionSchedules.input.validator,
        handler: (ctx: Ctx<"collection-schedules.list">) => list(parts, ctx),
      },
      get: {
        params: routes.getCollectionSchedule.input.validator,
        handler: async (ctx: Ctx<"collection-schedules.get">): Promise<CollectionScheduleView> =>
          toScheduleView(await readable(parts, ctx)),
      },
      update: {
        params: routes.updateCollectionSchedule.input.validator,
        handler: (ctx: Ctx<"collection-schedules.update">) => update(parts, ctx),
      },
      remove: {
        params: routes.deleteCollectionSchedule.input.validator,
        handler: async (ctx: Ctx<"collection-schedules.remove">): Promise<null> => {
          const { scheduleId, target } = await readable(parts, ctx);
          requirePermission(userOf(ctx), target);
          await deleteCollectionSchedule(node.pool, scheduleId);
          return null;
        },
      },
    },
    started: () => rounds.start(),
    stopped: () => rounds.stop(),
  };
}

/** The schedule's id follows from the idempotency key, so that a repeat finds the same schedule. */
async function create(
  parts: Parts,
  ctx: Ctx<"collection-schedules.create">,
): Promise<CollectionScheduleView> {
  const { node } = parts;
  const { userId, tenantId, role } = userOf(ctx);
  const [target, timing] = [targetOf(ctx.params), timingOf(ctx.params)];
  invariant(target !== null && timing !== null, "the route asks for a target and for a time");
  requirePermission(userOf(ctx), target);
  const scheduleId = await idFor(parts, ctx);
  const known = await findCollectionSchedule(node.pool, scheduleId);
  if (known !== null) return replayed(ctx, known);
  const setAtMs = node.clock.now();
  const schedule = { timing, setAtMs };
  const row: NewCollectionSchedule = {
    scheduleId,
    tenantId,
    ownerId: userId,
    ownerRole: role,
    name: ctx.params.name,
    target,
    isEnabled: ctx.params.isEnabled,
    updatedAtMs: setAtMs,
    ...schedule,
    ...begunAnew(schedule, null, zoneOffsets),
  };
  await checkTarget(parts, target, row.dueAtMs);
  const outcome = await insertCollectionSchedule(node.pool, row, SCHEDULES_MAX);
  if (outcome === "full") throw conflict(`the tenant has ${SCHEDULES_MAX} schedules already`);
  const stored = await readableAs(parts, userOf(ctx), scheduleId);
  return outcome === "present" ? replayed(ctx, stored) : toScheduleView(stored);
}

/** @throws RestError 422 when the key came with another body before */
async function idFor({ node }: Parts, ctx: Ctx<"collection-schedules.create">): Promise<string> {
  const { idempotencyKey: key } = ctx.meta;
  if (key === undefined) return node.newId();
  const { userId } = userOf(ctx);
  if (
    !(await claimRequestKey(node.pool, `collection-schedules:${userId}`, key, bodyHash(ctx.params)))
  )
    throw new RestError(
      "IDEMPOTENCY_KEY_REUSED",
      "this Idempotency-Key was used with another body",
    );
  return uuidv5(NAMESPACE, JSON.stringify([userId, key]));
}

function replayed(ctx: RequestContext, schedule: StoredCollectionSchedule): CollectionScheduleView {
  ctx.meta.isReplay = true;
  return toScheduleView(schedule);
}

async function list(
  { node }: Parts,
  ctx: Ctx<"collection-schedules.list">,
): Promise<CollectionSchedulePage> {
  const { isEnabled, limit, cursor, order } = ctx.params;
  const found = await listCollectionSchedules(node.pool, {
    viewer: viewerOf(userOf(ctx)),
    isEnabled,
    after: decodeCursor(cursor, { atMs: "time", id: "string" }),
    order,
    limit: limit + 1,
  });
  const shown = found.slice(0, limit);
  const last = found.length > limit ? shown.at(-1) : undefined;
  const nextCursor = last ? encodeCursor({ atMs: last.createdAtMs, id: last.scheduleId }) : null;
  return { data: shown.map(toScheduleView), nextCursor };
}

async function update(
  parts: Parts,
  ctx: Ctx<"collection-schedules.update">,
): Promise<CollectionScheduleView> {
  const { node } = parts;
  for (let i = 0; i < TRIES; i += 1) {
    const held = await readable(parts, ctx);
    requirePermission(userOf(ctx), held.target);
    const terms = changed(held, ctx.params, node.clock.now());
    requirePermission(userOf(ctx), terms.target);
    const isNew = terms.setAtMs !== held.setAtMs;
    const progress = isNew ? begunAnew(terms, held, zoneOffsets) : held;
    if (isNew && terms.isEnabled) await checkTarget(parts, terms.target, progress.dueAtMs);
    if (await updateCollectionSchedule(node.pool, held, { ...held, ...progress, ...terms }))
      return toScheduleView(await readable(parts, ctx));
  }
  throw conflict("the schedule was changed by another at the same time");
}

/** @throws RestError 422 */
function changed(
  held: StoredCollectionSchedule,
  asked: ActionMap["collection-schedules.update"]["params"],
  nowMs: number,
): ScheduleTerms {
  const { name = held.name, isEnabled = held.isEnabled } = asked;
  const target = targetOf(asked) ?? held.target;
  const timing = timingOf(asked) ?? held.timing;
  const isSame =
    isEnabled === held.isEnabled &&
    bodyHash({ target, timing }) === bodyHash({ target: held.target, timing: held.timing });
  // Two changes within a millisecond are two: jobs are named after when it was set.
  const setAtMs = isSame ? held.setAtMs : Math.max(nowMs, held.setAtMs + 1);
  return { name, isEnabled, target, timing, setAtMs, updatedAtMs: nowMs };
}

function readable(parts: Parts, ctx: OfSchedule): Promise<StoredCollectionSchedule> {
  return readableAs(parts, userOf(ctx), ctx.params.scheduleId);
}

/** @throws RestError 404 when there is none, or it is not for this user's eyes */
async function readableAs(
  { node }: Parts,
  user: RequestUser,
  scheduleId: string,
): Promise<StoredCollectionSchedule> {
  const schedule = await findCollectionSchedule(node.pool, scheduleId);
  if (schedule === null || !mayRead(user, schedule))
    throw notFound("schedule of collection", scheduleId);
  return schedule;
}

/** Beside the route's own, that of the route which collects the same. @throws RestError 403 */
function requirePermission({ role }: RequestUser, target: CollectionTarget): void {
  const permission = permissionFor(target);
  if (!isPermitted(role, permission))
    throw new RestError("FORBIDDEN", `this needs the permission ${permission}`);
}
