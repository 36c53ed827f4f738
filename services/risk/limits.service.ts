import type { ServiceSchema } from "moleculer";
import type { RiskCommand } from "../../domain/risk/kill-switch/messages.ts";
import type { PortfolioSummary } from "../../domain/portfolio/messages.ts";
import { bodyHash, uuidv5 } from "../../mixins/actor/ids.ts";
import { deadlineOf } from "../../mixins/resilience/deadline.ts";
import { notFound } from "../../mixins/rest/rest-error.ts";
import type { ActionMap } from "../../mixins/rest/routes/index.ts";
import * as routes from "../../mixins/rest/routes/risk-limits.ts";
import type {
  BreachPage,
  RiskLimitsView,
  TenantLimitsView,
} from "../../mixins/rest/routes/risk-limits.ts";
import { decodeCursor, encodeCursor, isoTime } from "../../mixins/rest/views.ts";
import { listBreaches } from "../../models/risk-breaches.ts";
import { addTenantLimits, noteWatched, tenantLimits } from "../../models/risk-policies.ts";
import type { RequestContext } from "../../types/contracts.ts";
import { PortfolioAccess, userOf } from "../access.ts";
import type { NodeContext } from "../context.ts";
import { liveRiskOf } from "./live/live-risk.ts";
import { measure } from "./live/measure.ts";
import { policyOf, tenantLimitsJson, tenantPolicyOf, toLimitsView } from "./live/policy-views.ts";
import { type Prepare, Preparing } from "./live/preparing.ts";
import { OrderFacts } from "./order-facts.ts";
import { RISK_WATCH, RiskDuty } from "./live/risk-duty.ts";
import { tellTenantLimits } from "./live/tenant-limits.ts";

type Params<A extends keyof ActionMap> = ActionMap[A]["params"];
interface OfPortfolio {
  readonly portfolioId: string;
}

const NAMESPACE = "b2f87c15-63da-4e09-8c41-9f5e07a2d36b";

/** What portfolios and tenants may risk, over REST; and who keeps ready what turns check it by. */
export function limitsService(node: NodeContext): ServiceSchema {
  const access = new PortfolioAccess(node.pool);
  const live = liveRiskOf(node);
  const preparing = new Preparing(node, live);
  const facts = new OrderFacts(node, preparing);
  const shown = async (ctx: RequestContext<OfPortfolio>): Promise<RiskLimitsView> => {
    await access.requireRead(userOf(ctx), ctx.params.portfolioId);
    return view(node, ctx, ctx.params.portfolioId);
  };
  return {
    name: "limits",
    actions: {
      get: {
        params: routes.getLimits.input.validator,
        handler: (ctx: RequestContext<Params<"limits.get">>) => shown(ctx),
      },
      live: {
        params: routes.getLive.input.validator,
        handler: (ctx: RequestContext<Params<"limits.live">>) => shown(ctx),
      },
      put: {
        params: routes.putLimits.input.validator,
        handler: async (ctx: RequestContext<Params<"limits.put">>): Promise<RiskLimitsView> => {
          const { portfolioId, ...set } = ctx.params;
          const { userId } = userOf(ctx);
          await access.requireRead(userOf(ctx), portfolioId);
          await noteWatched(node.pool, portfolioId);
          await tell(node, ctx, { type: "SetDeskLimits", policy: policyOf(set), by: userId });
          return view(node, ctx, portfolioId);
        },
      },
      override: {
        params: routes.overrideLimit.input.validator,
        handler: (ctx: RequestContext<Params<"limits.override">>) => override(node, access, ctx),
      },
      breaches: {
        params: routes.listBreaches.input.validator,
        handler: (ctx: RequestContext<Params<"limits.breaches">>) => breaches(node, access, ctx),
      },
      tenantBreaches: {
        params: routes.listTenantBreaches.input.validator,
        handler: (ctx: RequestContext<Params<"limits.tenantBreaches">>) =>
          breachesOf(node, ctx, null),
      },
      getTenant: {
        params: routes.getTenantLimits.input.validator,
        handler: (ctx: RequestContext<Params<"limits.getTenant">>) => tenantView(node, ctx),
      },
      putTenant: {
        params: routes.putTenantLimits.input.validator,
        handler: async (ctx: RequestContext<Params<"limits.putTenant">>) => {
          const { tenantId, userId } = userOf(ctx);
          const policy = tenantPolicyOf(ctx.params);
          const added = await addTenantLimits(node.pool, tenantId, policy, userId);
          const deadline = deadlineOf(ctx, node.clock);
          return tenantView(
            node,
            ctx,
            await tellTenantLimits(node, { tenantId, ...added }, deadline),
          );
        },
      },
      /** Before an order is sent to its portfolio: has the portfolio's node know the prices that its turn will ask for. */
      prepare: {
        visibility: "public",
        handler: (ctx: RequestContext<Prepare>) => preparing.prepare(ctx),
      },
      /** All that an order's sender needs of its portfolio's service, in one message; what cannot be found out is null. */
      facts: {
        visibility: "public",
        handler: (ctx: RequestContext<Prepare>) => facts.of(ctx),
      },
      /** `prepare`, on the node that has the portfolio. @returns whether any limit needs prices */
      ready: {
        visibility: "public",
        handler: (ctx: RequestContext<Prepare>) => preparing.ready(ctx),
      },
    },
    started() {
      node.actorSystem.onDuty(RISK_WATCH, new RiskDuty(node, live));
    },
    stopped() {
      live.stop();
    },
  };
}

async function view(
  node: NodeContext,
  ctx: RequestContext,
  portfolioId: string,
): Promise<RiskLimitsView> {
  const live = liveRiskOf(node);
  const summary = await readSummary(node, ctx, portfolioId);
  const limits = await live.ready(ctx, summary);
  const nowMs = node.clock.now();
  // Without a limit that needs them nobody has asked for prices yet.
  await live.board.follow((summary.risk?.lines ?? summary.positions).map(({ symbol }) => symbol));
  return toLimitsView(summary, limits, measure(live, summary, limits, nowMs), nowMs);
}

async function readSummary(
  node: NodeContext,
  ctx: RequestContext,
  portfolioId: string,
): Promise<PortfolioSummary> {
  const { deadlineMs } = deadlineOf(ctx, node.clock);
  const read = await node.actors.read({ type: "portfolio", id: portfolioId }, deadlineMs);
  // sound: the portfolio kind's summary
  const summary = read.summary as unknown as PortfolioSummary | null;
  if (summary === null) throw notFound("portfolio", portfolioId);
  return summary;
}

function tell(
  node: NodeContext,
  ctx: RequestContext<OfPortfolio>,
  command: RiskCommand,
  options: { readonly commandId?: string; readonly bodyHash?: string } = {},
) {
  return node.actors.call({ type: "portfolio", id: ctx.params.portfolioId }, command, {
    commandId: node.newId(),
    ...options,
    ...deadlineOf(ctx, node.clock),
  });
}

async function override(
  node: NodeContext,
  access: PortfolioAccess,
  ctx: RequestContext<Params<"limits.override">>,
): Promise<RiskLimitsView> {
  const { userId: by } = userOf(ctx);
  const { portfolioId, limit, until: untilMs, reason } = ctx.params;
  await access.requireRead(userOf(ctx), portfolioId);
  const { idempotencyKey: key } = ctx.meta;
  const answer = await tell(
    node,
    ctx,
    {
      type: "OverrideLimit",
      override: { limit, untilMs, reason, by, atMs: node.clock.now() },
    },
    {
      bodyHash: bodyHash(ctx.params),
      ...(key !== undefined && {
        commandId: uuidv5(NAMESPACE, `override:${by}:${portfolioId}:${key}`),
      }),
    },
  );
  if (answer.isReplay) ctx.meta.isReplay = true;
  return view(node, ctx, portfolioId);
}

async function breaches(
  node: NodeContext,
  access: PortfolioAccess,
  ctx: RequestContext<Params<"limits.breaches">>,
): Promise<BreachPage> {
  const { portfolioId } = ctx.params;
  await access.requireRead(userOf(ctx), portfolioId);
  return breachesOf(node, ctx, portfolioId);
}

/** @param portfolioId null: of the whole tenant */
async function breachesOf(
  node: NodeContext,
  ctx: RequestContext<Params<"limits.tenantBreaches">>,
  portfolioId: string | null,
): Promise<BreachPage> {
  const { limit, cursor, order } = ctx.params;
  const found = await listBreaches(node.pool, {
    tenantId: userOf(ctx).tenantId,
    portfolioId,
    afterId: decodeCursor(cursor, { id: "number" })?.id ?? null,
    order,
    limit: limit + 1,
  });
  const shown = found.slice(0, limit);
  const last = found.length > limit ? shown.at(-1) : undefined;
  return {
    data: shown.map((one) => ({
      breachId: String(one.breachId),
      limit: one.limitName,
      level: one.level,
      value: one.limit,
      observed: one.observed,
      at: isoTime(one.beganAtMs),
      endedAt: one.endedAtMs === null ? null : isoTime(one.endedAtMs),
    })),
    nextCursor: last ? encodeCursor({ id: last.breachId }) : null,
  };
}

async function tenantView(
  node: NodeContext,
  ctx: RequestContext,
  told?: { readonly portfolios: number; readonly acknowledged: number },
): Promise<TenantLimitsView> {
  const { tenantId } = userOf(ctx);
  const found = await tenantLimits(node.pool, tenantId);
  return {
    scope: "tenant",
    version: found?.version ?? null,
    limits: found === null ? {} : tenantLimitsJson(found.policy),
    portfolios: told?.portfolios ?? 0,
    acknowledged: told?.acknowledged ?? 0,
    asOf: isoTime(node.clock.now()),
  };
}
