import { Decimal } from "../../domain/shared/decimal.ts";
import { PROBE_POINTS } from "../../mixins/actor/ports.ts";
import { cancelGroup, getGroup } from "../../mixins/rest/routes/baskets.ts";
import type { GroupView } from "../../mixins/rest/routes/baskets.ts";
import { getBars } from "../../mixins/rest/routes/market-data.ts";
import { createOrder, listOrders } from "../../mixins/rest/routes/orders.ts";
import { createPortfolio, getLedger, getPortfolio } from "../../mixins/rest/routes/portfolios.ts";
import { listTrades } from "../../mixins/rest/routes/trades.ts";
import { ChildNode } from "../support/child-node.ts";
import type { HttpClient, RouteInput } from "../support/http.ts";
import { eventually } from "../support/node-eventually.ts";
import { chance } from "../support/node-seed.ts";
import { type TemporaryDirectory, temporaryDirectory } from "../support/temporary.ts";

const EMAIL = "admin@localhost";
const PASSWORD = "correct horse battery staple";
const BRACKETS = 12;
/** Enough of the record for most entries and exits to be reached. */
const BARS = 900;

describe("brackets on a node that is killed at every second step of the actor layer", () => {
  const { between } = chance("groups");
  const parity = between(0, 1);
  // A group sets reminders only for what went wrong, or was not answered for long.
  const points = PROBE_POINTS.filter((point) => point !== "reminder.due").filter(
    (_, index) => index % 2 === parity,
  );
  const env = { ADMIN_PASSWORD: PASSWORD, LOG_LEVEL: "error" };
  let directory: TemporaryDirectory;
  let node: ChildNode | null = null;
  let admin: HttpClient;
  let portfolioId: string;
  let groups: readonly GroupView[];

  beforeAll(async () => {
    directory = await temporaryDirectory();
    const groupIds = await ask();
    for (const at of points) {
      const isRare = at === "snapshot.saved" || at === "activation.claimed";
      const options = { dataDir: directory.path, env: { ...env, REPLAY_SPEED: "200" } };
      await ChildNode.crash(options, { at, time: isRare ? 1 : between(1, 30) });
    }
    admin = await start("2000");
    await eventually(`${BARS} bars`, async () =>
      (await latestBars(BARS)).length === BARS ? true : null,
    );
    groups = await endAll(groupIds);
  }, 600_000);

  afterAll(async () => {
    await node?.kill();
    await directory.remove();
  });

  async function start(replaySpeed: string): Promise<HttpClient> {
    const own = { ...env, REPLAY_SPEED: replaySpeed };
    node = await ChildNode.start({ dataDir: directory.path, env: own });
    return node.client.login(EMAIL, PASSWORD);
  }

  async function latestBars(limit: number) {
    return (await admin.call(getBars, { symbol: "SPX", limit, order: "desc" })).data;
  }

  /** Brackets below the market, each deeper than the one before; then the node is killed. */
  async function ask(): Promise<readonly string[]> {
    admin = await start("20");
    const body = { name: "Own", baseCurrency: "USD", initialCash: "100000000" };
    ({ portfolioId } = await admin.call(createPortfolio, body));
    const close = await eventually("a bar", async () => (await latestBars(1))[0]?.close ?? null);
    const groupIds: string[] = [];
    for (let i = 0; i < BRACKETS; i++) {
      const { groupId } = await admin.call(createOrder, bracket(new Decimal(close), i));
      groupIds.push(groupId ?? "");
    }
    await node?.kill();
    return groupIds;
  }

  function bracket(close: Decimal, index: number): RouteInput {
    const price = close.times(100 - index).dividedBy(100);
    const at = (percent: number): string =>
      price
        .times(100 + percent)
        .dividedBy(100)
        .toFixed(2);
    return {
      portfolioId,
      symbol: "SPX",
      side: "buy",
      type: "limit",
      quantity: "10",
      price: price.toFixed(2),
      timeInForce: "gtc",
      contingency: {
        kind: "bracket",
        takeProfit: { price: at(3) },
        stopLoss: { stopPrice: at(-3) },
      },
    };
  }

  /** Cancels what is still open, and waits until all is closed. */
  async function endAll(groupIds: readonly string[]): Promise<readonly GroupView[]> {
    for (const groupId of groupIds) {
      const group = await admin.call(getGroup, { groupId });
      if (group.status === "active") await admin.ask(cancelGroup, { groupId });
    }
    return Promise.all(
      groupIds.map((groupId) =>
        eventually(`the end of ${groupId}`, async () => {
          const group = await admin.call(getGroup, { groupId });
          return group.status === "closed" ? group : null;
        }),
      ),
    );
  }

  const cumOf = ({ legs }: GroupView) => legs.map(({ cumQuantity }) => Number(cumQuantity));

  it("were entered and left, some of them", () => {
    expect(groups).toHaveLength(BRACKETS);
    expect(groups.filter((group) => (cumOf(group)[0] ?? 0) > 0).length).toBeGreaterThan(2);
    expect(groups.filter((group) => Math.max(...cumOf(group).slice(1)) > 0).length).toBeGreaterThan(
      0,
    );
  });

  it("left no more than they had entered, by one exit at a time", () => {
    for (const [entered = 0, profit = 0, loss = 0] of groups.map(cumOf))
      expect(profit + loss).toBeLessThanOrEqual(entered);
    expect(groups.flatMap(({ alarms }) => alarms)).toEqual([]);
  });

  it("placed no leg twice: every order is an attempt of one leg, and all of them are there", async () => {
    const attempts = groups.flatMap(({ legs }) => legs.flatMap(({ orderIds }) => orderIds));
    expect(new Set(attempts).size).toBe(attempts.length);
    const orders = await admin.all(listOrders, { portfolioId });
    expect(orders.map(({ orderId }) => orderId).toSorted()).toEqual(attempts.toSorted());
    const live = orders.filter(({ status }) => !["filled", "canceled", "denied"].includes(status));
    expect(live).toEqual([]);
  });

  it("agree with the trades and with the portfolio", async () => {
    const trades = await admin.all(listTrades, { portfolioId });
    const traded = trades.reduce((sum, { quantity }) => sum + Number(quantity), 0);
    const filled = groups.flatMap(cumOf).reduce((sum, quantity) => sum + quantity, 0);
    expect(traded).toBe(filled);
    const portfolio = await admin.call(getPortfolio, { portfolioId });
    expect(portfolio).toMatchObject({ reserved: "0", openOrders: 0 });
    const entries = await admin.all(getLedger, { portfolioId });
    const changes = entries.map(({ debit, credit }) => new Decimal(debit).minus(credit));
    expect(Decimal.sum(0, ...changes).toFixed()).toBe("0");
    expect(node?.logged("error")).toEqual([]);
  });
});
