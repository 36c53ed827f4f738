import type { Context, ServiceSchema } from "moleculer";
import { heavyRead } from "../../mixins/resilience/heavy.ts";
import type { NodeContext } from "../context.ts";
import { ClosesBook, type ClosesAsked } from "./daily-closes.ts";
import type { Market } from "./market.ts";

/** Daily closes of many symbols, for those who measure risk. */
export function closesService(node: NodeContext, market: Market): ServiceSchema {
  const book = new ClosesBook(node, market);
  return {
    name: "closes",
    actions: {
      daily: {
        ...heavyRead(8, 256),
        visibility: "public",
        handler: async ({ params }: Context<ClosesAsked>) =>
          (await book.read(params)).map((found) => {
            if ("problem" in found) return found;
            const { symbol, currency, timesMs, closes } = found;
            return { symbol, currency, timesMs, closes };
          }),
      },
      /** The same with volumes. */
      dailyBars: {
        ...heavyRead(8, 256),
        visibility: "public",
        handler: ({ params }: Context<ClosesAsked>) => book.read(params),
      },
    },
  };
}
