import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { Decimal } from "../../domain/shared/decimal.ts";
import { getBars } from "../../mixins/rest/routes/market-data.ts";
import type { BarView } from "../../mixins/rest/routes/market-data.ts";
import { getOrder, getOrderEvents, listOrders } from "../../mixins/rest/routes/orders.ts";
import type { OrderView } from "../../mixins/rest/routes/orders.ts";
import {
  getHistory,
  getLedger,
  getPortfolio,
  getPositions,
} from "../../mixins/rest/routes/portfolios.ts";
import { listSignals } from "../../mixins/rest/routes/signals.ts";
import type { SignalView } from "../../mixins/rest/routes/signals.ts";
import { listTrades } from "../../mixins/rest/routes/trades.ts";
import type { TradeView } from "../../mixins/rest/routes/trades.ts";
import { SAMPLE_PORTFOLIO_ID } from "../../services/sample-data.ts";
import { eventually } from "../support/node-eventually.ts";
import { startTestNode } from "../support/node.ts";
import type { TestNode } from "../support/node.ts";

/** At the speed of a fresh installation, four bars a second. */
const BARS_IN_A_MINUTE = 240;
const TRADES_WANTED = 21;
const portfolioId = SAMPLE_PORTFOLIO_ID;

describe("a replay of the S&P 500", () => {
  let node: TestNode;
  let bars: readonly BarView[];
  let signals: readonly SignalView[];
  let orders: readonly OrderView[];
  let trades: readonly TradeView[];

  beforeAll(async () => {
    node = await startTestNode({ replaySpeed: 5_000 });
    await eventually(`${TRADES_WANTED} trades`, async () => {
      const { data } = await node.admin.call(listTrades, { limit: TRADES_WANTED });
      return data.length === TRADES_WANTED ? true : null;
    });
    await node.pauseReplay();
    const forward = { order: "asc" };
    bars = await node.admin.all(getBars, { symbol: "SPX" }, 100);
    signals = await node.admin.all(listSignals, forward, 7);
    orders = await node.admin.all(listOrders, { ...forward, portfolioId }, 7);
    trades = await node.admin.all(listTrades, { ...forward, portfolioId }, 7);
  });

  afterAll(async () => {
    await node.stop();
    await node.database.drop();
    if (node.errors.length > 0) throw new Error(`logged as errors: ${JSON.stringify(node.errors)}`);
  });

  const signalOf = (trade: TradeView): SignalView | undefined => {
    const order = orders.find(({ orderId }) => orderId === trade.orderId);
    return signals.find(({ signalId }) => signalId === order?.signalId);
  };

  it("stores each bar of the file once and in its order, at its prices", () => {
    const expected = packagedRows().slice(0, bars.length);
    const found = bars.map(({ timestamp, open, high, low, close, volume }) =>
      [timestamp.slice(0, 10), open, high, low, close, volume].join(),
    );
    expect(found).toEqual(expected);
  });

  it("trades within the first minute", () => {
    const early = new Set(bars.slice(0, BARS_IN_A_MINUTE).map(({ timestamp }) => timestamp));
    expect(trades.filter(({ executedAt }) => early.has(executedAt)).length).toBeGreaterThan(3);
  });

  it("acts on every signal that there is something to do about", () => {
    const firstBuy = signals.findIndex(({ side }) => side === "buy");
    const wanted = signals.slice(firstBuy).map(({ signalId }) => signalId);
    expect(orders.map(({ signalId }) => signalId)).toEqual(wanted);
  });

  it("gives each trade an order that a signal asked for before", () => {
    expect(trades.length).toBeGreaterThanOrEqual(TRADES_WANTED);
    for (const trade of trades) {
      const signal = signalOf(trade);
      expect(signal).toMatchObject({ symbol: trade.symbol, side: trade.side });
      expect(Date.parse(signal?.asOf ?? "")).toBeLessThanOrEqual(Date.parse(trade.executedAt));
    }
  });

  it("fills each order at the open of the first bar after the one that caused it", () => {
    const due = trades.map((trade) => {
      const { asOf = "" } = signalOf(trade) ?? {};
      return bars.find(({ timestamp }) => timestamp >= asOf);
    });
    expect(trades.map(({ executedAt, price }) => [executedAt, price])).toEqual(
      due.map((bar) => [bar?.timestamp, bar?.open]),
    );
  });

  it("has each order and its events agree with its trades", async () => {
    for (const { orderId } of trades) {
      const fills = trades.filter((trade) => trade.orderId === orderId);
      const order = await node.admin.call(getOrder, { orderId });
      const events = await node.admin.all(getOrderEvents, { orderId }, 2);
      expect(order).toMatchObject({
        status: "filled",
        cumQuantity: sum(fills.map(({ quantity }) => quantity)),
        fees: sum(fills.map(({ fees }) => fees)),
        leavesQuantity: "0",
      });
      expect(events.map(({ sequence }) => sequence)).toEqual(events.map((_, i) => i + 1));
      expect(events.map(({ type }) => type)).toEqual([
        "OrderPlaced",
        "SubmitStarted",
        "OrderAccepted",
        "OrderFilled",
      ]);
    }
  });

  it("keeps a ledger in which every transaction balances, over all pages", async () => {
    const entries = await node.admin.all(getLedger, { portfolioId }, 5);
    const byTransaction = Map.groupBy(entries, (e) => `${e.transactionId} ${e.currency}`);
    const isSettlement = ({ memo }: { readonly memo: string }) => memo.startsWith("settlement ");
    const booked = [...byTransaction.values()].filter((rows) => !rows.some(isSettlement));
    expect(booked).toHaveLength(trades.length + 1);
    for (const rows of byTransaction.values()) {
      expect(sum(rows.map(({ debit }) => debit))).toBe(sum(rows.map(({ credit }) => credit)));
    }
    const { cash } = await node.admin.call(getPortfolio, { portfolioId });
    const money = entries.filter(
      ({ account }) => account === "cash" || account.startsWith("unsettled:"),
    );
    const balance = money.map(({ debit, credit }) => new Decimal(debit).minus(credit).toFixed());
    expect(sum(balance)).toBe(cash);
  });

  it("conserves: cash + positions at cost + fees − realised profit is the initial cash", async () => {
    const portfolio = await node.admin.call(getPortfolio, { portfolioId });
    const { data: positions } = await node.admin.call(getPositions, { portfolioId });
    const { cash, fees, realizedPnl, initialCash } = portfolio;
    const costs = positions.map(({ cost }) => cost);
    expect(sum([cash, fees, ...costs, new Decimal(realizedPnl).negated().toFixed()])).toBe(
      initialCash,
    );
    expect(sum(trades.map((trade) => trade.fees))).toBe(fees);
    expect(sum(trades.map((trade) => trade.realizedPnl))).toBe(realizedPnl);
    expect(portfolio).toMatchObject({ reserved: "0", openOrders: 0, buyingPower: cash });
  });

  it("values the portfolio at the last close: equity = cash + market value", async () => {
    const portfolio = await node.admin.call(getPortfolio, { portfolioId });
    const { data: positions } = await node.admin.call(getPositions, { portfolioId });
    // An odd number of trades in turn leaves something to value.
    expect(positions.map(({ symbol }) => symbol)).toEqual(trades.length % 2 === 0 ? [] : ["SPX"]);
    for (const { quantity, marketPrice, marketValue } of positions) {
      expect(marketPrice).toBe(bars.at(-1)?.close);
      expect(marketValue).toBe(new Decimal(quantity).times(marketPrice ?? "").toFixed());
    }
    const values = positions.map(({ marketValue }) => marketValue ?? "");
    expect(portfolio.equity).toBe(sum([portfolio.cash, ...values]));
  });

  it("draws an equity curve in the order of time that ends with the equity of now", async () => {
    const points = await node.admin.all(getHistory, { portfolioId }, 50);
    const times = points.map(({ timestamp }) => timestamp);
    expect(times).toEqual([...new Set(times)].toSorted());
    for (const { equity, cash, positionsValue } of points) {
      expect(sum([cash, positionsValue])).toBe(equity);
    }
    const { equity, cash } = await node.admin.call(getPortfolio, { portfolioId });
    expect(points.at(-1)).toMatchObject({ equity, cash });
  });

  it("lists the same on small pages as on large ones, in either direction", async () => {
    const large = await node.admin.all(listTrades, { portfolioId, order: "desc" });
    const small = await node.admin.all(listTrades, { portfolioId, order: "desc" }, 3);
    expect(small.map(unsettled)).toEqual(large.map(unsettled));
    expect(large.toReversed().map(unsettled)).toEqual(trades.map(unsettled));
    const backwards = await node.admin.all(listOrders, { portfolioId, order: "desc" }, 4);
    expect(backwards.toReversed()).toEqual(orders);
  });
});

function sum(amounts: readonly string[]): string {
  return Decimal.sum(0, ...amounts).toFixed();
}

/** `date,open,high,low,close,volume`, prices on the tick. */
function packagedRows(): readonly string[] {
  const index = createRequire(join(process.cwd(), "package.json")).resolve("vega-datasets");
  const csv = readFileSync(join(dirname(index), "../data/sp500-2000.csv"), "utf8");
  return csv
    .trim()
    .split("\n")
    .slice(1)
    .map((line) => {
      const [date, open, high, low, close, , volume] = line.trim().split(",");
      const prices = [open, high, low, close].map((price) =>
        new Decimal(price ?? "").toDecimalPlaces(2, Decimal.ROUND_HALF_EVEN).toFixed(),
      );
      return [date, ...prices, volume].join();
    });
}

/** Trades go on settling between two looks. */
function unsettled(trade: TradeView) {
  const { settlement: _, ...facts } = trade;
  return facts;
}
