import type { ServiceSchema } from "moleculer";
import { equityCurve } from "../../domain/portfolio/equity-curve.ts";
import type { MarketClose } from "../../domain/portfolio/equity-curve.ts";
import type {
  MarketView,
  OrderVerdict,
  PortfolioCommand,
  PortfolioEvent,
  PortfolioSummary,
  Signal,
} from "../../domain/portfolio/messages.ts";
import { portfolio as decider } from "../../domain/portfolio/portfolio.ts";
import { summarize } from "../../domain/portfolio/state.ts";
import type { Marks } from "../../domain/portfolio/valuation.ts";
import { PAPER_FEES } from "../../domain/execution/fees.ts";
import type { StoredEvent } from "../../domain/shared/journal.ts";
import { bodyHash, uuidv5 } from "../../mixins/actor/ids.ts";
import { notFound } from "../../mixins/rest/rest-error.ts";
import type { ActionMap } from "../../mixins/rest/routes/index.ts";
import * as routes from "../../mixins/rest/routes/portfolios.ts";
import type {
  HistoryPage,
  LedgerPage,
  PortfolioPage,
  PortfolioView,
  PositionsView,
} from "../../mixins/rest/routes/portfolios.ts";
import { decodeCursor, encodeCursor, isoTime } from "../../mixins/rest/views.ts";
import { listLedger } from "../../models/book.ts";
import { createJournal } from "../../models/journal/journal.ts";
import { listViews } from "../../models/views.ts";
import type { RequestContext } from "../../types/contracts.ts";
import { PortfolioAccess, userOf, viewerOf } from "../access.ts";
import type { NodeContext } from "../context.ts";
import { eventsAsOf, fold } from "../history.ts";
import { tellPortfolio } from "./portfolio-stream.ts";
import { toPortfolioView, toPositionViews } from "./portfolio-views.ts";

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
          const { summary, marks, asOfMs } = await stateOf(node, ctx.params);
          return toPortfolioView(summary, marks, asOfMs);
        },
      },
      update: {
        params: routes.updatePortfolio.input.validator,
        handler: async (ctx: RequestContext<Params<"portfolios.update">>) => {
          const { portfolioId, name, limits } = ctx.params;
          await access.requireTrade(userOf(ctx), portfolioId);
          const changes = { ...(name !== undefined && { name }), ...(limits && { limits }) };
          return carryOut(node, portfolioId, { type: "Update", ...changes });
        },
      },
      close: {
        params: routes.closePortfolio.input.validator,
        handler: async (ctx: RequestContext<Params<"portfolios.close">>) => {
          await access.requireTrade(userOf(ctx), ctx.params.portfolioId);
          return carryOut(node, ctx.params.portfolioId, { type: "Close" });
        },
      },
      positions: {
        params: routes.getPositions.input.validator,
        handler: async (
          ctx: RequestContext<Params<"portfolios.positions">>,
        ): Promise<PositionsView> => {
          const { portfolioId } = ctx.params;
          await access.requireRead(userOf(ctx), portfolioId);
          const { summary, marks, asOfMs } = await stateOf(node, ctx.params);
          return {
            portfolioId,
            asOf: isoTime(asOfMs),
            data: toPositionViews(summary, marks),
            nextCursor: null,
          };
        },
      },
      ledger: {
        params: routes.getLedger.input.validator,
        handler: (ctx: RequestContext<Params<"portfolios.ledger">>) => ledger(node, access, ctx),
      },
      history: {
        params: routes.getHistory.input.validator,
        handler: (ctx: RequestContext<Params<"portfolios.history">>) => history(node, access, ctx),
      },
      actOnSignal: {
        visibility: "public",
        handler: (ctx: RequestContext<ActOnSignal>) => actOnSignal(node, ctx.params),
      },
      open: {
        visibility: "public",
        handler: async (ctx: RequestContext<OpenPortfolio>) => {
          await open(node, ctx.params.portfolioId, ctx.params.command, ctx.params.portfolioId);
          return null;
        },
      },
    },
    created() {
      node.live.register("portfolio", tellPortfolio);
    },
  };
}

/** From the signals service: a strategy's signal for the portfolio that it trades for. */
export interface ActOnSignal {
  readonly portfolioId: string;
  readonly signal: Signal;
  readonly fraction: string;
}

/** From inside, at first start: a portfolio with an id of its own. */
export interface OpenPortfolio {
  readonly portfolioId: string;
  readonly command: PortfolioCommand & { readonly type: "Open" };
}

/** One signal acts once: the command's id is made of portfolio and signal. */
async function actOnSignal(
  node: NodeContext,
  { portfolioId, signal, fraction }: ActOnSignal,
): Promise<OrderVerdict> {
  const { symbol } = signal;
  const seen = await node.broker.call<Omit<MarketView, "feeBps">, { symbol: string }>(
    "symbols.marketView",
    { symbol },
  );
  const market = { ...seen, feeBps: PAPER_FEES.takerBps };
  const command: PortfolioCommand = { type: "ActOnSignal", signal, fraction, market };
  const answer = await node.actors.call({ type: "portfolio", id: portfolioId }, command, {
    commandId: uuidv5(NAMESPACE, `signal:${portfolioId}:${signal.signalId}`),
    bodyHash: bodyHash({ signal, fraction }),
  });
  // sound: what the portfolio's decider replies to ActOnSignal
  return answer.reply as unknown as OrderVerdict;
}

/** The portfolio's id follows from the idempotency key, so that a repeat finds the same portfolio. */
async function create(
  node: NodeContext,
  ctx: RequestContext<Params<"portfolios.create">>,
): Promise<PortfolioView> {
  const user = userOf(ctx);
  const { name, baseCurrency, initialCash, lotMethod, limits } = ctx.params;
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
  } as const;
  const { summary, isReplay } = await open(node, portfolioId, command, bodyHash(ctx.params));
  if (isReplay) ctx.meta.isReplay = true;
  return toPortfolioView(summary, {}, summary.updatedAtMs);
}

async function open(
  node: NodeContext,
  portfolioId: string,
  command: PortfolioCommand,
  hash: string,
) {
  const answer = await node.actors.call({ type: "portfolio", id: portfolioId }, command, {
    commandId: uuidv5(NAMESPACE, `open:${portfolioId}`),
    bodyHash: hash,
  });
  // sound: what the portfolio's decider replies to Open
  return { summary: answer.reply as unknown as PortfolioSummary, isReplay: answer.isReplay };
}

async function carryOut(
  node: NodeContext,
  portfolioId: string,
  command: PortfolioCommand,
): Promise<PortfolioView> {
  const answer = await node.actors.call({ type: "portfolio", id: portfolioId }, command, {
    commandId: node.newId(),
  });
  // sound: what the portfolio's decider replies to Update and Close
  const summary = answer.reply as unknown as PortfolioSummary;
  return toPortfolioView(summary, await marksNow(node, summary), node.clock.now());
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
    after: decodeCursor(cursor, { atMs: "number", id: "string" }),
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
    data.push(toPortfolioView(summary, await marksNow(node, summary), nowMs));
  }
  return { data, nextCursor: last ? encodeCursor({ atMs: last.createdAtMs, id: last.id }) : null };
}

interface PortfolioState {
  readonly summary: PortfolioSummary;
  readonly marks: Marks;
  readonly asOfMs: number;
}

/** Now, or as recorded at an instant: then with the prices that were known at that instant. */
async function stateOf(
  node: NodeContext,
  { portfolioId, asOf }: { readonly portfolioId: string; readonly asOf?: number | undefined },
): Promise<PortfolioState> {
  const ref = { type: "portfolio", id: portfolioId };
  if (asOf === undefined) {
    const read = await node.actors.read(ref);
    // sound: the portfolio kind's summary
    const summary = read.summary as unknown as PortfolioSummary | null;
    if (summary === null) throw notFound("portfolio", portfolioId);
    return { summary, marks: await marksNow(node, summary), asOfMs: node.clock.now() };
  }
  const summary = summarize(fold(decider, portfolioId, await eventsAsOf(node, ref, asOf)));
  if (summary === null) throw notFound("portfolio", `${portfolioId} at that instant`);
  return { summary, marks: await marksAt(node, summary, asOf), asOfMs: asOf };
}

function symbolsOf(summary: PortfolioSummary): string[] {
  return summary.positions.map((position) => position.symbol);
}

async function marksNow(node: NodeContext, summary: PortfolioSummary): Promise<Marks> {
  const symbols = symbolsOf(summary);
  return symbols.length === 0 ? {} : node.broker.call<Marks, unknown>("symbols.marks", { symbols });
}

async function marksAt(
  node: NodeContext,
  summary: PortfolioSummary,
  knownAtMs: number,
): Promise<Marks> {
  const symbols = symbolsOf(summary);
  return symbols.length === 0
    ? {}
    : node.broker.call<Marks, unknown>("market-data.marksAt", { symbols, knownAtMs });
}

async function ledger(
  node: NodeContext,
  access: PortfolioAccess,
  ctx: RequestContext<Params<"portfolios.ledger">>,
): Promise<LedgerPage> {
  const { portfolioId, start, end, limit, cursor, order } = ctx.params;
  await access.requireRead(userOf(ctx), portfolioId);
  const rows = await listLedger(node.pool, {
    portfolioId,
    startMs: start,
    endMs: end,
    afterSeq: decodeCursor(cursor, { seq: "number" })?.seq ?? null,
    order,
    limit: limit + 1,
  });
  const shown = rows.slice(0, limit);
  const last = rows.length > limit ? shown.at(-1) : undefined;
  const data = shown.map(
    ({ transactionId, index, account, currency, debit, credit, memo, orderId, tradeId, atMs }) => ({
      transactionId,
      index,
      account,
      currency,
      debit,
      credit,
      memo,
      orderId,
      tradeId,
      at: isoTime(atMs),
    }),
  );
  return { data, nextCursor: last ? encodeCursor({ seq: last.seq }) : null };
}

/** The equity curve on the market's clock, from the portfolio's own events and the bars of what it held. */
async function history(
  node: NodeContext,
  access: PortfolioAccess,
  ctx: RequestContext<Params<"portfolios.history">>,
): Promise<HistoryPage> {
  const { portfolioId, start, end, limit, cursor, order } = ctx.params;
  await access.requireRead(userOf(ctx), portfolioId);
  const stored = await createJournal(node.pool).history({ type: "portfolio", id: portfolioId });
  const events = stored.map(eventOf);
  const points = equityCurve(events, await closesOf(node, events)).filter(
    ({ timestampMs }) => timestampMs >= (start ?? -Infinity) && timestampMs < (end ?? Infinity),
  );
  const after = decodeCursor(cursor, { atMs: "number" })?.atMs ?? null;
  const inOrder = order === "asc" ? points : points.toReversed();
  const rest = inOrder.filter(
    ({ timestampMs }) =>
      after === null || (order === "asc" ? timestampMs > after : timestampMs < after),
  );
  const shown = rest.slice(0, limit);
  const last = rest.length > limit ? shown.at(-1) : undefined;
  return {
    data: shown.map(({ timestampMs, equity, cash, positionsValue }) => ({
      timestamp: isoTime(timestampMs),
      equity,
      cash,
      positionsValue,
    })),
    nextCursor: last ? encodeCursor({ atMs: last.timestampMs }) : null,
  };
}

function eventOf(stored: StoredEvent): PortfolioEvent {
  // sound: an event of a portfolio's stream
  return stored.event as PortfolioEvent;
}

async function closesOf(
  node: NodeContext,
  events: readonly PortfolioEvent[],
): Promise<readonly MarketClose[]> {
  const firstMs = new Map<string, number>();
  for (const event of events) {
    if (event.type !== "FillApplied") continue;
    const { symbol, executedAtMs } = event.trade;
    firstMs.set(symbol, Math.min(executedAtMs, firstMs.get(symbol) ?? executedAtMs));
  }
  const closes: MarketClose[] = [];
  for (const [symbol, sinceMs] of firstMs) {
    closes.push(
      ...(await node.broker.call<readonly MarketClose[], unknown>("market-data.closes", {
        symbol,
        sinceMs,
      })),
    );
  }
  return closes;
}
