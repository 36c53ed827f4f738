import { getPrediction } from "../../mixins/rest/routes/predictions.ts";
import { createPortfolio, getPositions } from "../../mixins/rest/routes/portfolios.ts";
import { listOrders } from "../../mixins/rest/routes/orders.ts";
import { createSignals, listSignals, type SignalView } from "../../mixins/rest/routes/signals.ts";
import {
  createTradingStrategy,
  deleteTradingStrategy,
  getTradingStrategy,
  listTradingStrategies,
  startTradingStrategy,
  stopTradingStrategy,
  updateTradingStrategy,
} from "../../mixins/rest/routes/strategies.ts";
import { storeBars } from "../../models/timescale/bars.ts";
import type { HttpClient } from "../support/http.ts";
import { DAY_MS, dayBar, FIRST_DAY_MS, HandMarket } from "../support/node-market.ts";
import { signUp } from "../support/node-users.ts";
import { withNode } from "../support/node.ts";
import { mlpFile } from "../support/onnx-file.ts";
import { sp500Bars } from "./ai-desk.ts";
import { alias, imported, IMPORTED, NET } from "./imported.ts";
import { expectProblem } from "./problems.ts";

const KINDS = [
  { kind: "crossover", parameters: { fast: "sma_5", slow: "sma_20" } },
  { kind: "meanReversion" },
  { kind: "meanReversion", parameters: { variant: "rsi" } },
  { kind: "momentum" },
  { kind: "breakout" },
  {
    kind: "ensemble",
    parameters: {
      members: [
        { kind: "crossover", parameters: { fast: "ema_12", slow: "ema_26" }, weight: 2 },
        { kind: "momentum" },
        { kind: "breakout" },
      ],
    },
  },
] as const;

describe("signals and strategies", () => {
  const node = withNode();
  let hand: HandMarket;
  let trader: HttpClient;
  let foreigner: HttpClient;
  let modelId: string;
  let day = 0;

  const play = async (count: number): Promise<void> => {
    for (let i = 0; i < count; i += 1, day += 1) {
      const price = Math.round(10_000 + 1_000 * Math.sin(day * 0.45) + 3 * day) / 100;
      await hand.play({ ACME: price, BOLT: Math.round(100 * Math.sqrt(price)) / 10 + (day % 3) });
    }
  };
  const asked = async (body: object): Promise<readonly SignalView[]> =>
    (await trader.call(createSignals, { ...body })).data;

  beforeAll(async () => {
    hand = await HandMarket.open(node());
    for (const symbol of ["ACME", "BOLT"])
      await hand.list(symbol, { calendar: "24x7", shortable: true });
    await hand.list("SPX", { calendar: "XNYS" });
    await storeBars(node().database.pool, sp500Bars(2000), FIRST_DAY_MS);
    trader = (await signUp(node(), { role: "trader" })).client;
    foreigner = (await signUp(node(), { role: "trader", tenantId: "elsewhere" })).client;
    await play(30);
    ({ modelId } = await imported(trader, { ...IMPORTED, name: "net" }, mlpFile(NET)));
    await alias(node(), "default", modelId, { champion: 1 });
  });

  it.each(KINDS)(
    "of $kind are given on the newest bar of the S&P 500, the same twice",
    async (strategy) => {
      const [signal, ...more] = await asked({ symbols: ["SPX"], strategy });
      expect(more).toEqual([]);
      expect(signal).toMatchObject({
        symbol: "SPX",
        strategyId: null,
        status: "active",
        weight: 1,
      });
      expect(signal?.strength).toBeGreaterThanOrEqual(0);
      expect(signal?.strength).toBeLessThanOrEqual(1);
      expect(Date.parse(signal?.expiresAt ?? "")).toBeGreaterThan(Date.parse(signal?.asOf ?? ""));
      const [again] = await asked({ symbols: ["SPX"], strategy });
      expect(again).toEqual(signal);
      const { data } = await trader.call(listSignals, { symbol: "SPX", limit: 1_000 });
      expect(data).toContainEqual(signal);
    },
  );

  it("of a rule tell how often it was right before, or that nobody knows", async () => {
    // Every bar of this rule is a signal, so that the newest is one too.
    const rule = { kind: "breakout", parameters: { entry: 2, exit: 2, horizon: 5 } };
    const all = await trader.call(createSignals, { symbols: ["SPX", "ACME"], strategy: rule });
    for (const { side, confidence, confidenceBasis, sampleSize } of all.data) {
      if (side === "hold" || (sampleSize ?? 0) < 20) {
        expect([confidence, confidenceBasis]).toEqual([null, null]);
      } else {
        expect(confidenceBasis).toBe("hitRate");
        expect(confidence).toBeGreaterThan(0);
        expect(confidence).toBeLessThan(1);
      }
    }
  });

  it("of a pair are two, of the same close", async () => {
    const strategy = { kind: "pairs", parameters: { window: 20, entry: 1 } };
    const [first, second] = await asked({ symbols: ["ACME", "BOLT"], strategy });
    expect(first).toMatchObject({ symbol: "ACME", asOf: second?.asOf });
    expect(second).toMatchObject({ symbol: "BOLT", source: "pairs:20" });
    const alone = await trader.ask(createSignals, { symbols: ["ACME"], strategy });
    expectProblem(alone, "VALIDATION_FAILED", ["symbols"]);
  });

  it("of a model rest on its prediction, by itself and in an ensemble", async () => {
    const [signal] = await asked({ symbols: ["ACME"], modelId });
    expect(signal).toMatchObject({ modelId, modelVersion: 1, horizon: 1 });
    expect(signal?.source).toBe(`model:${modelId}@champion`);
    const members = [{ kind: "model", parameters: { modelId } }];
    const strategy = { kind: "ensemble", parameters: { members } };
    const [vote] = await asked({ symbols: ["ACME"], strategy });
    expect(vote).toMatchObject({ confidence: null, source: "ensemble:model" });
    const { data } = await trader.call(listSignals, { modelId });
    expect(data).toEqual([signal]);
  });

  it("are as of the close of their market, as predictions are", async () => {
    const [signal] = await asked({ symbols: ["SPX"], strategy: KINDS[0] });
    // The last of the packaged days, at 16:00 in New York.
    expect(signal?.asOf).toBe("2020-04-17T20:00:00.000Z");
    const [model] = await asked({ symbols: ["ACME"], modelId });
    const prediction = await trader.call(getPrediction, { symbol: "ACME", modelId });
    expect(model?.asOf).toBe(prediction.asOf);
  });

  it("that cannot be given are refused, naming why", async () => {
    const ask = (body: object) =>
      trader.ask(createSignals, { symbols: ["SPX"], strategy: KINDS[0], ...body });
    expectProblem(await ask({ modelId }), "VALIDATION_FAILED", ["strategy"]);
    expectProblem(
      await ask({ strategy: { kind: "breakout", parameters: { entry: 0 } } }),
      "VALIDATION_FAILED",
      ["strategy.parameters.entry"],
    );
    const unknown = { kind: "crossover", parameters: { fast: "nonsense_5", slow: "sma_3" } };
    expectProblem(await ask({ strategy: unknown }), "FEATURE_UNKNOWN");
    const lines = { kind: "crossover", parameters: { fast: "macd_12_26_9", slow: "sma_3" } };
    expectProblem(await ask({ strategy: lines }), "VALIDATION_FAILED", ["strategy.parameters"]);
    expectProblem(await ask({ symbols: ["SPX", "SPX"] }), "VALIDATION_FAILED", ["symbols"]);
    expectProblem(await ask({ symbols: ["NOBODY"] }), "NOT_FOUND");
    expectProblem(
      await ask({ symbols: ["SPX"], strategy: undefined, modelId }),
      "VALIDATION_FAILED",
      ["symbols"],
    );
    const viewer = (await signUp(node(), { role: "viewer" })).client;
    expectProblem(
      await viewer.ask(createSignals, { symbols: ["SPX"], strategy: KINDS[0] }),
      "FORBIDDEN",
    );
    // Another tenant's model is not there.
    expectProblem(await foreigner.ask(createSignals, { symbols: ["ACME"], modelId }), "NOT_FOUND");
  });

  it("of a tenant are not there for another", async () => {
    expect((await foreigner.call(listSignals, {})).data).toEqual([]);
    const own = await foreigner.call(createSignals, { symbols: ["SPX"], strategy: KINDS[0] });
    const [mine] = await asked({ symbols: ["SPX"], strategy: KINDS[0] });
    expect(own.data[0]?.signalId).not.toBe(mine?.signalId);
    expect((await foreigner.call(listSignals, {})).data).toHaveLength(1);
  });

  describe("a strategy", () => {
    const sizing = { method: "fixedFraction", fraction: "0.2" };
    const crossing = { kind: "crossover", parameters: { fast: "sma_2", slow: "sma_5" } };
    const portfolio = async (body: object = {}): Promise<string> => {
      const opening = { name: "Desk", baseCurrency: "USD", initialCash: "1000000", ...body };
      return (await trader.call(createPortfolio, opening)).portfolioId;
    };
    const create = async (body: object): Promise<string> => {
      const portfolioId = await portfolio();
      const input = { name: "Cross", portfolioId, symbols: ["ACME"], signal: crossing, sizing };
      return (await trader.call(createTradingStrategy, { ...input, ...body })).strategyId;
    };

    it("is defined, started, stopped, changed and forgotten by its owner", async () => {
      const strategyId = await create({});
      expect(await trader.call(startTradingStrategy, { strategyId })).toMatchObject({
        status: "running",
      });
      const change = { strategyId, sizing: { method: "strengthScaled", fraction: "0.1" } };
      expectProblem(await trader.ask(updateTradingStrategy, change), "CONFLICT");
      expectProblem(await trader.ask(deleteTradingStrategy, { strategyId }), "CONFLICT");
      await trader.call(stopTradingStrategy, { strategyId });
      const changed = await trader.call(updateTradingStrategy, change);
      expect(changed).toMatchObject({ sizing: change.sizing, signal: crossing, status: "stopped" });
      for (const route of [getTradingStrategy, updateTradingStrategy, startTradingStrategy])
        expectProblem(await foreigner.ask(route, { strategyId }), "NOT_FOUND");
      expect((await foreigner.call(listTradingStrategies, {})).data).toEqual([]);
      expect(await trader.all(listTradingStrategies, {}, 1)).toContainEqual(changed);
      await trader.call(deleteTradingStrategy, { strategyId });
      expectProblem(await trader.ask(getTradingStrategy, { strategyId }), "NOT_FOUND");
    });

    it("that could not run is refused", async () => {
      const portfolioId = await portfolio();
      const input = { name: "x", portfolioId, symbols: ["ACME"], signal: crossing, sizing };
      const ask = (body: object) => trader.ask(createTradingStrategy, { ...input, ...body });
      expectProblem(await ask({ sizing: { ...sizing, fraction: "1.5" } }), "VALIDATION_FAILED", [
        "sizing.fraction",
      ]);
      expectProblem(
        await ask({ sizing: { method: "volatilityScaled", fraction: "1" } }),
        "VALIDATION_FAILED",
        ["sizing.targetVolatility"],
      );
      expectProblem(await ask({ signal: { kind: "pairs" } }), "VALIDATION_FAILED", ["symbols"]);
      expectProblem(await ask({ portfolioId: "none" }), "NOT_FOUND");
      expectProblem(await foreigner.ask(createTradingStrategy, input), "NOT_FOUND");
    });

    it("of each kind gives signals as bars close, and orders, each once", async () => {
      const model = { kind: "model", parameters: { modelId } };
      const reverting = { kind: "meanReversion", parameters: { period: 5, entry: 1 } };
      const breaking = { kind: "breakout", parameters: { entry: 4, exit: 2 } };
      const ids: string[] = [];
      for (const signal of [crossing, reverting, breaking, model])
        ids.push(await create({ signal, name: signal.kind }));
      for (const strategyId of ids) await trader.call(startTradingStrategy, { strategyId });
      await play(20);
      const orders = await trader.all(listOrders, {}, 100);
      for (const strategyId of ids) {
        const { data } = await trader.call(listSignals, { strategyId, limit: 1_000 });
        expect(data.length).toBeGreaterThan(0);
        const acted = new Set(data.map(({ signalId }) => signalId));
        const own = orders.filter(({ signalId }) => acted.has(signalId ?? ""));
        expect(own.length).toBeGreaterThan(0);
        expect(new Set(own.map(({ signalId }) => signalId)).size).toBe(own.length);
      }
      // The bar again, as after a crash.
      const bar = dayBar("ACME", FIRST_DAY_MS + (day - 1) * DAY_MS, "1");
      const before = (await trader.all(listSignals, {}, 500)).length;
      await node().context.broker.call("signals.onBar", { bar });
      await node().settled();
      expect((await trader.all(listOrders, {}, 100)).length).toBe(orders.length);
      expect((await trader.all(listSignals, {}, 500)).length).toBe(before);
      for (const strategyId of ids) await trader.call(stopTradingStrategy, { strategyId });
    });

    it("of a pair goes long in one and short in the other once both have closed", async () => {
      const portfolioId = await portfolio({ margin: "margin" });
      const signal = { kind: "pairs", parameters: { window: 10, entry: 1 } };
      const body = { portfolioId, signal, symbols: ["ACME", "BOLT"], allowShort: true };
      const strategyId = await create(body);
      await trader.call(startTradingStrategy, { strategyId });
      await play(20);
      await trader.call(stopTradingStrategy, { strategyId });
      // What was ordered last is filled.
      await play(1);
      const { data } = await trader.call(listSignals, { strategyId, limit: 1_000 });
      expect(data.length).toBeGreaterThan(0);
      const legs = Map.groupBy(data, ({ asOf }) => asOf);
      for (const both of legs.values())
        expect(both.map(({ symbol }) => symbol).toSorted()).toEqual(["ACME", "BOLT"]);
      const orders = await trader.all(listOrders, { portfolioId }, 100);
      expect(orders.some(({ side }) => side === "sell")).toBe(true);
      const { data: positions } = await trader.call(getPositions, { portfolioId });
      const signs = positions.map(({ quantity }) => Math.sign(Number(quantity))).filter(Boolean);
      expect(signs.toSorted((a, b) => a - b)).toEqual(data[0]?.goal === "flat" ? [] : [-1, 1]);
    });

    it("does nothing about a signal whose horizon is over", async () => {
      const brief = { kind: "crossover", parameters: { ...crossing.parameters, horizon: 1 } };
      const strategyId = await create({ signal: brief });
      await trader.call(startTradingStrategy, { strategyId });
      // The days are stored, and one of the far future: by its time the signals of the days are over.
      const bars = [50, 60, 40, 200].map((price, i) =>
        dayBar("ACME", FIRST_DAY_MS + (day + i) * DAY_MS, String(price)),
      );
      const late = dayBar("ACME", FIRST_DAY_MS + 1_000 * DAY_MS, "100");
      await storeBars(node().database.pool, [...bars, late], Date.now());
      const count = async () => (await trader.all(listOrders, {}, 100)).length;
      const before = await count();
      for (const bar of bars) await node().context.broker.call("signals.onBar", { bar });
      await node().settled();
      const { data } = await trader.call(listSignals, { strategyId });
      expect(data.length).toBeGreaterThan(0);
      expect(data.every(({ status }) => status === "expired")).toBe(true);
      expect(await count()).toBe(before);
    });
  });
});
