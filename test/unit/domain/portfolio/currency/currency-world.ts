import * as fc from "fast-check";
import type { CurrencyTerms } from "../../../../../domain/portfolio/currency/terms.ts";
import type { LotMethod, PortfolioCommand } from "../../../../../domain/portfolio/messages.ts";
import { findOrder } from "../../../../../domain/portfolio/open-orders.ts";
import { Decimal, dec, text } from "../../../../../domain/shared/decimal.ts";
import { Refusal } from "../../../../../domain/shared/errors.ts";
import { fill, type LivePortfolio, request } from "../given.ts";
import { convert, deposit, euros, keeping, withdraw } from "./currency-desk.ts";

const CURRENCIES = ["USD", "EUR", "JPY"] as const;
type Currency = (typeof CURRENCIES)[number];
const SYMBOLS = { USD: "AAPL", EUR: "SAP", JPY: "SONY" } as const;

const currency = fc.constantFrom(...CURRENCIES);
const amount = fc.integer({ min: 1, max: 500_000 }).map((cents) => text(dec(cents).dividedBy(100)));
const side = fc.constantFrom("buy" as const, "sell" as const);
const at = fc.integer({ min: 0, max: 9 });

export const currencyStep = fc.oneof(
  fc.record({ kind: fc.constant("deposit" as const), currency, amount }),
  fc.record({ kind: fc.constant("withdraw" as const), currency, amount }),
  fc.record({ kind: fc.constant("convert" as const), currency, to: currency, amount }),
  fc.record({
    kind: fc.constant("order" as const),
    currency,
    side,
    quantity: fc.integer({ min: 1, max: 40 }),
  }),
  fc.record({
    kind: fc.constant("order" as const),
    currency,
    side,
    quantity: fc.integer({ min: 1, max: 40 }),
  }),
  fc.record({ kind: fc.constant("fill" as const), at, part: fc.integer({ min: 1, max: 4 }) }),
  fc.record({ kind: fc.constant("fill" as const), at, part: fc.integer({ min: 1, max: 4 }) }),
  fc.record({ kind: fc.constant("cancel" as const), at }),
  fc.record({ kind: fc.constant("settle" as const), at }),
  fc.record({ kind: fc.constant("dividend" as const), currency }),
  fc.record({
    kind: fc.constant("split" as const),
    currency,
    units: fc.constantFrom([3, 2], [2, 1], [1, 3]),
  }),
  fc.record({
    kind: fc.constant("price" as const),
    currency,
    percent: fc.integer({ min: -20, max: 25 }),
  }),
  fc.record({
    kind: fc.constant("rate" as const),
    currency,
    percent: fc.integer({ min: -10, max: 11 }),
  }),
);
type Step = typeof currencyStep extends fc.Arbitrary<infer T> ? T : never;

/** A portfolio in dollars, a market in three currencies and a venue that fills at the limit or better. */
export class CurrencyWorld {
  readonly live: LivePortfolio;
  readonly prices = new Map<Currency, Decimal>([
    ["USD", dec("100")],
    ["EUR", dec("40")],
    ["JPY", dec("900")],
  ]);
  readonly rates = new Map<Currency, Decimal>([
    ["USD", dec("1")],
    ["EUR", dec("1.1")],
    ["JPY", dec("0.0091")],
  ]);
  done = 0;
  private count = 0;
  private open: {
    readonly orderId: string;
    readonly currency: Currency;
    readonly side: "buy" | "sell";
  }[] = [];
  private unsettled: string[] = [];

  constructor(terms: CurrencyTerms, lotMethod: LotMethod) {
    this.live = keeping(terms, { lotMethod });
  }

  rateOf(of: Currency): Decimal {
    return this.rates.get(of) ?? dec(1);
  }

  priceOf(of: Currency): Decimal {
    return this.prices.get(of) ?? dec(1);
  }

  take(step: Step): void {
    this.count += 1;
    this.live.nowMs += 1_000;
    switch (step.kind) {
      case "deposit":
      case "withdraw": {
        const move = step.kind === "deposit" ? deposit : withdraw;
        return this.send(move(step.amount, step.currency, text(this.rateOf(step.currency))));
      }
      case "convert":
        return step.currency === step.to ? undefined : this.convert(step);
      case "order":
        return this.order(step);
      case "fill":
        return this.fill(step);
      case "cancel":
        return this.cancel(step.at);
      case "settle":
        return this.settle(step.at);
      case "dividend":
        return this.send({
          type: "PayDividend",
          symbol: SYMBOLS[step.currency],
          perUnit: "0.337",
          withholdingRate: "0.15",
          ...this.baseRate(step.currency),
          memo: "",
          effectiveAtMs: this.live.nowMs,
        });
      case "split":
        return this.split(step);
      case "price":
        return this.move(this.prices, step.currency, step.percent, 2);
      case "rate":
        return step.currency === "USD"
          ? undefined
          : this.move(this.rates, step.currency, step.percent, 6);
    }
  }

  private send(command: PortfolioCommand): void {
    try {
      const { events } = this.live.when(command);
      this.done += events.length > 0 ? 1 : 0;
      for (const event of events)
        if (event.type === "FillApplied" && event.trade.settlementStatus === "pending")
          this.unsettled.push(event.trade.tradeId);
    } catch (error) {
      if (!(error instanceof Refusal)) throw error;
    }
  }

  private baseRate(of: Currency): { readonly baseRate?: string } {
    return of === "USD" ? {} : { baseRate: text(this.rateOf(of)) };
  }

  private convert({ currency: from, to, amount: sold }: Extract<Step, { kind: "convert" }>): void {
    const rate = this.rateOf(from).dividedBy(this.rateOf(to)).toSignificantDigits(15);
    this.send(convert(from, to, sold, text(rate), text(this.rateOf(from))));
  }

  private order({ currency: of, side: way, quantity }: Extract<Step, { kind: "order" }>): void {
    const orderId = `order-${this.count}`;
    const price = text(this.priceOf(of));
    const view = euros(of === "USD" ? null : text(this.rateOf(of)), {
      symbol: SYMBOLS[of],
      currency: of,
      last: price,
      exchange: { ask: text(this.rateOf(of).times("1.001").toSignificantDigits(15)) },
    });
    const order = { orderId, symbol: SYMBOLS[of], side: way, orderQty: String(quantity) };
    const { reply } = this.live.when(request({ ...order, ordType: "limit", price }, view));
    if (!("verdict" in reply) || reply.verdict !== "approved") return;
    this.done += 1;
    this.open.push({ orderId, currency: of, side: way });
  }

  private fill({ at: index, part }: Extract<Step, { kind: "fill" }>): void {
    const order = this.open[index % Math.max(1, this.open.length)];
    const held = order && this.found(order.orderId);
    if (order === undefined || held === undefined) return;
    const quantity = dec(held.hold.quantity).dividedBy(part).ceil();
    const { symbol, price = "1" } = held.approved;
    this.send({
      ...fill({
        orderId: order.orderId,
        execId: `exec-${this.count}`,
        symbol,
        side: order.side,
        quantity: text(quantity),
        price,
        currency: order.currency,
      }),
    });
    if (this.found(order.orderId) === undefined) this.forget(order.orderId);
  }

  private found(orderId: string) {
    const { account } = this.live.state;
    return account === null ? undefined : findOrder(account.orders, orderId);
  }

  private forget(orderId: string): void {
    this.open = this.open.filter((one) => one.orderId !== orderId);
  }

  private cancel(index: number): void {
    const order = this.open[index % Math.max(1, this.open.length)];
    if (order === undefined) return;
    this.send({ type: "ReleaseHold", orderId: order.orderId, reason: "canceled" });
    this.forget(order.orderId);
  }

  private settle(index: number): void {
    const tradeId = this.unsettled[index % Math.max(1, this.unsettled.length)];
    if (tradeId === undefined) return;
    this.send({ type: "SettleTrades", tradeIds: [tradeId], asOf: "2026-03-04" });
    this.unsettled = this.unsettled.filter((one) => one !== tradeId);
  }

  private split({ currency: of, units }: Extract<Step, { kind: "split" }>): void {
    const newUnits = units[0];
    const oldUnits = units[1];
    this.send({
      type: "SplitPosition",
      symbol: SYMBOLS[of],
      newUnits,
      oldUnits,
      lotSize: "1",
      cashInLieuPrice: text(this.priceOf(of)),
      ...this.baseRate(of),
      memo: "",
      effectiveAtMs: this.live.nowMs,
    });
  }

  private move(of: Map<Currency, Decimal>, name: Currency, percent: number, places: number): void {
    const before = of.get(name) ?? dec(1);
    const moved = before.times(100 + percent).dividedBy(100);
    of.set(name, Decimal.max(moved.toDecimalPlaces(places), dec("0.01")));
  }
}
