import type { ServiceSchema } from "moleculer";
import type { TradeRow } from "../../domain/shared/journal.ts";
import { notFound } from "../../mixins/rest/rest-error.ts";
import type { ActionMap } from "../../mixins/rest/routes/index.ts";
import * as routes from "../../mixins/rest/routes/trades.ts";
import type { TradePage, TradeView } from "../../mixins/rest/routes/trades.ts";
import { decodeCursor, encodeCursor } from "../../mixins/rest/views.ts";
import { listTrades } from "../../models/book.ts";
import type { RequestContext } from "../../types/contracts.ts";
import { PortfolioAccess, userOf, viewerOf } from "../access.ts";
import type { NodeContext } from "../context.ts";
import { toTradeView } from "./trade-views.ts";

type Params<A extends keyof ActionMap> = ActionMap[A]["params"];

/** Fills on record. */
export function tradesService(node: NodeContext): ServiceSchema {
  const access = new PortfolioAccess(node.pool);
  return {
    name: "trades",
    actions: {
      list: {
        params: routes.listTrades.input.validator,
        handler: (ctx: RequestContext<Params<"trades.list">>) => list(node, access, ctx),
      },
      get: {
        params: routes.getTrade.input.validator,
        handler: (ctx: RequestContext<Params<"trades.get">>) => get(node, ctx),
      },
    },
  };
}

async function list(
  node: NodeContext,
  access: PortfolioAccess,
  ctx: RequestContext<Params<"trades.list">>,
): Promise<TradePage> {
  const user = userOf(ctx);
  const { portfolioId, symbol, orderId, since, limit, cursor, order } = ctx.params;
  if (portfolioId !== undefined) await access.requireRead(user, portfolioId);
  const rows = await listTrades(node.pool, {
    viewer: viewerOf(user),
    portfolioId,
    symbol,
    orderId,
    sinceMs: since,
    afterSeq: decodeCursor(cursor, { seq: "number" })?.seq ?? null,
    order,
    limit: limit + 1,
  });
  const shown = rows.slice(0, limit);
  const last = rows.length > limit ? shown.at(-1) : undefined;
  const data = await views(ctx, shown);
  return { data, nextCursor: last ? encodeCursor({ seq: last.seq }) : null };
}

async function get(
  node: NodeContext,
  ctx: RequestContext<Params<"trades.get">>,
): Promise<TradeView> {
  const { tradeId } = ctx.params;
  const viewer = viewerOf(userOf(ctx));
  const rows = await listTrades(node.pool, {
    viewer,
    tradeId,
    afterSeq: null,
    order: "asc",
    limit: 1,
  });
  const [view] = await views(ctx, rows);
  if (view === undefined) throw notFound("trade", tradeId);
  return view;
}

/** A trade is settled once its market has reached the settlement date; the market's clock decides, also in a replay. */
async function views(ctx: RequestContext, rows: readonly TradeRow[]): Promise<TradeView[]> {
  const times = new Map<string, number | null>();
  for (const symbol of new Set(rows.map((row) => row.symbol))) {
    times.set(
      symbol,
      await ctx.call<number | null, { symbol: string }>("symbols.marketTime", { symbol }),
    );
  }
  return rows.map((row) => toTradeView(row, times.get(row.symbol) ?? null));
}
