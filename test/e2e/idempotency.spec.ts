import { cancelOrder, createOrder, listOrders } from "../../mixins/rest/routes/orders.ts";
import {
  createPortfolio,
  getPortfolio,
  listPortfolios,
} from "../../mixins/rest/routes/portfolios.ts";
import type { AnyRoute } from "../../mixins/rest/route.ts";
import type { HttpAnswer, HttpClient, RouteInput } from "../support/http.ts";
import { HandMarket } from "../support/node-market.ts";
import { signUp } from "../support/node-users.ts";
import { startTestNode } from "../support/node.ts";
import type { TestNode } from "../support/node.ts";
import { expectProblem } from "./problems.ts";

const REPEATS = 200;
const order = { symbol: "ACME", side: "buy", type: "market", quantity: "10" };
const keyed = (key: string) => ({ "idempotency-key": key });

describe("a write that is sent again", () => {
  let node: TestNode;
  let hand: HandMarket;
  let admin: HttpClient;

  const start = async (database?: TestNode["database"]): Promise<void> => {
    node = await startTestNode(database === undefined ? {} : { database });
    admin = node.admin;
    hand = await HandMarket.open(node, database === undefined ? 0 : 10);
    await hand.list("ACME");
    await hand.play({ ACME: 100 });
  };

  const end = async (): Promise<void> => {
    await node.stop();
    expect(node.errors).toEqual([]);
  };

  beforeAll(() => start());

  afterAll(async () => {
    await end();
    await node.database.drop();
  });

  const open = async (initialCash = "100000"): Promise<string> => {
    const body = { name: "Desk", baseCurrency: "USD", initialCash };
    return (await admin.call(createPortfolio, body)).portfolioId;
  };

  const inParallel = (
    route: AnyRoute,
    input: RouteInput,
    headers: Readonly<Record<string, string>>,
  ): Promise<readonly HttpAnswer[]> =>
    Promise.all(Array.from({ length: REPEATS }, () => admin.ask(route, input, headers)));

  const expectOne = (answers: readonly HttpAnswer[]): void => {
    expect(new Set(answers.map(({ status, text }) => `${status} ${text}`)).size).toBe(1);
    expect(answers[0]?.status).toBe(201);
    const replayed = answers.filter(({ headers }) => headers["idempotent-replayed"] === "true");
    expect(replayed.length).toBe(REPEATS - 1);
  };

  const expectOneOrder = async (portfolioId: string): Promise<void> => {
    await node.settled();
    const orders = await admin.all(listOrders, { portfolioId });
    expect(orders.length).toBe(1);
    const { reserved, openOrders } = await admin.call(getPortfolio, { portfolioId });
    // 10 × 105 with a basis point, and a cent for each of ten fills
    expect({ reserved, openOrders }).toEqual({ reserved: "1050.205", openOrders: 1 });
  };

  it.each([
    ["one Idempotency-Key", {}, keyed("k-1")],
    ["one clOrdId", { clOrdId: "mine-1" }, {}],
    ["one clOrdId and one Idempotency-Key", { clOrdId: "mine-2" }, keyed("k-2")],
  ])(
    "200 equal orders at once with %s are one order with 200 equal answers",
    async (_, own, headers) => {
      const portfolioId = await open();
      const body = { portfolioId, ...order, ...own };
      expectOne(await inParallel(createOrder, body, headers));
      await expectOneOrder(portfolioId);
    },
  );

  it("200 equal portfolios at once with one key are one portfolio", async () => {
    const body = { name: "Only one", baseCurrency: "USD", initialCash: "5" };
    expectOne(await inParallel(createPortfolio, body, keyed("p-1")));
    const named = (await admin.all(listPortfolios)).filter(({ name }) => name === "Only one");
    expect(named.length).toBe(1);
  });

  it("a field in another order, or a number for a text, is the same body", async () => {
    const portfolioId = await open();
    const first = await admin.ask(createOrder, { portfolioId, ...order }, keyed("k-3"));
    const { symbol, side, type } = order;
    const same = { quantity: 10.0, type, side, symbol, portfolioId, timeInForce: "day" };
    const again = await admin.ask(createOrder, same, keyed("k-3"));
    expect([again.status, again.text]).toEqual([201, first.text]);
  });

  it.each([
    ["quantity", { quantity: "11" }],
    ["side", { side: "sell" }],
    ["timeInForce", { timeInForce: "gtc" }],
    ["clOrdId", { clOrdId: "other" }],
  ])("the same key with another %s is refused", async (name, change) => {
    const portfolioId = await open();
    const headers = keyed(`changed-${name}`);
    await admin.call(createOrder, { portfolioId, ...order }, headers);
    const answer = await admin.ask(createOrder, { portfolioId, ...order, ...change }, headers);
    expectProblem(answer, "IDEMPOTENCY_KEY_REUSED");
    await expectOneOrder(portfolioId);
  });

  it("the same key with another portfolio is refused", async () => {
    const [one, two] = [await open(), await open()];
    await admin.call(createOrder, { portfolioId: one, ...order }, keyed("k-4"));
    const answer = await admin.ask(createOrder, { portfolioId: two, ...order }, keyed("k-4"));
    expectProblem(answer, "IDEMPOTENCY_KEY_REUSED");
    expect(await admin.all(listOrders, { portfolioId: two })).toEqual([]);
  });

  it("a dry run takes no key and needs none", async () => {
    const portfolioId = await open();
    const body = { portfolioId, ...order };
    await admin.call(createOrder, { ...body, dryRun: true }, keyed("k-9"));
    await admin.call(createOrder, body, keyed("k-9"));
    await admin.call(createOrder, { ...body, quantity: "11", dryRun: true }, keyed("k-9"));
    await expectOneOrder(portfolioId);
  });

  it("the same clOrdId with another body is refused, in another portfolio it is another order", async () => {
    const [one, two] = [await open(), await open()];
    const body = { portfolioId: one, ...order, clOrdId: "mine-3" };
    const { orderId } = await admin.call(createOrder, body);
    expectProblem(
      await admin.ask(createOrder, { ...body, quantity: "11" }),
      "IDEMPOTENCY_KEY_REUSED",
    );
    const other = await admin.call(createOrder, { ...body, portfolioId: two });
    expect(other.orderId).not.toBe(orderId);
  });

  it("the clOrdId of a plain order is refused for one with a strategy, and the other way round", async () => {
    const portfolioId = await open();
    const strategy = { name: "twap", parameters: { durationSeconds: 120, intervalSeconds: 60 } };
    const kinds = [{}, { strategy }] as const;
    for (const [i, kind] of kinds.entries()) {
      const body = { portfolioId, ...order, timeInForce: "gtc", clOrdId: `kind-${i}` };
      await admin.call(createOrder, { ...body, ...kind });
      const other = await admin.ask(createOrder, { ...body, ...kinds[1 - i] });
      expectProblem(other, "IDEMPOTENCY_KEY_REUSED");
    }
  });

  it("a clOrdId that has its order is refused under a key that came with another body", async () => {
    const portfolioId = await open();
    await admin.call(createOrder, { portfolioId, ...order, clOrdId: "mine-4" }, keyed("k-5"));
    const other = { portfolioId, ...order, clOrdId: "mine-5" };
    expectProblem(await admin.ask(createOrder, other, keyed("k-5")), "IDEMPOTENCY_KEY_REUSED");
    await expectOneOrder(portfolioId);
  });

  it("a key keeps its body when its order was on record already", async () => {
    const portfolioId = await open();
    const body = { portfolioId, ...order, clOrdId: "mine-6" };
    const first = await admin.ask(createOrder, body);
    const again = await admin.ask(createOrder, body, keyed("k-10"));
    expect([again.status, again.text]).toEqual([201, first.text]);
    const other = { ...body, clOrdId: "mine-7" };
    expectProblem(await admin.ask(createOrder, other, keyed("k-10")), "IDEMPOTENCY_KEY_REUSED");
    await expectOneOrder(portfolioId);
  });

  it("of two clOrdIds at once under one key one is ordered, and the other refused", async () => {
    const portfolioId = await open();
    const answers = await Promise.all(
      ["mine-8", "mine-9"].map((clOrdId) =>
        admin.ask(createOrder, { portfolioId, ...order, clOrdId }, keyed("k-11")),
      ),
    );
    expect(answers.map(({ status }) => status).toSorted((a, b) => a - b)).toEqual([201, 422]);
    for (const answer of answers)
      if (answer.status !== 201) expectProblem(answer, "IDEMPOTENCY_KEY_REUSED");
    await expectOneOrder(portfolioId);
  });

  it("the same key with another body is refused for portfolios", async () => {
    const body = { name: "P", baseCurrency: "USD", initialCash: "5" };
    await admin.call(createPortfolio, body, keyed("p-2"));
    const answer = await admin.ask(createPortfolio, { ...body, initialCash: "6" }, keyed("p-2"));
    expectProblem(answer, "IDEMPOTENCY_KEY_REUSED");
  });

  it("of two bodies at once under one key one wins, and the other is refused each time", async () => {
    const portfolioId = await open();
    const bodies = Array.from({ length: 100 }, (_, i) => ({
      portfolioId,
      ...order,
      quantity: i % 2 === 0 ? "10" : "20",
    }));
    const answers = await Promise.all(
      bodies.map((body) => admin.ask(createOrder, body, keyed("k-6"))),
    );
    const won = answers.filter(({ status }) => status === 201);
    const lost = answers.filter(({ status }) => status !== 201);
    expect([won.length, lost.length]).toEqual([50, 50]);
    for (const answer of lost) expectProblem(answer, "IDEMPOTENCY_KEY_REUSED");
    expect((await admin.all(listOrders, { portfolioId })).length).toBe(1);
  });

  it("a key is its user's own", async () => {
    const { client } = await signUp(node, { role: "trader" });
    const body = { name: "Own", baseCurrency: "USD", initialCash: "5" };
    const ours = await admin.call(createPortfolio, body, keyed("shared"));
    const theirs = await client.call(createPortfolio, body, keyed("shared"));
    expect(theirs.portfolioId).not.toBe(ours.portfolioId);
  });

  it("a denial is the same denial again, and one order on record", async () => {
    const portfolioId = await open("1");
    const ask = () => admin.ask(createOrder, { portfolioId, ...order }, keyed("k-7"));
    const [first, again] = [await ask(), await ask()];
    const one = expectProblem(first, "ORDER_DENIED");
    const other = expectProblem(again, "ORDER_DENIED");
    expect({ ...other, requestId: "" }).toEqual({ ...one, requestId: "" });
    expect(again.headers["idempotent-replayed"]).toBe("true");
    expect((await admin.all(listOrders, { portfolioId })).length).toBe(1);
  });

  it("gets the answer of the first time, whatever has become of the order", async () => {
    const portfolioId = await open();
    const body = { portfolioId, ...order, type: "limit", price: "90", timeInForce: "gtc" };
    const first = await admin.ask(createOrder, body, keyed("k-8"));
    const { orderId } = await admin.call(createOrder, body, keyed("k-8"));
    await node.settled();
    await admin.call(cancelOrder, { orderId });
    await node.settled();
    const again = await admin.ask(createOrder, body, keyed("k-8"));
    expect([again.status, again.text]).toEqual([201, first.text]);
  });

  it("is the same after the node was started anew", async () => {
    const portfolioId = await open();
    const plain = { portfolioId, ...order };
    const named = { ...plain, clOrdId: "lasting" };
    const fund = { name: "Lasting", baseCurrency: "USD", initialCash: "7" };
    const ask = async () => [
      await admin.ask(createOrder, plain, keyed("lasting-1")),
      await admin.ask(createOrder, named),
      await admin.ask(createPortfolio, fund, keyed("lasting-2")),
    ];
    const before = await ask();
    const { database } = node;
    await end();
    await start(database);
    const after = await ask();
    expect(after.map(({ text }) => text)).toEqual(before.map(({ text }) => text));
    for (const { status, headers } of after) {
      expect([status, headers["idempotent-replayed"]]).toEqual([201, "true"]);
    }
    const changed = { ...plain, quantity: "12" };
    expectProblem(
      await admin.ask(createOrder, changed, keyed("lasting-1")),
      "IDEMPOTENCY_KEY_REUSED",
    );
    expectProblem(
      await admin.ask(createOrder, { ...named, quantity: "12" }),
      "IDEMPOTENCY_KEY_REUSED",
    );
    expect((await admin.all(listOrders, { portfolioId })).length).toBe(2);
  });
});
