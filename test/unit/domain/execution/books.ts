import * as fc from "fast-check";
import type { PaperVenueCommand } from "../../../../domain/execution/paper-messages.ts";
import type { SubmitPayload } from "../../../../domain/order/messages.ts";
import { barAt, cancelOf, onQuote, payload, submit } from "./given.ts";

/** A book of random orders over a random market of bars and quotes that come in any order, some of them twice. */
const orders = fc
  .record({
    side: fc.constantFrom("buy" as const, "sell" as const),
    isLimit: fc.boolean(),
    price: fc.integer({ min: 90, max: 110 }),
    quantity: fc.integer({ min: 1, max: 60 }),
    timeInForce: fc.constantFrom("day" as const, "gtc" as const, "ioc" as const, "fok" as const),
    worst: fc.option(fc.integer({ min: 95, max: 112 }), { nil: null }),
  })
  .map(({ side, isLimit, price, quantity, timeInForce, worst }) => ({
    side,
    timeInForce,
    ordType: isLimit ? ("limit" as const) : ("market" as const),
    price: isLimit ? String(price) : null,
    orderQty: String(quantity),
    worstPrice: side === "buy" && worst !== null ? String(worst) : null,
  }));

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

type Step = SubmitTerms | PaperVenueCommand | { readonly cancel: number };
type SubmitTerms = Partial<SubmitPayload> & { readonly orderQty: string };

/** Mostly in the order of time, with some late ones; orders and cancels anywhere between. */
export const books = fc
  .record({
    market: fc.array(fc.oneof(bars, quotes), { minLength: 5, maxLength: 40 }),
    late: fc.array(fc.oneof(bars, quotes), { maxLength: 5 }),
    orders: fc.array(orders, { minLength: 1, maxLength: 12 }),
    cancels: fc.array(fc.nat({ max: 11 }), { maxLength: 3 }),
    places: fc.array(fc.double({ min: 0, max: 1, noNaN: true }), { minLength: 20, maxLength: 20 }),
  })
  .map(({ market, late, orders: asked, cancels, places }) => {
    const steps: Step[] = market.toSorted((a, b) => timeOf(a) - timeOf(b));
    const extras: readonly Step[] = [...asked, ...cancels.map((cancel) => ({ cancel })), ...late];
    for (const [index, extra] of extras.entries()) {
      const place = places[index % places.length] ?? 0;
      steps.splice(Math.floor(place * (steps.length + 1)), 0, extra);
    }
    return commandsOf(steps);
  });

/** Names the orders by their place in the book. */
function commandsOf(steps: readonly Step[]): readonly PaperVenueCommand[] {
  const sent: SubmitPayload[] = [];
  return steps.flatMap((step): PaperVenueCommand[] => {
    if ("type" in step) return [step];
    if ("cancel" in step) {
      const order = sent[step.cancel];
      return order === undefined ? [] : [cancelOf(order)];
    }
    const name = String(sent.length);
    const order = payload({ ...step, clOrdId: `c-${name}`, orderId: `o-${name}` });
    sent.push(order);
    return [submit(order)];
  });
}
