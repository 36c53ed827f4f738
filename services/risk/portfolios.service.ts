import type { ServiceSchema } from "moleculer";
import type {
  PortfolioCommand,
  PortfolioEvent,
  PortfolioLimits,
  PortfolioSummary,
} from "../../domain/portfolio/messages.ts";
import type { OutboxEvent } from "../../domain/shared/journal.ts";
import { bodyHash, uuidv5 } from "../../mixins/actor/ids.ts";
import { deadlineOf } from "../../mixins/resilience/deadline.ts";
import { heavyRead } from "../../mixins/resilience/heavy.ts";
import type { ActionMap } from "../../mixins/rest/routes/index.ts";
import * as routes from "../../mixins/rest/routes/portfolios.ts";
import { createTransaction } from "../../mixins/rest/routes/transactions.ts";
import type {
  PortfolioPage,
  PortfolioView,
  PositionsView,
} from "../../mixins/rest/routes/portfolios.ts";
import { decodeCursor, encodeCursor, isoTime } from "../../mixins/rest/views.ts";
import { wantsPrices } from "../../domain/risk/live/policy.ts";
import { noteWatched } from "../../models/risk-policies.ts";
import { noteAutomatic } from "../../models/portfolio-actions.ts";
import { noteMargined } from "../../models/margined.ts";
import { listViews } from "../../models/views.ts";
import type { RequestContext } from "../../types/contracts.ts";
import {
  type ActOnPair,
  type ActOnSignal,
  actOnPair,
  actOnSignal,
  checkSignal,
} from "./act-on-signal.ts";
import { PortfolioAccess, userOf, viewerOf } from "../access.ts";
import type { NodeContext } from "../context.ts";
import { withIds } from "../logging.ts";
import { ratesOf } from "./fx.ts";
import { ACTIONS_WATCH, actionsDuty } from "./corporate-actions/actions-duty.ts";
import { currencyOpening } from "./fx-terms.ts";
import { portfolioHistory, portfolioLedger } from "./portfolio-books.ts";
import { marginOpening } from "./margin/margin-terms.ts";
import { marksNow, readPortfolio, readRecorded } from "./read-portfolio.ts";
import { catchUp, isPlain, readStanding } from "./live/standing.ts";
import { toPortfolioView, toPositionViews } from "./portfolio-views.ts";
import { transact } from "./transactions.ts";

type Params<A extends keyof ActionMap> = ActionMap[A]["params"];

const NAMESPACE = "1d9b6f84-7c25-4e0a-a3d1-58c2e9f07b36";

/** Portfolios over REST, and the door through which signals reach them. */
export function portfoliosService(node: NodeContext): ServiceSchema {
  const access = new PortfolioAccess(node.pool);
  return {
    name: "portfolios",
    actions: {
      create: {
        params: routes.createPortfolio.input.validator,
        handler: (ctx: RequestContext<Params<"portfolios.create">>) => create(node, ctx),
      },
      list: {
        params: routes.listPortfolios.input.validator,
        handler: (ctx: RequestContext<Params<"portfolios.list">>) => list(node, ctx),
      },
      get: {
        params: routes.getPortfolio.input.validator,
        handler: async (ctx: RequestContext<Params<"portfolios.get">>) => {
          await access.requireRead(userOf(ctx), ctx.params.portfolioId);
          const { summary, marks, rates, asOfMs } = await readPortfolio(node, ctx);
          return toPortfolioView(summary, marks, asOfMs, rates);
        },
      },
      update: {
        params: routes.updatePortfolio.input.validator,
        handler: async (ctx: RequestContext<Params<"portfolios.update">>) => {
          const { portfolioId, name, limits, tradingState, corporateActions } = ctx.params;
          await access.requireTrade(userOf(ctx), portfolioId);
          const changes = {
            ...(name !== undefined && { name }),
            ...(limits && { limits }),
            ...(tradingState && { tradingState }),
            ...(corporateActions && { corporateActions }),
          };
          if (corporateActions === "automatic") await noteAutomatic(node.pool, portfolioId);
          if (limits) await noteLimits(node, portfolioId, limits);
          return carryOut(node, ctx, { type: "Update", ...changes });
        },
      },
      transact: {
        params: createTransaction.input.validator,
        handler: (ctx: RequestContext<Params<"portfolios.transact">>) =>
          transact(node, access, ctx),
      },
      close: {
        params: routes.closePortfolio.input.validator,
        handler: async (ctx: RequestContext<Params<"portfolios.close">>) => {
          await access.requireTrade(userOf(ctx), ctx.params.portfolioId);
          return carryOut(node, ctx, { type: "Close" });
        },
      },
      positions: {
        params: routes.getPositions.input.validator,
        handler: async (
          ctx: RequestContext<Params<"portfolios.positions">>,
        ): Promise<PositionsView> => {
          const { portfolioId } = ctx.params;
          await access.requireRead(userOf(ctx), portfolioId);
          const { summary, marks, rates, asOfMs } = await readPortfolio(node, ctx);
          return {
            portfolioId,
            asOf: isoTime(asOfMs),
            data: toPositionViews(summary, marks, rates),
            nextCursor: null,
          };
        },
      },
      ledger: {
        params: routes.getLedger.input.validator,
        handler: (ctx: RequestContext<Params<"portfolios.ledger">>) =>
          portfolioLedger(node, access, ctx),
      },
      history: {
        ...heavyRead(2, 16),
        params: routes.getHistory.input.validator,
        handler: (ctx: RequestContext<Params<"portfolios.history">>) =>
          portfolioHistory(node, access, ctx),
      },
      /** For others of this service, who have asked whether it may be read. */
      recorded: {
        ...heavyRead(2, 16),
        visibility: "public",
        handler: (ctx: RequestContext<{ readonly portfolioId: string; readonly asOf: number }>) =>
          readRecorded(node, ctx),
      },
      actOnSignal: {
        visibility: "public",
        handler: (ctx: RequestContext<ActOnSignal>) => actOnSignal(node, ctx),
      },
      checkSignal: {
        visibility: "public",
        handler: (ctx: RequestContext<ActOnSignal>) => checkSignal(node, ctx),
      },
      actOnPair: {
        visibility: "public",
        handler: (ctx: RequestContext<ActOnPair>) => actOnPair(node, ctx),
      },
      open: {
        visibility: "public",
        handler: async (ctx: RequestContext<OpenPortfolio>) => {
          const { portfolioId, command } = ctx.params;
          await open(node, ctx, { portfolioId, command, hash: bodyHash(portfolioId) });
          return null;
        },
      },
    },
    started() {
      node.actorSystem.onDuty(ACTIONS_WATCH, actionsDuty(node));
    },
    created() {
      const handle = (event: OutboxEvent) => logAlarm(node, event);
      node.live.watch({ consumer: "portfolio-alarms", type: "portfolio", handle });
    },
  };
}

/** Of these a person may have to be told. */
const ALARMING: ReadonlySet<string> = new Set([
  "MarginCallRaised",
  "MarginCallExpired",
  "FillApplied",
  "AllocationReturned",
] satisfies PortfolioEvent["type"][]);

/** A fill that should not have been possible is booked, because it is a fact, and a person must look. */
function logAlarm(node: NodeContext, happened: OutboxEvent): void {
  // Its content is read when somebody asks for it.
  const { ref, type } = happened;
  if (!ALARMING.has(type)) return;
  // sound: an event of a portfolio's stream
  const booked = happened.event as PortfolioEvent;
  if (booked.type === "MarginCallRaised" || booked.type === "MarginCallExpired")
    withIds(node.log, { actor: `portfolio:${ref.id}` }).warn(
      { callId: booked.callId },
      booked.type === "MarginCallRaised"
        ? "a portfolio has less than its maintenance margin"
        : "a margin call was not met in time: positions are closed",
    );
  if (booked.type !== "FillApplied" && booked.type !== "AllocationReturned") return;
  if (booked.alarms.length === 0) return;
  const { orderId, tradeId } = booked.trade;
  withIds(node.log, { actor: `portfolio:${ref.id}`, orderId }).error(
    { alarms: booked.alarms, tradeId },
    "a fill went beyond what the portfolio had",
  );
}

/** From inside, at first start: a portfolio with an id of its own. */
export interface OpenPortfolio {
  readonly portfolioId: string;
  readonly command: PortfolioCommand & { readonly type: "Open" };
}

/** The portfolio's id follows from the idempotency key, so that a repeat finds the same portfolio. */
async function create(
  node: NodeContext,
  ctx: RequestContext<Params<"portfolios.create">>,
): Promise<PortfolioView> {
  const user = userOf(ctx);
  const { name, baseCurrency, initialCash, lotMethod, accounting, limits, corporateActions } =
    ctx.params;
  const { margin, financing } = marginOpening(ctx.params);
  const currencies = currencyOpening(ctx.params);
  const { idempotencyKey } = ctx.meta;
  const portfolioId =
    idempotencyKey === undefined
      ? node.newId()
      : uuidv5(NAMESPACE, `key:${user.userId}:${idempotencyKey}`);
  const command = {
    type: "Open",
    tenantId: user.tenantId,
    ownerId: user.userId,
    name,
    baseCurrency,
    initialCash,
    lotMethod,
    limits: limits ?? {},
    ...(accounting === "hedging" && { accounting }),
    ...(corporateActions === "automatic" && { corporateActions }),
    ...(margin && { margin }),
    ...(financing && { financing }),
    ...(currencies && { currencies }),
  } as const;
  if (margin !== undefined || financing !== undefined) await noteMargined(node.pool, portfolioId);
  if (corporateActions === "automatic") await noteAutomatic(node.pool, portfolioId);
  const hash = bodyHash(ctx.params);
  const { summary, isReplay } = await open(node, ctx, { portfolioId, command, hash });
  if (isReplay) ctx.meta.isReplay = true;
  return toPortfolioView(summary, {}, summary.updatedAtMs);
}

async function open(
  node: NodeContext,
  ctx: RequestContext,
  { portfolioId, command, hash }: OpenPortfolio & { readonly hash: string },
) {
  const { tenantId, limits } = command;
  const standing = await readStanding(node, tenantId);
  const deadline = deadlineOf(ctx, node.clock);
  await noteLimits(node, portfolioId, limits);
  const opening = isPlain(standing) ? command : { ...command, standing };
  const answer = await node.actors.call({ type: "portfolio", id: portfolioId }, opening, {
    commandId: uuidv5(NAMESPACE, `open:${portfolioId}`),
    bodyHash: hash,
    ...deadline,
  });
  await catchUp(node, { tenantId, portfolioId }, standing, deadline);
  // sound: what the portfolio's decider replies to Open
  return { summary: answer.reply as unknown as PortfolioSummary, isReplay: answer.isReplay };
}

/** Limits that have to be looked at as prices move. */
async function noteLimits(
  node: NodeContext,
  portfolioId: string,
  limits: PortfolioLimits,
): Promise<void> {
  if (wantsPrices({ limits, totals: {} })) await noteWatched(node.pool, portfolioId);
}

async function carryOut(
  node: NodeContext,
  ctx: RequestContext<{ readonly portfolioId: string }>,
  command: PortfolioCommand,
): Promise<PortfolioView> {
  const portfolio = { type: "portfolio", id: ctx.params.portfolioId };
  const answer = await node.actors.call(portfolio, command, {
    commandId: node.newId(),
    ...deadlineOf(ctx, node.clock),
  });
  // sound: what the portfolio's decider replies to Update and Close
  const summary = answer.reply as unknown as PortfolioSummary;
  const [marks, rates] = await Promise.all([marksNow(ctx, summary), ratesOf(ctx, summary)]);
  return toPortfolioView(summary, marks, node.clock.now(), rates);
}

async function list(
  node: NodeContext,
  ctx: RequestContext<Params<"portfolios.list">>,
): Promise<PortfolioPage> {
  const { status, limit, cursor, order } = ctx.params;
  const views = await listViews(node.pool, {
    type: "portfolio",
    viewer: viewerOf(userOf(ctx)),
    statuses: status === undefined ? undefined : [status],
    after: decodeCursor(cursor, { atMs: "time", id: "string" }),
    order,
    limit: limit + 1,
  });
  const shown = views.slice(0, limit);
  const last = views.length > limit ? shown.at(-1) : undefined;
  const nowMs = node.clock.now();
  const data: PortfolioView[] = [];
  for (const view of shown) {
    // sound: written by the portfolio kind's projection
    const summary = view.doc as unknown as PortfolioSummary;
    const [marks, rates] = await Promise.all([marksNow(ctx, summary), ratesOf(ctx, summary)]);
    data.push(toPortfolioView(summary, marks, nowMs, rates));
  }
  return { data, nextCursor: last ? encodeCursor({ atMs: last.createdAtMs, id: last.id }) : null };
}
