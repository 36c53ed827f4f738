import type { SubmitPayload } from "../../../../domain/order/messages.ts";
import {
  type Prices,
  OPENED,
  limit,
  onBar,
  onQuote,
  openOrders,
  payload,
  replaceOf,
  reportsOf,
  run,
  submit,
} from "./given.ts";

function stop(stopPx: string, changes: Partial<SubmitPayload> = {}): SubmitPayload {
  return payload({ ordType: "stop", stopPx, side: "sell", ...changes });
}

function after(order: SubmitPayload, ...bars: readonly Prices[]): readonly string[] {
  return reportsOf(OPENED, submit(order), ...bars.map((prices, index) => onBar(index, prices)));
}

const CALM: Prices = ["100", "101", "99", "100"];
const TRIGGERED = "triggered c-1";

describe("a stop on bars", () => {
  it("is reported as set off, then filled at the stop that the bar went through", () => {
    expect(after(stop("95"), CALM)).toEqual([]);
    expect(after(stop("95"), CALM, ["100", "100", "94", "96"])).toEqual([
      TRIGGERED,
      "c-1 10 @ 95 taker",
    ]);
    expect(after(stop("105", { side: "buy" }), ["100", "105", "99", "100"])).toEqual([
      TRIGGERED,
      "c-1 10 @ 105 taker",
    ]);
  });

  it("that the market opened beyond is filled at the open: a gap leaves nothing at the stop", () => {
    expect(after(stop("95"), ["90", "96", "89", "95"])).toEqual([TRIGGERED, "c-1 10 @ 90 taker"]);
    expect(after(stop("105", { side: "buy" }), ["110", "112", "104", "105"])).toEqual([
      TRIGGERED,
      "c-1 10 @ 110 taker",
    ]);
  });

  it("rests in a book of its own, far from the market, and is amended there", () => {
    const order = stop("95");
    const { state } = run(OPENED, submit(order), onBar(0, CALM));
    expect([state.open.books.sellStop.orders.size, state.open.apart.size]).toEqual([1, 0]);
    const nearer = replaceOf(1, order, { ...order, stopPx: "99" });
    expect(reportsOf(OPENED, submit(order), onBar(0, CALM), nearer, onBar(1, CALM))).toEqual([
      "replaced c-1",
      TRIGGERED,
      "c-1 10 @ 99 taker",
    ]);
  });

  it("that was set off and not filled works as a market order, and cannot be set anew", () => {
    const order = stop("95", { orderQty: "20" });
    const thin = { ...onBar(0, ["95", "95", "95", "95"], { volume: "100" }), participation: "0.1" };
    const later = onBar(1, ["120", "120", "120", "120"]);
    expect(reportsOf(OPENED, submit(order), thin, later)).toEqual([
      TRIGGERED,
      "c-1 10 @ 95 taker",
      "c-1 10 @ 120 taker",
    ]);
    const anew = replaceOf(1, order, { ...order, stopPx: "90" });
    expect(reportsOf(OPENED, submit(order), thin, anew).at(-1)).toBe("replaceRejected c-1");
  });

  it("is never set off by the bar that placed it", () => {
    expect(reportsOf(OPENED, submit(stop("100")), OPENED)).toEqual([]);
  });
});

describe("a stop limit on bars", () => {
  const order = (price: string) => limit(price, { ordType: "stopLimit", stopPx: "105" });

  it("is filled at the stop when its limit allows that", () => {
    expect(after(order("106"), ["100", "107", "99", "106"])).toEqual([
      TRIGGERED,
      "c-1 10 @ 105 taker",
    ]);
  });

  it("beyond its limit at the open waits for the limit, which the rest of the bar may reach", () => {
    expect(after(order("106"), ["110", "112", "107", "108"])).toEqual([TRIGGERED]);
    expect(after(order("106"), ["110", "112", "105", "108"])).toEqual([
      TRIGGERED,
      "c-1 10 @ 106 maker",
    ]);
  });

  it("with a limit on the near side is filled in its bar only by the close, which is known to come last", () => {
    expect(after(order("104"), ["100", "106", "99", "105"])).toEqual([TRIGGERED]);
    expect(after(order("104"), ["100", "106", "99", "103"])).toEqual([
      TRIGGERED,
      "c-1 10 @ 104 maker",
    ]);
    expect(after(order("104"), ["100", "106", "99", "105"], CALM)).toEqual([
      TRIGGERED,
      "c-1 10 @ 100 taker",
    ]);
  });
});

describe("touched orders", () => {
  const touched = (stopPx: string) => payload({ ordType: "marketIfTouched", stopPx });

  it("at market are filled where they were touched, or at a better open", () => {
    expect(after(touched("95"), CALM, ["100", "100", "94", "96"])).toEqual([
      TRIGGERED,
      "c-1 10 @ 95 taker",
    ]);
    expect(after(touched("95"), ["93", "96", "92", "95"])).toEqual([
      TRIGGERED,
      "c-1 10 @ 93 taker",
    ]);
  });

  it("with a limit beyond the trigger are filled on the way there, else they rest", () => {
    const order = limit("94", { ordType: "limitIfTouched", stopPx: "95" });
    expect(after(order, ["100", "100", "94", "99"])).toEqual([TRIGGERED, "c-1 10 @ 94 maker"]);
    expect(after(order, ["100", "100", "94.5", "99"])).toEqual([TRIGGERED]);
    const near = limit("96", { ordType: "limitIfTouched", stopPx: "95" });
    expect(after(near, ["100", "100", "94.5", "99"])).toEqual([TRIGGERED, "c-1 10 @ 95 taker"]);
  });
});

describe("a trailing stop", () => {
  const trailing = (changes: Partial<SubmitPayload> = {}) =>
    payload({ ordType: "trailingStop", side: "sell", trail: { amount: "5" }, ...changes });

  it("follows the best price since its acceptance and stays where it was when the market falls", () => {
    const rise: Prices = ["100", "110", "100", "109"];
    expect(after(trailing(), rise, ["108", "108", "106", "107"])).toEqual([]);
    expect(
      after(trailing(), rise, ["108", "108", "106", "107"], ["106", "106", "104", "104"]),
    ).toEqual([TRIGGERED, "c-1 10 @ 105 taker"]);
  });

  it("meets the adverse extreme of a bar before the good one raises it, but the close after both", () => {
    expect(after(trailing(), ["100", "110", "96", "109"])).toEqual([]);
    expect(after(trailing(), ["100", "110", "95", "109"])).toEqual([
      TRIGGERED,
      "c-1 10 @ 95 taker",
    ]);
    expect(after(trailing(), ["100", "110", "99", "104"])).toEqual([
      TRIGGERED,
      "c-1 10 @ 105 taker",
    ]);
  });

  it("is filled at the open of a gap, and from its start until the trail has passed that", () => {
    expect(after(trailing(), CALM, ["90", "91", "89", "90"])).toEqual([
      TRIGGERED,
      "c-1 10 @ 90 taker",
    ]);
    const started = trailing({ stopPx: "98" });
    expect(after(started, ["100", "101", "97", "99"])).toEqual([TRIGGERED, "c-1 10 @ 98 taker"]);
  });

  it("trails by basis points and by ticks, rounded away from the market", () => {
    const tick = { tickSize: "0.5" };
    const byBps = trailing({ trail: { bps: "130" }, ...tick });
    // 101 − 1.3 % is 99.687: the next tick below is 99.5.
    expect(after(byBps, ["101", "101", "101", "101"], ["101", "101", "99.5", "101"])).toEqual([
      TRIGGERED,
      "c-1 10 @ 99.5 taker",
    ]);
    const byTicks = trailing({ trail: { ticks: "4" }, ...tick });
    expect(after(byTicks, CALM, ["101", "101", "99", "99"])).toEqual([
      TRIGGERED,
      "c-1 10 @ 99 taker",
    ]);
    expect(after(trailing({ trail: { ticks: "4" } }))).toEqual(["rejected c-1"]);
  });

  it("of a buy mirrors that of a sell", () => {
    const buy = trailing({ side: "buy" });
    expect(after(buy, ["100", "100", "90", "91"], ["92", "96", "92", "95"])).toEqual([
      TRIGGERED,
      "c-1 10 @ 95 taker",
    ]);
  });

  it("on quotes follows what its side could trade at", () => {
    const quotes = [onQuote(1, "100", "101"), onQuote(2, "110", "111"), onQuote(3, "106", "107")];
    expect(reportsOf(OPENED, submit(trailing()), ...quotes)).toEqual([]);
    expect(reportsOf(OPENED, submit(trailing()), ...quotes, onQuote(4, "104", "112"))).toEqual([
      TRIGGERED,
      "c-1 10 @ 104 taker",
    ]);
  });
});

describe("triggers on quotes", () => {
  it("go by the opposite touch, and fill there", () => {
    const order = stop("95");
    expect(reportsOf(OPENED, submit(order), onQuote(1, "95.5", "96"))).toEqual([]);
    expect(reportsOf(OPENED, submit(order), onQuote(1, "94", "96"))).toEqual([
      TRIGGERED,
      "c-1 10 @ 94 taker",
    ]);
  });

  it("a stop limit beyond its limit rests, and makes from then on", () => {
    const order = limit("95", { ordType: "stopLimit", stopPx: "95", side: "sell" });
    const hit = [OPENED, submit(order), onQuote(1, "94", "96")] as const;
    expect(reportsOf(...hit)).toEqual([TRIGGERED]);
    expect(openOrders(run(...hit).state)[0]).toMatchObject({ isSetOff: true, hasRested: true });
    expect(reportsOf(...hit, onQuote(2, "97", "98"))).toEqual([TRIGGERED, "c-1 10 @ 95 maker"]);
  });
});

describe("orders without what their type needs", () => {
  it.each([
    [payload({ ordType: "stop" }), "stopPxMissing"],
    [payload({ ordType: "stopLimit", stopPx: "1" }), "priceMissing"],
    [limit("1", { ordType: "limitIfTouched" }), "stopPxMissing"],
    [payload({ ordType: "trailingStop" }), "trailMissing"],
    [payload({ ordType: "trailingStop", trail: { amount: "0" } }), "incorrectTrail"],
    [payload({ timeInForce: "gtd" }), "expireAtMsMissing"],
    [stop("1", { timeInForce: "opg" }), "unsupportedTimeInForce"],
    [payload({ postOnly: true }), "unsupportedPostOnly"],
    [limit("1", { displayQty: "0" }), "incorrectDisplayQty"],
  ])("are rejected %#", (order, ordRejReason) => {
    const [event] = run(OPENED, submit(order)).decisions.at(-1)?.events ?? [];
    expect(event).toMatchObject({ type: "VenueOrderRejected", report: { ordRejReason } });
  });
});
