import { isoDate, tradeDateAt } from "../../domain/execution/settlement.ts";
import type { Instrument } from "../../domain/market/instrument.ts";
import { positionAccount } from "../../domain/portfolio/ledger.ts";
import type { PortfolioCommand } from "../../domain/portfolio/messages.ts";
import { dec, text } from "../../domain/shared/decimal.ts";
import type { Booked, StoredTrade } from "../../models/book.ts";
import { listTrades } from "../../models/book.ts";
import { findView } from "../../models/views.ts";
import { bodyHash, uuidv5 } from "../../mixins/actor/ids.ts";
import { deadlineOf } from "../../mixins/resilience/deadline.ts";
import { insufficientData, notFound, unprocessable } from "../../mixins/rest/rest-error.ts";
import type { ActionMap } from "../../mixins/rest/routes/index.ts";
import type { ConfirmationView, TradeView } from "../../mixins/rest/routes/trades.ts";
import { isoTime } from "../../mixins/rest/views.ts";
import type { RequestContext } from "../../types/contracts.ts";
import { userOf, viewerOf } from "../access.ts";
import type { PortfolioAccess } from "../access.ts";
import type { NodeContext } from "../context.ts";
import { toTradeView } from "./trade-views.ts";

type Params<A extends keyof ActionMap> = ActionMap[A]["params"];
type OfTrade = RequestContext<{ readonly tradeId: string }>;

const NAMESPACE = "7e1d94c0-5b3f-4c8a-b2f6-d80a3e67195c";
/** How long an answer waits for the other portfolios' word. */
const SETTLE_MS = 1_000;

/** A trade that the user may see. @throws RestError 404 */
export async function findTrade(node: NodeContext, ctx: OfTrade): Promise<Booked<StoredTrade>> {
  const { tradeId } = ctx.params;
  const viewer = viewerOf(userOf(ctx));
  const [trade] = await listTrades(node.pool, {
    viewer,
    tradeId,
    afterSeq: null,
    order: "asc",
    limit: 1,
  });
  if (trade === undefined) throw notFound("trade", tradeId);
  return trade;
}

/**
 * Gives parts of a trade away. The user must be allowed to trade in every portfolio that it touches.
 * @throws RestError 404, 403, 422; Refusal 409 when the trade or the position does not have as much
 */
export async function allocate(
  node: NodeContext,
  access: PortfolioAccess,
  ctx: RequestContext<Params<"trades.allocate">>,
): Promise<TradeView> {
  const user = userOf(ctx);
  const { allocations: parts } = ctx.params;
  const trade = await findTrade(node, ctx);
  await access.requireTrade(user, trade.portfolioId);
  for (const { portfolioId } of parts) await access.requireTrade(user, portfolioId);
  refuseItself(trade, parts);
  const instrument = await instrumentOf(ctx, trade.symbol);
  if (instrument === null)
    throw insufficientData(`${trade.symbol} is not known, so what it is worth is not either`);
  const { multiplier } = instrument;
  await tellPortfolio(node, ctx, trade, {
    type: "AllocateTrade",
    trade: recordOf(trade),
    multiplier,
    parts,
    requestedBy: user.userId,
  });
  // There and back again: whether the others have taken their parts is known then, unless a node is slow.
  const giver = { type: "portfolio", id: trade.portfolioId };
  const takers = parts.map(({ portfolioId }) => ({ type: "portfolio", id: portfolioId }));
  await node.actorSystem.settled(SETTLE_MS, [giver]);
  await node.actorSystem.settled(SETTLE_MS, takers);
  return toTradeView(await findTrade(node, ctx));
}

/** What happened to a settlement, in the word of who knows. */
export async function recordSettlement(
  node: NodeContext,
  access: PortfolioAccess,
  ctx: RequestContext<Params<"trades.settle">>,
): Promise<TradeView> {
  const { status, reason } = ctx.params;
  const trade = await findTrade(node, ctx);
  await access.requireTrade(userOf(ctx), trade.portfolioId);
  const { tradeId, settlementDate } = trade;
  await tellPortfolio(
    node,
    ctx,
    trade,
    status === "failed"
      ? { type: "FailSettlement", tradeId, reason: reason ?? "" }
      : { type: "SettleTrades", tradeIds: [tradeId], asOf: settlementDate },
  );
  return toTradeView(await findTrade(node, ctx));
}

/** Under one key one body: the same key for another trade is another body. */
async function tellPortfolio(
  node: NodeContext,
  ctx: RequestContext<{ readonly tradeId: string }>,
  { portfolioId }: StoredTrade,
  command: PortfolioCommand,
): Promise<void> {
  const { userId } = userOf(ctx);
  const { idempotencyKey: key } = ctx.meta;
  const scope = `trades.${command.type}:${userId}`;
  const answer = await node.actors.call({ type: "portfolio", id: portfolioId }, command, {
    commandId: key === undefined ? node.newId() : uuidv5(NAMESPACE, `${scope}:${key}`),
    bodyHash: bodyHash(ctx.params),
    ...(key !== undefined && { requestKey: { scope, key } }),
    ...deadlineOf(ctx, node.clock),
  });
  if (answer.isReplay) ctx.meta.isReplay = true;
}

/** All that a confirmation states; what is not known is null, never guessed. */
export async function confirm(node: NodeContext, ctx: OfTrade): Promise<ConfirmationView> {
  const trade = await findTrade(node, ctx);
  const instrument = await instrumentOf(ctx, trade.symbol);
  const portfolio = await findView(node.pool, "portfolio", trade.portfolioId);
  // sound: written by the portfolio kind's projection
  const name = (portfolio?.doc as { readonly name?: string } | undefined)?.name;
  if (portfolio === null || name === undefined) throw notFound("portfolio", trade.portfolioId);
  const { portfolioId } = trade;
  const principal =
    instrument === null
      ? null
      : dec(trade.quantity).times(trade.price).times(instrument.multiplier);
  const net =
    principal === null
      ? null
      : (trade.side === "buy" ? principal.negated() : principal).minus(trade.fees);
  return {
    confirmationId: uuidv5(NAMESPACE, `confirmation:${trade.tradeId}`),
    tradeId: trade.tradeId,
    execId: trade.execId,
    orderId: trade.orderId,
    portfolio: { portfolioId, name, ownerId: portfolio.ownerId ?? "" },
    side: trade.side,
    instrument: {
      symbol: trade.symbol,
      name: instrument?.name ?? null,
      assetClass: instrument?.assetClass ?? null,
      multiplier: instrument?.multiplier ?? null,
    },
    venue: trade.venue,
    liquidity: trade.liquidity,
    tradeDate: tradeDate(trade, instrument),
    executedAt: isoTime(trade.executedAtMs),
    quantity: trade.quantity,
    price: trade.price,
    currency: trade.currency,
    principal: principal === null ? null : text(principal),
    fees: trade.fees,
    netAmount: net === null ? null : text(net),
    settlement: {
      date: trade.settlementDate,
      status: trade.settlementStatus,
      method: "bookEntry",
      cashAccount: `${portfolioId}/cash`,
      securitiesAccount: `${portfolioId}/${positionAccount(trade.symbol)}`,
    },
    allocatedFrom: trade.allocatedFrom ?? null,
  };
}

/** A trade that is stamped midnight UTC is of a daily bar, which is stamped with its date. */
function tradeDate({ executedAtMs }: StoredTrade, instrument: Instrument | null): string {
  const day = executedAtMs / 86_400_000;
  if (instrument === null || Number.isInteger(day)) return isoDate(Math.floor(day));
  return isoDate(tradeDateAt(instrument, executedAtMs));
}

async function instrumentOf(ctx: RequestContext, symbol: string): Promise<Instrument | null> {
  const seen = await ctx.call<{ readonly instrument: Instrument | null }, { symbol: string }>(
    "symbols.marketView",
    { symbol },
  );
  return seen.instrument;
}

function refuseItself(trade: StoredTrade, parts: Params<"trades.allocate">["allocations"]): void {
  const errors = parts.flatMap(({ portfolioId }, index) =>
    portfolioId === trade.portfolioId
      ? [
          {
            path: `allocations[${index}].portfolioId`,
            code: "INVALID_VALUE",
            message: "has the trade already",
          } as const,
        ]
      : [],
  );
  if (errors.length > 0) throw unprocessable(errors);
}

/** The trade as it was booked, without what came after it. */
function recordOf(trade: Booked<StoredTrade>) {
  return {
    tradeId: trade.tradeId,
    execId: trade.execId,
    venue: trade.venue,
    orderId: trade.orderId,
    portfolioId: trade.portfolioId,
    tenantId: trade.tenantId,
    symbol: trade.symbol,
    side: trade.side,
    price: text(dec(trade.price)),
    quantity: text(dec(trade.quantity)),
    fees: text(dec(trade.fees)),
    currency: trade.currency,
    liquidity: trade.liquidity,
    executedAtMs: trade.executedAtMs,
    recordedAtMs: trade.recordedAtMs,
    settlementDate: trade.settlementDate,
    realizedPnl: text(dec(trade.realizedPnl)),
  };
}
