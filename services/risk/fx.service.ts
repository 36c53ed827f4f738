import type { ServiceSchema } from "moleculer";
import type { ExchangeRate } from "../../domain/portfolio/market-view.ts";
import type { RequestContext } from "../../types/contracts.ts";
import type { NodeContext } from "../context.ts";
import { Exchanges, type OrderAsked } from "./exchanges.ts";
import type { FxBoard } from "./fx-board.ts";

/** What other currencies are worth to portfolios that keep several. */
export function fxService(node: NodeContext, board: FxBoard): ServiceSchema {
  const exchanges = new Exchanges(node);
  return {
    name: "fx",
    actions: {
      /** For the check of an order in the symbol; null where its currency needs no rate, or nobody knows one. */
      exchange: {
        visibility: "public",
        handler: (ctx: RequestContext<OrderAsked>): Promise<ExchangeRate | null> =>
          exchanges.of(ctx, ctx.params),
      },
    },
    stopped() {
      board.stop();
    },
  };
}
