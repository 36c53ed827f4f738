import { Decimal } from "../../domain/shared/decimal.ts";
import { PROBE_POINTS, type ProbePoint } from "../../mixins/actor/ports.ts";
import { getStrategyProgress } from "../../mixins/rest/routes/execution.ts";
import type { ProgressView } from "../../mixins/rest/routes/execution.ts";
import { getBars } from "../../mixins/rest/routes/market-data.ts";
import { createOrder, listOrders } from "../../mixins/rest/routes/orders.ts";
import {
  createPortfolio,
  getLedger,
  getPortfolio,
  getPositions,
} from "../../mixins/rest/routes/portfolios.ts";
import { listTrades } from "../../mixins/rest/routes/trades.ts";
import { ChildNode } from "../support/child-node.ts";
import type { HttpClient } from "../support/http.ts";
import { eventually } from "../support/node-eventually.ts";
import { chance } from "../support/node-seed.ts";
import { type TemporaryDirectory, temporaryDirectory } from "../support/temporary.ts";

const EMAIL = "admin@localhost";
const PASSWORD = "correct horse battery staple";
const SECONDS = 60;
/** So long nodes are killed; then one lives, with time enough for what is left. */
const KILLED_SECONDS = 30;
/** Of each parent; the deaths cost slices, and whoever is left takes over what those should have sent. */
const QUANTITIES = [1007, 503];
const CATCH_UPS = ["spread", "next"];
/** A snapshot takes a hundred events of one actor, which this pace does not reach in the life of one node. */
const POINTS: readonly ProbePoint[] = PROBE_POINTS.filter((point) => point !== "snapshot.saved");

describe("TWAPs on a node that is killed in mid-schedule", () => {
  const { between, next } = chance("parents");
  const env = { ADMIN_PASSWORD: PASSWORD, LOG_LEVEL: "error", REPLAY_SPEED: "3" };
  let directory: TemporaryDirectory;
  let node: ChildNode | null = null;
  let admin: HttpClient;
  let portfolioId: string;
  let orderIds: readonly string[];
  let ended: readonly ProgressView[];

  beforeAll(async () => {
    directory = await temporaryDirectory();
    await start();
    const body = { name: "Own", baseCurrency: "USD", initialCash: "100000000" };
    ({ portfolioId } = await admin.call(createPortfolio, body));
    await eventually("a price", async () =>
      (await admin.call(getBars, { symbol: "SPX" })).data.length > 0 ? true : null,
    );
    orderIds = await Promise.all(QUANTITIES.map(begin));
    const untilMs = Date.now() + KILLED_SECONDS * 1_000;
    await killWhen("its children are open", ({ status }) => status === "new");
    await start();
    await killWhen("nothing is open between two slices", ({ status }) => status === "filled");
    const inSomeOrder = POINTS.map((at) => ({ at, key: next() })).toSorted((a, b) => a.key - b.key);
    for (const { at } of inSomeOrder) {
      if (Date.now() > untilMs) break;
      const time = at === "activation.claimed" ? 1 : between(1, 8);
      await ChildNode.crash({ dataDir: directory.path, env }, { at, time });
    }
    await start();
    ended = await Promise.all(orderIds.map(theEndOf));
  }, 600_000);

  afterAll(async () => {
    await node?.kill();
    await directory.remove();
  });

  async function start(): Promise<void> {
    node = await ChildNode.start({ dataDir: directory.path, env });
    admin = await node.client.login(EMAIL, PASSWORD);
  }

  async function begin(quantity: number, index: number): Promise<string> {
    const parameters = {
      durationSeconds: SECONDS,
      intervalSeconds: 1,
      catchUp: CATCH_UPS[index],
    };
    const { orderId } = await admin.call(createOrder, {
      portfolioId,
      symbol: "SPX",
      side: "buy",
      type: "market",
      quantity: String(quantity),
      timeInForce: "gtc",
      strategy: { name: "twap", parameters },
    });
    return orderId;
  }

  /** A kill at a moment that a client can see, while the schedule runs. */
  async function killWhen(
    what: string,
    isMoment: (newest: ProgressView["children"][number]) => boolean,
  ): Promise<void> {
    const [orderId] = orderIds;
    const seen = await eventually(what, async () => {
      const found = await look(orderId ?? "");
      const newest = found.children.at(-1);
      return newest !== undefined && isMoment(newest) ? found : null;
    });
    await node?.kill({ andStore: true });
    expect(seen.state).toBe("running");
  }

  async function theEndOf(orderId: string): Promise<ProgressView> {
    const patienceMs = 1_500 * SECONDS;
    try {
      await eventually(
        "an end",
        async () => ((await look(orderId)).state === "ended" ? true : null),
        patienceMs,
      );
    } catch (error) {
      const { children, ...found } = await look(orderId);
      const open = children.filter(({ status }) => status !== "filled");
      throw new Error(`it has not ended: ${JSON.stringify({ ...found, open })}`, { cause: error });
    }
    return look(orderId);
  }

  function look(orderId: string): Promise<ProgressView> {
    return admin.call(getStrategyProgress, { orderId, limit: 1000 });
  }

  it("fill the whole of what was ordered, and no more", () => {
    expect(ended.map(({ status }) => status)).toEqual(["filled", "filled"]);
    expect(ended.map(({ cumQuantity }) => Number(cumQuantity))).toEqual(QUANTITIES);
    for (const { children, cumQuantity } of ended) {
      const filled = children.filter(({ status }) => status === "filled");
      expect(sumOf(filled.map(({ quantity }) => quantity))).toBe(Number(cumQuantity));
      // A node that has just come back knows no fresh price: what is sent then is refused, and caught up.
      const refused = children.filter(({ status }) => status !== "filled");
      const why = new Set(refused.flatMap(({ reasons }) => reasons.map(({ code }) => code)));
      expect([...why].filter((code) => code !== "STALE_MARKET_DATA")).toEqual([]);
      expect(new Set(refused.map(({ status }) => status)).size).toBe(why.size);
    }
  });

  it("send each slice once; those that came too late are counted, and none is lost", () => {
    for (const { children, slices } of ended) {
      const sent = children.map(({ slice }) => slice);
      expect(new Set(sent).size).toBe(sent.length);
      expect(sent.length + slices.missed).toBe(slices.begun);
      expect(slices.begun).toBe(slices.planned);
      // The machine was gone for most of the time, but not for all of it.
      expect(slices.missed).toBeGreaterThan(0);
      expect(sent.length).toBeGreaterThan(3);
    }
  });

  it("have every child exactly once, and no order is theirs that they do not know", async () => {
    const orders = await admin.all(listOrders, { portfolioId });
    const slices = orders.filter(({ parentOrderId }) => parentOrderId !== undefined);
    const found = slices.map(({ orderId, status }) => `${orderId} ${status}`);
    const known = ended.flatMap(({ children }) =>
      children.map(({ orderId, status }) => `${orderId} ${status}`),
    );
    expect(found.toSorted()).toEqual(known.toSorted());
  });

  it("agree with the trades, the position and the ledger", async () => {
    const whole = QUANTITIES.reduce((sum, quantity) => sum + quantity, 0);
    const trades = await admin.all(listTrades, { portfolioId });
    expect(sumOf(trades.map(({ quantity }) => quantity))).toBe(whole);
    const fees = Decimal.sum(...trades.map((trade) => trade.fees));
    expect(Decimal.sum(...ended.map((parent) => parent.fees)).toFixed()).toBe(fees.toFixed());
    const { data: positions } = await admin.call(getPositions, { portfolioId });
    expect(positions.map(({ quantity }) => Number(quantity))).toEqual([whole]);
    const portfolio = await admin.call(getPortfolio, { portfolioId });
    expect(portfolio).toMatchObject({ reserved: "0", openOrders: 0 });
    const entries = await admin.all(getLedger, { portfolioId });
    const changes = entries.map(({ debit, credit }) => new Decimal(debit).minus(credit));
    expect(Decimal.sum(0, ...changes).toFixed()).toBe("0");
    expect(node?.logged("error")).toEqual([]);
  });
});

function sumOf(quantities: readonly string[]): number {
  return quantities.reduce((sum, quantity) => sum + Number(quantity), 0);
}
