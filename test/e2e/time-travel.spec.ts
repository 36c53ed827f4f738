import { Decimal } from "../../domain/shared/decimal.ts";
import { createJournal } from "../../models/journal/journal.ts";
import type { AnyRoute } from "../../mixins/rest/route.ts";
import {
  cancelOrder,
  createOrder,
  getOrder,
  getOrderEvents,
} from "../../mixins/rest/routes/orders.ts";
import type { OrderEventPage, OrderView } from "../../mixins/rest/routes/orders.ts";
import {
  createPortfolio,
  getLedger,
  getPortfolio,
  getPositions,
  updatePortfolio,
} from "../../mixins/rest/routes/portfolios.ts";
import type {
  LedgerPage,
  PortfolioView,
  PositionView,
} from "../../mixins/rest/routes/portfolios.ts";
import { listTrades } from "../../mixins/rest/routes/trades.ts";
import type { TradeView } from "../../mixins/rest/routes/trades.ts";
import type { HttpClient, RouteInput } from "../support/http.ts";
import { eventually } from "../support/node-eventually.ts";
import { HandMarket } from "../support/node-market.ts";
import { chance } from "../support/node-seed.ts";
import { withNode } from "../support/node.ts";
import { expectProblem } from "./problems.ts";

const STEPS = 40;

type OrderEventView = OrderEventPage["data"][number];
type LedgerEntryView = LedgerPage["data"][number];

/** What a client saw at an instant, when nothing was under way. */
interface Snapshot {
  readonly atMs: number;
  readonly portfolio: PortfolioView;
  readonly positions: readonly PositionView[];
  readonly orders: readonly OrderView[];
}

describe("what was recorded at each instant of a run", () => {
  const node = withNode();
  const { next, between, pick } = chance("time travel");
  const prices: Record<string, number> = { ACME: 100, BOLT: 40 };
  const orderIds: string[] = [];
  const snapshots: Snapshot[] = [];
  let hand: HandMarket;
  let admin: HttpClient;
  let portfolioId: string;
  let eventTimesMs: readonly number[];
  let trades: readonly TradeView[];
  let ledger: readonly LedgerEntryView[];

  beforeAll(async () => {
    admin = node().admin;
    hand = await HandMarket.open(node());
    await hand.list("ACME");
    await hand.list("BOLT");
    await hand.play(prices);
    const body = { name: "Traveller", baseCurrency: "USD", initialCash: "100000" };
    portfolioId = (await admin.call(createPortfolio, body)).portfolioId;
    for (let step = 0; step < STEPS; step++) {
      await act(step);
      await node().settled();
      snapshots.push(await look());
    }
    const ref = { type: "portfolio", id: portfolioId };
    const events = await createJournal(node().database.pool).history(ref);
    eventTimesMs = [...new Set(events.map(({ atMs }) => atMs))];
    trades = await admin.all(listTrades, { portfolioId, order: "asc" });
    ledger = await admin.all(getLedger, { portfolioId });
  });

  const act = async (step: number): Promise<void> => {
    const kind = between(1, 10);
    if (kind <= 4) await place();
    else if (kind === 5) await admin.ask(cancelOrder, { orderId: orderIds.at(-1) ?? "none" });
    else if (kind === 6) await admin.call(updatePortfolio, { portfolioId, name: `Step ${step}` });
    else await hand.play(move());
  };

  const move = (): typeof prices => {
    for (const symbol of ["ACME", "BOLT"] as const)
      prices[symbol] = Math.round((prices[symbol] ?? 1) * (0.97 + 0.06 * next()) * 100) / 100;
    return prices;
  };

  const place = async (): Promise<void> => {
    const symbol = pick(["ACME", "BOLT"]);
    const price = ((prices[symbol] ?? 1) * (0.98 + 0.04 * next())).toFixed(2);
    const answer = await admin.ask(createOrder, {
      portfolioId,
      symbol,
      side: pick(["buy", "buy", "sell"]),
      quantity: String(between(1, 300)),
      timeInForce: pick(["day", "gtc", "ioc"]),
      ...pick([{ type: "market" }, { type: "limit", price }]),
    });
    // sound: an order, or a denial with its order's id
    orderIds.push((JSON.parse(answer.text) as { readonly orderId: string }).orderId);
  };

  /** Nothing else is recorded in the millisecond that it speaks of. */
  const look = async (): Promise<Snapshot> => {
    const orders: OrderView[] = [];
    for (const orderId of orderIds) orders.push(await admin.call(getOrder, { orderId }));
    const { data: positions } = await admin.call(getPositions, { portfolioId });
    const portfolio = await admin.call(getPortfolio, { portfolioId });
    const atMs = Date.parse(portfolio.asOf);
    await eventually("the next millisecond", () => (Date.now() > atMs ? true : null));
    return { atMs, portfolio, positions, orders };
  };

  it("is what ?asOf= answers, for portfolio, positions and orders as they were seen", async () => {
    for (const { atMs, portfolio, positions, orders } of snapshots) {
      const asOf = pick<number | string>([atMs, new Date(atMs).toISOString()]);
      expect(await admin.call(getPortfolio, { portfolioId, asOf })).toEqual(portfolio);
      const found = await admin.call(getPositions, { portfolioId, asOf });
      expect(found.data).toEqual(positions);
      for (const order of orders) {
        expect(await admin.call(getOrder, { orderId: order.orderId, asOf })).toEqual(order);
      }
    }
    expect(snapshots.length).toBe(STEPS);
    expect(trades.length).toBeGreaterThan(0);
  });

  it("agrees with ledger and trades a millisecond before, at and after each event of the portfolio", async () => {
    for (const atMs of around(eventTimesMs)) {
      const answer = await admin.ask(getPortfolio, { portfolioId, asOf: atMs });
      if (atMs < (eventTimesMs[0] ?? 0)) {
        expectProblem(answer, "NOT_FOUND");
        continue;
      }
      const portfolio = await admin.call(getPortfolio, { portfolioId, asOf: atMs });
      const { data: positions } = await admin.call(getPositions, { portfolioId, asOf: atMs });
      const before = trades.filter(({ recordedAt }) => Date.parse(recordedAt) <= atMs);
      const { cash, reserved, buyingPower, fees, realizedPnl } = portfolio;
      expect({ cash, fees, realizedPnl }).toEqual({
        cash: cashAt(ledger, atMs),
        fees: sum(before.map((trade) => trade.fees)),
        realizedPnl: sum(before.map((trade) => trade.realizedPnl)),
      });
      expect(sum([buyingPower, reserved])).toBe(cash);
      expect(new Map(positions.map(({ symbol, quantity }) => [symbol, quantity]))).toEqual(
        heldAfter(before),
      );
    }
  });

  it("agrees with /events a millisecond before, at and after each event of each order", async () => {
    for (const orderId of orderIds) {
      const events = await admin.all(getOrderEvents, { orderId }, 3);
      const times = [...new Set(events.map(({ at }) => Date.parse(at)))];
      for (const atMs of around(times)) {
        const expected = toldBy(events.filter(({ at }) => Date.parse(at) <= atMs));
        const answer = await admin.ask(getOrder, { orderId, asOf: atMs });
        if (expected === null) expectProblem(answer, "NOT_FOUND");
        else {
          const order = await admin.call(getOrder, { orderId, asOf: atMs });
          expect(order).toMatchObject(expected);
        }
      }
    }
  });

  it.each([
    [getPortfolio, () => ({ portfolioId })],
    [getPositions, () => ({ portfolioId })],
    [getOrder, () => ({ orderId: orderIds[0] })],
  ] as const satisfies readonly (readonly [AnyRoute, () => RouteInput])[])(
    "$path refuses an instant that is still to come",
    async (route, input) => {
      const asOf = Date.now() + 60_000;
      const answer = await admin.ask(route, { ...input(), asOf });
      expectProblem(answer, "VALIDATION_FAILED", ["asOf"]);
    },
  );
});

function around(timesMs: readonly number[]): readonly number[] {
  return [...new Set(timesMs.flatMap((atMs) => [atMs - 1, atMs, atMs + 1]))];
}

function cashAt(ledger: readonly LedgerEntryView[], atMs: number): string {
  const booked = ledger.filter(
    ({ account, at }) =>
      (account === "cash" || account.startsWith("unsettled:")) && Date.parse(at) <= atMs,
  );
  return sum(booked.flatMap(({ debit, credit }) => [debit, `-${credit}`]));
}

function heldAfter(trades: readonly TradeView[]): ReadonlyMap<string, string> {
  const held = new Map<string, string>();
  for (const { symbol, side, quantity } of trades) {
    const after = sum([held.get(symbol) ?? "0", side === "buy" ? quantity : `-${quantity}`]);
    if (after === "0") held.delete(symbol);
    else held.set(symbol, after);
  }
  return held;
}

/** How an order stands after these events, read from what they say; null before the first. */
function toldBy(events: readonly OrderEventView[]): object | null {
  const last = events.at(-1);
  if (last === undefined) return null;
  const types = events.map(({ type }) => type);
  const ordered = quantityIn(events[0]?.data, "order", "orderQty");
  const fills = events.filter(({ type }) => type === "OrderFilled");
  const cumQuantity = sum(fills.map(({ data }) => quantityIn(data, "report", "lastQty")));
  const status = statusAfter(types, cumQuantity === ordered);
  const isClosed = ["filled", "canceled", "expired", "denied"].includes(status);
  return {
    status,
    quantity: ordered,
    cumQuantity,
    leavesQuantity: isClosed ? "0" : sum([ordered, `-${cumQuantity}`]),
    createdAt: events[0]?.at,
    updatedAt: last.at,
  };
}

const STATUS_OF: Readonly<Record<string, string>> = {
  OrderPlaced: "pendingNew",
  OrderDenied: "denied",
  OrderAccepted: "new",
  CancelRequested: "pendingCancel",
  OrderCanceled: "canceled",
  OrderExpired: "expired",
};

function statusAfter(types: readonly string[], isComplete: boolean): string {
  if (isComplete) return "filled";
  // A submit that starts, or a cancel that waits for its turn, is no step of the order's.
  const last = types.findLast((type) => type !== "SubmitStarted" && type !== "CancelQueued");
  return last === "OrderFilled" ? "partiallyFilled" : (STATUS_OF[last ?? ""] ?? `after ${last}`);
}

function quantityIn(data: unknown, part: string, field: string): string {
  // sound: events of orders have these parts; a missing one fails the comparison
  return String((data as Record<string, Record<string, unknown> | undefined>)[part]?.[field]);
}

function sum(amounts: readonly string[]): string {
  return Decimal.sum(0, ...amounts).toFixed();
}
