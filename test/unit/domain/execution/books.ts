import * as fc from "fast-check";
import type { PaperVenueCommand } from "../../../../domain/execution/paper-messages.ts";
import type { SubmitPayload } from "../../../../domain/order/messages.ts";
import type { OrderType, TimeInForce } from "../../../../domain/order/new-order.ts";
import type { VenueRules } from "../../../../domain/execution/venue-rules.ts";
import { MINUTE, T0, barAt, cancelOf, onQuote, payload, replaceOf, submit } from "./given.ts";

const WAITING: readonly OrderType[] = [
  "stop",
  "stopLimit",
  "trailingStop",
  "marketIfTouched",
  "limitIfTouched",
];
const TIMES: readonly TimeInForce[] = ["day", "gtc", "gtd", "opg", "cls"];

/** What only some orders have. */
function particulars() {
  return fc
    .record({
      ordType: fc.constantFrom<OrderType>("market", "limit", "limit", ...WAITING, ...WAITING),
      timeInForce: fc.constantFrom(...TIMES),
      stop: fc.integer({ min: 92, max: 108 }),
      trail: fc.constantFrom({ amount: "3" }, { bps: "200" }, { ticks: "4" }),
      lasts: fc.integer({ min: 1, max: 300 }),
      isPostOnly: fc.boolean(),
      display: fc.option(fc.integer({ min: 1, max: 9 }), { nil: null }),
      group: fc.option(fc.constantFrom("g-1", "g-2"), { nil: null }),
    })
    .map((made) => (price: string): Partial<SubmitPayload> => {
      const { ordType } = made;
      const isWaiting = WAITING.includes(ordType);
      const hasLimit =
        ordType === "limit" || ordType === "stopLimit" || ordType === "limitIfTouched";
      const isForAuction = made.timeInForce === "opg" || made.timeInForce === "cls";
      const timeInForce = isWaiting && isForAuction ? "gtc" : made.timeInForce;
      const mayPost = hasLimit && !isForAuction;
      return {
        ordType,
        price: hasLimit ? price : null,
        tickSize: "0.5",
        calendar: "XNYS",
        timeInForce,
        ...(timeInForce === "gtd" && { expireAtMs: T0 + made.lasts * MINUTE }),
        ...(isWaiting && ordType !== "trailingStop" && { stopPx: String(made.stop) }),
        ...(ordType === "trailingStop" && { trail: made.trail }),
        ...(made.isPostOnly && mayPost && { postOnly: true as const }),
        ...(made.display !== null && { displayQty: String(made.display) }),
        ...(made.group !== null && { ocoGroup: made.group }),
      };
    });
}

/** A book of random orders over a random market of bars and quotes that come in any order, some of them twice. */
const orders = fc
  .record({
    side: fc.constantFrom("buy" as const, "sell" as const),
    isLimit: fc.boolean(),
    price: fc.integer({ min: 90, max: 110 }),
    quantity: fc.integer({ min: 1, max: 60 }),
    timeInForce: fc.constantFrom("day" as const, "gtc" as const, "ioc" as const, "fok" as const),
    worst: fc.option(fc.integer({ min: 95, max: 112 }), { nil: null }),
    particulars: fc.option(particulars(), { nil: null, freq: 2 }),
  })
  .map(({ side, isLimit, price, quantity, timeInForce, worst, particulars: more }) => ({
    side,
    timeInForce,
    ordType: isLimit ? ("limit" as const) : ("market" as const),
    price: isLimit ? String(price) : null,
    orderQty: String(quantity),
    worstPrice: side === "buy" && worst !== null ? String(worst) : null,
    ...(more === null ? {} : more(String(price))),
  }));

const rules = fc.record({
  fillModel: fc.constantFrom("default" as const, "lean" as const, "nautilus" as const),
  slippage: fc.constantFrom<VenueRules["slippage"]>(
    { model: "none" },
    { model: "fixed", amount: "0.3" },
    { model: "volumeShare", volumeLimit: "0.025", priceImpact: "0.1" },
    { model: "squareRoot", factor: "1" },
  ),
});

const bars = fc
  .record({
    minute: fc.integer({ min: -1, max: 1_500 }),
    open: fc.integer({ min: 90, max: 110 }),
    up: fc.integer({ min: 0, max: 5 }),
    down: fc.integer({ min: 0, max: 5 }),
    volume: fc.integer({ min: 0, max: 500 }),
    timeframe: fc.constantFrom("1m" as const, "1m" as const, "5m" as const, "1d" as const),
    participation: fc.option(fc.constantFrom("0.1", "0.5"), { nil: null }),
  })
  .map(({ minute, open, up, down, volume, timeframe, participation }): PaperVenueCommand => {
    const prices = [open, open + up, open - down, open].map(String);
    const [first = "", high = "", low = "", close = ""] = prices;
    const changes = { volume: String(volume), timeframe };
    const bar = barAt(minute, [first, high, low, close], changes);
    return participation === null ? { type: "OnBar", bar } : { type: "OnBar", bar, participation };
  });

const quotes = fc
  .record({
    afterMs: fc.integer({ min: -60_000, max: 90_000_000 }),
    bid: fc.integer({ min: 90, max: 109 }),
    size: fc.option(fc.integer({ min: 0, max: 80 }), { nil: null }),
    hasAsk: fc.boolean(),
  })
  .map(({ afterMs, bid, size, hasAsk }) => {
    const shown = size === null ? null : String(size);
    return onQuote(afterMs, String(bid), hasAsk ? String(bid + 1) : null, {
      bidSize: shown,
      askSize: shown,
    });
  });

function timeOf(command: PaperVenueCommand): number {
  if (command.type === "OnBar") return command.bar.startMs;
  return command.type === "OnQuote" ? command.quote.tsEventMs : 0;
}

type Step =
  | SubmitTerms
  | PaperVenueCommand
  | { readonly cancel: number }
  | { readonly amend: number; readonly terms: Amendment };

interface Amendment {
  readonly quantity: number;
  readonly price: number;
}
type SubmitTerms = Partial<SubmitPayload> & { readonly orderQty: string };

/** Mostly in the order of time, with some late ones; orders and cancels anywhere between. */
export const books = fc
  .record({
    market: fc.array(fc.oneof(bars, quotes), { minLength: 5, maxLength: 40 }),
    late: fc.array(fc.oneof(bars, quotes), { maxLength: 5 }),
    orders: fc.array(orders, { minLength: 1, maxLength: 12 }),
    cancels: fc.array(fc.nat({ max: 11 }), { maxLength: 3 }),
    amends: fc.array(
      fc.record({
        amend: fc.nat({ max: 11 }),
        terms: fc.record({
          quantity: fc.integer({ min: 1, max: 60 }),
          price: fc.integer({ min: 90, max: 110 }),
        }),
      }),
      { maxLength: 4 },
    ),
    rules: fc.option(rules, { nil: null }),
    places: fc.array(fc.double({ min: 0, max: 1, noNaN: true }), { minLength: 20, maxLength: 20 }),
  })
  .map(({ market, late, orders: asked, cancels, amends, places, rules: ruled }) => {
    const steps: Step[] = market.toSorted((a, b) => timeOf(a) - timeOf(b));
    const changes = [...cancels.map((cancel) => ({ cancel })), ...amends];
    const extras: readonly Step[] = [...asked, ...changes, ...late];
    for (const [index, extra] of extras.entries()) {
      const place = places[index % places.length] ?? 0;
      steps.splice(Math.floor(place * (steps.length + 1)), 0, extra);
    }
    return commandsOf(steps).map((command) => ruledBy(command, ruled));
  });

function ruledBy(command: PaperVenueCommand, ruled: VenueRules | null): PaperVenueCommand {
  const isMarket = command.type === "OnBar" || command.type === "OnQuote";
  return isMarket && ruled !== null ? { ...command, rules: ruled } : command;
}

/** Names the orders by their place in the book. */
function commandsOf(steps: readonly Step[]): readonly PaperVenueCommand[] {
  const sent: SubmitPayload[] = [];
  let revision = 0;
  return steps.flatMap((step): PaperVenueCommand[] => {
    if ("type" in step) return [step];
    if ("cancel" in step) {
      const order = sent[step.cancel];
      return order === undefined ? [] : [cancelOf(order)];
    }
    if ("amend" in step) {
      const order = sent[step.amend];
      if (order === undefined) return [];
      const { quantity, price } = step.terms;
      const changed = { orderQty: String(quantity), ...(order.price && { price: String(price) }) };
      const after: SubmitPayload = { ...order, ...changed };
      revision += 1;
      sent[step.amend] = after;
      return [replaceOf(revision, order, after)];
    }
    const name = String(sent.length);
    const order = payload({ ...step, clOrdId: `c-${name}`, orderId: `o-${name}` });
    sent.push(order);
    return [submit(order)];
  });
}
