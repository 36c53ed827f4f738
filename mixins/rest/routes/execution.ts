import { STRATEGY_NAMES } from "../../../domain/execution/algorithms/parameters.ts";
import { URGENCIES } from "../../../domain/execution/algorithms/choose.ts";
import { COST_MODELS } from "../../../domain/execution/algorithms/plan-cost.ts";
import { ORDER_STATUSES } from "../../../domain/order/messages.ts";
import { route } from "../route.ts";
import { s } from "../schema.ts";
import type { Infer } from "../schema.ts";
import { id, pagingInOrder, symbol } from "./common.ts";
import { denial } from "./orders.ts";

const strategyName = s.named("StrategyName", s.enum(STRATEGY_NAMES));
const side = s.enum(["buy", "sell"]);
const status = s.enum(ORDER_STATUSES);

const catalogueEntry = s.named(
  "StrategyDescription",
  s.object({
    name: strategyName,
    description: s.string(),
    parameters: s.json("JSON Schema of the parameters"),
  }),
);
const strategyCatalogue = s.object({ data: s.array(catalogueEntry) });
export type CatalogueView = Infer<typeof strategyCatalogue>;

const allocation = s.object({
  venue: s.string(),
  price: s.decimalText(),
  quantity: s.decimalText(),
});

const plan = s.named(
  "StrategyPlan",
  s.object({
    symbol: symbol(),
    side,
    quantity: s.decimalText(),
    strategy: strategyName,
    parameters: s.json("as they were read"),
    reason: s.describe(s.string(), "why this strategy"),
    schedule: s.array(
      s.object({
        at: s.describe(
          s.nullable(s.isoTime()),
          "null where the child waits for the market or for the child before it",
        ),
        quantity: s.decimalText(),
        price: s.optional(s.decimalText()),
        venue: s.optional(s.string()),
      }),
    ),
    unscheduled: s.describe(s.decimalText(), "what the plan leaves undone; `notes` say why"),
    notes: s.array(s.string()),
    expectedCost: s.describe(s.nullable(s.decimalText()), "money; null where it cannot be said"),
    costModel: s.nullable(s.enum(COST_MODELS)),
    costReason: s.optional(s.string()),
    currency: s.string(),
    asOf: s.isoTime(),
    seed: s.optional(s.integer()),
    kappa: s.optional(s.number()),
    halfLife: s.optional(s.nullable(s.number())),
    holdings: s.optional(s.array(s.number())),
    trades: s.optional(s.array(s.number())),
    variance: s.optional(s.number()),
    allocations: s.optional(s.array(allocation)),
    saving: s.optional(s.nullable(s.decimalText())),
    fees: s.optional(s.decimalText()),
    split: s.optional(
      s.describe(
        s.object({
          oversubscribed: s.boolean(),
          market: s.decimalText(),
          limits: s.array(s.object({ venue: s.string(), quantity: s.decimalText() })),
        }),
        "market order and what rests at the venues: together the order exactly, or more where `oversubscribed`, which is a preview only",
      ),
    ),
  }),
);
export type PlanView = Infer<typeof plan>;

const cost = s.named(
  "ExecutionCost",
  s.object({
    money: s.nullable(s.decimalText()),
    bps: s.nullable(s.decimalText()),
  }),
);

const slippage = s.describe(
  s.object({ arrival: cost, vwap: cost, twap: cost }),
  "of what was filled, fees apart; positive is a loss",
);

const child = s.object({
  orderId: id(),
  slice: s.integer(),
  quantity: s.decimalText(),
  price: s.nullable(s.decimalText()),
  venue: s.nullable(s.string()),
  placedAt: s.isoTime(),
  status,
  cumQuantity: s.decimalText(),
  averagePrice: s.nullable(s.decimalText()),
  fees: s.decimalText(),
  text: s.nullable(s.string()),
  reasons: s.array(denial),
});

const progress = s.named(
  "StrategyProgress",
  s.object({
    orderId: id(),
    portfolioId: id(),
    symbol: symbol(),
    side,
    strategy: strategyName,
    parameters: s.json("as they were read"),
    state: s.enum(["running", "paused", "ending", "ended"]),
    status,
    quantity: s.decimalText(),
    cumQuantity: s.decimalText(),
    leavesQuantity: s.decimalText(),
    averagePrice: s.nullable(s.decimalText()),
    fees: s.decimalText(),
    progress: s.describe(s.number(), "filled of ordered"),
    slices: s.object({
      planned: s.nullable(s.integer()),
      begun: s.integer(),
      missed: s.integer(),
    }),
    nextSliceAt: s.nullable(s.isoTime()),
    note: s.describe(s.nullable(s.string()), "why it paused, ended, or sent nothing"),
    childCount: s.describe(s.integer(), "how many children it has had"),
    children: s.describe(s.array(child), "in the order in which they were sent, a page of them"),
    nextCursor: s.describe(s.nullable(s.string()), "of the children that follow"),
    slippage,
    missing: s.describe(s.array(s.string()), "what could not be said, and why"),
    createdAt: s.isoTime(),
    updatedAt: s.isoTime(),
  }),
);
export type ProgressView = Infer<typeof progress>;

const analysis = s.named(
  "TransactionCosts",
  s.object({
    orderId: id(),
    portfolioId: id(),
    symbol: symbol(),
    side,
    currency: s.string(),
    quantity: s.decimalText(),
    filled: s.decimalText(),
    fillRatio: s.number(),
    averagePrice: s.nullable(s.decimalText()),
    arrivalPrice: s.nullable(s.decimalText()),
    vwap: s.nullable(s.decimalText()),
    twap: s.nullable(s.decimalText()),
    marketVolume: s.nullable(s.decimalText()),
    participation: s.nullable(s.number()),
    slippage,
    shortfall: s.object({
      reference: s.nullable(s.enum(["decision", "arrival"])),
      notional: s.nullable(s.decimalText()),
      delay: cost,
      trading: cost,
      opportunity: cost,
      fees: cost,
      total: cost,
    }),
    missing: s.array(s.string()),
    from: s.describe(s.isoTime(), "the benchmarks are of the market from then"),
    to: s.isoTime(),
    method: s.string(),
  }),
);
export type AnalysisView = Infer<typeof analysis>;

const totalCost = s.object({
  money: s.nullable(s.decimalText()),
  bps: s.nullable(s.decimalText()),
  orders: s.describe(s.integer(), "of how many it could be said"),
});

const aggregateCosts = s.named(
  "TransactionCostTotals",
  s.object({
    data: s.array(
      s.object({
        currency: s.string(),
        orders: s.integer(),
        fillRatio: s.nullable(s.number()),
        participation: s.nullable(s.number()),
        notional: s.decimalText(),
        slippage: s.object({ arrival: totalCost, vwap: totalCost, twap: totalCost }),
        shortfall: s.object({
          delay: totalCost,
          trading: totalCost,
          opportunity: totalCost,
          fees: totalCost,
          total: totalCost,
        }),
      }),
    ),
    sampleSize: s.integer(),
    truncated: s.describe(s.boolean(), "there are more orders than are looked at in one answer"),
    method: s.string(),
  }),
);
export type AggregateView = Infer<typeof aggregateCosts>;

const orderId = { orderId: id() };

export const listStrategies = route({
  method: "GET",
  path: "/api/execution/strategy",
  action: "strategies.catalogue",
  area: "execution",
  permission: "orders.read",
  summary: "The strategies that execute an order, with their parameters",
  response: strategyCatalogue,
});

export const previewStrategy = route({
  method: "POST",
  path: "/api/execution/strategy",
  action: "strategies.preview",
  area: "execution",
  permission: "orders.read",
  summary: "What an order would do under a strategy, and what it is expected to cost",
  description: "Nothing is sent. Without `strategy` one is chosen, and `reason` says why.",
  body: {
    symbol: symbol(),
    side,
    quantity: s.decimal({ sign: "positive", example: "10000" }),
    strategy: s.optional(strategyName),
    parameters: s.optional(s.json("of the strategy: see GET")),
    venues: s.optional(s.json("as in the parameters of smartRouting")),
    urgency: s.defaulted(s.enum(URGENCIES), "medium"),
  },
  response: plan,
  problems: ["NOT_FOUND", "INSUFFICIENT_DATA"],
});

export const getStrategyProgress = route({
  method: "GET",
  path: "/api/execution/strategy/{orderId}",
  action: "strategies.get",
  area: "execution",
  permission: "orders.read",
  summary: "How an order with a strategy stands",
  params: orderId,
  query: pagingInOrder,
  response: progress,
  problems: ["NOT_FOUND"],
});

const control = {
  method: "POST",
  area: "execution",
  params: orderId,
  response: progress,
  isIdempotent: true,
  problems: ["NOT_FOUND", "ORDER_CLOSED"],
} as const;

export const pauseStrategy = route({
  ...control,
  path: "/api/execution/strategy/{orderId}/pause",
  action: "strategies.pause",
  permission: "orders.create",
  summary: "Send nothing more for now",
  description: "Children with a price are canceled; those without one are left to fill.",
});

export const resumeStrategy = route({
  ...control,
  path: "/api/execution/strategy/{orderId}/resume",
  action: "strategies.resume",
  permission: "orders.create",
  summary: "Go on after a pause",
  description: "What was not sent meanwhile is caught up by the strategy's `catchUp`.",
});

export const cancelStrategy = route({
  ...control,
  path: "/api/execution/strategy/{orderId}/cancel",
  action: "strategies.cancel",
  permission: "orders.cancel",
  summary: "Cancel what is open, and send nothing more",
});

export const getTransactionCosts = route({
  method: "GET",
  path: "/api/execution/tca/{orderId}",
  action: "strategies.costs",
  area: "execution",
  permission: "orders.read",
  summary: "What an order cost against its benchmarks",
  params: orderId,
  response: analysis,
  problems: ["NOT_FOUND", "INSUFFICIENT_DATA"],
});

export const listTransactionCosts = route({
  method: "GET",
  path: "/api/execution/tca",
  action: "strategies.totalCosts",
  area: "execution",
  permission: "orders.read",
  summary: "What orders cost together, by currency",
  description: "Of the newest 200 orders that match; slices count with the order they belong to.",
  query: {
    portfolioId: s.optional(id()),
    symbol: s.optional(symbol()),
    since: s.optional(s.describe(s.time(), "created then or later")),
  },
  response: aggregateCosts,
  problems: ["NOT_FOUND"],
});
