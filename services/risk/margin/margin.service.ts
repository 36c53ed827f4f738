import type { ServiceSchema } from "moleculer";
import type { RiskBoard } from "../../../domain/portfolio/market-view.ts";
import type { ActionMap } from "../../../mixins/rest/routes/index.ts";
import { getMargin, type MarginView } from "../../../mixins/rest/routes/margin.ts";
import type { RequestContext } from "../../../types/contracts.ts";
import { PortfolioAccess, userOf } from "../../access.ts";
import type { NodeContext } from "../../context.ts";
import { readPortfolio } from "../read-portfolio.ts";
import { fullBoard, ratesOf } from "./board.ts";
import { Boards } from "./boards.ts";
import { MARGIN_WATCH, marginDuty } from "./margin-duty.ts";
import { toMarginView } from "./margin-view.ts";

interface OfPortfolio {
  readonly portfolioId: string;
}

type Asked = RequestContext<ActionMap["margin.get"]["params"]>;

/** What portfolios may borrow, what they owe, and who looks after it. */
export function marginService(node: NodeContext): ServiceSchema {
  const access = new PortfolioAccess(node.pool);
  const boards = new Boards(node);
  return {
    name: "margin",
    actions: {
      get: {
        params: getMargin.input.validator,
        handler: async (ctx: Asked): Promise<MarginView> => {
          await access.requireRead(userOf(ctx), ctx.params.portfolioId);
          return read(node, ctx);
        },
      },
      /** What the margin of an order of this portfolio is checked by; null for a cash portfolio. */
      board: {
        visibility: "public",
        handler: (ctx: RequestContext<OfPortfolio>): Promise<RiskBoard | null> =>
          boards.of(ctx, ctx.params.portfolioId),
      },
    },
    started() {
      node.actorSystem.onDuty(MARGIN_WATCH, marginDuty(node));
    },
  };
}

async function read(node: NodeContext, ctx: Asked): Promise<MarginView> {
  const { summary, marks, rates, asOfMs } = await readPortfolio(node, ctx);
  if (ctx.params.asOf === undefined)
    return toMarginView(summary, await fullBoard(ctx, summary, asOfMs), "last prices heard of");
  const known = Object.entries(rates).map(([currency, rate]) => [currency, rate ?? null] as const);
  const board = {
    asOfMs,
    marks,
    rates: { ...(await ratesOf(ctx, summary)), ...Object.fromEntries(known) },
  };
  return toMarginView(summary, board, "closes known at that instant");
}
