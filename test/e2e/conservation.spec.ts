import { Decimal } from "../../domain/shared/decimal.ts";
import {
  cancelAllOrders,
  cancelOrder,
  createOrder,
  listOrders,
} from "../../mixins/rest/routes/orders.ts";
import {
  createPortfolio,
  getLedger,
  getPortfolio,
  getPositions,
} from "../../mixins/rest/routes/portfolios.ts";
import type { PortfolioView } from "../../mixins/rest/routes/portfolios.ts";
import { listTrades } from "../../mixins/rest/routes/trades.ts";
import type { HttpClient } from "../support/http.ts";
import { HandMarket } from "../support/node-market.ts";
import { chance } from "../support/node-seed.ts";
import { withNode } from "../support/node.ts";
import { problemOf } from "./problems.ts";

const OPERATIONS = 1_000;
const CONCURRENCY = 32;
const SYMBOLS = ["ACME", "BOLT", "CORE"] as const;
/** What a client may be told when it races with the market and with itself. */
const EXPECTED = ["ORDER_DENIED", "ORDER_CLOSED"];

describe("a thousand random orders and cancels at once, while bars come in", () => {
  const node = withNode();
  const { next, between, pick } = chance("orders");
  const prices: Record<string, number> = { ACME: 100, BOLT: 20, CORE: 7 };
  const counts = new Map<string, number>();
  let hand: HandMarket;
  let admin: HttpClient;
  let portfolioId: string;
  let final: PortfolioView;

  beforeAll(async () => {
    admin = node().admin;
    hand = await HandMarket.open(node());
    for (const symbol of SYMBOLS) await hand.list(symbol);
    await hand.play(prices);
    const body = { name: "Busy", baseCurrency: "USD", initialCash: "60000", lotMethod: "fifo" };
    portfolioId = (await admin.call(createPortfolio, body)).portfolioId;
    await work();
    await closeEverything();
    final = await admin.call(getPortfolio, { portfolioId });
  });

  const work = async (): Promise<void> => {
    const known: string[] = [];
    let left = OPERATIONS;
    const over = new AbortController();
    const client = async (): Promise<void> => {
      while (left-- > 0) await act(known);
    };
    const moving = (async (): Promise<void> => {
      while (!over.signal.aborted) await hand.tick(move());
    })();
    await Promise.all(Array.from({ length: CONCURRENCY }, client));
    over.abort();
    await moving;
  };

  /** Each price by up to two per cent. */
  const move = (): typeof prices => {
    for (const symbol of SYMBOLS) {
      const price = prices[symbol] ?? 1;
      prices[symbol] = Math.max(1, Math.round(price * (0.98 + 0.04 * next()) * 100) / 100);
    }
    return prices;
  };

  const act = async (known: string[]): Promise<void> => {
    const kind = between(1, 100);
    if (kind <= 70) await place(known);
    else if (kind <= 90) await cancel(known);
    else if (kind <= 91) await admin.call(cancelAllOrders, { portfolioId, symbol: pick(SYMBOLS) });
    else await look();
  };

  const place = async (known: string[]): Promise<void> => {
    const symbol = pick(SYMBOLS);
    const near = ((prices[symbol] ?? 1) * (0.95 + next() * 0.1)).toFixed(2);
    const body = {
      portfolioId,
      symbol,
      side: pick(["buy", "buy", "sell"]),
      quantity: String(between(1, 60)),
      timeInForce: pick(["day", "gtc", "gtc", "ioc", "fok"]),
      ...pick([{ type: "market" }, { type: "limit", price: near }]),
    };
    const answer = await admin.ask(createOrder, body);
    count(answer.status === 201 ? "placed" : problemOf(answer).code);
    if (answer.status !== 201) return;
    // sound: what a created order is
    known.push((JSON.parse(answer.text) as { readonly orderId: string }).orderId);
  };

  const cancel = async (known: readonly string[]): Promise<void> => {
    const orderId = known[between(0, known.length - 1)];
    if (orderId === undefined) return;
    const answer = await admin.ask(cancelOrder, { orderId });
    count(answer.status === 200 ? "canceled" : problemOf(answer).code);
  };

  const look = async (): Promise<void> => {
    const { cash, reserved, buyingPower } = await admin.call(getPortfolio, { portfolioId });
    expect(new Decimal(buyingPower).isNegative()).toBe(false);
    expect(new Decimal(reserved).isNegative()).toBe(false);
    expect(sum([buyingPower, reserved])).toBe(cash);
    count("looked");
  };

  const count = (what: string): void => void counts.set(what, (counts.get(what) ?? 0) + 1);

  const closeEverything = async (): Promise<void> => {
    await node().settled();
    await admin.call(cancelAllOrders, { portfolioId });
    await node().settled();
  };

  it("does something of everything, and is refused for no other reason than the rules", () => {
    console.log(JSON.stringify(Object.fromEntries(counts)));
    for (const what of ["placed", "canceled", "looked", ...EXPECTED]) {
      expect(counts.get(what) ?? 0).toBeGreaterThan(0);
    }
    const known = new Set<string>(["placed", "canceled", "looked", ...EXPECTED]);
    expect([...counts.keys()].filter((what) => !known.has(what))).toEqual([]);
  });

  it("leaks no hold: once every order is closed nothing is reserved", async () => {
    const open = await admin.all(listOrders, {
      portfolioId,
      status: "pendingNew,new,partiallyFilled,pendingCancel,pendingReplace,triggered,unknown",
    });
    expect(open).toEqual([]);
    expect(final).toMatchObject({ reserved: "0", openOrders: 0, buyingPower: final.cash });
  });

  it("conserves cash + positions at cost + fees − realised profit, to the last digit", async () => {
    const { data: positions } = await admin.call(getPositions, { portfolioId });
    const costs = positions.map(({ cost }) => cost);
    const { cash, fees, realizedPnl, initialCash } = final;
    expect(sum([cash, fees, ...costs])).toBe(sum([initialCash, realizedPnl]));
  });

  it("has orders, trades, positions and ledger agree", async () => {
    const trades = await admin.all(listTrades, { portfolioId }, 50);
    const orders = await admin.all(listOrders, { portfolioId }, 50);
    const { data: positions } = await admin.call(getPositions, { portfolioId });
    expect(orders.length).toBe((counts.get("placed") ?? 0) + (counts.get("ORDER_DENIED") ?? 0));
    expect(new Set(trades.map(({ execId }) => execId)).size).toBe(trades.length);
    for (const { orderId, cumQuantity, quantity, fees } of orders) {
      const fills = trades.filter((trade) => trade.orderId === orderId);
      expect(sum(fills.map((fill) => fill.quantity))).toBe(cumQuantity);
      expect(sum(fills.map((fill) => fill.fees))).toBe(fees);
      expect(new Decimal(cumQuantity).lessThanOrEqualTo(quantity)).toBe(true);
    }
    const held = SYMBOLS.map((symbol) => {
      const signed = trades
        .filter((trade) => trade.symbol === symbol)
        .map(({ side, quantity }) => (side === "buy" ? quantity : `-${quantity}`));
      return [symbol, sum(signed)];
    });
    expect(positions.map(({ symbol, quantity }) => [symbol, quantity])).toEqual(
      held.filter(([, quantity]) => quantity !== "0"),
    );
    const entries = await admin.all(getLedger, { portfolioId }, 100);
    const balances = Map.groupBy(entries, ({ account }) => account);
    const balance = (account: string) =>
      sum((balances.get(account) ?? []).flatMap(({ debit, credit }) => [debit, `-${credit}`]));
    expect(sum([...balances.keys()].map(balance))).toBe("0");
    const claims = sum([balance("unsettled:payable"), balance("unsettled:receivable")]);
    expect(sum([balance("cash"), claims])).toBe(final.cash);
  });

  it("leaves nothing behind: no effect is parked, no stream quarantined", async () => {
    const { rows } = await node().database.pool.query("SELECT effect_id FROM act.effect");
    expect(rows).toEqual([]);
    expect(node().context.actorSystem.status.quarantined).toEqual([]);
  });
});

function sum(amounts: readonly string[]): string {
  return Decimal.sum(0, ...amounts).toFixed();
}
