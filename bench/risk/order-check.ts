import type { NewOrder } from "../../domain/order/new-order.ts";
import type { PortfolioCommand, PortfolioLimits } from "../../domain/portfolio/messages.ts";
import { portfolio } from "../../domain/portfolio/portfolio.ts";
import type { PortfolioState } from "../../domain/portfolio/state.ts";
import type { Env } from "../../domain/shared/decider.ts";
import { MARKET } from "../driven/account.ts";
import { round } from "../support.ts";

const NOW_MS = 1_700_000_000_100;

const ENV: Env = {
  actor: { type: "portfolio", id: "p-1" },
  nowMs: NOW_MS,
  commandId: "command-1",
  id: (name) => name,
  random: () => 0.5,
};

const ORDER: NewOrder = {
  orderId: "o-1",
  clOrdId: "c-1",
  tenantId: "t-1",
  portfolioId: "p-1",
  symbol: "SPX",
  side: "buy",
  ordType: "limit",
  timeInForce: "day",
  orderQty: "10",
  price: "100.25",
  placedBy: "u-1",
};

/** Those that need no prices but the order's own. */
const LIMITS: PortfolioLimits = {
  maxOrderNotional: "100000",
  maxPositionPct: "0.25",
  maxOrdersPerMinute: 60,
  maxDailyLossPct: "0.05",
  priceCollarPct: "0.1",
  maxOpenOrders: 100,
  restrictedSymbols: ["AAPL", "MSFT", "TSLA"],
  allowedSymbols: ["SPX", "NDX"],
  allowedAssetClasses: ["index", "equity"],
};

const ROUNDS = 9;

/** Microseconds of the check before an order that passes, in its portfolio's turn: without limits, and with them. */
export function orderCheck(count: number) {
  const [without, limited] = [checkOf({}), checkOf(LIMITS)];
  timeOf(without, count);
  timeOf(limited, count);
  // In turns, so that what else the machine does falls on both.
  let [withoutUs, withUs] = [Infinity, Infinity];
  for (let i = 0; i < ROUNDS; i += 1) {
    withoutUs = Math.min(withoutUs, timeOf(without, count));
    withUs = Math.min(withUs, timeOf(limited, count));
  }
  return {
    limits: Object.keys(LIMITS).length,
    withoutUs: round(withoutUs),
    withUs: round(withUs),
    costUs: round(withUs - withoutUs),
  };
}

function timeOf(check: () => void, count: number): number {
  const startMs = performance.now();
  for (let i = 0; i < count; i += 1) check();
  return ((performance.now() - startMs) * 1_000) / count;
}

function checkOf(limits: PortfolioLimits): () => void {
  const state = opened(limits);
  const command: PortfolioCommand = { type: "CheckOrder", order: ORDER, market: MARKET };
  return () => {
    const { reply } = portfolio.decide(state, command, ENV);
    if ("verdict" in reply && reply.verdict === "denied")
      throw new Error(`expected it to pass: ${JSON.stringify(reply)}`);
  };
}

function opened(limits: PortfolioLimits): PortfolioState {
  const open: PortfolioCommand = {
    type: "Open",
    tenantId: "t-1",
    ownerId: "u-1",
    name: "bench",
    baseCurrency: "USD",
    initialCash: "1000000",
    lotMethod: "average",
    limits,
  };
  const start = portfolio.initial("p-1");
  return portfolio
    .decide(start, open, ENV)
    .events.reduce(
      (state, event, i) =>
        portfolio.evolve(state, { event, version: i + 1, atMs: NOW_MS, commandId: "command-1" }),
      start,
    );
}
