import { Decimal } from "../../domain/shared/decimal.ts";
import { getMargin } from "../../mixins/rest/routes/margin.ts";
import { getBars } from "../../mixins/rest/routes/market-data.ts";
import { createOrder } from "../../mixins/rest/routes/orders.ts";
import { createPortfolio, getLedger, getPositions } from "../../mixins/rest/routes/portfolios.ts";
import { ChildNode } from "../support/child-node.ts";
import type { HttpClient } from "../support/http.ts";
import { eventually } from "../support/node-eventually.ts";
import { chance } from "../support/node-seed.ts";
import { type TemporaryDirectory, temporaryDirectory } from "../support/temporary.ts";

const EMAIL = "admin@localhost";
const PASSWORD = "correct horse battery staple";
const POINTS = ["turn.decided", "turn.committed", "gate.opened", "relay.published"] as const;
/** Charged by the end, at least. */
const DAYS = 400;
const DAY_MS = 86_400_000;

describe("what is owed, on a node that is killed again and again", () => {
  const { between } = chance("financing");
  const env = { ADMIN_PASSWORD: PASSWORD, LOG_LEVEL: "error" };
  let directory: TemporaryDirectory;
  let node: ChildNode | null = null;
  let admin: HttpClient;
  let portfolioId: string;

  beforeAll(async () => {
    directory = await temporaryDirectory();
    await borrow();
    for (const at of POINTS) {
      const options = { dataDir: directory.path, env: { ...env, REPLAY_SPEED: "100" } };
      await ChildNode.crash(options, { at, time: between(20, 120) });
    }
    admin = await start("500");
    await eventually(`${DAYS} days`, async () => ((await charged()).length >= DAYS ? true : null));
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

  /** Half as much again as there is, and the node is killed. */
  async function borrow(): Promise<void> {
    admin = await start("20");
    const terms = { margin: "margin", debitRate: "0.036", maintenanceMargin: "0.01" };
    const body = { name: "Owing", baseCurrency: "USD", initialCash: "1000000", ...terms };
    ({ portfolioId } = await admin.call(createPortfolio, body));
    const close = await eventually("a bar", async () => {
      const { data } = await admin.call(getBars, { symbol: "SPX", limit: 1, order: "desc" });
      return data[0]?.close ?? null;
    });
    const quantity = new Decimal("1500000").dividedBy(close).floor().toFixed();
    const order = { portfolioId, symbol: "SPX", side: "buy", type: "market", quantity };
    await admin.call(createOrder, { ...order, timeInForce: "gtc" });
    await eventually("the purchase", async () => {
      const { data } = await admin.call(getPositions, { portfolioId });
      return data.length > 0 ? true : null;
    });
    await node?.kill();
  }

  interface Charged {
    readonly day: number;
    readonly interest: Decimal;
  }

  async function charged(): Promise<readonly Charged[]> {
    const entries = await admin.all(getLedger, { portfolioId, order: "asc" });
    return entries
      .filter(({ account }) => account === "interest")
      .map(({ memo, debit, credit }) => ({
        day: Date.parse(memo.replace("financing of ", "")) / DAY_MS,
        interest: new Decimal(debit).minus(credit),
      }));
  }

  it("is charged once for each calendar day, and for no day twice", async () => {
    const days = (await charged()).map(({ day }) => day);
    const first = days[0] ?? Number.NaN;
    expect(days).toEqual(days.map((_, index) => first + index));
  });

  it("is charged on what was owed that day, to the last digit", async () => {
    const entries = await admin.all(getLedger, { portfolioId, order: "asc" });
    let cash = new Decimal(0);
    for (const { account, debit, credit, memo } of entries) {
      const change = new Decimal(debit).minus(credit);
      if (account === "cash" || account.startsWith("unsettled")) {
        if (memo.startsWith("financing"))
          expect(change.toFixed()).toBe(
            cash.times("0.036").dividedBy(360).toDecimalPlaces(8, Decimal.ROUND_FLOOR).toFixed(),
          );
        cash = cash.plus(change);
      }
    }
    const { financing } = await admin.call(getMargin, { portfolioId });
    const paid = Decimal.sum(0, ...(await charged()).map(({ interest }) => interest));
    expect(new Decimal(financing?.interest ?? 0).greaterThanOrEqualTo(0)).toBe(true);
    expect(paid.greaterThan(0)).toBe(true);
  });
});
