import type { ParentSummary } from "../../domain/execution/parent/messages.ts";
import { analyse, type Analysis } from "../../domain/execution/tca/analysis.ts";
import { benchmarksOf } from "../../domain/execution/tca/benchmarks.ts";
import type { OrderSummary } from "../../domain/order/messages.ts";
import { isClosed } from "../../domain/order/order-status.ts";
import type { MarketView } from "../../domain/portfolio/messages.ts";
import { insufficientData } from "../../mixins/rest/rest-error.ts";
import { listTrades, type StoredTrade } from "../../models/book.ts";
import type { Viewer } from "../../models/views.ts";
import type { NodeContext } from "../context.ts";
import { readBars } from "./market-facts.ts";
import type { Call } from "./market-of.ts";

const MINUTE_MS = 60_000;
/** How far back a price may lie that stands for the arrival. */
const BEFORE_MS = 15 * MINUTE_MS;
const PAGE = 1000;

export const METHOD =
  "implementation shortfall by delay, trading, opportunity and fees; VWAP and TWAP of the minute bars over the order's life";

/** An order, or a parent with the orders that it is made of. */
export interface CostedOrder {
  readonly summary: OrderSummary | ParentSummary;
  readonly orderIds: readonly string[];
}

export interface Costs {
  readonly analysis: Analysis;
  readonly fromMs: number;
  readonly toMs: number;
}

/**
 * What an order cost. Its life is from its birth to its end, or now; where the market is a replay of old data, from its first
 * execution to its last, by the market's clock. Prices that are not on record stay unknown.
 * @throws RestError 422 INSUFFICIENT_DATA for an instrument that nobody knows
 */
export async function costsOf(
  node: NodeContext,
  call: Call,
  viewer: Viewer,
  order: CostedOrder,
): Promise<Costs> {
  const { summary } = order;
  const { instrument } = await call<MarketView>("symbols.marketView", { symbol: summary.symbol });
  if (instrument === null) throw insufficientData(`${summary.symbol} is not a known instrument`);
  const trades = await tradesOf(node, viewer, order.orderIds);
  const { fromMs, toMs } = lifeOf(summary, trades, node.clock.now());
  const bars = await readBars(call, summary.symbol, "1m", fromMs, toMs);
  const before = await readBars(call, summary.symbol, "1m", fromMs - BEFORE_MS, fromMs);
  const arrival = "strategy" in summary ? summary.strategy.arrivalPrice : null;
  const analysis = analyse({
    side: summary.side,
    quantity: summary.orderQty,
    multiplier: instrument.multiplier,
    currency: instrument.currency,
    fills: trades.map(({ price, quantity, fees }) => ({ price, quantity, fee: fees })),
    decisionPrice: null,
    arrivalPrice: arrival ?? before.at(-1)?.close ?? null,
    endPrice: bars.at(-1)?.close ?? null,
    market: benchmarksOf(bars),
  });
  return { analysis, fromMs, toMs };
}

async function tradesOf(
  node: NodeContext,
  viewer: Viewer,
  orderIds: readonly string[],
): Promise<readonly StoredTrade[]> {
  const found: StoredTrade[] = [];
  for (let from = 0; from < orderIds.length; from += PAGE) {
    const some = orderIds.slice(from, from + PAGE);
    for (let afterSeq: number | null | undefined = null; afterSeq !== undefined;) {
      const query = { viewer, orderIds: some, afterSeq, order: "asc", limit: PAGE } as const;
      const page: Awaited<ReturnType<typeof listTrades>> = await listTrades(node.pool, query);
      found.push(...page);
      afterSeq = page.length < PAGE ? undefined : page.at(-1)?.seq;
    }
  }
  // A part that was given away is a trade of its own under the same order.
  return found.filter(({ allocatedFrom }) => allocatedFrom === null);
}

function lifeOf(
  { createdAtMs, updatedAtMs, ordStatus }: OrderSummary,
  trades: readonly StoredTrade[],
  nowMs: number,
): { readonly fromMs: number; readonly toMs: number } {
  const times = trades.map(({ executedAtMs }) => executedAtMs);
  const first = Math.min(...times);
  const isReplay = first < createdAtMs - BEFORE_MS;
  if (isReplay) return { fromMs: first, toMs: Math.max(...times) + MINUTE_MS };
  return { fromMs: createdAtMs, toMs: isClosed(ordStatus) ? updatedAtMs : nowMs };
}
