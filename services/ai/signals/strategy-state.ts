import type { Instrument } from "../../../domain/market/instrument.ts";
import { type DecimalString, dec, text } from "../../../domain/shared/decimal.ts";
import type { StrategyWithState } from "../../../mixins/rest/routes/strategies.ts";
import { isoTime } from "../../../mixins/rest/views.ts";
import { getInstrument } from "../../../models/instruments.ts";
import { listSignals, type StoredSignal } from "../../../models/signals.ts";
import type { StoredStrategy } from "../../../models/strategies.ts";
import {
  listStrategyTrades,
  type OfStrategy,
  type StrategyTrades,
  type StrategyWork,
} from "../../../models/strategy-work.ts";
import { latestBar } from "../../../models/timescale/bars.ts";
import type { NodeContext } from "../../context.ts";
import { whyPaused } from "./pause.ts";

type State = StrategyWithState["state"];
type Marks = Readonly<Record<string, DecimalString | null | undefined>>;

const NO_TRADES = {
  currency: null,
  quantity: "0",
  trades: 0,
  realizedPnl: "0",
  fees: "0",
  notional: "0",
} as const;

/** What a strategy has traded, and how it stands by the newest bars. */
export async function stateOf(node: NodeContext, strategy: StoredStrategy): Promise<State> {
  const { symbols, strategyId, portfolioId } = strategy;
  const trades = await listStrategyTrades(node.pool, strategy);
  const marks = await node.broker.call<Marks, unknown>("symbols.marks", { symbols });
  const shown: State["symbols"][number][] = [];
  let openOrders = 0;
  for (const symbol of symbols) {
    const found = trades.filter((one) => one.symbol === symbol);
    const instrument = await getInstrument(node.pool, symbol);
    const pause = await pauseOf(node, strategy, symbol);
    for (const one of found.length === 0 ? [NO_TRADES] : found)
      shown.push({ ...traded(one), symbol, pnl: pnlOf(one, instrument, marks[symbol]), pause });
    const works = await node.broker.call<readonly StrategyWork[], OfStrategy>(
      "strategy-orders.open",
      { strategyId, portfolioId, symbol },
    );
    openOrders += works.length;
  }
  return { openOrders, lastSignal: await lastOf(node, strategy), symbols: shown };
}

type Traded = Pick<StrategyTrades, "quantity" | "trades" | "realizedPnl" | "fees" | "notional"> & {
  readonly currency: string | null;
};

function traded({ currency, quantity, trades, realizedPnl, fees }: Traded) {
  return { currency, quantity, trades, realizedPnl, fees };
}

function pnlOf(
  { notional, quantity, fees }: Traded,
  instrument: Instrument | null,
  mark: DecimalString | null | undefined,
): DecimalString | null {
  if (instrument === null) return null;
  const held = dec(quantity);
  if (!held.isZero() && (mark ?? null) === null) return null;
  const worth = held.times(mark ?? "0").plus(notional);
  return text(worth.times(instrument.multiplier).minus(fees));
}

async function pauseOf(
  node: NodeContext,
  strategy: StoredStrategy,
  symbol: string,
): Promise<string | null> {
  const bar = await latestBar(node.pool, symbol, strategy.timeframe);
  return bar === null ? null : whyPaused(node, strategy, bar);
}

async function lastOf(
  node: NodeContext,
  { strategyId, tenantId }: StoredStrategy,
): Promise<State["lastSignal"]> {
  if (tenantId === null) return null;
  const { data } = await listSignals(node.pool, { tenantId, strategyId, limit: 1, order: "desc" });
  const last: StoredSignal | undefined = data[0];
  if (last === undefined) return null;
  const { signalId, symbol, side, goal, asOfMs, expiresAtMs } = last;
  const expiresAt = expiresAtMs === null ? null : isoTime(expiresAtMs);
  return { signalId, symbol, side, goal: goal ?? null, asOf: isoTime(asOfMs), expiresAt };
}
