import { Decimal } from "../../domain/shared/decimal.ts";
import { PROBE_POINTS } from "../../mixins/actor/ports.ts";
import { getGroup } from "../../mixins/rest/routes/baskets.ts";
import type { GroupView } from "../../mixins/rest/routes/baskets.ts";
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
  startTradingStrategy,
  stopTradingStrategy,
} from "../../mixins/rest/routes/strategies.ts";
import { listTrades } from "../../mixins/rest/routes/trades.ts";
import { ChildNode } from "../support/child-node.ts";
import type { HttpClient } from "../support/http.ts";
import { eventually } from "../support/node-eventually.ts";
import { chance } from "../support/node-seed.ts";
import { type TemporaryDirectory, temporaryDirectory } from "../support/temporary.ts";

const EMAIL = "admin@localhost";
const PASSWORD = "correct horse battery staple";
/** Entries that are wanted once the node is not killed any more. */
const ENTRIES = 15;
const OPEN = new Set(["pendingNew", "new", "partiallyFilled", "triggered", "pendingCancel"]);

describe("a strategy with exits on a node that is killed at every second step of the actor layer", () => {
  const { between } = chance("strategies");
  const parity = between(0, 1);
  // No reminder is set while nothing goes wrong.
  const points = PROBE_POINTS.filter((point) => point !== "reminder.due").filter(
    (_, index) => index % 2 === parity,
  );
  const env = { ADMIN_PASSWORD: PASSWORD, LOG_LEVEL: "error", REPLAY_SPEED: "200" };
  let directory: TemporaryDirectory;
  let node: ChildNode;
  let admin: HttpClient;
  let portfolioId: string;
  let strategyId: string;
  let orders: readonly OrderView[];
  let groups: readonly GroupView[];

  const start = async (): Promise<void> => {
    node = await ChildNode.start({ dataDir: directory.path, env });
    admin = await node.client.login(EMAIL, PASSWORD);
  };
  const readOrders = () => admin.all(listOrders, { portfolioId }, 1_000);
  const entriesOf = (all: readonly OrderView[]) =>
    all.filter(({ clOrdId, signalId }) => clOrdId === signalId);

  beforeAll(async () => {
    directory = await temporaryDirectory();
    await start();
    const body = { name: "Own", baseCurrency: "USD", initialCash: "1000000" };
    ({ portfolioId } = await admin.call(createPortfolio, body));
    const fast = { fast: "sma_2", slow: "sma_5", horizon: 6 };
    ({ strategyId } = await admin.call(createTradingStrategy, {
      name: "Exits",
      portfolioId,
      symbols: ["SPX"],
      signal: { kind: "crossover", parameters: fast },
      sizing: { method: "fixedFraction", fraction: "0.5" },
      execution: { stopLossBps: "100", takeProfitBps: "150", closeAtExpiry: true },
    }));
    await admin.call(startTradingStrategy, { strategyId });
    await node.kill();
    for (const at of points) {
      const isRare = at === "snapshot.saved" || at === "activation.claimed";
      const time = isRare ? 1 : between(1, 40);
      await ChildNode.crash({ dataDir: directory.path, env }, { at, time });
    }
    await start();
    await eventually(
      `${ENTRIES} entries`,
      async () => (entriesOf(await readOrders()).length >= ENTRIES ? true : null),
      120_000,
    );
    await admin.call(stopTradingStrategy, { strategyId });
    // What stands goes on to its exits; then nothing of the strategy is left to happen.
    orders = await eventually(
      "the last exit",
      async () => {
        const all = await readOrders();
        return all.some(({ status }) => OPEN.has(status)) ? null : all;
      },
      120_000,
    );
    const ids = new Set(orders.flatMap(({ groupId }) => groupId ?? []));
    groups = await Promise.all([...ids].map((groupId) => admin.call(getGroup, { groupId })));
  }, 420_000);

  afterAll(async () => {
    await node.kill();
    await directory.remove();
  });

  it("ordered once for each signal that it acted upon", async () => {
    const signals = await admin.all(listSignals, { strategyId }, 1_000);
    expect(new Set(signals.map(({ asOf }) => asOf)).size).toBe(signals.length);
    const entries = entriesOf(orders).map(({ signalId }) => signalId);
    expect(new Set(entries).size).toBe(entries.length);
    const buys = new Set(signals.flatMap((one) => (one.side === "buy" ? one.signalId : [])));
    expect(entries.filter((id) => !buys.has(id ?? ""))).toEqual([]);
  });

  it("left no exit for more than was entered, and none without a position", () => {
    expect(groups.length).toBeGreaterThan(5);
    for (const { status, legs } of groups) {
      expect(["closed", "denied"]).toContain(status);
      const [entered = 0, ...left] = legs.map(({ cumQuantity }) => Number(cumQuantity));
      expect(left.reduce((sum, one) => sum + one, 0)).toBeLessThanOrEqual(entered);
    }
    expect(groups.flatMap(({ alarms }) => alarms)).toEqual([]);
  });

  it("never sold more than it had, and ended with what it traded", async () => {
    const trades = await admin.all(listTrades, { portfolioId, order: "asc" }, 1_000);
    let held = new Decimal(0);
    for (const { side, quantity } of trades) {
      held = side === "buy" ? held.plus(quantity) : held.minus(quantity);
      expect(held.isNegative()).toBe(false);
    }
    const { data } = await admin.call(getPositions, { portfolioId });
    expect(Decimal.sum(0, ...data.map(({ quantity }) => quantity)).toFixed()).toBe(held.toFixed());
    expect(await admin.call(getPortfolio, { portfolioId })).toMatchObject({
      reserved: "0",
      openOrders: 0,
    });
    expect(node.logged("error")).toEqual([]);
  });
});
