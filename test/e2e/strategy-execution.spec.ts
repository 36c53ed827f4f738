import { getGroup } from "../../mixins/rest/routes/baskets.ts";
import { listOrders } from "../../mixins/rest/routes/orders.ts";
import type { OrderView } from "../../mixins/rest/routes/orders.ts";
import {
  createPortfolio,
  getPortfolio,
  getPositions,
} from "../../mixins/rest/routes/portfolios.ts";
import { listSignals } from "../../mixins/rest/routes/signals.ts";
import {
  createTradingStrategy,
  getTradingStrategy,
  startTradingStrategy,
} from "../../mixins/rest/routes/strategies.ts";
import type { HttpClient } from "../support/http.ts";
import { eventually } from "../support/node-eventually.ts";
import { DAY_MS, dayBar, FIRST_DAY_MS, HandMarket } from "../support/node-market.ts";
import { signUp } from "../support/node-users.ts";
import { withNode } from "../support/node.ts";
import { expectProblem } from "./problems.ts";

const OPEN = new Set(["new", "partiallyFilled", "pendingNew", "pendingCancel", "triggered"]);
/** Buys at the close that makes the fast average rise above the slow one, and sells at the one that turns it. */
const crossing = { kind: "crossover", parameters: { fast: "sma_2", slow: "sma_5" } };

describe("a strategy that says how its orders are sent", () => {
  const node = withNode();
  let hand: HandMarket;
  let trader: HttpClient;
  let day = 0;

  beforeAll(async () => {
    hand = await HandMarket.open(node());
    trader = (await signUp(node(), { role: "trader" })).client;
  });

  const play = async (symbol: string, ...prices: readonly number[]): Promise<void> => {
    for (const price of prices) {
      await hand.play({ [symbol]: price });
      day += 1;
    }
  };

  /** Ten quiet days of a symbol of its own, and a strategy that runs on it. */
  const begin = async (
    symbol: string,
    body: { readonly execution?: object; readonly risk?: object; readonly margin?: "margin" } = {},
    signal: object = crossing,
  ) => {
    const { margin, ...more } = body;
    await hand.list(symbol, { calendar: "24x7", shortable: true });
    await play(symbol, ...Array.from({ length: 10 }, () => 100));
    const opening = { name: "Desk", baseCurrency: "USD", initialCash: "100000" };
    const { portfolioId } = await trader.call(createPortfolio, {
      ...opening,
      ...(margin && { margin }),
    });
    const { strategyId } = await trader.call(createTradingStrategy, {
      name: symbol,
      portfolioId,
      symbols: [symbol],
      signal,
      sizing: { method: "fixedFraction", fraction: "0.5" },
      allowShort: margin !== undefined,
      ...more,
    });
    await trader.call(startTradingStrategy, { strategyId });
    return { portfolioId, strategyId };
  };

  const ordersOf = async (portfolioId: string): Promise<readonly OrderView[]> =>
    (await trader.all(listOrders, { portfolioId }, 100)).toReversed();
  const openOf = async (portfolioId: string) =>
    (await ordersOf(portfolioId)).filter(({ status }) => OPEN.has(status));
  const heldOf = async (portfolioId: string) => {
    const { data } = await trader.call(getPositions, { portfolioId });
    return data.map(({ quantity }) => Number(quantity)).filter(Boolean);
  };
  const shown = (orders: readonly OrderView[]) =>
    orders
      .map(({ side, type, price, stopPrice }) =>
        `${side} ${type} ${price ?? stopPrice ?? ""}`.trim(),
      )
      .toSorted();

  it("enters with a bracket, whose stop ends the position; nothing is left standing", async () => {
    const execution = { stopLossBps: "500", takeProfitBps: "2000" };
    const { portfolioId } = await begin("STOP", { execution });
    await play("STOP", 110);
    const [entry, ...others] = await ordersOf(portfolioId);
    expect(others).toEqual([]);
    expect(entry).toMatchObject({ side: "buy", type: "market", quantity: "454" });
    await play("STOP", 110);
    expect(await heldOf(portfolioId)).toEqual([454]);
    expect(shown(await openOf(portfolioId))).toEqual(["sell limit 132", "sell stop 104.5"]);
    const { groupId } = entry ?? {};
    expect(await trader.call(getGroup, { groupId: groupId ?? "" })).toMatchObject({
      kind: "bracket",
      status: "active",
    });
    await play("STOP", 104);
    expect(await heldOf(portfolioId)).toEqual([]);
    expect(await openOf(portfolioId)).toEqual([]);
    expect(await trader.call(getPortfolio, { portfolioId })).toMatchObject({
      reserved: "0",
      openOrders: 0,
    });
  });

  it("cancels the exits before it ends a position at a signal, and leaves no stop behind", async () => {
    const execution = { trailingStopBps: "2000", takeProfitBps: "5000" };
    const { portfolioId } = await begin("TURN", { execution });
    await play("TURN", 110, 110, 108);
    expect(await openOf(portfolioId)).toHaveLength(2);
    await play("TURN", 100);
    // Both exits are over before the order that takes their place is filled.
    expect(shown(await openOf(portfolioId))).toEqual(["sell market"]);
    await play("TURN", 100);
    expect(await heldOf(portfolioId)).toEqual([]);
    expect(await openOf(portfolioId)).toEqual([]);
  });

  it("turns a position round: closed at the market, opened with exits of its own", async () => {
    const execution = { stopLossBps: "3000", takeProfitBps: "3000" };
    const { portfolioId } = await begin("FLIP", { execution, margin: "margin" });
    await play("FLIP", 110, 110, 108, 100, 100);
    const held = await heldOf(portfolioId);
    expect(held).toHaveLength(1);
    expect(held[0]).toBeLessThan(0);
    const open = await openOf(portfolioId);
    expect(shown(open)).toEqual(["buy limit 70", "buy stop 130"]);
    expect(open.map(({ quantity }) => Number(quantity))).toEqual([
      -(held[0] ?? 0),
      -(held[0] ?? 0),
    ]);
  });

  it("rests with a limit until its signal is over, and is filled at it or better", async () => {
    const execution = { orderType: "limit", offsetBps: "100" };
    const brief = { ...crossing, parameters: { ...crossing.parameters, horizon: 2 } };
    const { portfolioId } = await begin("REST", { execution }, brief);
    await play("REST", 110, 110);
    expect(shown(await openOf(portfolioId))).toEqual(["buy limit 108.9"]);
    await play("REST", 110);
    expect(await openOf(portfolioId)).toEqual([]);
    expect((await ordersOf(portfolioId)).map(({ status }) => status)).toEqual(["canceled"]);
  });

  it("closes at expiry when it is to", async () => {
    const execution = { closeAtExpiry: true, stopLossBps: "4000" };
    const brief = { ...crossing, parameters: { ...crossing.parameters, horizon: 3 } };
    const { portfolioId, strategyId } = await begin("OVER", { execution }, brief);
    await play("OVER", 110, 111, 112);
    expect(await heldOf(portfolioId)).toHaveLength(1);
    await play("OVER", 113, 114);
    expect(await heldOf(portfolioId)).toEqual([]);
    expect(await openOf(portfolioId)).toEqual([]);
    const { data } = await trader.call(listSignals, { strategyId });
    expect(data.map(({ side, goal }) => [side, goal])).toEqual([
      ["sell", "flat"],
      ["buy", "long"],
    ]);
    expect(data[0]?.reason).toMatch(/horizon .* is over/u);
  });

  it("has its orders worked off by an algorithm, once each", async () => {
    const twap = { name: "twap", parameters: { durationSeconds: 1, intervalSeconds: 1 } };
    const { portfolioId } = await begin("WORK", { execution: { algorithm: twap } });
    await play("WORK", 110);
    await eventually("a slice at the venue", async () => {
      const slices = (await ordersOf(portfolioId)).filter((order) => order.parentOrderId);
      return slices.some(({ status }) => status === "new") ? true : null;
    });
    await play("WORK", 110);
    const parents = await eventually("an order that is filled", async () => {
      const found = (await ordersOf(portfolioId)).filter(({ strategy }) => strategy !== undefined);
      return found.every(({ status }) => status === "filled") ? found : null;
    });
    expect(parents).toHaveLength(1);
    expect(parents[0]).toMatchObject({ quantity: "454" });
    // The bar again, as after a crash.
    const bar = dayBar("WORK", FIRST_DAY_MS + (day - 2) * DAY_MS, "110");
    await node().context.broker.call("signals.onBar", { bar });
    await node().settled();
    expect((await ordersOf(portfolioId)).length).toBe(2);
    await eventually("the end of the position", async () => {
      await play("WORK", 100);
      return (await heldOf(portfolioId)).length === 0 ? true : null;
    });
  });

  it("opens nothing while it cools down", async () => {
    const execution = { stopLossBps: "500" };
    const breaking = { kind: "breakout", parameters: { entry: 2, exit: 2 } };
    const { portfolioId } = await begin("COOL", { execution, risk: { cooldownBars: 3 } }, breaking);
    await play("COOL", 110, 110, 100);
    expect(await heldOf(portfolioId)).toEqual([]);
    const before = (await ordersOf(portfolioId)).length;
    // A new high on each of the bars: of the fourth something may be made again.
    await play("COOL", 120, 130, 140);
    expect((await ordersOf(portfolioId)).length).toBe(before);
    await play("COOL", 150);
    expect((await ordersOf(portfolioId)).length).toBe(before + 1);
  });

  it("tells what it has traded: in the end the portfolio has gained what the strategy made", async () => {
    const { portfolioId, strategyId } = await begin("GAIN", {
      execution: { stopLossBps: "500", takeProfitBps: "1000" },
      risk: { maxDailyLoss: "1000", cooldownBars: 2 },
    });
    const read = () => trader.call(getTradingStrategy, { strategyId });
    expect((await read()).state).toEqual({
      openOrders: 0,
      lastSignal: null,
      symbols: [
        {
          symbol: "GAIN",
          currency: null,
          quantity: "0",
          trades: 0,
          realizedPnl: "0",
          fees: "0",
          pnl: "0",
          pause: null,
        },
      ],
    });
    await play("GAIN", 110, 112);
    const entered = await read();
    expect(entered.state).toMatchObject({
      openOrders: 1,
      lastSignal: { symbol: "GAIN", side: "buy", goal: "long" },
      symbols: [{ quantity: "454", trades: 1, realizedPnl: "0", pause: null }],
    });
    // Entered at 112, stopped at 104.5 or below.
    await play("GAIN", 100);
    const { state } = await read();
    expect(state).toMatchObject({ openOrders: 0, symbols: [{ quantity: "0", trades: 2 }] });
    expect(state.symbols[0]?.pause).toMatch(/lost|stop/u);
    const { equity } = await trader.call(getPortfolio, { portfolioId });
    expect(Number(equity) - 100_000).toBeCloseTo(Number(state.symbols[0]?.pnl), 6);
    expect(Number(state.symbols[0]?.pnl)).toBeCloseTo(
      Number(state.symbols[0]?.realizedPnl) - Number(state.symbols[0]?.fees),
      6,
    );
    // The next day it has lost nothing yet, and cools down.
    await play("GAIN", 100);
    expect((await read()).state.symbols[0]?.pause).toMatch(/a stop was hit 1 bars ago/u);
  });

  it("opens no more positions than it may", async () => {
    await hand.list("ONE", { calendar: "24x7" });
    await hand.list("TWO", { calendar: "24x7" });
    const body = { name: "Two", baseCurrency: "USD", initialCash: "100000" };
    const { portfolioId } = await trader.call(createPortfolio, body);
    const { strategyId } = await trader.call(createTradingStrategy, {
      name: "two",
      portfolioId,
      symbols: ["ONE", "TWO"],
      signal: crossing,
      sizing: { method: "fixedFraction", fraction: "0.2" },
      risk: { maxOpenPositions: 1 },
    });
    await trader.call(startTradingStrategy, { strategyId });
    for (const price of [...Array.from({ length: 10 }, () => 100), 110, 110]) {
      await hand.play({ ONE: price, TWO: price });
      day += 1;
    }
    const { data } = await trader.call(listSignals, { strategyId });
    expect(data.map(({ symbol }) => symbol).toSorted()).toEqual(["ONE", "TWO"]);
    expect((await ordersOf(portfolioId)).map(({ symbol }) => symbol)).toEqual(["ONE"]);
  });

  it("is refused when its terms do not go together, naming each", async () => {
    const { portfolioId } = await begin("FORM");
    const ask = (execution: object, signal: object = crossing, symbols = ["FORM"]) =>
      trader.ask(createTradingStrategy, {
        name: "x",
        portfolioId,
        symbols,
        signal,
        sizing: { method: "fixedFraction", fraction: "0.5" },
        execution,
      });
    const refused = async (execution: object, ...paths: readonly string[]) =>
      expectProblem(
        await ask(execution),
        "VALIDATION_FAILED",
        paths.map((path) => `execution.${path}`),
      );
    await refused({ offsetBps: "5" }, "offsetBps");
    await refused({ orderType: "limit", timeInForce: "ioc" }, "timeInForce");
    await refused({ orderType: "limit", timeInForce: "opg" }, "timeInForce");
    await refused({ stopLossBps: "10000" }, "stopLossBps");
    await refused({ stopLossBps: "100", trailingStopBps: "100" }, "trailingStopBps");
    await refused(
      { algorithm: { name: "twap", parameters: {} } },
      "algorithm.parameters.durationSeconds",
      "algorithm.parameters.intervalSeconds",
    );
    await refused(
      { algorithm: { name: "iceberg", parameters: { displayQuantity: "5" } } },
      "orderType",
    );
    await refused(
      { algorithm: { name: "pov", parameters: { rate: 0.1, endTime: 1 } } },
      "algorithm.parameters.endTime",
    );
    await refused({ algorithm: { name: "smartRouting" } }, "algorithm.name");
    await refused({ speed: 1 }, "speed");
    await refused({ stopLossBps: "-1" }, "stopLossBps");
  });
});
