import { Decimal } from "../../domain/shared/decimal.ts";
import { listOrders } from "../../mixins/rest/routes/orders.ts";
import { getPortfolio } from "../../mixins/rest/routes/portfolios.ts";
import { listAlerts } from "../../mixins/rest/routes/risk-alerts.ts";
import { listTrades } from "../../mixins/rest/routes/trades.ts";
import { createTransaction } from "../../mixins/rest/routes/transactions.ts";
import { ChildNode, type CrashPoint } from "../support/child-node.ts";
import { eventually } from "../support/node-eventually.ts";
import { HandMarket } from "../support/node-market.ts";
import { chance } from "../support/node-seed.ts";
import { startTestNode, type TestNode } from "../support/node.ts";
import { type TemporaryDirectory, temporaryDirectory } from "../support/temporary.ts";
import {
  heldBy,
  ledgerSum,
  MONDAY,
  openDesk,
  restBothSides,
  rowsIn,
  storeSplit,
  WEDNESDAY,
} from "./split-desk.ts";

const PORTFOLIOS = 4;
/** From when a split is found to be due until what became of it is on record. */
const FROM = "open-splits";
const POINTS: readonly CrashPoint["at"][] = [
  "after open-splits",
  "after traded-since",
  "activation.claimed",
  "turn.decided",
  "turn.committed",
  "gate.opened",
  "effect.started",
  "effect.done",
  "effect.forgotten",
  "relay.published",
  "relay.advanced",
  "before note-action-outcome applied",
  "after note-action-outcome applied",
];
/** Each node that dies finds the split of a symbol of its own, beside what those before it left. */
const SYMBOLS = POINTS.map((_, index) => `S${index}`);
const IN_DOUBT = "BOLT";
const POINTS_IN_DOUBT: readonly CrashPoint["at"][] = [
  "before note-action-outcome undecided",
  "after note-action-outcome undecided",
];

describe("stored splits on a node that is killed on the way to the record", () => {
  const { between, next } = chance("splits");
  let directory: TemporaryDirectory;
  let node: TestNode;
  let market: HandMarket;
  let ids: readonly string[];
  /** after each death: the splits that are in the books, and those of which that is noted */
  const left: { readonly at: string; readonly booked: number; readonly noted: number }[] = [];

  beforeAll(async () => {
    directory = await temporaryDirectory();
    node = await startTestNode();
    market = await HandMarket.open(node, WEDNESDAY);
    await prepare();
    await node.stop();
    const inSomeOrder = POINTS.map((at) => ({ at, key: next() })).toSorted((a, b) => a.key - b.key);
    for (const [index, { at }] of inSomeOrder.entries()) {
      await storeSplit(node, SYMBOLS[index] ?? "");
      await crash(at, /^(turn|effect)/u.test(at) ? between(1, 4) : 1);
    }
    await storeSplit(node, IN_DOUBT);
    for (const at of POINTS_IN_DOUBT) await crash(at, 1);
    node = await startTestNode({ database: node.database });
    await eventually("an outcome everywhere", async () =>
      (await count("book.portfolio_action")) === PORTFOLIOS * (SYMBOLS.length + 1) ? true : null,
    );
    await eventually("every effect done", async () =>
      (await count("act.effect")) === 0 ? true : null,
    );
  }, 600_000);

  afterAll(async () => {
    await node.stop();
    await node.database.drop();
    await directory.remove();
  });

  const all = [...SYMBOLS, IN_DOUBT];
  const pricesOf = (symbols: readonly string[], price: number) =>
    Object.fromEntries(symbols.map((symbol) => [symbol, price]));
  /** Ten units each, and orders of both sides that rest over the weekend. */
  async function prepare(): Promise<void> {
    for (const symbol of all) await market.list(symbol);
    await market.play(pricesOf(all, 500));
    ids = await Promise.all(
      Array.from({ length: PORTFOLIOS }, () => openDesk(node, all, "1000000")),
    );
    await market.play(pricesOf(all, 500));
    await restBothSides(node, ids, SYMBOLS);
    await market.play(pricesOf(all, 500));
    // Another split about the date: nobody but people knows what is right.
    const split = { type: "split", symbol: IN_DOUBT, newUnits: 3, oldUnits: 2 };
    for (const portfolioId of ids)
      await node.admin.call(createTransaction, { portfolioId, ...split });
    await node.settled();
  }

  async function crash(at: CrashPoint["at"], time: number): Promise<void> {
    const env = { DATABASE_URL: node.database.url, SAMPLE_DATA: "off" };
    await ChildNode.crash({ dataDir: directory.path, env }, { at, time, from: FROM });
    const booked = await count(
      "act.event",
      "type = 'PositionSplit' AND data -> 'action' IS NOT NULL",
    );
    left.push({ at, booked, noted: await count("book.portfolio_action", "outcome = 'applied'") });
  }

  const count = (table: string, condition?: string) => rowsIn(node, table, condition);
  const expected = (quantity: number) =>
    [...SYMBOLS.map((symbol) => `${symbol} ${quantity}`), `${IN_DOUBT} 15`].toSorted();

  it("died with some splits to come, and with some in the books that nobody had noted", () => {
    expect(left.slice(0, POINTS.length).some(({ booked, noted }) => booked > noted)).toBe(true);
    const toCome = left.filter(({ booked }, index) => booked < PORTFOLIOS * (index + 1));
    expect(toCome.length).toBeGreaterThan(POINTS.length / 2);
  });

  it("are in each portfolio once, with its orders in new units", async () => {
    const booked = "type = 'PositionSplit' AND data -> 'action' IS NOT NULL";
    expect(await count("act.event", booked)).toBe(PORTFOLIOS * SYMBOLS.length);
    for (const portfolioId of ids) {
      expect(await heldBy(node, portfolioId)).toEqual(expected(40));
      const orders = await node.admin.all(listOrders, { portfolioId, status: "new" });
      const terms = orders.map(({ symbol, side, quantity, price }) =>
        [symbol, side, quantity, price].join(" "),
      );
      const wanted = SYMBOLS.flatMap((symbol) => [`${symbol} buy 12 100`, `${symbol} sell 16 130`]);
      expect(terms.toSorted()).toEqual(wanted.toSorted());
    }
    const replaced = await count("act.event", "type = 'OrderReplaced'");
    expect(replaced).toBe(2 * PORTFOLIOS * SYMBOLS.length);
  });

  it("that are in doubt are told of, and again only where the note of it was lost", async () => {
    const kind = "corporateAction";
    const alerts = await node.admin.all(listAlerts, { kind });
    const told = alerts.map(({ portfolioId }) => portfolioId);
    expect(new Set(told)).toEqual(new Set(ids));
    expect(told).toHaveLength(PORTFOLIOS + 1);
  });

  it("come before trades in new units, of which none is lost, and all books balance", async () => {
    market = await HandMarket.open(node, MONDAY);
    for (const price of [125, 131, 99]) await market.play(pricesOf(SYMBOLS, price));
    for (const portfolioId of ids) {
      const trades = await node.admin.all(listTrades, { portfolioId, order: "asc" });
      for (const symbol of SYMBOLS) {
        const its = trades.filter((trade) => trade.symbol === symbol);
        const what = its.map(({ side, quantity }) => `${side} ${quantity}`);
        expect(what).toEqual(["buy 10", "sell 16", "buy 12"]);
      }
      expect(trades).toHaveLength(3 * SYMBOLS.length + 1);
      expect(await heldBy(node, portfolioId)).toEqual(expected(36));
      const paid = trades.map(({ side, price, quantity, fees }) => {
        const value = new Decimal(price).times(quantity);
        return (side === "buy" ? value : value.negated()).plus(fees);
      });
      const portfolio = await node.admin.call(getPortfolio, { portfolioId });
      expect(portfolio.cash).toBe(
        Decimal.sum("1000000", ...paid.map((sum) => sum.negated())).toFixed(),
      );
      expect(portfolio).toMatchObject({ reserved: "0", openOrders: 0 });
      expect(await ledgerSum(node, portfolioId)).toBe("0");
    }
    expect(node.errors).toEqual([]);
  });
});
