import type { ServiceSchema } from "moleculer";
import type { ActionMap } from "../../mixins/rest/routes/index.ts";
import * as routes from "../../mixins/rest/routes/trades.ts";
import type { TradePage, TradeView } from "../../mixins/rest/routes/trades.ts";
import { decodeCursor, encodeCursor } from "../../mixins/rest/views.ts";
import { listTrades } from "../../models/book.ts";
import type { RequestContext } from "../../types/contracts.ts";
import { PortfolioAccess, userOf, viewerOf } from "../access.ts";
import type { NodeContext } from "../context.ts";
import { SETTLEMENT, SettlementDuty } from "./settlement-duty.ts";
import { allocate, confirm, findTrade, recordSettlement } from "./trade-actions.ts";
import { toTradeView } from "./trade-views.ts";

type Params<A extends keyof ActionMap> = ActionMap[A]["params"];

/** Fills on record, and what becomes of them. */
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
        handler: async (ctx: RequestContext<Params<"trades.get">>): Promise<TradeView> =>
          toTradeView(await findTrade(node, ctx)),
      },
      confirmation: {
        params: routes.getConfirmation.input.validator,
        handler: (ctx: RequestContext<Params<"trades.confirmation">>) => confirm(node, ctx),
      },
      allocate: {
        params: routes.allocateTrade.input.validator,
        handler: (ctx: RequestContext<Params<"trades.allocate">>) => allocate(node, access, ctx),
      },
      settle: {
        params: routes.settleTrade.input.validator,
        handler: (ctx: RequestContext<Params<"trades.settle">>) =>
          recordSettlement(node, access, ctx),
      },
    },
    started() {
      node.actorSystem.onDuty(SETTLEMENT, new SettlementDuty(node));
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
  const data = shown.map(toTradeView);
  return { data, nextCursor: last ? encodeCursor({ seq: last.seq }) : null };
}
