import assert from "node:assert/strict";
import * as fc from "fast-check";
import type { ApprovedOrder } from "../../../../domain/order/new-order.ts";
import type { LotMethod } from "../../../../domain/portfolio/messages.ts";
import { findOrder } from "../../../../domain/portfolio/open-orders.ts";
import { minorUnit } from "../../../../domain/risk/minor-unit.ts";
import { type Decimal, dec, text, ZERO } from "../../../../domain/shared/decimal.ts";
import {
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
  leaves: Decimal;
  isEnded: boolean;
}

export class World {
  readonly live: LivePortfolio;
  readonly orders: VenueOrder[] = [];
  private readonly sent: (ReturnType<typeof fill> | ReturnType<typeof release>)[] = [];
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
      leaves: dec(found.order.orderQty),
      isEnded: false,
    });
  }

  private fill({ order: at, part, discountBps }: Extract<Step, { kind: "fill" }>): void {
    const order = this.at(this.orders, at);
    if (order === undefined || order.leaves.isZero()) return;
    if (this.isOrderly && order.isEnded) return;
    const { approved } = order;
    const lot = LOTS[approved.symbol as keyof typeof LOTS]; // oxlint-disable-line typescript/no-unsafe-type-assertion -- orders are of SYMBOLS only
    const quantity = order.leaves.dividedBy(lot).dividedBy(part).ceil().times(lot);
    const last = this.price(SYMBOLS.findIndex((symbol) => symbol === approved.symbol));
    const top = dec(approved.hold.worstPrice ?? approved.price ?? last);
    const price = top
      .times(10_000 - discountBps)
      .dividedBy(10_000)
      .toDecimalPlaces(4, 1);
    const cent = minorUnit("USD");
    const fee = quantity.times(price).times(FEE_BPS).dividedBy(10_000).dividedBy(cent).ceil();
    order.leaves = order.leaves.minus(quantity);
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
  }

  private end(at: number): void {
    const order = this.at(this.orders, at);
    if (order === undefined) return;
    order.isEnded = true;
    this.send(release(order.approved.orderId));
  }

  private send(command: ReturnType<typeof fill> | ReturnType<typeof release>): void {
    this.sent.push(command);
    this.live.when(command);
  }

  /** The same message again, under another command id: only the portfolio's own memory can tell. */
  private repeat(at: number): void {
    const message = this.at(this.sent, at);
    if (message !== undefined && isWithinMemory(this.sent, message))
      assert.deepEqual(this.live.when(message).events, [], "a repeat changes nothing");
  }

  private askAgain(at: number): void {
    const order = this.at(this.orders, at);
    const { account } = this.live.state;
    if (order === undefined || account === null) return;
    if (findOrder(account.orders, order.approved.orderId) === undefined) return;
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

/** Ends may always be repeated; fills of the last 256 decided orders are known. */
function isWithinMemory(sent: readonly object[], message: object): boolean {
  return sent.length - sent.indexOf(message) < 200;
}
