import { ingestAlternativeData } from "../../mixins/rest/routes/alternative-data.ts";
import { login, logout } from "../../mixins/rest/routes/auth.ts";
import { createBrokerAccount } from "../../mixins/rest/routes/brokers.ts";
import { createBasket, getGroup } from "../../mixins/rest/routes/baskets.ts";
import { createOrder } from "../../mixins/rest/routes/orders.ts";
import { addCorporateAction } from "../../mixins/rest/routes/corporate-actions.ts";
import { createCollectionSchedule } from "../../mixins/rest/routes/collection-schedules.ts";
import { createPortfolio } from "../../mixins/rest/routes/portfolios.ts";
import { createFeatureSet, createFormula } from "../../mixins/rest/routes/feature-sets.ts";
import type { ROUTES } from "../../mixins/rest/routes/index.ts";
import { createScenario } from "../../mixins/rest/routes/risk-stress.ts";
import { listAlerts } from "../../mixins/rest/routes/risk-alerts.ts";
import { setKillSwitch } from "../../mixins/rest/routes/risk-kill-switch.ts";
import { createTradingStrategy } from "../../mixins/rest/routes/strategies.ts";
import { listTrades } from "../../mixins/rest/routes/trades.ts";
import { AlpacaServer } from "../support/alpaca-server.ts";
import type { HttpClient, RouteInput } from "../support/http.ts";
import { eventually } from "../support/node-eventually.ts";
import { HandMarket } from "../support/node-market.ts";
import { USER_PASSWORD, signUp } from "../support/node-users.ts";
import type { TestUser } from "../support/node-users.ts";
import type { TestNode } from "../support/node.ts";
import { mlpFile } from "../support/onnx-file.ts";
import { SigningClient } from "../support/signing-client.ts";
import { IMPORTED, leaveImported, NET } from "./imported.ts";
import { leaveJob } from "./jobs.ts";
import { leaveModel } from "./models.ts";
import { joinIdlePeer, leaveEffect } from "./operations.ts";
import { LEFT_RANGE, leaveAgent } from "./agents.ts";
import { beginQuietParent } from "./parents.ts";

type Action = (typeof ROUTES)[number]["action"];

/** Who asks in these tests, and what there is to ask for. */
export interface World {
  readonly anonymous: HttpClient;
  readonly admin: HttpClient;
  readonly trader: HttpClient;
  /** of the trader's tenant, with nothing of its own */
  readonly viewer: HttpClient;
  /** may trade, as the trader may, but not in this portfolio */
  readonly neighbour: HttpClient;
  /** the same in another tenant */
  readonly foreigner: HttpClient;
  /** whose sessions may be ended */
  readonly guest: TestUser;
  /** whose sign-in may be locked */
  readonly careless: TestUser;
  /** an access token of a session that has ended */
  readonly ended: HttpClient;
  /** the trader's */
  readonly portfolioId: string;
  readonly orderId: string;
  readonly tradeId: string;
  /** the trader's, at a broker of this machine */
  readonly accountId: string;
  readonly brokerUrl: string;
  readonly market: HandMarket;
  /** the node that is asked */
  readonly nodeId: string;
  /** another member, which hosts no actors */
  readonly peerId: string;
  /** Begins an order with a strategy, the trader's, whose next slice is an hour away. */
  readonly newParent: () => Promise<RouteInput>;
  /** Makes an effect that was given up, of the trader's order; no node runs it. */
  readonly parkEffect: () => Promise<string>;
  /** Puts a job of the trader's on record, of a kind that no node runs. */
  readonly leaveJob: (status: "queued" | "succeeded") => Promise<RouteInput>;
  /** Puts a model of the tenant on record, with two versions that nobody trained. */
  readonly leaveModel: () => Promise<RouteInput>;
  /** Puts an agent of the tenant on record, which has hardly learnt anything. */
  readonly leaveAgent: () => Promise<RouteInput>;
}

export interface RouteCase {
  /** the fields of a request that succeeds */
  readonly input: (world: World) => RouteInput | Promise<RouteInput>;
  /** the trader unless it says otherwise */
  readonly who?: (world: World) => HttpClient | Promise<HttpClient>;
  /** concerns something of the trader's, which for others is not there */
  readonly isOwned?: true;
  /** never ends by itself */
  readonly isStream?: true;
}

export async function makeWorld(node: TestNode): Promise<World> {
  // One after another: each signs in, which is as slow as a password's hash.
  const trader = await signUp(node, { role: "trader" });
  const viewer = await signUp(node, { role: "viewer" });
  const neighbour = await signUp(node, { role: "trader" });
  const foreigner = await signUp(node, { role: "trader", tenantId: "elsewhere" });
  const guest = await signUp(node, { role: "trader" });
  const careless = await signUp(node, { role: "viewer" });
  const ended = await node.anonymous.login(guest.email, USER_PASSWORD);
  await ended.call(logout);
  const market = await HandMarket.open(node);
  for (const symbol of ["ACME", "BOLT"]) await market.list(symbol);
  for (const price of [100, 101, 102, 103]) await market.play({ ACME: price, BOLT: 2 * price });
  const { portfolioId } = await trader.client.call(createPortfolio, portfolioBody());
  const { orderId } = await trader.client.call(createOrder, marketOrder(portfolioId));
  await market.play({ ACME: 104 });
  const { data: trades } = await trader.client.call(listTrades, {});
  const alpaca = await AlpacaServer.start({ keyId: KEY_ID, secretKey: SECRET_KEY });
  node.beforeStop(() => alpaca.close());
  alpaca.book.submit({ client_order_id: "by-hand", symbol: "ACME", qty: "1", side: "buy" });
  alpaca.book.fill("by-hand", "99");
  const { accountId } = await trader.client.call(createBrokerAccount, brokerAccount(alpaca.url));
  return {
    anonymous: node.anonymous,
    admin: node.admin,
    trader: trader.client,
    viewer: viewer.client,
    neighbour: neighbour.client,
    foreigner: foreigner.client,
    guest,
    careless,
    ended,
    portfolioId,
    orderId,
    tradeId: trades[0]?.tradeId ?? "",
    accountId,
    brokerUrl: alpaca.url,
    market,
    nodeId: node.context.config.nodeId,
    peerId: await joinIdlePeer(node),
    newParent: async () => {
      // On a slow machine the last price has grown old by now, and no slice is sent on one.
      await market.quote("ACME", sidesAbout(104));
      return { orderId: await beginQuietParent(node, portfolioId, trader.userId) };
    },
    parkEffect: () => leaveEffect(node.database.pool, { type: "order", id: orderId }),
    leaveJob: async (status) => ({
      jobId: await leaveJob(node.database.pool, trader.userId, status),
    }),
    leaveModel: () => leaveModel(node.context, trader.userId),
    leaveAgent: () => leaveAgent(node, trader.userId),
  };
}

/** A quote, not a bar: no model of these tests has an artefact that could predict at one. */
function sidesAbout(price: number) {
  const [bid, ask] = [price - 0.1, price + 0.1].map((side) => side.toFixed(1));
  const sizes = { bidSize: "1000", askSize: "1000" };
  return { bid: bid ?? null, ask: ask ?? null, ...sizes, tsEventMs: Date.now() };
}

const KEY_ID = "PKROUTES";
const SECRET_KEY = "a-secret-of-the-trader";

function brokerAccount(baseUrl: string): RouteInput {
  const credentials = { keyId: KEY_ID, secretKey: SECRET_KEY };
  return { broker: "alpaca", name: "Desk", credentials, settings: { baseUrl } };
}

const crossing = { kind: "crossover", parameters: { fast: "sma_2", slow: "sma_3" } };

function strategyOf(portfolioId: string): RouteInput {
  const sizing = { method: "fixedFraction", fraction: "0.1" };
  return { portfolioId, name: "Cross", symbols: ["ACME"], signal: crossing, sizing };
}

async function ofStrategy({ trader, portfolioId }: World): Promise<RouteInput> {
  const { strategyId } = await trader.call(createTradingStrategy, strategyOf(portfolioId));
  return { strategyId };
}

async function ofModel({ leaveModel: leave }: World): Promise<RouteInput> {
  const { version: _, ...model } = await leave();
  return model;
}

async function newBrokerAccount({ trader }: World): Promise<RouteInput> {
  const { accountId } = await trader.call(createBrokerAccount, { broker: "paper", name: "Spare" });
  return { accountId };
}

function portfolioBody(): RouteInput {
  return { name: "Desk", baseCurrency: "USD", initialCash: "100000" };
}

function marketOrder(portfolioId: string): RouteInput {
  return { portfolioId, symbol: "ACME", side: "buy", type: "market", quantity: "10" };
}

function restingOrder(portfolioId: string): RouteInput {
  return { ...marketOrder(portfolioId), type: "limit", price: "80", timeInForce: "gtc" };
}

async function openOrder({ trader, portfolioId }: World): Promise<RouteInput> {
  const { orderId } = await trader.call(createOrder, restingOrder(portfolioId));
  return { orderId };
}

let featureNames = 0;

async function newFormula({ trader }: World): Promise<RouteInput> {
  const name = `formula_${++featureNames}`;
  await trader.call(createFormula, { name, formula: "close - open" });
  return { name };
}

async function newFeatureSet({ trader }: World): Promise<RouteInput> {
  const name = `set_${++featureNames}`;
  await trader.call(createFeatureSet, { name, symbols: ["ACME"], features: ["ema_2"] });
  return { name };
}

let scenarioNames = 0;
async function newScenario({ trader }: World): Promise<RouteInput> {
  const scenario = { kind: "hypothetical", shocks: { market: -0.1 } };
  const name = `kept ${++scenarioNames}`;
  const { scenarioId } = await trader.call(createScenario, { name, scenario });
  return { scenarioId };
}

/** Of a source where nobody listens, and far from due. */
async function newCollection({ trader }: World): Promise<RouteInput> {
  const { scheduleId } = await trader.call(createCollectionSchedule, {
    name: "yields",
    alternativeData: { source: "treasury", series: ["UST-10YR"] },
    everyMinutes: 43_200,
  });
  return { scheduleId };
}

async function newPortfolio({ trader }: World): Promise<RouteInput> {
  const { portfolioId } = await trader.call(createPortfolio, portfolioBody());
  return { portfolioId };
}

async function emptyPortfolio({ trader }: World): Promise<RouteInput> {
  const body = { ...portfolioBody(), initialCash: "0" };
  const { portfolioId } = await trader.call(createPortfolio, body);
  return { portfolioId };
}

function basketOf(portfolioId: string): RouteInput {
  const { portfolioId: _, ...member } = restingOrder(portfolioId);
  return { portfolioId, orders: [member, { ...member, price: "79" }], mode: "allOrNone" };
}

async function openBasket({ trader, portfolioId }: World): Promise<RouteInput> {
  const { groupId } = await trader.call(createBasket, basketOf(portfolioId));
  return atRest(trader, groupId);
}

async function openGroup({ trader, portfolioId }: World): Promise<RouteInput> {
  const contingency = {
    kind: "bracket",
    takeProfit: { price: "120" },
    stopLoss: { stopPrice: "70" },
  };
  const { groupId } = await trader.call(createOrder, { ...restingOrder(portfolioId), contingency });
  return atRest(trader, groupId ?? "");
}

/** Once its orders are at their venue nothing of it changes by itself. */
async function atRest(trader: HttpClient, groupId: string): Promise<RouteInput> {
  await eventually("a group at rest", async () => {
    const { legs } = await trader.call(getGroup, { groupId });
    return legs.every(({ status }) => status === "new" || status === null) ? true : null;
  });
  return { groupId };
}

/** A document and an observation of the trader's tenant. */
async function postedNotes({ trader }: World): Promise<RouteInput> {
  const notes = { source: "desk-notes", data: [deskNote, deskFigure] };
  await trader.call(ingestAlternativeData, notes);
  return { source: "desk-notes" };
}

const movements = {
  ACME: [0.01, -0.02, 0.015, 0.003, -0.007, 0.011, -0.004, 0.006],
  BOLT: [0.004, -0.011, 0.02, -0.006, 0.002, 0.003, 0.009, -0.012],
};

const sizedAcme = {
  method: "fixedFractional",
  symbol: "ACME",
  riskFraction: 0.001,
  entry: "99",
  stop: "95",
};

const deskNote = {
  externalId: "note-1",
  publishedAt: "2020-01-02T15:00:00Z",
  title: "$ACME beats estimates and raises guidance",
};
const deskFigure = { seriesId: "visits", publishedAt: "2020-01-02", value: "12.5" };

/** From before there are bars of ACME. */
const oldDividend = {
  symbol: "ACME",
  kind: "dividend",
  exDate: "2019-03-01",
  amount: "0.5",
  currency: "USD",
  referencePrice: "90",
};

/** Whatever it was before: nothing of it is stopped afterwards. */
const resumed = (scope: string): RouteInput => ({ scope, state: "active", reason: "all is well" });

async function newAlert({ trader, portfolioId }: World): Promise<RouteInput> {
  await trader.call(setKillSwitch, resumed(portfolioId));
  const { data } = await trader.call(listAlerts, { portfolioId, limit: 1 });
  return { alertId: data[0]?.alertId };
}

const nothing = (): RouteInput => ({});
const ofPortfolio = ({ portfolioId }: World): RouteInput => ({ portfolioId });
const ofAccount = ({ accountId }: World): RouteInput => ({ accountId });
const guestSession = ({ anonymous, guest }: World): Promise<HttpClient> =>
  anonymous.login(guest.email, USER_PASSWORD);

const operators = (input: RouteCase["input"]): RouteCase => ({ who: ({ admin }) => admin, input });

/** A request that succeeds for every route: a route without one does not compile. */
export const CASES: { readonly [A in Action]: RouteCase } = {
  "groups.createBasket": { input: ({ portfolioId }) => basketOf(portfolioId), isOwned: true },
  "groups.getBasket": { input: openBasket, isOwned: true },
  "groups.cancelBasket": { input: openBasket, isOwned: true },
  "groups.get": { input: openGroup, isOwned: true },
  "groups.cancel": { input: openGroup, isOwned: true },
  "attribution.attribute": {
    input: () => ({
      periods: [
        {
          groups: [
            {
              group: "all",
              portfolioWeight: 1,
              benchmarkWeight: 1,
              portfolioReturn: 0.02,
              benchmarkReturn: 0.01,
            },
          ],
        },
      ],
    }),
  },
  "risk.valueAtRisk": { input: ({ portfolioId }) => ({ portfolioId, lookback: 2 }), isOwned: true },
  "risk.backtestVar": { input: () => ({ observations: 250, exceptions: 4, confidence: 0.99 }) },
  "risk.modelVolatility": { input: () => ({ model: "ewma", returns: [0.01, -0.02] }) },
  "risk.fitTail": {
    input: () => ({
      parameters: { threshold: 10, xi: 0.5, beta: 7, observations: 2167, exceedances: 109 },
    }),
  },
  "liquidity.measure": {
    input: ({ portfolioId }) => ({ portfolioId, lookback: 2 }),
    isOwned: true,
  },
  "portfolio-risk.report": {
    input: ({ portfolioId }) => ({ portfolioId, lookback: 2, method: "normal" }),
    isOwned: true,
  },
  "factors.explain": {
    input: () => ({
      model: "capm",
      returns: [0.01, -0.02, 0.03, 0],
      factors: { MKT: [0, 0.01, 0.02, -0.01] },
    }),
  },
  "stress.test": {
    input: ({ portfolioId }) => ({
      portfolioId,
      scenarios: [{ kind: "hypothetical", shocks: { market: -0.1 } }],
    }),
    isOwned: true,
  },
  "scenarios.list": { input: nothing },
  "scenarios.create": {
    input: () => ({
      name: "mine",
      scenario: { kind: "hypothetical", shocks: { market: -0.1 } },
    }),
  },
  "scenarios.remove": { input: newScenario },
  "model-import.create": {
    input: () => ({ ...IMPORTED, name: "net", file: Buffer.from(mlpFile(NET)).toString("base64") }),
  },
  "predictions.predict": { input: ({ trader }) => leaveImported(trader) },
  "predictions.ask": { input: ({ trader }) => leaveImported(trader) },
  "predictions.list": { input: nothing },
  "rl.train": {
    input: () => ({
      name: "mine",
      symbols: ["ACME"],
      timeframe: "1d",
      features: ["returns_1"],
      trainRange: { start: "2010-01-01T00:00:00Z", end: "2016-01-01T00:00:00Z" },
      testRange: { start: "2016-01-01T00:00:00Z", end: "2019-01-01T00:00:00Z" },
      steps: 100,
    }),
  },
  "rl.list": { input: nothing },
  "rl.get": { input: ({ leaveAgent: leave }) => leave() },
  "rl.remove": { input: ({ leaveAgent: leave }) => leave() },
  "rl.act": { input: async (world) => ({ ...(await world.leaveAgent()), symbol: "RLX" }) },
  "rl.evaluate": { input: async (world) => ({ ...(await world.leaveAgent()), range: LEFT_RANGE }) },
  "models.list": { input: nothing },
  "models.create": {
    input: () => ({
      name: "mine",
      kind: "regressor",
      algorithm: "ridge",
      symbols: ["ACME"],
      timeframe: "1d",
      features: ["returns_1"],
      target: { kind: "return", horizon: 1 },
    }),
  },
  "models.algorithms": { input: nothing },
  "datasets.describe": {
    input: () => ({
      symbols: ["ACME"],
      features: ["returns_1", "sma_2"],
      target: { kind: "direction", horizon: 1 },
    }),
  },
  "models.get": { input: ofModel },
  "models.update": { input: async (world) => ({ ...(await ofModel(world)), description: "ours" }) },
  "models.archive": { input: ofModel },
  "models.versions": { input: ofModel },
  "models.version": { input: ({ leaveModel: leave }) => leave() },
  "models.importance": { input: ({ leaveModel: leave }) => leave() },
  "models.drift": { input: ({ leaveModel: leave }) => leave() },
  "models.promote": {
    input: async ({ leaveModel: leave }) => ({ ...(await leave()), stage: "staging" }),
  },
  "models.rollback": { input: ofModel },
  "models.putAliases": { input: async (world) => ({ ...(await ofModel(world)), challenger: 1 }) },
  "models.aliases": { input: ofModel },
  "trainings.train": { input: ofModel },
  "trainings.retrain": { input: ({ leaveModel: leave }) => leave() },
  "trainings.search": {
    input: async (world) => ({
      ...(await ofModel(world)),
      method: "grid",
      space: { lambda: { min: 0.1, max: 1 } },
    }),
  },
  "trainings.schedule": { input: async (world) => ({ ...(await ofModel(world)), hours: 24 }) },
  "trainings.unschedule": { input: ofModel },
  "limits.get": { input: ofPortfolio, isOwned: true },
  "limits.live": { input: ofPortfolio, isOwned: true },
  "limits.breaches": { input: ofPortfolio, isOwned: true },
  "limits.tenantBreaches": { input: () => ({}) },
  "limits.put": {
    who: ({ admin }) => admin,
    input: ({ portfolioId }) => ({
      portfolioId,
      maxGrossLeverage: { warning: "80", breach: 100 },
      maxOrderNotional: "1000000",
      maxOpenOrders: 5_000,
      triggers: { drawdown: { action: "reducing", cancelOpenOrders: true } },
    }),
  },
  "limits.override": {
    who: ({ admin }) => admin,
    input: ({ portfolioId }) => ({
      portfolioId,
      limit: "maxVarPct",
      until: "2100-01-01",
      reason: "agreed with the desk",
    }),
  },
  "limits.getTenant": { input: () => ({ scope: "tenant" }) },
  "limits.putTenant": { who: ({ admin }) => admin, input: () => ({ maxDailyLoss: "1000000000" }) },
  "kill-switch.set": { input: ({ portfolioId }) => resumed(portfolioId), isOwned: true },
  "kill-switch.list": { input: ofPortfolio, isOwned: true },
  "kill-switch.history": {
    input: ({ portfolioId }) => ({ portfolioId, limit: 5, order: "asc" }),
    isOwned: true,
  },
  "alerts.list": {
    input: ({ portfolioId }) => ({
      portfolioId,
      kind: "killSwitch",
      severity: "info",
      acked: false,
      since: "2020-01-01",
      limit: 5,
      order: "asc",
    }),
  },
  "alerts.ack": { input: newAlert, isOwned: true },
  "sizing.size": {
    input: ({ portfolioId }) => ({ ...sizedAcme, portfolioId }),
    isOwned: true,
  },
  "sizing.order": { input: ({ portfolioId }) => ({ ...sizedAcme, portfolioId }), isOwned: true },
  "orders.create": { input: ({ portfolioId }) => restingOrder(portfolioId), isOwned: true },
  "orders.list": {
    input: ({ portfolioId }) => ({
      portfolioId,
      symbol: "ACME",
      status: "new,filled",
      since: "2020-01-01",
      limit: 5,
      order: "asc",
    }),
    isOwned: true,
  },
  "orders.get": {
    input: ({ orderId }) => ({ orderId, asOf: new Date().toISOString() }),
    isOwned: true,
  },
  "orders.amend": {
    input: async (world) => ({ ...(await openOrder(world)), price: "51" }),
    isOwned: true,
  },
  "orders.cancel": { input: openOrder, isOwned: true },
  "orders.cancelAll": {
    input: ({ portfolioId }) => ({ portfolioId, symbol: "ACME" }),
    isOwned: true,
  },
  "orders.events": { input: ({ orderId }) => ({ orderId, limit: 2 }), isOwned: true },
  "market-bars.trades": {
    input: () => ({ symbol: "ACME", start: "2020-01-01", limit: 2, order: "asc" }),
  },
  "market-bars.book": {
    input: async ({ market }) => {
      await market.book("ACME");
      return { symbol: "ACME", levels: 1 };
    },
  },
  "market-bars.partial": { input: () => ({ symbol: "ACME", timeframe: "5m" }) },
  "market-bars.special": {
    input: () => ({
      symbol: "ACME",
      kind: "volume",
      size: "10",
      start: "2020-01-01",
      end: "2021-01-01T00:00:00Z",
      limit: 2,
      order: "desc",
    }),
  },
  "market-bars.watch": {
    who: ({ admin }) => admin,
    input: () => ({
      symbol: "ACME",
      timeframes: ["1m", "1h"],
      special: [{ kind: "volume", size: 1000 }],
      quotes: null,
    }),
  },
  "market-data.quote": { input: () => ({ symbol: "ACME" }) },
  "market-data.bars": {
    input: () => ({
      symbol: "ACME",
      timeframe: "1d",
      start: "2020-01-01",
      end: "2020-02-01T00:00:00Z",
      adjust: "none",
      limit: 2,
      order: "desc",
    }),
  },
  "market-store.ingest": {
    input: () => ({
      symbol: "ACME",
      timeframe: "1h",
      source: "upload",
      data: [
        {
          timestamp: "2019-01-02T15:00:00Z",
          open: "100",
          high: 101,
          low: "99",
          close: "100.5",
          volume: "7",
          vwap: "100.25",
          tradeCount: 3,
        },
      ],
    }),
  },
  "market-store.export": {
    input: () => ({
      symbol: "ACME",
      timeframe: "1d",
      start: "2020-01-01",
      end: "2021-01-01",
      format: "ndjson",
      adjust: "none",
    }),
  },
  "market-store.usage": { input: () => ({ limit: 2 }) },
  "market-store.retention": { input: nothing },
  "market-store.putRetention": operators(() => ({
    data: [{ kind: "bars", timeframe: "30m", days: 36_500 }],
  })),
  "market-store.applyRetention": operators(nothing),
  "features.series": {
    input: () => ({ symbol: "ACME", features: "sma_2,rsi_2", timeframe: "1d", limit: 3 }),
  },
  "features.catalogue": { input: nothing },
  "features.correlation": {
    input: () => ({ symbols: "ACME,BOLT", of: "logreturns", method: "kendall", limit: 3000 }),
  },
  "features.crossSection": {
    input: () => ({ symbols: "ACME", feature: "close / sma_2", at: "2030-01-01" }),
  },
  "features.createFormula": {
    input: () => ({ name: "spread", formula: "high - low", description: "of the day" }),
  },
  "features.listFormulas": { input: nothing },
  "features.getFormula": { input: newFormula },
  "features.removeFormula": { input: newFormula },
  "features.createSet": {
    input: () => ({ name: "watch", symbols: ["ACME"], timeframe: "1d", features: ["sma_2"] }),
  },
  "features.listSets": { input: nothing },
  "features.getSet": { input: newFeatureSet },
  "features.removeSet": { input: newFeatureSet },
  "trades.list": {
    input: ({ portfolioId, orderId }) => ({ portfolioId, orderId, symbol: "ACME", limit: 1 }),
    isOwned: true,
  },
  "trades.get": { input: ({ tradeId }) => ({ tradeId }), isOwned: true },
  "trades.confirmation": { input: ({ tradeId }) => ({ tradeId }), isOwned: true },
  "trades.allocate": {
    input: async (world) => ({
      tradeId: world.tradeId,
      // Refused by what receives it when it is without cash: what is given comes back, and can be given again.
      allocations: [{ ...(await emptyPortfolio(world)), quantity: "1" }],
    }),
    isOwned: true,
  },
  "trades.settle": {
    who: ({ admin }) => admin,
    input: ({ tradeId }) => ({ tradeId, status: "settled" }),
  },
  "strategies.catalogue": { input: nothing },
  "strategies.preview": {
    input: () => ({
      symbol: "ACME",
      side: "buy",
      quantity: "100",
      strategy: "twap",
      parameters: { durationSeconds: 60, intervalSeconds: 30 },
      urgency: "low",
    }),
  },
  "strategies.get": { input: ({ newParent }) => newParent(), isOwned: true },
  "strategies.pause": { input: ({ newParent }) => newParent(), isOwned: true },
  "strategies.resume": { input: ({ newParent }) => newParent(), isOwned: true },
  "strategies.cancel": { input: ({ newParent }) => newParent(), isOwned: true },
  "strategies.costs": { input: ({ orderId }) => ({ orderId }), isOwned: true },
  "strategies.totalCosts": {
    input: ({ portfolioId }) => ({ portfolioId, symbol: "ACME", since: "2020-01-01" }),
    isOwned: true,
  },
  "portfolios.list": { input: () => ({ status: "open", limit: 1, order: "asc" }) },
  "portfolios.create": {
    input: () => ({
      ...portfolioBody(),
      accounting: "netting",
      lotMethod: "fifo",
      margin: "margin",
      initialMargin: "0.5",
      maintenanceMargin: "0.3",
      shortInitialMargin: "0.6",
      shortMaintenanceMargin: "0.35",
      marginCallHours: 48,
      debitRate: "0.06",
      creditRate: "0.01",
      dayCount: 365,
      limits: { maxOrderNotional: "50000", maxOrdersPerMinute: 60, restrictedSymbols: ["GME"] },
    }),
  },
  "portfolios.get": {
    input: ({ portfolioId }) => ({ portfolioId, asOf: Date.now() }),
    isOwned: true,
  },
  "portfolios.update": {
    input: async (world) => ({ ...(await newPortfolio(world)), name: "Renamed", limits: {} }),
    isOwned: true,
  },
  "portfolios.close": { input: newPortfolio, isOwned: true },
  "portfolios.positions": { input: ofPortfolio, isOwned: true },
  "risk-simulations.simulate": {
    input: () => ({
      covariance: [
        [0.0001, 0.00002],
        [0.00002, 0.0004],
      ],
      weights: [0.6, 0.4],
      names: ["ACME", "BOLT"],
      simulations: 2_000,
      seed: 7,
    }),
  },
  "risk-covariance.estimate": {
    input: () => ({ assets: movements, estimator: "ledoitWolfIdentity", repair: true }),
  },
  "risk-covariance.changes": { input: () => ({ assets: movements, pair: ["ACME", "BOLT"] }) },
  "risk-construction.optimize": {
    input: () => ({
      assets: movements,
      mean: "historical",
      objective: "meanVariance",
      riskAversion: 3,
      constraints: { max: 0.8 },
      frontier: 3,
    }),
  },
  "risk-construction.rebalance": {
    input: ({ portfolioId }) => ({ portfolioId, weights: [{ symbol: "ACME", weight: 0.01 }] }),
    isOwned: true,
  },
  "risk-construction.rebalanceOrders": {
    input: async (world) => ({
      ...(await newPortfolio(world)),
      weights: [{ symbol: "ACME", weight: 0.01 }],
    }),
    isOwned: true,
  },
  "risk-metrics.measure": {
    input: () => ({
      returns: [0.01, -0.02, 0.015, 0.003],
      benchmark: [0.008, -0.01, null, 0.002],
      dates: ["2026-03-02", "2026-03-03", "2026-03-04", "2026-03-05"],
      riskFree: 0.0001,
      convention: "lean",
      metrics: ["sharpe", "beta", "maxDrawdown"],
    }),
  },
  "margin.get": {
    input: ({ portfolioId }) => ({ portfolioId, asOf: Date.now() }),
    isOwned: true,
  },
  "portfolios.ledger": {
    input: ({ portfolioId }) => ({
      portfolioId,
      start: 1_500_000_000_000,
      limit: 3,
      order: "desc",
    }),
    isOwned: true,
  },
  "portfolios.history": {
    input: ({ portfolioId }) => ({ portfolioId, start: "2019-12-31", limit: 3 }),
    isOwned: true,
  },
  "performance.get": {
    input: ({ portfolioId }) => ({ portfolioId, benchmark: "ACME", riskFree: 0.0001 }),
    isOwned: true,
  },
  "performance.attribute": {
    input: ({ portfolioId }) => ({ portfolioId, benchmark: [{ symbol: "ACME", weight: 1 }] }),
    isOwned: true,
  },
  "performance.report": { input: ({ portfolioId }) => ({ portfolioId }), isOwned: true },
  "portfolios.transact": {
    input: ({ portfolioId }) => ({
      portfolioId,
      type: "deposit",
      amount: "100",
      effectiveAt: "2020-01-03",
      memo: "a deposit",
    }),
    isOwned: true,
  },
  "broker-accounts.list": { input: () => ({ broker: "alpaca", limit: 1, order: "asc" }) },
  "broker-accounts.create": {
    input: ({ brokerUrl }) => ({
      ...brokerAccount(brokerUrl),
      settings: { baseUrl: brokerUrl, feeBps: "2.5" },
    }),
  },
  "broker-accounts.get": { input: ofAccount, isOwned: true },
  "broker-accounts.update": {
    input: async (world) => ({
      ...(await newBrokerAccount(world)),
      name: "Renamed",
      status: "disabled",
      credentials: {},
      settings: { feeBps: "3" },
    }),
    isOwned: true,
  },
  "broker-accounts.remove": { input: newBrokerAccount, isOwned: true },
  "broker-accounts.test": { input: ofAccount, isOwned: true },
  "broker-accounts.positions": { input: ofAccount, isOwned: true },
  "broker-accounts.orders": { input: ofAccount, isOwned: true },
  "broker-accounts.balances": { input: ofAccount, isOwned: true },
  "broker-accounts.reconcile": { input: ofAccount, isOwned: true },
  "signals.list": { input: () => ({ symbol: "ACME", since: "2020-01-01", limit: 10 }) },
  "signals.compute": {
    input: () => ({ symbols: ["ACME", "BOLT"], strategy: crossing }),
  },
  "trading-strategies.list": { input: nothing },
  "trading-strategies.create": {
    input: ({ portfolioId }) => strategyOf(portfolioId),
    isOwned: true,
  },
  "trading-strategies.get": { input: ofStrategy, isOwned: true },
  "trading-strategies.update": {
    input: async (world) => ({ ...(await ofStrategy(world)), name: "ours" }),
    isOwned: true,
  },
  "trading-strategies.remove": { input: ofStrategy, isOwned: true },
  "trading-strategies.start": { input: ofStrategy, isOwned: true },
  "trading-strategies.stop": { input: ofStrategy, isOwned: true },
  "symbols.list": { input: () => ({ search: "acme", assetClass: "equity", limit: 10 }) },
  "symbols.get": { input: () => ({ symbol: "ACME" }) },
  "symbols.put": {
    who: ({ admin }) => admin,
    input: () => ({
      symbol: "NEWCO",
      name: "New Company",
      assetClass: "equity",
      venue: "PAPER",
      currency: "USD",
      tickSize: "0.01",
      lotSize: 1,
      multiplier: "1",
      shortable: false,
      calendar: "XNYS",
    }),
  },
  "corporate-actions.list": {
    input: () => ({ symbol: "ACME", kind: "dividend", start: "2019-01-01", end: "2030-01-01" }),
  },
  "corporate-actions.add": { who: ({ admin }) => admin, input: () => oldDividend },
  "corporate-actions.import": {
    who: ({ admin }) => admin,
    input: () => ({
      symbol: "ACME",
      factorFile: "20180102,0.98,1,1\n20180601,0.98,1,100\n20501231,1,1,0",
      knownAt: "exDate",
    }),
  },
  "corporate-actions.remove": {
    who: ({ admin }) => admin,
    input: async ({ admin }) => {
      const { actionId } = await admin.call(addCorporateAction, { ...oldDividend, amount: "2" });
      return { symbol: "ACME", actionId };
    },
  },
  "corporate-actions.listings": { input: () => ({ symbol: "ACME" }) },
  "corporate-actions.putListings": {
    who: ({ admin }) => admin,
    input: async ({ market }) => {
      await market.list("LISTCO");
      const listings = [
        { ticker: "OLDCO", from: "2001-01-02", until: "2010-05-31" },
        { ticker: "LISTCO", from: "2010-06-01", until: null },
      ];
      return { symbol: "LISTCO", listings };
    },
  },
  "market-quality.report": {
    input: () => ({
      symbol: "ACME",
      timeframe: "1d",
      start: "2020-01-01",
      end: "2020-01-15",
      threshold: 6,
      limit: 2,
    }),
  },
  "market-quality.revisions": {
    input: () => ({ symbol: "ACME", timeframe: "1d", start: "2020-01-01", end: "2020-02-01" }),
  },
  "market-quality.calendar": {
    input: () => ({ calendar: "XNYS", start: "2024-11-01", end: "2025-01-01", limit: 5 }),
  },
  "auth.login": {
    who: ({ anonymous }) => anonymous,
    input: ({ careless }) => ({ email: careless.email, password: USER_PASSWORD }),
  },
  "auth.refresh": {
    who: ({ anonymous }) => anonymous,
    input: async ({ anonymous, guest }) => {
      const body = { email: guest.email, password: USER_PASSWORD };
      const { refreshToken } = await anonymous.call(login, body);
      return { refreshToken };
    },
  },
  "auth.logout": { who: guestSession, input: nothing },
  "auth.me": { input: nothing },
  "api.stream": { input: () => ({ channels: "orders,bars:ACME:1d" }), isStream: true },
  "api.live": { input: nothing },
  "api.ready": { input: nothing },
  "api.metrics": { input: nothing },
  "system.info": { input: nothing },
  "alternative-data.list": {
    input: async (world) => ({
      ...(await postedNotes(world)),
      symbol: "ACME",
      seriesId: "visits",
      start: "2020-01-01",
      end: "2030-01-01",
      asOf: "2030-01-01",
      sentimentMethod: "lexicon",
      limit: 2,
    }),
  },
  "alternative-data.joined": {
    input: async (world) => ({
      ...(await postedNotes(world)),
      symbol: "ACME",
      timeframe: "1d",
      seriesId: "visits",
      start: "2020-01-01",
      end: "2030-01-01",
      lookbackDays: 30,
      windowHours: 48,
      sentimentMethod: "logistic",
      limit: 2,
    }),
  },
  "alternative-data.sources": { input: nothing },
  "alternative-data.ingest": {
    input: () => ({
      source: "desk-notes",
      kind: "social",
      seriesId: "visits",
      symbol: ["ACME"],
      data: [deskNote, { publishedAt: "2020-01-03", value: 13 }],
    }),
  },
  "alternative-data.push": {
    who: ({ anonymous }) => new SigningClient(anonymous.url),
    input: () => ({ source: "desk-hook", data: [deskNote] }),
  },
  "alternative-data.collect": {
    input: () => ({
      source: "treasury",
      series: ["UST-10YR"],
      start: "2024-01-01",
      end: "2024-02-01",
      knownAt: "published",
    }),
  },
  "alternative-data.aliases": { input: () => ({ symbol: "ACME" }) },
  "alternative-data.putAliases": operators(() => ({ symbol: "ACME", aliases: ["Acme Anvils"] })),
  "data-sources.list": { input: nothing },
  "data-sources.put": {
    who: ({ admin }) => admin,
    input: () => ({
      sourceId: "stooq",
      isEnabled: false,
      priority: 90,
      symbols: { "^SPX": "^spx" },
      rateLimit: { requests: 10, perSeconds: 60 },
      liveSymbols: [],
      liveKinds: [],
    }),
  },
  "data-sources.collect": {
    input: () => ({
      source: "files",
      symbols: ["ACME"],
      timeframe: "1d",
      start: "2020-01-01",
      end: "2020-02-01",
    }),
  },
  "collection-schedules.create": {
    input: () => ({
      name: "closes",
      isEnabled: true,
      marketData: { source: "files", symbols: ["ACME"], timeframe: "1d", lookbackDays: 5 },
      dailyAt: { calendar: "XNYS", afterCloseMinutes: 30 },
    }),
  },
  "collection-schedules.list": {
    input: async (world) => {
      await newCollection(world);
      return { isEnabled: true, limit: 1, order: "asc" };
    },
  },
  "collection-schedules.get": { input: newCollection, isOwned: true },
  "collection-schedules.update": {
    input: async (world) => ({
      ...(await newCollection(world)),
      name: "yields, too",
      alternativeData: { source: "treasury", series: ["UST-10YR"], lookbackDays: 3 },
      dailyAt: { time: "17:30", timeZone: "America/New_York", weekdays: ["friday"] },
    }),
    isOwned: true,
  },
  "collection-schedules.remove": { input: newCollection, isOwned: true },
  "jobs.list": { input: () => ({ kind: "collect", status: "failed", limit: 1, order: "asc" }) },
  "jobs.get": { input: ({ leaveJob: leave }) => leave("succeeded"), isOwned: true },
  "jobs.cancel": { input: ({ leaveJob: leave }) => leave("queued"), isOwned: true },
  "api.jobEvents": { input: ({ leaveJob: leave }) => leave("succeeded"), isOwned: true },
  "feeds.streaming": operators(nothing),
  "system.members": operators(nothing),
  "system.drain": operators(({ peerId }) => ({ nodeId: peerId })),
  "system.resume": operators(({ peerId }) => ({ nodeId: peerId })),
  "system.shards": operators(({ nodeId }) => ({
    owner: nodeId,
    pool: "risk",
    pinned: false,
    limit: 3,
  })),
  "system.shard": operators(() => ({ shard: 2_048 })),
  "system.move": operators(({ nodeId }) => ({ shard: 2_049, nodeId })),
  "system.unpin": operators(() => ({ shard: 2_049 })),
  "system.actor": operators(({ portfolioId }) => ({ type: "portfolio", actorId: portfolioId })),
  "system.actors": operators(({ nodeId }) => ({ nodeId, type: "portfolio", limit: 2 })),
  "system.outbox": operators(nothing),
  "system.effects": operators(() => ({ state: "parked", limit: 5 })),
  "system.retry": operators(async ({ parkEffect: park }) => ({ effectId: await park() })),
  "api.openapi": { input: () => ({ service: "risk" }) },
  "api.docs": { input: () => ({ service: "execution" }) },
  "api.docsAsset": { input: () => ({ asset: "swagger-ui.css" }) },
};
