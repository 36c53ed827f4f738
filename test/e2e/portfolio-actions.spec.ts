import {
  addCorporateAction,
  deleteCorporateAction,
} from "../../mixins/rest/routes/corporate-actions.ts";
import { createOrder, getOrder } from "../../mixins/rest/routes/orders.ts";
import {
  createPortfolio,
  getLedger,
  getPortfolio,
  getPositions,
  updatePortfolio,
} from "../../mixins/rest/routes/portfolios.ts";
import { listAlerts } from "../../mixins/rest/routes/risk-alerts.ts";
import { createTransaction } from "../../mixins/rest/routes/transactions.ts";
import { actionsDuty } from "../../services/risk/corporate-actions/actions-duty.ts";
import type { RouteInput } from "../support/http.ts";
import { eventually } from "../support/node-eventually.ts";
import { DAY_MS, FIRST_DAY_MS, HandMarket } from "../support/node-market.ts";
import { signUp } from "../support/node-users.ts";
import { withNode } from "../support/node.ts";
import { expectProblem } from "./problems.ts";

const AUTOMATIC = { corporateActions: "automatic" } as const;
/** 2020-08-26, a Wednesday. */
const FIRST_DAY = 238;

describe("stored splits of what portfolios hold", () => {
  const node = withNode();
  let market: HandMarket;
  let day = FIRST_DAY;

  beforeAll(async () => {
    market = await HandMarket.open(node(), FIRST_DAY);
  });

  async function play(prices: Readonly<Record<string, number>>): Promise<void> {
    day += 1;
    await market.play(prices);
  }

  const dateIn = (days: number): string =>
    new Date(FIRST_DAY_MS + (day + days) * DAY_MS).toISOString().slice(0, 10);
  const place = (portfolioId: string, symbol: string, order: RouteInput) =>
    node().admin.call(createOrder, { portfolioId, symbol, side: "buy", type: "market", ...order });

  async function open(changes: RouteInput = AUTOMATIC): Promise<string> {
    const body = { name: "Desk", baseCurrency: "USD", initialCash: "100000", ...changes };
    return (await node().admin.call(createPortfolio, body)).portfolioId;
  }

  /** Ten units, bought at 100 or sold short at it. */
  async function holding(
    symbol: string,
    changes: RouteInput = AUTOMATIC,
    order: RouteInput = {},
  ): Promise<string> {
    await market.list(symbol, { calendar: "24x7", shortable: true });
    await play({ [symbol]: 100 });
    const portfolioId = await open(changes);
    await place(portfolioId, symbol, { quantity: "10", ...order });
    await play({ [symbol]: 100 });
    expect(await held(portfolioId)).not.toBe("0");
    return portfolioId;
  }

  async function held(portfolioId: string): Promise<string> {
    const { data } = await node().admin.call(getPositions, { portfolioId });
    return data[0]?.quantity ?? "0";
  }

  const holds = (portfolioId: string, quantity: string) =>
    eventually(`${quantity} units`, async () =>
      (await held(portfolioId)) === quantity ? true : null,
    );

  const store = (symbol: string, exDate: string, newUnits: string, oldUnits = "1") =>
    node().admin.call(addCorporateAction, { symbol, kind: "split", exDate, newUnits, oldUnits });

  const outcome = (portfolioId: string, actionId: string, wanted: string) =>
    eventually(`outcome ${wanted}`, async () => {
      const { rows } = await node().database.pool.query<{ readonly outcome: string }>(
        "SELECT outcome FROM book.portfolio_action WHERE portfolio_id = $1 AND action_id = $2",
        [portfolioId, actionId],
      );
      return rows[0]?.outcome === wanted ? true : null;
    });

  async function alerts(portfolioId: string): Promise<readonly string[]> {
    const { data } = await node().admin.call(listAlerts, { portfolioId, kind: "corporateAction" });
    return data.map(({ message }) => message);
  }

  it("4 for 1 of AAPL on 2020-08-31 is there after the close of Friday, with the orders", async () => {
    await market.list("AAPL", { shortable: true });
    const { actionId } = await store("AAPL", "2020-08-31", "4");
    await play({ AAPL: 500 });
    const [automatic, byHand] = [await open(), await open({})];
    for (const one of [automatic, byHand]) await place(one, "AAPL", { quantity: "10" });
    await play({ AAPL: 500 });
    expect(await held(automatic)).toBe("10");
    const limit = { type: "limit", price: "400", quantity: "3", timeInForce: "gtc" };
    const { orderId } = await place(automatic, "AAPL", limit);
    await play({ AAPL: 500 });
    await holds(automatic, "40");
    await outcome(automatic, actionId, "applied");
    await node().settled();
    const adjusted = await node().admin.call(getOrder, { orderId });
    expect(adjusted).toMatchObject({ quantity: "12", price: "100", status: "new" });
    expect(await held(byHand)).toBe("10");
    const views = await Promise.all(
      [automatic, byHand].map((portfolioId) => node().admin.call(getPortfolio, { portfolioId })),
    );
    expect(views.map(({ cash }) => cash)[0]).toBe(views.map(({ cash }) => cash)[1]);
    expect(await alerts(automatic)).toEqual([]);
  });

  it("is applied once, though nobody noted that it was", async () => {
    const portfolioId = await holding("ONCE");
    const { actionId } = await store("ONCE", dateIn(0), "7");
    await holds(portfolioId, "70");
    await outcome(portfolioId, actionId, "applied");
    await node().database.pool.query("DELETE FROM book.portfolio_action WHERE portfolio_id = $1", [
      portfolioId,
    ]);
    await outcome(portfolioId, actionId, "applied");
    expect(await held(portfolioId)).toBe("70");
  });

  it("is applied once by several that look at the same time", async () => {
    const portfolioId = await holding("RACED");
    const others = [1, 2, 3].map(() => actionsDuty(node().context));
    await Promise.all(others.map((other) => other.start()));
    const { actionId } = await store("RACED", dateIn(0), "7");
    await outcome(portfolioId, actionId, "applied");
    await Promise.all(others.map((other) => other.stop()));
    expect(await held(portfolioId)).toBe("70");
    const { rows } = await node().database.pool.query(
      "SELECT 1 FROM act.event WHERE stream_id = $1 AND type = 'PositionSplit'",
      [`portfolio:${portfolioId}`],
    );
    expect(rows).toHaveLength(1);
  });

  it("leaves what is due alone until its market is there", async () => {
    const portfolioId = await holding("LATER");
    await store("LATER", dateIn(2), "2");
    const { actionId } = await store("LATER", dateIn(0), "3");
    await outcome(portfolioId, actionId, "applied");
    expect(await held(portfolioId)).toBe("30");
  });

  it("pays a fraction out at the last price in new units, and says in the ledger for what", async () => {
    const portfolioId = await holding("REVERSE");
    const { actionId } = await store("REVERSE", dateIn(0), "1", "4");
    await holds(portfolioId, "2");
    const { data } = await node().admin.call(getLedger, { portfolioId });
    const paid = data.find(
      ({ account, memo }) => account === "cash" && memo.startsWith("split 1 for 4"),
    );
    expect(paid).toMatchObject({ debit: "200" });
    expect(paid?.memo).toContain(actionId);
  });

  it("splits a short position, too", async () => {
    const terms = { ...AUTOMATIC, margin: "margin" };
    const portfolioId = await holding("SHORT", terms, { side: "sell" });
    const { actionId } = await store("SHORT", dateIn(0), "2");
    await outcome(portfolioId, actionId, "applied");
    expect(await held(portfolioId)).toBe("-20");
  });

  it("that becomes known late is applied when nothing was traded since", async () => {
    const portfolioId = await holding("LATE");
    await play({ LATE: 50 });
    await play({ LATE: 50 });
    const { actionId } = await store("LATE", dateIn(-2), "2");
    await outcome(portfolioId, actionId, "applied");
    expect(await held(portfolioId)).toBe("20");
  });

  it("that becomes known after trades in what may be new units is left to people", async () => {
    const portfolioId = await holding("DOUBT");
    await play({ DOUBT: 50 });
    await place(portfolioId, "DOUBT", { quantity: "5" });
    await play({ DOUBT: 50 });
    const { actionId } = await store("DOUBT", dateIn(-2), "2");
    await outcome(portfolioId, actionId, "undecided");
    expect(await held(portfolioId)).toBe("15");
    expect(await alerts(portfolioId)).toEqual([expect.stringContaining(actionId)]);
  });

  it("that becomes known late is left to people when orders are open", async () => {
    const portfolioId = await holding("RESTING");
    const limit = { type: "limit", price: "10", quantity: "1", timeInForce: "gtc" };
    await place(portfolioId, "RESTING", limit);
    await play({ RESTING: 50 });
    await play({ RESTING: 50 });
    const { actionId } = await store("RESTING", dateIn(-2), "2");
    await outcome(portfolioId, actionId, "undecided");
    expect(await held(portfolioId)).toBe("10");
  });

  it("of what was bought in new units does not concern the portfolio", async () => {
    await market.list("AFTER", { calendar: "24x7" });
    const portfolioId = await holding("AFTER");
    const { actionId } = await store("AFTER", dateIn(-1), "2");
    await outcome(portfolioId, actionId, "notHeld");
    expect(await held(portfolioId)).toBe("10");
  });

  it("that was recorded by hand is not applied again", async () => {
    const portfolioId = await holding("BYHAND");
    const split = { type: "split", symbol: "BYHAND", newUnits: 4, oldUnits: 2 };
    await node().admin.call(createTransaction, { portfolioId, ...split });
    const { actionId } = await store("BYHAND", dateIn(0), "2");
    await outcome(portfolioId, actionId, "applied");
    expect(await held(portfolioId)).toBe("20");
  });

  it("is applied, and no doubt, when it was traded before somebody noted that it was", async () => {
    const portfolioId = await holding("NOTED");
    const { actionId } = await store("NOTED", dateIn(0), "2");
    await outcome(portfolioId, actionId, "applied");
    const others = await holding("NOTED", {});
    const split = { type: "split", symbol: "NOTED", newUnits: 2, oldUnits: 1 };
    await node().admin.call(createTransaction, { portfolioId: others, ...split });
    await play({ NOTED: 50 });
    for (const one of [portfolioId, others]) await place(one, "NOTED", { quantity: "5" });
    await play({ NOTED: 50 });
    // As after a crash between the two, and as of a portfolio that is set to take them in the end.
    await node().database.pool.query("DELETE FROM book.portfolio_action WHERE portfolio_id = $1", [
      portfolioId,
    ]);
    await node().admin.call(updatePortfolio, { portfolioId: others, ...AUTOMATIC });
    for (const one of [portfolioId, others]) {
      await outcome(one, actionId, "applied");
      expect(await held(one)).toBe("25");
      expect(await alerts(one)).toEqual([]);
    }
  });

  it("that becomes known when all of it is sold is left to people; what was bought since is nobody's concern", async () => {
    const [sold, since, byHand] = [await holding("FLAT"), await open(), await holding("FLAT", {})];
    const split = { type: "split", symbol: "FLAT", newUnits: 2, oldUnits: 1 };
    await node().admin.call(createTransaction, { portfolioId: byHand, ...split });
    await play({ FLAT: 50 });
    await place(sold, "FLAT", { side: "sell", quantity: "10" });
    await place(byHand, "FLAT", { side: "sell", quantity: "20" });
    await place(since, "FLAT", { quantity: "5" });
    await play({ FLAT: 50 });
    await place(since, "FLAT", { side: "sell", quantity: "5" });
    await play({ FLAT: 50 });
    await node().admin.call(updatePortfolio, { portfolioId: byHand, ...AUTOMATIC });
    for (const one of [sold, since, byHand]) expect(await held(one)).toBe("0");
    const { actionId } = await store("FLAT", dateIn(-3), "2");
    await outcome(sold, actionId, "undecided");
    await outcome(since, actionId, "notHeld");
    await outcome(byHand, actionId, "applied");
    expect(await alerts(sold)).toEqual([expect.stringContaining(actionId)]);
    for (const one of [since, byHand]) expect(await alerts(one)).toEqual([]);
    for (const one of [sold, since, byHand]) expect(await held(one)).toBe("0");
  });

  it("that is believed no longer stays, and people are told; a revision of it, too", async () => {
    const portfolioId = await holding("REVISED");
    const exDate = dateIn(0);
    const { actionId } = await store("REVISED", exDate, "2");
    await holds(portfolioId, "20");
    await outcome(portfolioId, actionId, "applied");
    await node().admin.call(deleteCorporateAction, { symbol: "REVISED", actionId });
    await outcome(portfolioId, actionId, "withdrawn");
    const revised = await store("REVISED", exDate, "3");
    await outcome(portfolioId, revised.actionId, "undecided");
    expect(await held(portfolioId)).toBe("20");
    expect(await alerts(portfolioId)).toHaveLength(2);
  });

  it("reach a portfolio from when it is set to take them, and no longer than that", async () => {
    const portfolioId = await holding("SET", {});
    const found = await node().admin.call(getPortfolio, { portfolioId });
    expect(found.corporateActions).toBe("manual");
    const { actionId } = await store("SET", dateIn(0), "2");
    const set = await node().admin.call(updatePortfolio, { portfolioId, ...AUTOMATIC });
    expect(set.corporateActions).toBe("automatic");
    await outcome(portfolioId, actionId, "applied");
    expect(await held(portfolioId)).toBe("20");
    const changes = { corporateActions: "manual" };
    const unset = await node().admin.call(updatePortfolio, { portfolioId, ...changes });
    expect(unset.corporateActions).toBe("manual");
  });

  it("are set by who may, to what there is", async () => {
    const portfolioId = await open({});
    const wrong = { portfolioId, corporateActions: "sometimes" };
    const path = ["corporateActions"];
    expectProblem(await node().admin.ask(updatePortfolio, wrong), "VALIDATION_FAILED", path);
    const body = { name: "Desk", baseCurrency: "USD", initialCash: "1", corporateActions: true };
    expectProblem(await node().admin.ask(createPortfolio, body), "VALIDATION_FAILED", path);
    const asked = { portfolioId, ...AUTOMATIC };
    expectProblem(await node().anonymous.ask(updatePortfolio, asked), "UNAUTHENTICATED");
    const foreign = await signUp(node(), { role: "admin", tenantId: "elsewhere" });
    expectProblem(await foreign.client.ask(updatePortfolio, asked), "NOT_FOUND");
    const viewer = await signUp(node(), { role: "viewer" });
    expectProblem(await viewer.client.ask(updatePortfolio, asked), "FORBIDDEN");
  });
});
