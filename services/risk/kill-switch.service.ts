import type { ServiceSchema } from "moleculer";
import type { PortfolioSummary } from "../../domain/portfolio/messages.ts";
import { isInForce } from "../../domain/risk/kill-switch/switch.ts";
import { bodyHash } from "../../mixins/actor/ids.ts";
import { deadlineOf } from "../../mixins/resilience/deadline.ts";
import { isPermitted } from "../../mixins/rest/permissions.ts";
import { RestError, unprocessable } from "../../mixins/rest/rest-error.ts";
import type { ActionMap } from "../../mixins/rest/routes/index.ts";
import * as routes from "../../mixins/rest/routes/risk-kill-switch.ts";
import type {
  SwitchesView,
  SwitchHistoryPage,
  SwitchSetView,
} from "../../mixins/rest/routes/risk-kill-switch.ts";
import { decodeCursor, encodeCursor, isoTime } from "../../mixins/rest/views.ts";
import { claimRequestKey } from "../../models/request-keys.ts";
import {
  currentSwitches,
  flatteningDocs,
  listSwitches,
  type SetSwitch,
  unacknowledged,
} from "../../models/risk-switches.ts";
import type { RequestContext } from "../../types/contracts.ts";
import { PortfolioAccess, userOf, viewerOf } from "../access.ts";
import type { NodeContext } from "../context.ts";
import { refusalFor, throwSwitch } from "./live/throw-switch.ts";

type Params<A extends keyof ActionMap> = ActionMap[A]["params"];

/** Who may trade at all, over REST. */
export function killSwitchService(node: NodeContext): ServiceSchema {
  const access = new PortfolioAccess(node.pool);
  return {
    name: "kill-switch",
    actions: {
      set: {
        params: routes.setKillSwitch.input.validator,
        handler: (ctx: RequestContext<Params<"kill-switch.set">>) => set(node, access, ctx),
      },
      list: {
        params: routes.listKillSwitches.input.validator,
        handler: (ctx: RequestContext<Params<"kill-switch.list">>) => list(node, access, ctx),
      },
      history: {
        params: routes.listKillSwitchHistory.input.validator,
        handler: (ctx: RequestContext<Params<"kill-switch.history">>) => history(node, access, ctx),
      },
    },
  };
}

async function set(
  node: NodeContext,
  access: PortfolioAccess,
  ctx: RequestContext<Params<"kill-switch.set">>,
): Promise<SwitchSetView> {
  const user = userOf(ctx);
  const { scope, symbol, state, reason, cancelOpenOrders, flatten, expiresAt } = ctx.params;
  const mayAll = isPermitted(user.role, "risk.update");
  const nowMs = node.clock.now();
  if (scope === "global" && !mayAll)
    throw new RestError("FORBIDDEN", "to stop or resume the whole tenant needs risk.update");
  if (scope !== "global") await access.requireTrade(user, scope);
  if (expiresAt !== undefined && expiresAt <= nowMs)
    throw unprocessable([
      { path: "expiresAt", code: "OUT_OF_RANGE", message: "must be in the future" },
    ]);
  await claimKey(node, ctx, user.userId);
  const asked = {
    tenantId: user.tenantId,
    portfolioId: scope === "global" ? null : scope,
    symbol: symbol ?? null,
    state,
    reason,
    by: user.userId,
    cancelOpenOrders: cancelOpenOrders === true,
    flatten: flatten === true,
    expiresAtMs: expiresAt ?? null,
    requestKey: ctx.meta.idempotencyKey,
  };
  const refusal = refusalFor(user.userId, mayAll, nowMs);
  const deadline = deadlineOf(ctx, node.clock);
  const { set: done, told, isReplay } = await throwSwitch(node, asked, refusal, deadline);
  if (isReplay) ctx.meta.isReplay = true;
  const { portfolios, acknowledged, pending, canceling } = told;
  return { ...toView(done), portfolios, acknowledged, pending: [...pending], canceling };
}

async function claimKey(
  node: NodeContext,
  { params, meta }: RequestContext<Params<"kill-switch.set">>,
  userId: string,
): Promise<void> {
  const { idempotencyKey: key } = meta;
  if (key === undefined) return;
  if (await claimRequestKey(node.pool, `kill-switch:${userId}`, key, bodyHash(params))) return;
  throw new RestError("IDEMPOTENCY_KEY_REUSED", "this Idempotency-Key was used with another body");
}

async function list(
  node: NodeContext,
  access: PortfolioAccess,
  ctx: RequestContext<Params<"kill-switch.list">>,
): Promise<SwitchesView> {
  const user = userOf(ctx);
  const { portfolioId } = ctx.params;
  if (portfolioId !== undefined) await access.requireRead(user, portfolioId);
  const viewer = viewerOf(user);
  const [current, docs, pending] = await Promise.all([
    currentSwitches(node.pool, viewer, portfolioId),
    flatteningDocs(node.pool, viewer),
    unacknowledged(node.pool),
  ]);
  const nowMs = node.clock.now();
  const flattening = docs
    // sound: written by the portfolio kind's projection
    .map((doc) => doc as unknown as PortfolioSummary)
    .filter((summary) => portfolioId === undefined || summary.portfolioId === portfolioId);
  return {
    data: current.map((one) => ({
      ...toView(one),
      inForce: isInForce(one, nowMs),
      isAcknowledged: !pending.has(one.seq),
    })),
    flattening: flattening.map((summary) => summary.portfolioId),
    unflattened: flattening.flatMap((summary) =>
      (summary.risk?.flatten?.left ?? []).map(({ symbol, quantity, reason }) => ({
        portfolioId: summary.portfolioId,
        symbol,
        quantity,
        reason,
      })),
    ),
    nextCursor: null,
  };
}

async function history(
  node: NodeContext,
  access: PortfolioAccess,
  ctx: RequestContext<Params<"kill-switch.history">>,
): Promise<SwitchHistoryPage> {
  const user = userOf(ctx);
  const { portfolioId, limit, cursor, order } = ctx.params;
  if (portfolioId !== undefined) await access.requireRead(user, portfolioId);
  const found = await listSwitches(node.pool, {
    viewer: viewerOf(user),
    portfolioId,
    afterSeq: decodeCursor(cursor, { seq: "number" })?.seq ?? null,
    order,
    limit: limit + 1,
  });
  const shown = found.slice(0, limit);
  const last = found.length > limit ? shown.at(-1) : undefined;
  return {
    data: shown.map(toView),
    nextCursor: last ? encodeCursor({ seq: last.seq }) : null,
  };
}

function toView(one: SetSwitch) {
  return {
    switchId: String(one.seq),
    scope: one.portfolioId ?? "global",
    symbol: one.symbol,
    state: one.state,
    reason: one.reason,
    setBy: one.by,
    setAt: isoTime(one.atMs),
    expiresAt: one.expiresAtMs === null ? null : isoTime(one.expiresAtMs),
    cancelOpenOrders: one.cancelOpenOrders,
    flatten: one.flatten,
  };
}
