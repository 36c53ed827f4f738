import assert from "node:assert/strict";
import * as fc from "fast-check";
import type { ApprovedTerms } from "../../../../domain/order/messages.ts";
import type { ApprovedOrder } from "../../../../domain/order/new-order.ts";
import type { LotMethod } from "../../../../domain/portfolio/messages.ts";
import { findOrder } from "../../../../domain/portfolio/open-orders.ts";
import { minorUnit } from "../../../../domain/risk/minor-unit.ts";
import { Decimal, dec, text, ZERO } from "../../../../domain/shared/decimal.ts";
import {
  type Command,
  fill,
  type LivePortfolio,
  market,
  opened,
  release,
  request,
  signal,
  verdict,
} from "./given.ts";

/**
 * A portfolio and a venue that do random things to each other. The venue keeps what every venue promises: no fill above the
 * worst price, the fee rate rounded up to the cent, no more than was ordered. `isOrderly` venues report each fill before the
 * end of its order; others let fills overtake ends, so that cash is spent that was already free again.
 */
const SYMBOLS = ["AAPL", "MSFT", "BTC-USD"] as const;
const LOTS = { AAPL: "1", MSFT: "1", "BTC-USD": "0.001" } as const;
const INITIAL_CASH = "25000.55";
const FEE_BPS = "12.5";

export type Step =
  | { readonly kind: "order"; side: "buy" | "sell"; symbol: number; lots: number; limitBps: number }
  | { readonly kind: "signal"; side: "buy" | "sell"; symbol: number; fraction: number }
  | { readonly kind: "fill"; order: number; part: number; discountBps: number }
  | { readonly kind: "end"; order: number }
  | { readonly kind: "legs"; side: "buy" | "sell"; symbol: number; lots: number; away: number }
  | { readonly kind: "amend"; order: number; lots: number; limitBps: number }
  | { readonly kind: "answer"; order: number; isTaken: boolean }
  | { readonly kind: "repeat"; message: number }
  | { readonly kind: "ask again"; order: number }
  | { readonly kind: "move"; symbol: number; bps: number };

const index = fc.nat(1000);
const side = fc.constantFrom("buy" as const, "sell" as const);
export const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 4,
    arbitrary: fc.record({
      kind: fc.constant("order" as const),
      side,
      symbol: fc.nat(2),
      lots: fc.integer({ min: 1, max: 60 }),
      limitBps: fc.integer({ min: -300, max: 300 }),
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({
      kind: fc.constant("signal" as const),
      side,
      symbol: fc.nat(2),
      fraction: fc.integer({ min: 1, max: 10 }),
    }),
  },
  {
    weight: 7,
    arbitrary: fc.record({
      kind: fc.constant("fill" as const),
      order: index,
      part: fc.integer({ min: 1, max: 4 }),
      discountBps: fc.nat(500),
    }),
  },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant("end" as const), order: index }) },
  {
    weight: 1,
    arbitrary: fc.record({
      kind: fc.constant("legs" as const),
      side,
      symbol: fc.nat(2),
      lots: fc.integer({ min: 1, max: 60 }),
      away: fc.integer({ min: 1, max: 300 }),
    }),
  },
  {
    weight: 3,
    arbitrary: fc.record({
      kind: fc.constant("amend" as const),
      order: index,
      lots: fc.integer({ min: 1, max: 80 }),
      limitBps: fc.integer({ min: -300, max: 300 }),
    }),
  },
  {
    weight: 3,
    arbitrary: fc.record({
      kind: fc.constant("answer" as const),
      order: index,
      isTaken: fc.boolean(),
    }),
  },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant("repeat" as const), message: index }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant("ask again" as const), order: index }) },
  {
    weight: 2,
    arbitrary: fc.record({
      kind: fc.constant("move" as const),
      symbol: fc.nat(2),
      bps: fc.integer({ min: -400, max: 400 }),
    }),
  },
);

interface VenueOrder {
  readonly approved: ApprovedOrder;
  orderQty: Decimal;
  filled: Decimal;
  worstPrice: string | null;
  isEnded: boolean;
  /** an amendment that the venue has not answered */
  asked: { readonly amendId: string; readonly terms: ApprovedTerms } | null;
}

type Sent = Command<"ApplyFill"> | Command<"ReleaseHold"> | Command<"ConcludeAmend">;

export class World {
  readonly live: LivePortfolio;
  readonly orders: VenueOrder[] = [];
  private readonly sent: Sent[] = [];
  private readonly prices = [dec("190.10"), dec("410.55"), dec("64000.25")];
  readonly isOrderly: boolean;
  private count = 0;

  constructor(isOrderly: boolean, lotMethod: LotMethod) {
    this.isOrderly = isOrderly;
    this.live = opened({ initialCash: INITIAL_CASH, lotMethod });
  }

  take(next: Step): void {
    this.count += 1;
    this.live.nowMs += 7;
    switch (next.kind) {
      case "order":
        return this.order(next);
      case "signal":
        return this.signal(next);
      case "fill":
        return this.fill(next);
      case "end":
        return this.end(next.order);
      case "legs":
        return this.legs(next);
      case "amend":
        return this.amend(next);
      case "answer":
        return this.answer(next);
      case "repeat":
        return this.repeat(next.message);
      case "ask again":
        return this.askAgain(next.order);
      case "move":
        return this.move(next);
    }
  }

  /** Everything that is still open ends, as at the end of a day. */
  closeAll(): void {
    for (const order of this.orders) {
      order.isEnded = true;
      this.live.when(release(order.approved.orderId));
    }
  }

  private order(next: Extract<Step, { kind: "order" }>): void {
    const symbol = SYMBOLS[next.symbol] ?? "AAPL";
    const price = this.price(next.symbol)
      .times(10_000 + next.limitBps)
      .dividedBy(10_000);
    const isLimit = next.limitBps % 2 === 0;
    this.keep(
      this.live.when(
        request(
          {
            orderId: `order-${this.count}`,
            symbol,
            side: next.side,
            orderQty: text(dec(next.lots).times(LOTS[symbol])),
            ...(isLimit ? { ordType: "limit" as const, price: price.toFixed(2) } : {}),
          },
          this.view(next.symbol),
        ),
      ).reply,
    );
  }

  private signal(next: Extract<Step, { kind: "signal" }>): void {
    const symbol = SYMBOLS[next.symbol] ?? "AAPL";
    const asOfMs = this.count;
    this.keep(
      this.live.when({
        type: "ActOnSignal",
        signal: signal({ signalId: `signal-${this.count}`, symbol, side: next.side, asOfMs }),
        fraction: text(dec(next.fraction).dividedBy(10)),
        market: this.view(next.symbol),
      }).reply,
    );
  }

  private keep(reply: Parameters<typeof verdict>[0]): void {
    const found = verdict(reply);
    if (found.verdict !== "approved") return;
    this.orders.push({
      approved: found.order,
      orderQty: dec(found.order.orderQty),
      filled: ZERO,
      worstPrice: found.order.hold.worstPrice,
      isEnded: false,
      asked: null,
    });
  }

  /** Two orders of which the venue lets no more be filled than of one. */
  private legs(next: Extract<Step, { kind: "legs" }>): void {
    const symbol = SYMBOLS[next.symbol] ?? "AAPL";
    const orderQty = text(dec(next.lots).times(LOTS[symbol]));
    for (const [leg, bps] of [next.away, -next.away].entries()) {
      const price = this.price(next.symbol)
        .times(10_000 + bps)
        .dividedBy(10_000)
        .toFixed(2);
      const order = {
        orderId: `leg-${leg}-${this.count}`,
        ocoGroup: `group-${this.count}`,
        symbol,
        side: next.side,
        orderQty,
        ordType: "limit",
        price,
      } as const;
      this.keep(this.live.when(request(order, this.view(next.symbol))).reply);
    }
  }

  private amend({ order: at, lots, limitBps }: Extract<Step, { kind: "amend" }>): void {
    const amendable = this.orders.filter(({ isEnded, asked }) => !isEnded && asked === null);
    const order = this.at(amendable, at);
    const { account } = this.live.state;
    if (order === undefined || account === null) return;
    const { orderId, symbol, ocoGroup, price } = order.approved;
    if (findOrder(account.orders, orderId) === undefined || ocoGroup !== undefined) return;
    const orderQty = order.filled.plus(dec(lots).times(this.lotOf(order)));
    const which = SYMBOLS.findIndex((one) => one === symbol);
    const limit = this.price(which)
      .times(10_000 + limitBps)
      .dividedBy(10_000)
      .toFixed(2);
    const amendId = `amend-${this.count}`;
    const { reply } = this.live.when({
      type: "AmendOrder",
      orderId,
      amendId,
      changes: { orderQty: text(orderQty), ...(price !== undefined && { price: limit }) },
      market: this.view(which),
      requestedBy: "user-1",
    });
    if (!("verdict" in reply) || reply.verdict !== "amended") return;
    order.asked = { amendId, terms: reply.terms };
  }

  /** Refused as well when all of it was filled, or as much as it would leave. */
  private answer({ order: at, isTaken }: Extract<Step, { kind: "answer" }>): void {
    const order = this.at(
      this.orders.filter(({ isEnded, asked }) => !isEnded && asked !== null),
      at,
    );
    if (order === undefined || order.asked === null) return;
    const { amendId, terms } = order.asked;
    order.asked = null;
    const { orderId } = order.approved;
    const isPossible = order.filled.lessThan(Decimal.min(order.orderQty, terms.orderQty));
    if (!isTaken || !isPossible) {
      this.send({ type: "ConcludeAmend", orderId, amendId });
      if (order.filled.equals(order.orderQty)) this.end(this.orders.indexOf(order));
      return;
    }
    const { worstPrice, ...plain } = terms;
    order.orderQty = dec(terms.orderQty);
    order.worstPrice = worstPrice;
    this.send({ type: "ConcludeAmend", orderId, amendId, terms: plain });
  }

  /** What a fill of one leg takes from the others; a leg without anything left ends. */
  private shrink({ approved: { ocoGroup, orderId } }: VenueOrder, quantity: Decimal): void {
    if (ocoGroup === undefined) return;
    for (const other of this.orders) {
      const { approved } = other;
      if (approved.ocoGroup !== ocoGroup || approved.orderId === orderId || other.isEnded) continue;
      other.orderQty = other.orderQty.minus(quantity);
      const isGone = other.orderQty.lessThanOrEqualTo(other.filled);
      other.isEnded = isGone;
      const { price = null, stopPx = null } = approved;
      const terms = { orderQty: text(other.orderQty), price, stopPx };
      this.send(
        isGone
          ? release(approved.orderId)
          : { type: "ConcludeAmend", orderId: approved.orderId, terms },
      );
    }
  }

  private lotOf({ approved: { symbol } }: VenueOrder): string {
    return LOTS[symbol as keyof typeof LOTS]; // oxlint-disable-line typescript/no-unsafe-type-assertion -- orders are of SYMBOLS only
  }

  private fill({ order: at, part, discountBps }: Extract<Step, { kind: "fill" }>): void {
    const order = this.at(this.orders, at);
    if (order === undefined) return;
    const leaves = order.orderQty.minus(order.filled);
    if (leaves.lessThanOrEqualTo(ZERO)) return;
    const { approved } = order;
    // A leg that a fill of another has ended is ended in the same moment.
    if (order.isEnded && (this.isOrderly || approved.ocoGroup !== undefined)) return;
    const lot = this.lotOf(order);
    const quantity = leaves.dividedBy(lot).dividedBy(part).ceil().times(lot);
    const last = this.price(SYMBOLS.findIndex((symbol) => symbol === approved.symbol));
    const top = dec(order.worstPrice ?? approved.price ?? last);
    const price = top
      .times(10_000 - discountBps)
      .dividedBy(10_000)
      .toDecimalPlaces(4, 1);
    const cent = minorUnit("USD");
    const fee = quantity.times(price).times(FEE_BPS).dividedBy(10_000).dividedBy(cent).ceil();
    order.filled = order.filled.plus(quantity);
    this.send(
      fill({
        orderId: approved.orderId,
        execId: `exec-${this.count}`,
        symbol: approved.symbol,
        side: approved.side,
        quantity: text(quantity),
        price: text(price),
        fees: text(fee.times(cent)),
      }),
    );
    this.shrink(order, quantity);
  }

  private end(at: number): void {
    const order = this.at(this.orders, at);
    if (order === undefined) return;
    order.isEnded = true;
    this.send(release(order.approved.orderId));
  }

  private send(command: Sent): void {
    this.sent.push(command);
    this.live.when(command);
  }

  /** The same message again, under another command id: only the portfolio's own memory can tell. */
  private repeat(at: number): void {
    const message = this.at(this.sent, at);
    // An amendment that the venue made by itself has no name: its repeat is for the order to tell.
    const isNamed = message?.type !== "ConcludeAmend" || message.amendId !== undefined;
    if (message !== undefined && isNamed && this.isRemembered(message))
      assert.deepEqual(this.live.when(message).events, [], "a repeat changes nothing");
  }

  /** Of the orders that hold nothing any more the latest are known. */
  private isRemembered(message: Sent): boolean {
    const orderId = message.type === "ApplyFill" ? message.report.orderId : message.orderId;
    const { account } = this.live.state;
    if (account === null) return false;
    return (
      findOrder(account.orders, orderId) !== undefined ||
      account.decided.some((order) => order.orderId === orderId)
    );
  }

  private askAgain(at: number): void {
    const order = this.at(this.orders, at);
    const { account } = this.live.state;
    if (order === undefined || account === null) return;
    const known = findOrder(account.orders, order.approved.orderId);
    // What was amended is not what was asked for any more.
    if (known === undefined || known.approved.orderQty !== order.approved.orderQty) return;
    if (known.approved.price !== order.approved.price) return;
    const again = this.live.when({
      type: "RequestOrder",
      order: order.approved,
      market: this.view(0),
    });
    assert.deepEqual(again.events, [], "an order that is asked for again holds once");
    assert.equal(verdict(again.reply).verdict, "approved");
  }

  private move({ symbol, bps }: Extract<Step, { kind: "move" }>): void {
    this.prices[symbol] = this.price(symbol)
      .times(10_000 + bps)
      .dividedBy(10_000)
      .toDecimalPlaces(2);
  }

  private view(symbol: number) {
    const name = SYMBOLS[symbol] ?? "AAPL";
    return market({
      symbol: name,
      last: text(this.price(symbol)),
      lotSize: LOTS[name],
      feeBps: FEE_BPS,
    });
  }

  private price(symbol: number): Decimal {
    return this.prices[symbol] ?? ZERO;
  }

  private at<T>(list: readonly T[], position: number): T | undefined {
    return list[position % Math.max(list.length, 1)];
  }
}
