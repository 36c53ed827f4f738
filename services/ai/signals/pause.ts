import type { Bar } from "../../../domain/market/bar.ts";
import { ZERO } from "../../../domain/shared/decimal.ts";
import type { StoredStrategy } from "../../../models/strategies.ts";
import { listStrategyTrades, type StrategyTrades } from "../../../models/strategy-work.ts";
import { readBars } from "../../../models/timescale/bars.ts";
import type { NodeContext } from "../../context.ts";
import { readSummary } from "./standing.ts";

const DAY_MS = 86_400_000;

/**
 * Why a strategy opens no position at the close of a bar; null: it may. By the market's time, because replays play days of old: a day is
 * that of the bar's opening, UTC.
 */
export async function whyPaused(
  node: NodeContext,
  strategy: StoredStrategy,
  bar: Bar,
): Promise<string | null> {
  return (await whyCooling(node, strategy, bar)) ?? (await whyLost(node, strategy, bar));
}

async function whyCooling(
  node: NodeContext,
  strategy: StoredStrategy,
  { symbol, timeframe, startMs }: Bar,
): Promise<string | null> {
  const { cooldownBars } = strategy;
  if (cooldownBars === null) return null;
  const trades = await listStrategyTrades(node.pool, strategy);
  const stops = trades.flatMap((one) => (one.symbol === symbol ? (one.stoppedAtMs ?? []) : []));
  if (stops.length === 0) return null;
  const sinceMs = Math.max(...stops);
  const limit = cooldownBars + 1;
  // The bar that it was hit on began before, or with it.
  const range = { startMs: sinceMs + 1, endMs: startMs + 1 };
  const since = await readBars(node.pool, { symbol, timeframe, ...range, order: "asc", limit });
  return since.length > cooldownBars ? null : `a stop was hit ${since.length} bars ago`;
}

async function whyLost(
  node: NodeContext,
  strategy: StoredStrategy,
  { startMs }: Bar,
): Promise<string | null> {
  const { maxDailyLoss, portfolioId } = strategy;
  if (maxDailyLoss === null) return null;
  const sinceMs = Math.floor(startMs / DAY_MS) * DAY_MS;
  const trades = await listStrategyTrades(node.pool, { ...strategy, sinceMs });
  const currency = (await readSummary(node, portfolioId))?.baseCurrency;
  // What they come to together nobody says here, and what cannot be counted is not allowed.
  if (trades.some((one) => one.currency !== currency))
    return "its trades are not all of the portfolio's base currency, so its loss is not known";
  const lost = lossOf(trades);
  return lost.lessThan(maxDailyLoss) ? null : `it has lost ${lost.toFixed()} today`;
}

/** Fees included; of a profit negative. */
function lossOf(trades: readonly StrategyTrades[]) {
  return trades.reduce((sum, { realizedPnl, fees }) => sum.plus(fees).minus(realizedPnl), ZERO);
}
