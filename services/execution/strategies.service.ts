import type { ServiceSchema } from "moleculer";
import { catalogue, parseStrategy } from "../../domain/execution/algorithms/catalogue.ts";
import type { Strategy } from "../../domain/execution/algorithms/parameters.ts";
import { planStrategy } from "../../domain/execution/algorithms/plan.ts";
import type { ParentCommand, ParentSummary } from "../../domain/execution/parent/messages.ts";
import { CHILDREN_SHOWN, childIdsOf } from "../../domain/execution/parent/summary.ts";
import { aggregate } from "../../domain/execution/tca/aggregate.ts";
import type { Venue } from "../../domain/execution/routing/venue.ts";
import type { OrderSummary } from "../../domain/order/messages.ts";
import type { MarketView } from "../../domain/portfolio/messages.ts";
import type { OutboxEvent } from "../../domain/shared/journal.ts";
import { deadlineOf } from "../../mixins/resilience/deadline.ts";
import { insufficientData, notFound, unprocessable } from "../../mixins/rest/rest-error.ts";
import type { ActionMap } from "../../mixins/rest/routes/index.ts";
import * as routes from "../../mixins/rest/routes/execution.ts";
import type {
  AggregateView,
  AnalysisView,
  CatalogueView,
  PlanView,
  ProgressView,
} from "../../mixins/rest/routes/execution.ts";
import { decodeCursor, isoTime } from "../../mixins/rest/views.ts";
import { uuidv5 } from "../../mixins/actor/ids.ts";
import { findView, listViews } from "../../models/views.ts";
import type { StoredView } from "../../models/views.ts";
import type { RequestContext } from "../../types/contracts.ts";
import { PortfolioAccess, userOf, viewerOf } from "../access.ts";
import type { NodeContext } from "../context.ts";
import { withIds } from "../logging.ts";
import { displayedBy, factsOf } from "./market-facts.ts";
import type { Call } from "./market-of.ts";
import { under } from "./start-parent.ts";
import { toPlanView, toProgressView } from "./strategy-views.ts";
import { costsOf, METHOD, type CostedOrder } from "./transaction-costs.ts";

type Params<A extends keyof ActionMap> = ActionMap[A]["params"];
type Control = "Pause" | "Resume" | "RequestCancel";

const COSTED_MAX = 200;
const NAMESPACE = "1d5a2f90-6c47-4e0b-b6cf-5f0c8e2a7d13";

/** Strategies over REST: what there are, what one would do, how one that runs stands, and what it cost. */
export function strategiesService(node: NodeContext): ServiceSchema {
  const access = new PortfolioAccess(node.pool);
  const controlled = (type: Control) => (ctx: RequestContext<Params<"strategies.pause">>) =>
    control(node, access, ctx, type);
  return {
    name: "strategies",
    actions: {
      catalogue: {
        params: routes.listStrategies.input.validator,
        handler: (): CatalogueView => ({
          data: catalogue().map(({ name, description, parameters }) => ({
            name,
            description,
            parameters,
          })),
        }),
      },
      preview: {
        params: routes.previewStrategy.input.validator,
        handler: (ctx: RequestContext<Params<"strategies.preview">>) => preview(node, ctx),
      },
      get: {
        params: routes.getStrategyProgress.input.validator,
        handler: async (ctx: RequestContext<Params<"strategies.get">>) => {
          const { cursor, limit } = ctx.params;
          const from = decodeCursor(cursor, { from: "number" })?.from ?? 0;
          const parent = await requireParent(node, access, ctx);
          return progressOf(node, ctx, parent, { from, limit });
        },
      },
      pause: { params: routes.pauseStrategy.input.validator, handler: controlled("Pause") },
      resume: { params: routes.resumeStrategy.input.validator, handler: controlled("Resume") },
      cancel: {
        params: routes.cancelStrategy.input.validator,
        handler: controlled("RequestCancel"),
      },
      costs: {
        params: routes.getTransactionCosts.input.validator,
        handler: (ctx: RequestContext<Params<"strategies.costs">>) => costs(node, access, ctx),
      },
      totalCosts: {
        params: routes.listTransactionCosts.input.validator,
        handler: (ctx: RequestContext<Params<"strategies.totalCosts">>) =>
          totalCosts(node, access, ctx),
      },
    },
    created() {
      const handle = (event: OutboxEvent) => logAlarm(node, event);
      node.live.watch({ consumer: "algo-alarms", type: "algo", handle });
    },
  };
}

/** A parent that paused by itself: somebody must look why its slices are refused. */
function logAlarm(node: NodeContext, { ref, event }: OutboxEvent): void {
  if (!("alarm" in event) || event.alarm !== true) return;
  withIds(node.log, { actor: `algo:${ref.id}`, orderId: ref.id }).error(
    { alarm: event },
    "an order with a strategy has paused by itself",
  );
}

async function preview(
  node: NodeContext,
  ctx: RequestContext<Params<"strategies.preview">>,
): Promise<PlanView> {
  const { symbol, side, quantity, urgency } = ctx.params;
  const strategy = strategyOf(ctx.params);
  const venues = venuesOf(ctx.params.venues);
  const call: Call = (action, params) => ctx.call(action, params);
  const nowMs = node.clock.now();
  const { instrument, quote } = await call<MarketView>("symbols.marketView", { symbol });
  if (instrument === null) throw notFound("symbol", symbol);
  const facts = await factsOf({ call, instrument, quote, strategy, nowMs });
  const planned = planStrategy({
    side,
    quantity,
    strategy,
    venues:
      venues ??
      (strategy?.name === "smartRouting" ? await displayedBy(call, { symbol, side }) : null),
    urgency,
    instrument,
    facts,
    nowMs,
    seed: 0,
  });
  if ("faults" in planned) throw unprocessable(planned.faults);
  if ("insufficient" in planned) throw insufficientData(planned.insufficient);
  return toPlanView(planned.plan, { symbol, side, quantity, currency: instrument.currency }, nowMs);
}

/** @throws RestError 422 naming `parameters.…` */
function strategyOf({ strategy, parameters }: Params<"strategies.preview">): Strategy | null {
  if (strategy === undefined) {
    if (parameters === undefined) return null;
    throw unprocessable([
      {
        path: "parameters",
        code: "INVALID_VALUE",
        message: "belong to a strategy, and none is named",
      },
    ]);
  }
  const read = parseStrategy(strategy, parameters ?? {});
  if ("faults" in read) throw unprocessable(read.faults.map(under("parameters")));
  return read.value;
}

/** @throws RestError 422 naming `venues…` */
function venuesOf(venues: unknown): readonly Venue[] | null {
  if (venues === undefined) return null;
  const read = parseStrategy("smartRouting", { venues });
  if ("faults" in read) throw unprocessable(read.faults);
  return read.value.name === "smartRouting" ? (read.value.parameters.venues ?? null) : null;
}

/** @throws RestError 404 when there is none, or not for this user */
async function requireParent(
  node: NodeContext,
  access: PortfolioAccess,
  ctx: RequestContext<{ readonly orderId: string }>,
): Promise<ParentSummary> {
  const { orderId } = ctx.params;
  const view = await findView(node.pool, "algo", orderId);
  if (!(await isReadable(access, ctx, view))) throw notFound("order with a strategy", orderId);
  const { deadlineMs } = deadlineOf(ctx, node.clock);
  const { summary } = await node.actors.read({ type: "algo", id: orderId }, deadlineMs);
  // sound: the summary of a parent, which its view shows to be there
  return summary as unknown as ParentSummary;
}

async function isReadable(
  access: PortfolioAccess,
  ctx: RequestContext,
  view: StoredView | null,
): Promise<boolean> {
  const portfolioId = view?.portfolioId ?? null;
  return portfolioId !== null && access.canRead(userOf(ctx), portfolioId);
}

/** A key of the client names the command, so that a repeat is one. */
async function control(
  node: NodeContext,
  access: PortfolioAccess,
  ctx: RequestContext<Params<"strategies.pause">>,
  type: Control,
): Promise<ProgressView> {
  const user = userOf(ctx);
  const { portfolioId, orderId } = await requireParent(node, access, ctx);
  if (type !== "RequestCancel") await access.requireTrade(user, portfolioId);
  const command: ParentCommand = { type, requestedBy: user.userId };
  const key = ctx.meta.idempotencyKey;
  const name = key === undefined ? node.newId() : `${user.userId}:${type}:${key}`;
  const answer = await node.actors.call({ type: "algo", id: orderId }, command, {
    commandId: uuidv5(NAMESPACE, `${orderId}:${name}`),
    ...deadlineOf(ctx, node.clock),
  });
  if (answer.isReplay) ctx.meta.isReplay = true;
  const parent = await requireParent(node, access, ctx);
  return progressOf(node, ctx, parent, { from: 0, limit: CHILDREN_SHOWN });
}

async function progressOf(
  node: NodeContext,
  ctx: RequestContext,
  parent: ParentSummary,
  page: { readonly from: number; readonly limit: number },
): Promise<ProgressView> {
  const { analysis } = await costsOfOrder(node, ctx, costedParent(parent));
  return toProgressView(parent, analysis, page);
}

async function costs(
  node: NodeContext,
  access: PortfolioAccess,
  ctx: RequestContext<Params<"strategies.costs">>,
): Promise<AnalysisView> {
  const order = await requireCosted(node, access, ctx);
  const { analysis, fromMs, toMs } = await costsOfOrder(node, ctx, order);
  const { orderId, portfolioId, symbol } = order.summary;
  return {
    orderId,
    portfolioId,
    symbol,
    ...analysis,
    from: isoTime(fromMs),
    to: isoTime(toMs),
    method: METHOD,
  };
}

/** A parent, or an order that is none. */
async function requireCosted(
  node: NodeContext,
  access: PortfolioAccess,
  ctx: RequestContext<{ readonly orderId: string }>,
): Promise<CostedOrder> {
  const { orderId } = ctx.params;
  const parent = await findView(node.pool, "algo", orderId);
  const view = parent ?? (await findView(node.pool, "order", orderId));
  if (view === null || !(await isReadable(access, ctx, view))) throw notFound("order", orderId);
  return costedOf(view);
}

function costedOf({ type, doc }: StoredView): CostedOrder {
  // sound: written by the projections of the two kinds
  if (type === "algo") return costedParent(doc as unknown as ParentSummary);
  // sound: as above
  const summary = doc as unknown as OrderSummary;
  return { summary, orderIds: [summary.orderId] };
}

function costedParent(summary: ParentSummary): CostedOrder {
  return { summary, orderIds: childIdsOf(summary) };
}

function costsOfOrder(node: NodeContext, ctx: RequestContext, order: CostedOrder) {
  const call: Call = (action, params) => ctx.call(action, params);
  return costsOf(node, call, viewerOf(userOf(ctx)), order);
}

async function totalCosts(
  node: NodeContext,
  access: PortfolioAccess,
  ctx: RequestContext<Params<"strategies.totalCosts">>,
): Promise<AggregateView> {
  const user = userOf(ctx);
  const { portfolioId, symbol, since } = ctx.params;
  if (portfolioId !== undefined) await access.requireRead(user, portfolioId);
  const query = {
    viewer: viewerOf(user),
    portfolioId,
    symbol,
    sinceMs: since,
    after: null,
    order: "desc",
    limit: COSTED_MAX + 1,
  } as const;
  const parents = await listViews(node.pool, { ...query, type: "algo" });
  const orders = await listViews(node.pool, { ...query, type: "order" });
  const wholes = [...parents, ...orders].filter((view) => !isSlice(view));
  const newest = wholes.toSorted((a, b) => b.createdAtMs - a.createdAtMs).slice(0, COSTED_MAX);
  const analyses = [];
  for (const view of newest)
    analyses.push((await costsOfOrder(node, ctx, costedOf(view))).analysis);
  return {
    data: aggregate(analyses),
    sampleSize: analyses.length,
    truncated:
      parents.length > COSTED_MAX || orders.length > COSTED_MAX || wholes.length > COSTED_MAX,
    method: METHOD,
  };
}

/** Slices are part of their parent. */
function isSlice({ type, doc }: StoredView): boolean {
  // sound: written by the order kind's projection
  return type === "order" && (doc as unknown as OrderSummary).parent?.type === "algo";
}
