import { route } from "../route.ts";
import { s } from "../schema.ts";
import type { Infer } from "../schema.ts";
import { id, pageOf, paging, symbol } from "./common.ts";

const trade = s.named(
  "Trade",
  s.object({
    tradeId: id(),
    execId: s.string(),
    orderId: id(),
    portfolioId: id(),
    symbol: symbol(),
    side: s.enum(["buy", "sell"]),
    price: s.decimalText(),
    quantity: s.decimalText(),
    fees: s.decimalText(),
    currency: s.string(),
    venue: s.string(),
    liquidity: s.enum(["maker", "taker"]),
    realizedPnl: s.decimalText(),
    executedAt: s.describe(s.isoTime(), "at the venue"),
    recordedAt: s.describe(s.isoTime(), "when we learnt of it"),
    settlement: s.object({
      date: s.string({ format: "date" }),
      status: s.enum(["pending", "settled", "failed"]),
    }),
    allocations: s.array(s.object({ portfolioId: id(), quantity: s.decimalText() })),
  }),
);
export type TradeView = Infer<typeof trade>;
const tradePage = pageOf("TradePage", trade);
export type TradePage = Infer<typeof tradePage>;

export const listTrades = route({
  method: "GET",
  path: "/api/trades",
  action: "trades.list",
  area: "execution",
  permission: "trades.read",
  summary: "Fills on record",
  query: {
    portfolioId: s.optional(id()),
    symbol: s.optional(symbol()),
    orderId: s.optional(id()),
    since: s.optional(s.describe(s.time(), "executed then or later")),
    ...paging,
  },
  response: tradePage,
});

export const getTrade = route({
  method: "GET",
  path: "/api/trades/{tradeId}",
  action: "trades.get",
  area: "execution",
  permission: "trades.read",
  summary: "One fill",
  params: { tradeId: id() },
  response: trade,
  problems: ["NOT_FOUND"],
});
