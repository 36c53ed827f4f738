import type { PaperVenueCommand } from "../../../../domain/execution/paper-messages.ts";
import type { SubmitPayload } from "../../../../domain/order/messages.ts";
import {
  type Prices,
  MINUTE,
  OPENED,
  T0,
  cancelOf,
  limit,
  onBar,
  onQuote,
  payload,
  replaceOf,
  reportsOf,
  run,
  submit,
  textsOf,
} from "./given.ts";

const FLAT: Prices = ["100", "101", "99", "100"];
const XNYS = { calendar: "XNYS" };
/** 2024-03-04 is winter time in New York: from 14:30 to 21:00 UTC. */
const minuteAt = (day: number, hour: number, minute: number, prices = FLAT) =>
  onBar(0, prices, { startMs: Date.UTC(2024, 2, day, hour, minute) });
const dayBar = (day: number, prices = FLAT) =>
  onBar(0, prices, { startMs: Date.UTC(2024, 2, day), timeframe: "1d" });

describe("a gtd order", () => {
  const until = (minutes: number, changes: Partial<SubmitPayload> = {}) =>
    limit("90", { timeInForce: "gtd", expireAtMs: T0 + minutes * MINUTE, ...changes });

  it("ends at its time by the market's clock, from its book or apart", () => {
    const bars = [onBar(0, FLAT), onBar(1, FLAT), onBar(2, FLAT)] as const;
    expect(reportsOf(OPENED, submit(until(5)), ...bars)).toEqual([]);
    expect(reportsOf(OPENED, submit(until(3)), ...bars)).toEqual(["expired c-1"]);
    expect(reportsOf(OPENED, submit(until(0)), bars[0])).toEqual(["expired c-1"]);
    const quote = onQuote(3 * MINUTE, "80", "81");
    expect(reportsOf(OPENED, submit(until(3)), quote)).toEqual(["expired c-1"]);
  });

  it("that ends inside a bar has the open of it only: when the rest was is not known", () => {
    const order = until(0.5);
    expect(reportsOf(OPENED, submit(order), onBar(0, ["100", "100", "80", "85"]))).toEqual([
      "expired c-1",
    ]);
    expect(reportsOf(OPENED, submit(order), onBar(0, ["85", "85", "80", "85"]))).toEqual([
      "c-1 10 @ 85 taker",
    ]);
  });

  it("until the close of the session has all of the daily bar, which ends hours later", () => {
    const expireAtMs = Date.UTC(2024, 2, 5, 21);
    const order = limit("90", { timeInForce: "gtd", expireAtMs, ...XNYS });
    expect(reportsOf(OPENED, submit(order), dayBar(5, ["100", "100", "80", "85"]))).toEqual([
      "c-1 10 @ 90 maker",
    ]);
  });
});

describe("a day order with a calendar", () => {
  const order = limit("90", { timeInForce: "day", ...XNYS });

  it("ends with the session, not with the UTC date", () => {
    expect(reportsOf(OPENED, submit(order), onBar(0, FLAT), minuteAt(4, 20, 58))).toEqual([]);
    expect(reportsOf(OPENED, submit(order), onBar(0, FLAT), minuteAt(4, 20, 59))).toEqual([
      "expired c-1",
    ]);
    expect(textsOf(OPENED, submit(order), onBar(0, FLAT), minuteAt(4, 20, 59))).toEqual([
      "the day 2024-03-04 is over",
    ]);
  });

  it("that comes after the close is for the next session", () => {
    const evening = [minuteAt(4, 21, 30), submit(order), minuteAt(4, 22, 0)] as const;
    expect(reportsOf(...evening, minuteAt(5, 14, 30))).toEqual([]);
    expect(reportsOf(...evening, minuteAt(5, 20, 59))).toEqual(["expired c-1"]);
  });

  it("on daily bars ends with the bar, as it always did", () => {
    expect(reportsOf(OPENED, submit(order), dayBar(5))).toEqual(["expired c-1"]);
  });
});

describe("orders for the auctions", () => {
  const opg = (changes: Partial<SubmitPayload> = {}) =>
    payload({ timeInForce: "opg", ...XNYS, ...changes });
  const cls = (changes: Partial<SubmitPayload> = {}) =>
    payload({ timeInForce: "cls", ...XNYS, ...changes });

  it("on open are filled at the open of the next session's first bar, not of the one under way", () => {
    const placed = [minuteAt(4, 15, 0), submit(opg()), minuteAt(4, 15, 1)] as const;
    expect(reportsOf(...placed, minuteAt(4, 20, 59))).toEqual([]);
    const early = minuteAt(5, 14, 0, ["97", "97", "97", "97"]);
    const opening = minuteAt(5, 14, 30, ["98", "99", "97", "98"]);
    expect(reportsOf(...placed, early, opening)).toEqual(["c-1 10 @ 98 taker"]);
  });

  it("with a limit that the auction does not meet expire with it", () => {
    const order = opg({ ordType: "limit", price: "90" });
    expect(reportsOf(dayBar(4), submit(order), dayBar(5, ["95", "96", "80", "95"]))).toEqual([
      "expired c-1",
    ]);
    expect(reportsOf(dayBar(4), submit(order), dayBar(5, ["89", "96", "80", "95"]))).toEqual([
      "c-1 10 @ 89 taker",
    ]);
  });

  it("on close are filled at the close of the session's last bar", () => {
    const placed = [minuteAt(4, 15, 0), submit(cls()), minuteAt(4, 15, 1)] as const;
    const closing = minuteAt(4, 20, 59, ["98", "99", "97", "97.5"]);
    expect(reportsOf(...placed, closing)).toEqual(["c-1 10 @ 97.5 taker"]);
    expect(reportsOf(...placed, minuteAt(5, 14, 30))).toEqual(["expired c-1"]);
  });

  it("on daily bars have both of the next bar; quotes are no auction", () => {
    const bar = dayBar(5, ["95", "99", "90", "97"]);
    expect(reportsOf(dayBar(4), submit(opg()), bar)).toEqual(["c-1 10 @ 95 taker"]);
    expect(reportsOf(dayBar(4), submit(cls()), bar)).toEqual(["c-1 10 @ 97 taker"]);
    const quote = onQuote(25 * 60 * MINUTE, "99", "100");
    expect(reportsOf(dayBar(4), submit(opg()), submit(cls({ clOrdId: "c-2" })), quote)).toEqual([]);
  });

  it("get no more than the auction's volume allows, and the rest expires", () => {
    const bar = { ...dayBar(5), participation: "0.005" } as PaperVenueCommand;
    expect(reportsOf(dayBar(4), submit(opg()), bar)).toEqual(["c-1 5 @ 100 taker", "expired c-1"]);
  });
});

describe("a post-only order", () => {
  const order = limit("100", { postOnly: true });

  it("is rejected when it would take on arrival", () => {
    expect(reportsOf(OPENED, submit(order), onQuote(1, "98", "99"))).toEqual(["rejected c-1"]);
    expect(textsOf(OPENED, submit(order), onQuote(1, "98", "99"))).toEqual([
      "post only: it would take at 99",
    ]);
    expect(reportsOf(OPENED, submit(order), onBar(0, FLAT))).toEqual(["rejected c-1"]);
  });

  it("that rests makes at its own price, also in a gap", () => {
    const above: Prices = ["103", "104", "102", "103"];
    const below: Prices = ["95", "96", "94", "95"];
    expect(reportsOf(OPENED, submit(order), onBar(0, above), onBar(1, below))).toEqual([
      "c-1 10 @ 100 maker",
    ]);
  });
});

describe("a display quantity", () => {
  it("caps what one bar or quote takes of an order that makes", () => {
    const order = limit("99.5", { displayQty: "4" });
    const touch = (ms: number) => onQuote(ms, "98", "99");
    const rested = [OPENED, submit(order), onQuote(1, "99", "100")] as const;
    expect(reportsOf(...rested, touch(2), touch(3), touch(4))).toEqual([
      "c-1 4 @ 99.5 maker",
      "c-1 4 @ 99.5 maker",
      "c-1 2 @ 99.5 maker",
    ]);
    expect(reportsOf(OPENED, submit(order), touch(1))).toEqual(["c-1 10 @ 99 taker"]);
  });
});

describe("latency by market time", () => {
  it("an order does not trade before it has come to the market", () => {
    const order = { type: "Submit", order: payload(), latencyMs: 250 } as const;
    expect(reportsOf(OPENED, order, onQuote(250, "99", "100"))).toEqual([]);
    expect(reportsOf(OPENED, order, onQuote(251, "99", "100"))).toEqual(["c-1 10 @ 100 taker"]);
    expect(reportsOf(OPENED, order, onBar(0, FLAT))).toEqual([]);
    expect(reportsOf(OPENED, order, onBar(0, FLAT), onBar(1, FLAT))).toHaveLength(1);
  });

  it("a cancel ends the order when it arrives: until then it can be filled", () => {
    const order = limit("90");
    const cancel = { ...cancelOf(order), latencyMs: 500 } as PaperVenueCommand;
    const sent = [OPENED, submit(order), onQuote(1, "99", "100"), cancel, cancel] as const;
    expect(reportsOf(...sent)).toEqual([]);
    expect(reportsOf(...sent, onQuote(400, "88", "89"))).toEqual(["c-1 10 @ 90 maker"]);
    expect(reportsOf(...sent, onQuote(501, "88", "89"))).toEqual(["canceled c-1"]);
    // That bar began before the order, and ends after the cancel has come.
    expect(reportsOf(...sent, onBar(0, ["100", "100", "80", "85"]))).toEqual(["canceled c-1"]);
    const minute = onBar(1, ["100", "100", "80", "85"]);
    expect(reportsOf(...sent, minute)).toEqual(["canceled c-1"]);
  });

  it("an order on its way out is not amended any more", () => {
    const order = limit("90");
    const cancel = { ...cancelOf(order), latencyMs: 500 } as PaperVenueCommand;
    const amended = replaceOf(1, order, { ...order, price: "91" });
    expect(reportsOf(OPENED, submit(order), cancel, amended)).toEqual(["replaceRejected c-1"]);
  });

  it("an amendment's new terms trade only after they have come to the market", () => {
    const order = limit("90");
    const amended = { ...replaceOf(1, order, { ...order, price: "101" }), latencyMs: 500 };
    const sent = [OPENED, submit(order), onQuote(1, "99", "100"), amended] as const;
    expect(reportsOf(...sent, onQuote(501, "99", "100"))).toEqual(["replaced c-1"]);
    expect(reportsOf(...sent, onQuote(502, "99", "100")).at(-1)).toBe("c-1 10 @ 100 taker");
  });
});

describe("a venue that has never seen the market", () => {
  it("cancels at once, whatever the latency: there is no clock to wait by", () => {
    const cancel = { ...cancelOf(payload()), latencyMs: 500 } as PaperVenueCommand;
    expect(run(submit(payload()), cancel).decisions[1]?.events).toMatchObject([
      { type: "VenueOrderCanceled" },
    ]);
  });
});
