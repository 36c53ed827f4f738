import { CAP_CODES } from "../../../domain/risk/sizing/caps.ts";
import { route } from "../route.ts";
import { isRecord, s } from "../schema.ts";
import type { CrossCheck, Infer } from "../schema.ts";
import { basketView } from "./baskets.ts";
import { id, symbol } from "./common.ts";
import { onceEach } from "./risk-matrix.ts";

const side = s.enum(["buy", "sell"]);
/** As many as a basket has orders. */
const TARGETS_MAX = 100;

const body = {
  portfolioId: id(),
  weights: s.describe(
    s.array(s.object({ symbol: symbol(), weight: s.number({ min: -10, max: 10 }) }), {
      min: 1,
      max: TARGETS_MAX,
    }),
    "of equity less the buffer; the weights of an optimisation, for one",
  ),
  sellOthers: s.defaulted(
    s.describe(
      s.boolean(),
      "whether what is held and not named is given up; else it is left alone",
    ),
    true,
  ),
  cashBuffer: s.defaulted(
    s.describe(s.number({ min: 0, max: 0.99 }), "of equity that stays in cash"),
    0,
  ),
  minTradeNotional: s.optional(
    s.describe(
      s.decimal({ sign: "positive" }),
      "in the base currency; smaller trades are left out",
    ),
  ),
};

const once: CrossCheck = ({ weights }) =>
  Array.isArray(weights)
    ? onceEach(
        "weights",
        weights.map((one: unknown) => (isRecord(one) ? one["symbol"] : one)),
      )
    : [];

const proposal = s.object({
  symbol: symbol(),
  side,
  quantity: s.describe(s.decimalText(), "whole lots, rounded down, within all limits"),
  price: s.describe(s.decimalText(), "the limit that is ordered at: the other side of the market"),
  notional: s.describe(s.decimalText(), "in the base currency"),
  heldQuantity: s.describe(s.decimalText(), "signed, now"),
  currentWeight: s.number(),
  targetWeight: s.describe(s.number(), "of the whole equity"),
  appliedLimits: s.array(
    s.object({
      code: s.enum(CAP_CODES),
      limit: s.decimalText(),
      quantityBefore: s.decimalText(),
      quantityAfter: s.decimalText(),
    }),
  ),
});

const rebalance = s.named(
  "Rebalance",
  s.object({
    portfolioId: id(),
    equity: s.decimalText(),
    currency: s.string(),
    proposals: s.describe(s.array(proposal), "sales before purchases"),
    untraded: s.array(
      s.object({
        symbol: symbol(),
        reason: s.describe(
          s.enum(["ON_TARGET", "BELOW_LOT", "BELOW_MIN_NOTIONAL", "LIMITED"]),
          "LIMITED: limits or money leave nothing",
        ),
        appliedLimits: s.optional(proposal.fields.appliedLimits),
      }),
    ),
    turnover: s.describe(s.number(), "Σ notional over equity"),
    method: s.string(),
    asOf: s.isoTime(),
    sampleSize: s.describe(s.integer(), "symbols that were looked at"),
    source: s.string(),
  }),
);
export type RebalanceView = Infer<typeof rebalance>;

export const proposeRebalance = route({
  method: "POST",
  path: "/api/risk/rebalance",
  action: "risk-construction.rebalance",
  area: "risk",
  permission: "risk.read",
  summary: "The trades that bring a portfolio to weights",
  description:
    "Purchases are bounded by the buying power there is now: what sales will bring does not count until they are filled. " +
    "Asking again then gives the rest.",
  body,
  check: once,
  response: rebalance,
  problems: ["NOT_FOUND", "INSUFFICIENT_DATA"],
});

export const orderRebalance = route({
  method: "POST",
  path: "/api/risk/rebalance/orders",
  action: "risk-construction.rebalanceOrders",
  area: "risk",
  permission: "orders.create",
  summary: "Place the trades that bring a portfolio to weights, as a basket",
  description:
    "Limit orders for the day, sales first, each checked as every order is. 422 SIZE_IS_ZERO when there is nothing to trade.",
  body,
  check: once,
  response: s.named("RebalanceOrders", s.object({ rebalance, basket: basketView })),
  status: 201,
  isIdempotent: true,
  problems: [
    "NOT_FOUND",
    "INSUFFICIENT_DATA",
    "SIZE_IS_ZERO",
    "ORDER_DENIED",
    "IDEMPOTENCY_KEY_REUSED",
  ],
});
