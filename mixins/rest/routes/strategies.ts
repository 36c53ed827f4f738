import { SIGNAL_ALGORITHMS } from "../../../domain/ai/signals/execution.ts";
import { SIGNAL_SIZINGS } from "../../../domain/ai/signals/sizing.ts";
import {
  SIGNAL_ORDER_TYPES,
  SIGNAL_TIMES_IN_FORCE,
} from "../../../domain/portfolio/signal-terms.ts";
import { route } from "../route.ts";
import { s } from "../schema.ts";
import type { Infer } from "../schema.ts";
import { id, pageOf, pagingInOrder, symbol, timeframe } from "./common.ts";
import { signalKind, signalParameters } from "./signals.ts";

const SYMBOLS_MAX = 50;

const strategyId = { strategyId: id() };
const read = { area: "ai", permission: "strategies.read" } as const;
const manage = { area: "ai", permission: "strategies.manage" } as const;

const name = s.string({ min: 1, max: 100 });
const symbols = s.describe(
  s.array(symbol(), { min: 1, max: SYMBOLS_MAX }),
  "each is traded for itself; of a pair the two that belong together",
);
const signal = s.object({ kind: signalKind, parameters: s.optional(signalParameters) });
const sizing = s.object({
  method: s.enum(SIGNAL_SIZINGS),
  fraction: s.describe(
    s.decimal({ sign: "positive" }),
    "of the portfolio's equity that a position takes, at most 1",
  ),
  targetVolatility: s.optional(
    s.describe(
      s.number({ min: 0.000_001, max: 1 }),
      "volatilityScaled: deviation of the log return of one bar at which the whole fraction is taken",
    ),
  ),
  volatilityPeriod: s.optional(
    s.describe(s.integer({ min: 2, max: 1_000 }), "volatilityScaled: bars; 20 when absent"),
  ),
});
const allowShort = s.describe(
  s.boolean(),
  "a signal to be short opens a short position; of margin portfolios only, in others it ends what is held",
);
const POSITIONS_MAX = 50;
const BARS_MAX = 1_000;

const risk = s.object({
  maxPosition: s.optional(
    s.describe(s.decimal({ sign: "positive" }), "units that a position does not go beyond"),
  ),
  maxOpenPositions: s.optional(
    s.describe(
      s.integer({ min: 1, max: POSITIONS_MAX }),
      "of its symbols, how many may have a position, or an order for one, at once",
    ),
  ),
  cooldownBars: s.optional(
    s.describe(
      s.integer({ min: 1, max: BARS_MAX }),
      "after a stop was hit, bars on which no position is opened in the symbol",
    ),
  ),
  maxDailyLoss: s.optional(
    s.describe(
      s.decimal({ sign: "positive" }),
      "money of the portfolio's base currency: once its trades of a day (UTC, the market's) have lost so much, fees included, nothing is " +
        "opened for the rest of it",
    ),
  ),
});

const bps = s.decimal({ sign: "positive" });
const execution = s.object({
  orderType: s.optional(
    s.describe(
      s.enum(SIGNAL_ORDER_TYPES),
      "of orders that open a position: market when absent; a limit is better than the touch by `offsetBps`, a marketable one worse by it. " +
        "What ends a position is a market order",
    ),
  ),
  offsetBps: s.optional(
    s.describe(s.decimal({ sign: "nonNegative" }), "of the touch; 0 when absent"),
  ),
  timeInForce: s.optional(s.describe(s.enum(SIGNAL_TIMES_IN_FORCE), "gtc when absent")),
  stopLossBps: s.optional(
    s.describe(bps, "a stop so far from the entry, placed as it is filled; see `contingency`"),
  ),
  takeProfitBps: s.optional(s.describe(bps, "a limit so far from the entry, on the other side")),
  trailingStopBps: s.optional(
    s.describe(bps, "a stop that follows the best price at this distance; instead of stopLossBps"),
  ),
  algorithm: s.optional(
    s.describe(
      s.object({
        name: s.enum(SIGNAL_ALGORITHMS),
        parameters: s.optional(s.record(s.json("see GET /api/execution/strategy"))),
      }),
      "works the orders off; of vwap `durationSeconds` in place of `start` and `end`, of sniper without `limitPrice`, which is the order's",
    ),
  ),
  closeAtExpiry: s.optional(
    s.describe(
      s.boolean(),
      "a position ends at the close of the last bar of its signal's horizon, when no later signal wants it; false when absent",
    ),
  ),
});
const nullableBps = s.nullable(s.decimalText());

const fields = {
  strategyId: id(),
  portfolioId: id(),
  name: s.string(),
  symbols: s.array(s.string()),
  timeframe,
  signal: s.object({ kind: signalKind, parameters: signalParameters }),
  sizing,
  allowShort: s.boolean(),
  risk: s.object({
    maxPosition: s.nullable(s.decimalText()),
    maxOpenPositions: s.nullable(s.integer()),
    cooldownBars: s.nullable(s.integer()),
    maxDailyLoss: s.nullable(s.decimalText()),
  }),
  execution: s.object({
    orderType: s.enum(SIGNAL_ORDER_TYPES),
    offsetBps: s.decimalText(),
    timeInForce: s.enum(SIGNAL_TIMES_IN_FORCE),
    stopLossBps: nullableBps,
    takeProfitBps: nullableBps,
    trailingStopBps: nullableBps,
    algorithm: s.nullable(
      s.object({
        name: s.string(),
        parameters: s.record(s.json("see GET /api/execution/strategy")),
      }),
    ),
    closeAtExpiry: s.boolean(),
  }),
  status: s.enum(["running", "stopped"]),
  createdAt: s.isoTime(),
  updatedAt: s.isoTime(),
};
const strategy = s.named("Strategy", s.object(fields));
export type StrategyView = Infer<typeof strategy>;
const traded = s.object({
  symbol: s.string(),
  currency: s.describe(s.nullable(s.string()), "of its trades; null while there are none"),
  quantity: s.describe(s.decimalText(), "bought less sold by the strategy"),
  trades: s.integer(),
  realizedPnl: s.describe(s.decimalText(), "by the portfolio's lots, gross of fees"),
  fees: s.decimalText(),
  pnl: s.describe(
    s.nullable(s.decimalText()),
    "sold less bought, with what is left at its last price, less fees; null where nobody knows that",
  ),
  pause: s.describe(
    s.nullable(s.string()),
    "why nothing would be opened at the newest bar; null: it would",
  ),
});
const strategyWithState = s.named(
  "StrategyWithState",
  s.object({
    ...fields,
    state: s.object({
      openOrders: s.describe(s.integer(), "orders, groups of orders and algorithms under way"),
      lastSignal: s.nullable(
        s.object({
          signalId: id(),
          symbol: s.string(),
          side: s.enum(["buy", "sell", "hold"]),
          goal: s.nullable(s.enum(["long", "flat", "short"])),
          asOf: s.isoTime(),
          expiresAt: s.nullable(s.isoTime()),
        }),
      ),
      symbols: s.array(traded),
    }),
  }),
);
export type StrategyWithState = Infer<typeof strategyWithState>;
const strategyPage = pageOf("StrategyPage", strategy);
export type StrategyPage = Infer<typeof strategyPage>;

const problems = [
  "NOT_FOUND",
  "CONFLICT",
  "FEATURE_UNKNOWN",
  "FEATURE_PARAMETER_INVALID",
  "FORMULA_INVALID",
] as const;

export const listTradingStrategies = route({
  ...read,
  method: "GET",
  path: "/api/strategies",
  action: "trading-strategies.list",
  summary: "Strategies of the portfolios that you may see, oldest first",
  query: {
    portfolioId: s.optional(id()),
    status: s.optional(s.enum(["running", "stopped"])),
    ...pagingInOrder,
  },
  response: strategyPage,
});

export const createTradingStrategy = route({
  ...manage,
  method: "POST",
  path: "/api/strategies",
  action: "trading-strategies.create",
  summary: "Define a strategy for a portfolio of yours; it is stopped",
  description:
    "Once started it turns each closed bar into signals, and those into orders that the portfolio checks like any other: market orders, " +
    "unless `execution` says otherwise.",
  body: {
    name,
    portfolioId: id(),
    symbols,
    timeframe: s.defaulted(timeframe, "1d"),
    signal,
    sizing,
    allowShort: s.defaulted(allowShort, false),
    risk: s.optional(risk),
    execution: s.optional(execution),
  },
  response: strategy,
  status: 201,
  isIdempotent: true,
  problems,
});

export const getTradingStrategy = route({
  ...read,
  method: "GET",
  path: "/api/strategies/{strategyId}",
  action: "trading-strategies.get",
  summary: "A strategy, with what it has traded and how it stands",
  params: strategyId,
  response: strategyWithState,
  problems: ["NOT_FOUND"],
});

export const updateTradingStrategy = route({
  ...manage,
  method: "PATCH",
  path: "/api/strategies/{strategyId}",
  action: "trading-strategies.update",
  summary: "Change a strategy that is stopped",
  description: "What is absent stays as it is; what is there replaces all of its field.",
  params: strategyId,
  body: {
    name: s.optional(name),
    symbols: s.optional(symbols),
    timeframe: s.optional(timeframe),
    signal: s.optional(signal),
    sizing: s.optional(sizing),
    allowShort: s.optional(allowShort),
    risk: s.optional(risk),
    execution: s.optional(execution),
  },
  response: strategy,
  problems,
});

export const deleteTradingStrategy = route({
  ...manage,
  method: "DELETE",
  path: "/api/strategies/{strategyId}",
  action: "trading-strategies.remove",
  summary: "Forget a strategy that is stopped; its signals and orders stay",
  params: strategyId,
  response: null,
  status: 204,
  problems: ["NOT_FOUND", "CONFLICT"],
});

export const startTradingStrategy = route({
  ...manage,
  method: "POST",
  path: "/api/strategies/{strategyId}/start",
  action: "trading-strategies.start",
  summary: "Let a strategy act from the next bar on",
  params: strategyId,
  response: strategy,
  problems,
});

export const stopTradingStrategy = route({
  ...manage,
  method: "POST",
  path: "/api/strategies/{strategyId}/stop",
  action: "trading-strategies.stop",
  summary: "Let a strategy act no more; its position and its orders stay as they are",
  params: strategyId,
  response: strategy,
  problems: ["NOT_FOUND"],
});
