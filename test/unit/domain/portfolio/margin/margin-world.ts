import assert from "node:assert/strict";
import * as fc from "fast-check";
import type { ApprovedOrder } from "../../../../../domain/order/new-order.ts";
import {
  type MarginState,
  marginState,
} from "../../../../../domain/portfolio/margin/margin-state.ts";
import { DEFAULT_MARGIN } from "../../../../../domain/portfolio/margin/terms.ts";
import type { MarketView, RiskBoard } from "../../../../../domain/portfolio/market-view.ts";
import type {
  LotMethod,
  PortfolioCommand,
  PortfolioReply,
} from "../../../../../domain/portfolio/messages.ts";
import { Decimal, dec, text, ZERO } from "../../../../../domain/shared/decimal.ts";
import { Refusal } from "../../../../../domain/shared/errors.ts";
import { fill, type LivePortfolio, release, request, verdict } from "../given.ts";
import { boardWith, marginPortfolio, seen } from "./margin-desk.ts";

/** A margin portfolio that is bought and sold for on both sides while prices move, days pass and its calls are pursued. */
const SYMBOLS = ["AAPL", "MSFT"] as const;
const INSTRUMENTS = [
  { shortable: true, borrowRate: "0.05" },
  { shortable: true, initialMargin: "0.3", maintenanceMargin: "0.2" },
];
const FEE_BPS = "12.5";
const DAY_MS = 86_400_000;
const side = fc.constantFrom("buy" as const, "sell" as const);
const symbol = fc.nat(1);
const index = fc.nat(1000);

export const marginStep = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.record({
      kind: fc.constant("order" as const),
      side,
      symbol,
      quantity: fc.integer({ min: 1, max: 120 }),
      limitBps: fc.integer({ min: -300, max: 300 }),
    }),
  },
  {
    weight: 8,
    arbitrary: fc.record({
      kind: fc.constant("fill" as const),
      order: index,
      part: fc.integer({ min: 1, max: 4 }),
    }),
  },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant("end" as const), order: index }) },
  {
    weight: 2,
    arbitrary: fc.record({
      kind: fc.constant("amend" as const),
      order: index,
      quantity: fc.integer({ min: 1, max: 150 }),
      isTaken: fc.boolean(),
    }),
  },
  {
    weight: 3,
    arbitrary: fc.record({
      kind: fc.constant("move" as const),
      symbol,
      bps: fc.integer({ min: -900, max: 900 }),
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({
      kind: fc.constant("split" as const),
      symbol,
      units: fc.constantFrom([2, 1] as const, [1, 2] as const, [3, 2] as const),
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({
      kind: fc.constant("dividend" as const),
      symbol,
      cents: fc.integer({ min: 1, max: 300 }),
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({
      kind: fc.constant("cash" as const),
      direction: fc.constantFrom("deposit" as const, "withdraw" as const),
      amount: fc.integer({ min: 1, max: 3000 }),
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({
      kind: fc.constant("days" as const),
      count: fc.integer({ min: 1, max: 5 }),
    }),
  },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant("call" as const) }) },
);
export type MarginStep = typeof marginStep extends fc.Arbitrary<infer S> ? S : never;
type Of<K extends MarginStep["kind"]> = Extract<MarginStep, { readonly kind: K }>;

interface VenueOrder {
  readonly approved: ApprovedOrder;
  left: Decimal;
}

export class MarginWorld {
  readonly live: LivePortfolio;
  readonly orders: VenueOrder[] = [];
  /** accepted orders after which the margin was looked at */
  accepted = 0;
  private readonly prices = [dec("100"), dec("40")];
  private day = 20_514;
  private count = 0;

  constructor(lotMethod: LotMethod) {
    this.live = marginPortfolio({
      initialCash: "20000",
      lotMethod,
      margin: { ...DEFAULT_MARGIN, callHours: 0 },
    });
  }

  take(next: MarginStep): void {
    this.count += 1;
    this.live.nowMs += 7;
    switch (next.kind) {
      case "order":
        return this.order(next);
      case "fill":
        return this.fill(next);
      case "end":
        return this.end(next);
      case "amend":
        return this.amend(next);
      case "move":
        return this.move(next);
      case "split":
        return this.split(next);
      case "dividend":
        return this.dividend(next);
      case "cash":
        return this.cash(next);
      case "days":
        return this.days(next);
      case "call":
        return this.call();
    }
  }

  state(): MarginState {
    const { baseCurrency, cash, reserved, margin } = this.live.summary();
    assert(margin !== undefined);
    const input = { baseCurrency, cash: [{ currency: baseCurrency, amount: cash }], reserved };
    const state = marginState({ ...input, lines: margin.lines, terms: margin.terms }, this.board());
    assert(!("missing" in state));
    return state;
  }

  board(): RiskBoard {
    return boardWith(Object.fromEntries(SYMBOLS.map((name, at) => [name, text(this.price(at))])));
  }

  private price(at: number): Decimal {
    return this.prices[at] ?? ZERO;
  }

  private view(at: number): MarketView {
    const instrument = INSTRUMENTS[at] ?? {};
    const last = text(this.price(at));
    return seen(
      last,
      { symbol: SYMBOLS[at] ?? "", feeBps: FEE_BPS, instrument },
      this.board().marks,
    );
  }

  private order(next: Of<"order">): void {
    const isLimit = next.limitBps % 2 === 0;
    const price = this.price(next.symbol)
      .times(10_000 + next.limitBps)
      .dividedBy(10_000);
    const order = {
      orderId: `o${this.count}`,
      side: next.side,
      symbol: SYMBOLS[next.symbol] ?? "",
      orderQty: String(next.quantity),
      ...(isLimit ? { ordType: "limit" as const, price: price.toFixed(2) } : {}),
    };
    this.keep(this.live.when(request(order, this.view(next.symbol))).reply, next.side);
  }

  /** No order that opens anything leaves less than nothing at the marks of its check. */
  private keep(reply: PortfolioReply, of: "buy" | "sell"): void {
    const found = verdict(reply);
    if (found.verdict !== "approved") return;
    const { order } = found;
    this.orders.push({ approved: order, left: dec(order.orderQty) });
    if (order.hold.cash === "0") return;
    this.accepted += 1;
    const { excess } = this.state();
    assert(!dec(excess).isNegative(), `a ${of} was accepted and left ${excess}`);
  }

  /** As bad as the order allows: a buy at its worst price, a sell at its limit or 5 % below the market. */
  private fill(next: Of<"fill">): void {
    const order = this.pick(next.order);
    if (order === undefined) return;
    const { orderId, symbol: name, side: of, price, hold } = order.approved;
    const quantity = Decimal.max(
      order.left.dividedBy(next.part).floor(),
      Decimal.min(order.left, 1),
    );
    const worst = of === "buy" ? hold.worstPrice : (price ?? text(this.worstSale(name)));
    if (worst === null) return;
    order.left = order.left.minus(quantity);
    const fees = quantity
      .times(worst)
      .times(FEE_BPS)
      .dividedBy(10_000)
      .toDecimalPlaces(2, Decimal.ROUND_UP);
    this.live.when(
      fill({
        orderId,
        execId: `x${this.count}`,
        symbol: name,
        side: of,
        quantity: text(quantity),
        price: worst,
        fees: text(fees),
        transactTimeMs: this.day * DAY_MS + this.count,
      }),
    );
  }

  private worstSale(name: string): Decimal {
    const at = SYMBOLS.findIndex((other) => other === name);
    return this.price(at).times("0.95").toDecimalPlaces(2, Decimal.ROUND_UP);
  }

  private pick(at: number): VenueOrder | undefined {
    const open = this.orders.filter(({ left }) => !left.isZero());
    return open[at % Math.max(open.length, 1)];
  }

  private end(next: Of<"end">): void {
    const order = this.pick(next.order);
    if (order === undefined) return;
    order.left = ZERO;
    this.live.when(release(order.approved.orderId));
  }

  private amend(next: Of<"amend">): void {
    const order = this.pick(next.order);
    if (order === undefined) return;
    const { orderId, symbol: name } = order.approved;
    const filled = dec(order.approved.orderQty).minus(order.left);
    const orderQty = text(filled.plus(next.quantity));
    const market = this.view(SYMBOLS.findIndex((other) => other === name));
    const amendId = `a${this.count}`;
    const asked = { type: "AmendOrder", orderId, amendId, requestedBy: "user-1", market } as const;
    const reply = this.tried({ ...asked, changes: { orderQty } });
    if (reply === null || !("verdict" in reply) || reply.verdict !== "amended") return;
    const { terms } = reply;
    this.live.when({ type: "ConcludeAmend", orderId, amendId, ...(next.isTaken && { terms }) });
    if (!next.isTaken) return;
    const at = this.orders.indexOf(order);
    this.orders[at] = {
      approved: {
        ...order.approved,
        orderQty,
        hold: { ...order.approved.hold, worstPrice: terms.worstPrice },
      },
      left: dec(next.quantity),
    };
  }

  private move(next: Of<"move">): void {
    const moved = this.price(next.symbol)
      .times(10_000 + next.bps)
      .dividedBy(10_000);
    this.prices[next.symbol] = Decimal.max(moved.toDecimalPlaces(2), "1");
  }

  private split(next: Of<"split">): void {
    const newUnits = next.units[0];
    const oldUnits = next.units[1];
    const price = text(this.price(next.symbol));
    const reply = this.tried({
      type: "SplitPosition",
      symbol: SYMBOLS[next.symbol] ?? "",
      newUnits,
      oldUnits,
      lotSize: "1",
      cashInLieuPrice: price,
      memo: "",
      effectiveAtMs: this.live.nowMs,
    });
    if (reply === null) return;
    const after = this.price(next.symbol).times(oldUnits).dividedBy(newUnits);
    this.prices[next.symbol] = Decimal.max(after.toDecimalPlaces(2), "1");
  }

  private dividend(next: Of<"dividend">): void {
    this.tried({
      type: "PayDividend",
      symbol: SYMBOLS[next.symbol] ?? "",
      perUnit: text(dec(next.cents).dividedBy(100)),
      withholdingRate: "0.15",
      memo: "",
      effectiveAtMs: this.live.nowMs,
    });
  }

  private cash(next: Of<"cash">): void {
    const { direction, amount } = next;
    const effectiveAtMs = this.live.nowMs;
    const command = { type: "MoveCash", direction, amount: String(amount), memo: "" } as const;
    const reply = this.tried({ ...command, effectiveAtMs, board: this.board() });
    if (reply === null || direction === "deposit") return;
    assert(!dec(this.state().excess).isNegative(), "what was given out was not needed");
  }

  private days(next: Of<"days">): void {
    const throughDay = this.day + next.count - 1;
    const marks = SYMBOLS.map((name, at) => ({
      symbol: name,
      day: this.day,
      price: text(this.price(at)),
    }));
    this.day += next.count;
    const borrowRates = { AAPL: "0.05" };
    const command = { type: "AccrueFinancing", throughDay, marks, borrowRates, rates: {} } as const;
    this.live.when(command);
    const again = this.live.when(command).events;
    assert.deepEqual(again, [], "no day is charged twice");
  }

  private call(): void {
    this.live.when({ type: "CheckMargin", board: this.board() });
    const call = this.live.summary().margin?.call ?? null;
    if (call === null) {
      assert(!dec(this.state().maintenanceExcess).isNegative(), "what is missing is called for");
      return;
    }
    assert(dec(this.state().maintenanceExcess).isNegative(), "nothing is called for that is there");
    const { callId } = call;
    this.live.when({ type: "PursueMarginCall", callId });
    const markets = SYMBOLS.map((_, at) => this.view(at));
    const before = this.live.recorded.length;
    this.live.when({ type: "LiquidateForMargin", callId, markets, board: this.board() });
    for (const { event } of this.live.recorded.slice(before))
      if (event.type === "OrderApproved")
        this.orders.push({ approved: event.order, left: dec(event.order.orderQty) });
  }

  private tried(command: PortfolioCommand): PortfolioReply | null {
    try {
      return this.live.when(command).reply;
    } catch (error) {
      if (error instanceof Refusal) return null;
      throw error;
    }
  }
}
