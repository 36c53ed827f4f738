import { setTimeout as sleep } from "node:timers/promises";
import { PROBE_POINTS } from "../../mixins/actor/ports.ts";
import { Decimal } from "../../domain/shared/decimal.ts";
import { getBars } from "../../mixins/rest/routes/market-data.ts";
import {
  createOrder,
  getOrder,
  getOrderEvents,
  listOrders,
} from "../../mixins/rest/routes/orders.ts";
import type { OrderView } from "../../mixins/rest/routes/orders.ts";
import {
  createPortfolio,
  getLedger,
  getPortfolio,
  getPositions,
} from "../../mixins/rest/routes/portfolios.ts";
import type { PortfolioView, PositionView } from "../../mixins/rest/routes/portfolios.ts";
import { listTrades } from "../../mixins/rest/routes/trades.ts";
import type { TradeView } from "../../mixins/rest/routes/trades.ts";
import { SAMPLE_PORTFOLIO_ID } from "../../services/sample-data.ts";
import { ChildNode } from "../support/child-node.ts";
import type { HttpClient } from "../support/http.ts";
import { eventually } from "../support/node-eventually.ts";
import { chance } from "../support/node-seed.ts";
import { startTestNode } from "../support/node.ts";
import { type TemporaryDirectory, temporaryDirectory } from "../support/temporary.ts";

const EMAIL = "admin@localhost";
const PASSWORD = "correct horse battery staple";
const KILLS = 3;
/** The runs are compared over so many bars. */
const BARS = 300;
const BARS_PER_SECOND = 100;
const sample = { portfolioId: SAMPLE_PORTFOLIO_ID };

/** Everything that a client saw before the node was killed. */
interface Seen {
  readonly at: string;
  readonly portfolio: PortfolioView;
  readonly positions: readonly PositionView[];
  readonly trades: readonly TradeView[];
}

describe("a node that is killed again and again while bars come in", () => {
  const { between, pick } = chance("kills");
  const acknowledged: OrderView[] = [];
  const doubtful: { readonly key: string; readonly body: object }[] = [];
  let directory: TemporaryDirectory;
  let node: ChildNode;
  let admin: HttpClient;
  let ownPortfolio: string;

  const start = async (): Promise<void> => {
    node = await ChildNode.start({
      dataDir: directory.path,
      env: {
        ADMIN_PASSWORD: PASSWORD,
        REPLAY_SPEED: String(BARS_PER_SECOND),
        LOG_LEVEL: "warn",
      },
    });
    admin = await node.client.login(EMAIL, PASSWORD);
  };

  beforeAll(async () => {
    directory = await temporaryDirectory();
    await start();
    const body = { name: "Own", baseCurrency: "USD", initialCash: "100000000" };
    ownPortfolio = (await admin.call(createPortfolio, body)).portfolioId;
  });

  afterAll(async () => {
    await node.kill();
    await directory.remove();
  });

  const look = async (): Promise<Seen> => {
    const { data: positions, asOf: at } = await admin.call(getPositions, sample);
    const portfolio = await admin.call(getPortfolio, { ...sample, asOf: at });
    return { at, portfolio, positions, trades: await admin.all(listTrades, { order: "asc" }) };
  };

  /** One order after another, until the node is gone. */
  const keepOrdering = async (isOver: () => boolean): Promise<void> => {
    for (let i = 0; !isOver(); i++) {
      const key = `${acknowledged.length}-${doubtful.length}-${i}`;
      const body = {
        portfolioId: ownPortfolio,
        symbol: "SPX",
        side: "buy",
        ...pick([
          { type: "market", quantity: "1" },
          { type: "limit", quantity: "2", price: "1000", timeInForce: "gtc" },
        ]),
      };
      try {
        acknowledged.push(await admin.call(createOrder, body, { "idempotency-key": key }));
      } catch {
        doubtful.push({ key, body });
        // No price yet, or no node any more.
        await sleep(20);
      }
    }
  };

  const workUntilKilled = async (): Promise<Seen> => {
    let isOver = false;
    const ordering = keepOrdering(() => isOver);
    await sleep(between(50, 900));
    const seen = await look();
    await sleep(between(0, 60));
    await node.kill({ andStore: pick([true, false]) });
    isOver = true;
    await ordering;
    return seen;
  };

  it("has everything that was acknowledged, after each of several kills", async () => {
    for (let kill = 1; kill <= KILLS; kill++) {
      const seen = await workUntilKilled();
      await start();
      await expectKept(admin, seen);
      for (const { orderId, ...terms } of acknowledged) {
        const order = await admin.call(getOrder, { orderId });
        expect(termsOf({ ...order })).toEqual(termsOf({ orderId, ...terms }));
      }
    }
    expect(acknowledged.length).toBeGreaterThan(KILLS);
  });

  it("has one order for each key whose answer was cut off, once it is sent again", async () => {
    await eventually("a price", async () =>
      (await admin.call(getBars, { symbol: "SPX" })).data.length > 0 ? true : null,
    );
    for (const { key, body } of doubtful) {
      const headers = { "idempotency-key": key };
      const first = await admin.ask(createOrder, { ...body }, headers);
      const again = await admin.ask(createOrder, { ...body }, headers);
      expect(first.status === 201 || first.text.includes("ORDER_DENIED")).toBe(true);
      expect(again.headers["idempotent-replayed"]).toBe("true");
    }
    const orders = await admin.all(listOrders, { portfolioId: ownPortfolio });
    expect(orders.length).toBe(acknowledged.length + doubtful.length);
  });

  it("plays no bar twice and leaves none out", async () => {
    await eventually(`${BARS} bars`, async () => {
      const { data } = await admin.call(getBars, { symbol: "SPX", limit: BARS });
      return data.length === BARS ? true : null;
    });
    const bars = await admin.all(getBars, { symbol: "SPX" });
    const reference = await referenceRun();
    expect(bars.slice(0, BARS)).toEqual(reference.bars);
  });

  it("ends with the trades and the cash of a run that was never killed", async () => {
    await expectReference(admin);
  });

  it("keeps a ledger that balances, and no order in doubt", async () => {
    for (const portfolioId of [SAMPLE_PORTFOLIO_ID, ownPortfolio]) {
      const entries = await admin.all(getLedger, { portfolioId });
      const changes = entries.map(({ debit, credit }) => new Decimal(debit).minus(credit));
      expect(Decimal.sum(0, ...changes).toFixed()).toBe("0");
    }
    await expectNoneInDoubt(admin);
    expect(node.logged("error")).toEqual([]);
  });
});

describe("a node that is killed at each step of the actor layer in turn", () => {
  const { between } = chance("steps");
  // Nothing on this path sets a reminder.
  const points = PROBE_POINTS.filter((point) => point !== "reminder.due");
  let directory: TemporaryDirectory;
  let node: ChildNode | null = null;

  beforeAll(async () => {
    directory = await temporaryDirectory();
  });

  afterAll(async () => {
    await node?.kill();
    await directory.remove();
  });

  it("ends with the trades and the cash of a run that was never killed", async () => {
    const env = { ADMIN_PASSWORD: PASSWORD, REPLAY_SPEED: "1000", LOG_LEVEL: "error" };
    const options = { dataDir: directory.path, env };
    for (const at of points) {
      const isRare = at === "snapshot.saved" || at === "activation.claimed";
      const time = isRare ? 1 : between(1, 12);
      await ChildNode.crash(options, { at, time });
    }
    node = await ChildNode.start(options);
    const admin = await node.client.login(EMAIL, PASSWORD);
    await expectReference(admin);
    await expectNoneInDoubt(admin);
    expect(node.logged("error")).toEqual([]);
    // A start for each point: 140 s were seen on two busy cores.
  }, 300_000);
});

async function expectReference(admin: HttpClient): Promise<void> {
  const reference = await referenceRun();
  const last = reference.trades.at(-1)?.executedAt ?? "";
  const trades = await eventually("the last trade", async () => {
    const found = await admin.all(listTrades, { ...sample, order: "asc" });
    return found.some(({ executedAt }) => executedAt >= last) ? found : null;
  });
  const compared = trades.filter(({ executedAt }) => executedAt <= last);
  expect(compared.map(dealOf)).toEqual(reference.trades.map(dealOf));
  const asOf = compared.at(-1)?.recordedAt;
  const { cash, realizedPnl, fees } = await admin.call(getPortfolio, { ...sample, asOf });
  expect({ cash, realizedPnl, fees }).toEqual(reference.figures);
}

async function expectNoneInDoubt(admin: HttpClient): Promise<void> {
  for (const { orderId } of await admin.all(listOrders, sample)) {
    const events = await admin.all(getOrderEvents, { orderId });
    const types = events.map(({ type }) => type).filter((type) => type !== "SubmitStarted");
    expect(types).not.toContain("OrderMarkedUnknown");
    expect(new Set(types).size).toBe(types.length);
  }
}

async function expectKept(admin: HttpClient, seen: Seen): Promise<void> {
  const { at: asOf, portfolio, positions, trades } = seen;
  expect(await admin.call(getPortfolio, { ...sample, asOf })).toEqual(portfolio);
  const found = await admin.call(getPositions, { ...sample, asOf });
  expect(found.data.map(held)).toEqual(positions.map(held));
  const after = await admin.all(listTrades, { order: "asc" });
  expect(after.slice(0, trades.length).map(dealOf)).toEqual(trades.map(dealOf));
}

/** Without what the market says of it. */
function held({ symbol, quantity, cost, realizedPnl, fees }: PositionView) {
  return { symbol, quantity, cost, realizedPnl, fees };
}

function dealOf(trade: TradeView) {
  const { symbol, side, quantity, price, executedAt, fees, realizedPnl } = trade;
  return { symbol, side, quantity, price, executedAt, fees, realizedPnl };
}

function termsOf(order: OrderView) {
  const { orderId, clOrdId, portfolioId, symbol, side, type, quantity, price } = order;
  const { timeInForce, placedBy, createdAt } = order;
  const terms = { orderId, clOrdId, portfolioId, symbol, side, type, quantity, price };
  return { ...terms, timeInForce, placedBy, createdAt };
}

let reference: ReturnType<typeof runWithoutKills> | null = null;

function referenceRun(): ReturnType<typeof runWithoutKills> {
  reference ??= runWithoutKills();
  return reference;
}

async function runWithoutKills() {
  const node = await startTestNode({ replaySpeed: 5_000 });
  try {
    const bars = await eventually(`${BARS} bars`, async () => {
      const { data } = await node.admin.call(getBars, { symbol: "SPX", limit: BARS });
      return data.length === BARS ? data : null;
    });
    await node.pauseReplay();
    const lastBar = bars.at(-1)?.timestamp ?? "";
    const all = await node.admin.all(listTrades, { ...sample, order: "asc" });
    const trades = all.filter(({ executedAt }) => executedAt <= lastBar);
    const asOf = trades.at(-1)?.recordedAt;
    const { cash, realizedPnl, fees } = await node.admin.call(getPortfolio, { ...sample, asOf });
    return { bars, trades, figures: { cash, realizedPnl, fees } };
  } finally {
    await node.stop();
    await node.database.drop();
  }
}
