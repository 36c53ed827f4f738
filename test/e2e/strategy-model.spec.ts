import { Decimal } from "../../domain/shared/decimal.ts";
import { getBars } from "../../mixins/rest/routes/market-data.ts";
import { promoteVersion } from "../../mixins/rest/routes/model-registry.ts";
import { listOrders } from "../../mixins/rest/routes/orders.ts";
import { createPortfolio, getPositions } from "../../mixins/rest/routes/portfolios.ts";
import { listSignals } from "../../mixins/rest/routes/signals.ts";
import {
  createTradingStrategy,
  startTradingStrategy,
  stopTradingStrategy,
} from "../../mixins/rest/routes/strategies.ts";
import { listTrades } from "../../mixins/rest/routes/trades.ts";
import { ChildNode } from "../support/child-node.ts";
import { createTestDatabase, type TestDatabase } from "../support/database.ts";
import type { HttpClient } from "../support/http.ts";
import { EventStream } from "../support/http-stream.ts";
import { eventually } from "../support/node-eventually.ts";
import { addUser, USER_PASSWORD } from "../support/node-users.ts";
import { type TemporaryDirectory, temporaryDirectory } from "../support/temporary.ts";
import { defined, trained } from "./ai-desk.ts";

const EMAIL = "admin@model.test";
const PASSWORD = "correct horse battery staple";
const PATIENCE_MS = 60_000;
/** Bars of the record that the classifier learns from. */
const BARS = 400;
const OPEN = new Set(["pendingNew", "new", "partiallyFilled", "triggered"]);

describe("a trained classifier as the source of a strategy", () => {
  let directory: TemporaryDirectory;
  let database: TestDatabase;
  let node: ChildNode;
  let admin: HttpClient;
  let modelId: string;
  let portfolioId: string;
  let strategyId: string;

  const start = async (replaySpeed: string): Promise<void> => {
    node = await ChildNode.start({
      dataDir: directory.path,
      env: {
        DATABASE_URL: database.url,
        ADMIN_EMAIL: EMAIL,
        ADMIN_PASSWORD: PASSWORD,
        SAMPLE_DATA: "on",
        LOG_LEVEL: "error",
        COMPUTE_THREADS: "1",
        REPLAY_SPEED: replaySpeed,
      },
    });
    admin = await node.client.login(EMAIL, PASSWORD);
  };

  beforeAll(async () => {
    directory = await temporaryDirectory();
    database = await createTestDatabase();
    await start("400");
    await eventually(
      `${BARS} bars`,
      async () => {
        const { data } = await admin.call(getBars, { symbol: "SPX", limit: BARS });
        return data.length === BARS ? true : null;
      },
      PATIENCE_MS,
    );
    await node.kill();
    await start("30");
    modelId = await defined(admin, {
      name: "direction",
      kind: "classifier",
      algorithm: "logistic",
      symbols: ["SPX"],
      timeframe: "1d",
      features: ["returns_1", "rsi_14", "zscore_20"],
      target: { kind: "direction", horizon: 1 },
    });
    const validation = { scheme: "walkForward", folds: 2 };
    const { version } = await trained(admin, { modelId, validation });
    const forced = { override: true, reason: "to trade by it" };
    await admin.call(promoteVersion, { modelId, version, stage: "production", ...forced });
  }, 600_000);

  afterAll(async () => {
    await node.kill();
    await database.drop();
    await directory.remove();
  });

  const signals = () => admin.all(listSignals, { strategyId }, 1_000);
  const trades = () => admin.all(listTrades, { portfolioId, order: "asc" }, 1_000);
  const orders = () => admin.all(listOrders, { portfolioId }, 1_000);
  const traded = (more: { readonly signals: number; readonly trades: number }) =>
    eventually(
      "signals and fills",
      async () => {
        const [given, filled] = [await signals(), await trades()];
        return given.length >= more.signals && filled.length >= more.trades ? true : null;
      },
      PATIENCE_MS,
    );

  it("gives signals, which lead to orders with exits and to fills, for nobody else to hear", async () => {
    const { email } = await addUser(database.pool, { role: "trader", tenantId: "elsewhere" });
    const foreigner = await node.client.login(email, USER_PASSWORD);
    const heard = await EventStream.open(foreigner, ["signals"]);
    const own = await EventStream.open(admin, ["signals"]);
    const body = { name: "Model", baseCurrency: "USD", initialCash: "1000000" };
    ({ portfolioId } = await admin.call(createPortfolio, body));
    // In a market that mostly falls a balanced rule would hardly ever buy.
    ({ strategyId } = await admin.call(createTradingStrategy, {
      name: "model",
      portfolioId,
      symbols: ["SPX"],
      signal: { kind: "model", parameters: { modelId, buyAbove: 0.4, sellBelow: 0.3 } },
      sizing: { method: "fixedFraction", fraction: "0.5" },
      execution: { stopLossBps: "80", takeProfitBps: "120", closeAtExpiry: true },
    }));
    await admin.call(startTradingStrategy, { strategyId });
    await traded({ signals: 10, trades: 6 });
    expect(own.events.length).toBeGreaterThan(0);
    expect(heard.events).toEqual([]);
    expect((await foreigner.call(listSignals, {})).data).toEqual([]);
    await heard.close();
    await own.close();
  });

  it("goes on after the node was killed, without a second order of any signal", async () => {
    const before = { signals: (await signals()).length, trades: (await trades()).length };
    await node.kill();
    await start("30");
    await traded({ signals: before.signals + 10, trades: before.trades + 6 });
    await admin.call(stopTradingStrategy, { strategyId });
    const given = await signals();
    expect(new Set(given.map(({ asOf }) => asOf)).size).toBe(given.length);
    const byModel = given.filter(({ goal }) => goal !== "flat");
    expect(byModel.every((one) => one.modelId === modelId && one.modelVersion === 1)).toBe(true);
    const known = new Set(given.map(({ signalId }) => signalId));
    const entries = (await orders()).filter((one) => one.clOrdId === one.signalId);
    expect(entries.length).toBeGreaterThan(3);
    expect(entries.every(({ signalId }) => known.has(signalId ?? ""))).toBe(true);
    expect(new Set(entries.map(({ clOrdId }) => clOrdId)).size).toBe(entries.length);
  });

  it("holds what it traded, protected by exits of that size and by nothing else", async () => {
    await eventually(
      "exits that fit the position",
      async () => {
        const { data } = await admin.call(getPositions, { portfolioId });
        const held = Decimal.sum(0, ...data.map(({ quantity }) => quantity));
        const open = (await orders()).filter(({ status }) => OPEN.has(status));
        const exits = open.filter(({ side }) => side === "sell");
        const wanted = held.isZero() ? [] : [held.toFixed(), held.toFixed()];
        const left = exits.map(({ leavesQuantity }) => leavesQuantity);
        return JSON.stringify(left) === JSON.stringify(wanted) ? true : null;
      },
      PATIENCE_MS,
    );
    const { data } = await admin.call(getPositions, { portfolioId });
    const bought = (await trades()).map(({ side, quantity }) =>
      side === "buy" ? quantity : `-${quantity}`,
    );
    const sum = Decimal.sum(0, ...bought);
    const held = Decimal.sum(0, ...data.map(({ quantity }) => quantity));
    // It may have been closed by an exit between the two questions.
    expect(sum.equals(held) || sum.isZero()).toBe(true);
    expect(node.logged("error")).toEqual([]);
  });
});
