import { equityCurve } from "../../domain/portfolio/equity-curve.ts";
import type { CurveInput, EquityPoint, MarketClose } from "../../domain/portfolio/equity-curve.ts";
import type { PortfolioEvent } from "../../domain/portfolio/messages.ts";
import type { StoredEvent } from "../../domain/shared/journal.ts";
import type { ActionMap } from "../../mixins/rest/routes/index.ts";
import type { HistoryPage, LedgerPage } from "../../mixins/rest/routes/portfolios.ts";
import { decodeCursor, encodeCursor, isoTime } from "../../mixins/rest/views.ts";
import { listLedger } from "../../models/book.ts";
import { createJournal } from "../../models/journal/journal.ts";
import type { RequestContext } from "../../types/contracts.ts";
import { rateHistories } from "./fx-history.ts";
import { userOf } from "../access.ts";
import type { PortfolioAccess } from "../access.ts";
import type { NodeContext } from "../context.ts";

type Params<A extends keyof ActionMap> = ActionMap[A]["params"];

/** The double-entry ledger, in the order of booking. */
export async function portfolioLedger(
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
export async function portfolioHistory(
  node: NodeContext,
  access: PortfolioAccess,
  ctx: RequestContext<Params<"portfolios.history">>,
): Promise<HistoryPage> {
  const { portfolioId, start, end, limit, cursor, order } = ctx.params;
  await access.requireRead(userOf(ctx), portfolioId);
  const { points: all } = await readCurve(node, ctx, portfolioId);
  const points = all.filter(
    ({ timestampMs }) => timestampMs >= (start ?? -Infinity) && timestampMs < (end ?? Infinity),
  );
  const after = decodeCursor(cursor, { atMs: "time" })?.atMs ?? null;
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

/** All events of a portfolio, and its equity curve. Whether it may be read is the caller's question. */
export async function readCurve(
  node: NodeContext,
  ctx: RequestContext,
  portfolioId: string,
): Promise<{
  readonly input: CurveInput;
  readonly events: readonly PortfolioEvent[];
  readonly points: readonly EquityPoint[];
}> {
  const stored = await createJournal(node.pool).history({ type: "portfolio", id: portfolioId });
  const events = stored.map(eventOf);
  const closes = await closesOf(ctx, events);
  const rates = await rateHistories(ctx, events);
  return { input: { events, closes, rates }, events, points: equityCurve(events, closes, rates) };
}

function eventOf(stored: StoredEvent): PortfolioEvent {
  // sound: an event of a portfolio's stream
  return stored.event as PortfolioEvent;
}

async function closesOf(
  ctx: RequestContext,
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
      ...(await ctx.call<readonly MarketClose[], unknown>("market-data.closes", {
        symbol,
        sinceMs,
      })),
    );
  }
  return closes;
}
