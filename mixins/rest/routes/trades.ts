import { isRecord, s } from "../schema.ts";
import type { CrossCheck, Infer } from "../schema.ts";
import { route } from "../route.ts";
import { id, pageOf, paging, symbol } from "./common.ts";

const settlementStatus = s.enum(["pending", "settled", "failed"]);

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
      status: settlementStatus,
      at: s.describe(s.nullable(s.isoTime()), "when it was recorded as settled or failed"),
    }),
    allocations: s.describe(
      s.array(
        s.object({
          allocationId: s.describe(s.nullable(id()), "null for what the portfolio kept"),
          portfolioId: id(),
          quantity: s.decimalText(),
          fees: s.decimalText(),
          status: s.enum(["held", "pending", "taken", "refused"]),
          reason: s.describe(s.nullable(s.string()), "why it was refused, and came back"),
        }),
      ),
      "where its units are; a part that was taken is a trade of its own there, under the allocation's id",
    ),
    allocatedFrom: s.describe(s.nullable(id()), "the trade that it is a part of"),
  }),
);
export type TradeView = Infer<typeof trade>;
const tradePage = pageOf("TradePage", trade);
export type TradePage = Infer<typeof tradePage>;

const confirmation = s.named(
  "TradeConfirmation",
  s.object({
    confirmationId: id(),
    tradeId: id(),
    execId: s.string(),
    orderId: id(),
    portfolio: s.object({ portfolioId: id(), name: s.string(), ownerId: id() }),
    side: s.enum(["buy", "sell"]),
    instrument: s.object({
      symbol: symbol(),
      name: s.nullable(s.string()),
      assetClass: s.nullable(s.string()),
      multiplier: s.nullable(s.decimalText()),
    }),
    venue: s.string(),
    liquidity: s.enum(["maker", "taker"]),
    tradeDate: s.describe(s.string({ format: "date" }), "by the clocks of the exchange"),
    executedAt: s.isoTime(),
    quantity: s.decimalText(),
    price: s.decimalText(),
    currency: s.string(),
    principal: s.describe(
      s.nullable(s.decimalText()),
      "quantity × price × multiplier; null while the instrument is not known",
    ),
    fees: s.decimalText(),
    netAmount: s.describe(s.nullable(s.decimalText()), "negative: to be paid"),
    settlement: s.object({
      date: s.string({ format: "date" }),
      status: settlementStatus,
      method: s.describe(
        s.enum(["bookEntry"]),
        "between the accounts named here; a broker's own instructions are not on record",
      ),
      cashAccount: s.string(),
      securitiesAccount: s.string(),
    }),
    allocatedFrom: s.nullable(id()),
  }),
);
export type ConfirmationView = Infer<typeof confirmation>;

const tradeId = { tradeId: id() };

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
  params: tradeId,
  response: trade,
  problems: ["NOT_FOUND"],
});

export const getConfirmation = route({
  method: "GET",
  path: "/api/trades/{tradeId}/confirmation",
  action: "trades.confirmation",
  area: "execution",
  permission: "trades.read",
  summary: "All the particulars of a trade, as a confirmation states them",
  params: tradeId,
  response: confirmation,
  problems: ["NOT_FOUND"],
});

/** Each portfolio once: two parts for one are one part. */
const namesEachOnce: CrossCheck = ({ allocations }) => {
  const parts: readonly unknown[] = Array.isArray(allocations) ? allocations : [];
  const ids = parts.map((part) => (isRecord(part) ? part["portfolioId"] : undefined));
  return ids.flatMap((portfolioId, index) =>
    portfolioId !== undefined && ids.indexOf(portfolioId) < index
      ? [
          {
            path: `allocations[${index}].portfolioId`,
            code: "INVALID_VALUE",
            message: "is named twice",
          } as const,
        ]
      : [],
  );
};

export const allocateTrade = route({
  method: "POST",
  path: "/api/trades/{tradeId}/allocations",
  action: "trades.allocate",
  area: "execution",
  permission: "trades.allocate",
  summary: "Give parts of a trade to other portfolios",
  description:
    "At the trade's price, with their share of its fees. Each part leaves this portfolio at once, and comes back should the other portfolio not be able to take it.",
  params: tradeId,
  body: {
    allocations: s.array(
      s.object({ portfolioId: id(), quantity: s.decimal({ sign: "positive", example: "100" }) }),
      { min: 1, max: 100 },
    ),
  },
  check: namesEachOnce,
  response: trade,
  status: 201,
  isIdempotent: true,
  problems: [
    "NOT_FOUND",
    "ALLOCATION_EXCEEDS_TRADE",
    "ALLOCATION_NOT_COVERED",
    "IDEMPOTENCY_KEY_REUSED",
  ],
});

const failsForAReason: CrossCheck = ({ status, reason }) =>
  status === "failed" && reason === undefined
    ? [{ path: "reason", code: "REQUIRED", message: "is required of a settlement that failed" }]
    : [];

export const settleTrade = route({
  method: "POST",
  path: "/api/trades/{tradeId}/settlement",
  action: "trades.settle",
  area: "execution",
  permission: "trades.settle",
  summary: "Record that a trade has settled, or that its settlement failed",
  description:
    "Trades settle by themselves when their market reaches the date. This is for what happens otherwise: a delivery that failed, and one that was made up for.",
  params: tradeId,
  body: {
    status: s.enum(["settled", "failed"]),
    reason: s.optional(s.string({ min: 1, max: 500, example: "no delivery" })),
  },
  check: failsForAReason,
  response: trade,
  isIdempotent: true,
  problems: ["NOT_FOUND", "TRADE_SETTLED", "IDEMPOTENCY_KEY_REUSED"],
});
