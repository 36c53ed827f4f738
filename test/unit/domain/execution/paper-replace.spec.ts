import type {
  PaperVenueCommand,
  PaperVenueEvent,
} from "../../../../domain/execution/paper-messages.ts";
import {
  type Prices,
  OPENED,
  T0,
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

const FLAT: Prices = ["100", "101", "99", "100"];
const AT_LIMIT: Prices = ["100", "100", "90", "95"];
const order = limit("90");

function last(...commands: readonly PaperVenueCommand[]): readonly PaperVenueEvent[] {
  return run(...commands).decisions.at(-1)?.events ?? [];
}

/** A tenth of 100 is to be had: the first in the queue gets it. */
function scarce(index: number) {
  const bar = onBar(index, AT_LIMIT, { volume: "100" });
  return { ...bar, participation: "0.1" } as const;
}

describe("an amendment at the paper venue", () => {
  it("is reported with its revision, under the id that the order has", () => {
    const amended = replaceOf(1, order, { ...order, orderQty: "7", price: "91" });
    const [event] = last(OPENED, submit(order), amended);
    expect(event).toMatchObject({
      type: "VenueOrderReplaced",
      report: {
        execId: "c-1:r1:replaced",
        execType: "replaced",
        revision: 1,
        venueOrderId: "cmd-1/c-1:venueOrder",
        orderQty: "7",
        price: "91",
        stopPx: null,
        transactTimeMs: T0,
      },
    });
    const low: Prices = ["100", "100", "91", "95"];
    expect(reportsOf(OPENED, submit(order), amended, onBar(0, low))).toEqual([
      "replaced c-1",
      "c-1 7 @ 91 maker",
    ]);
  });

  it("keeps its place when it only gets smaller, and loses it with another price or more quantity", () => {
    const second = limit("90", { clOrdId: "c-2", orderId: "o-2" });
    const behind = [OPENED, submit(order), submit(second), onBar(0, FLAT)] as const;
    const smaller = replaceOf(1, order, { ...order, orderQty: "8" });
    expect(reportsOf(...behind, smaller, scarce(1)).slice(1)).toEqual([
      "c-1 8 @ 90 maker",
      "c-2 2 @ 90 maker",
    ]);
    const larger = replaceOf(1, order, { ...order, orderQty: "12" });
    expect(reportsOf(...behind, larger, scarce(1)).slice(1)).toEqual(["c-2 10 @ 90 maker"]);
    const dearer = replaceOf(1, order, { ...order, price: "90.5" });
    expect(reportsOf(...behind, dearer, scarce(1)).slice(1)).toEqual(["c-2 10 @ 90 maker"]);
  });

  it("never trades on its new terms by what was seen before it", () => {
    const eager = replaceOf(1, order, { ...order, price: "110" });
    const seen = [OPENED, submit(order), onBar(0, FLAT), eager] as const;
    expect(reportsOf(...seen, onBar(0, FLAT))).toEqual(["replaced c-1"]);
    expect(reportsOf(...seen, onBar(1, FLAT))).toEqual(["replaced c-1", "c-1 10 @ 100 taker"]);
  });

  it("is refused of an order that is closed or unknown, and below what is filled", () => {
    const refusals = [
      last(replaceOf(1, order, order)),
      last(OPENED, submit(payload()), onBar(0, FLAT), replaceOf(1, payload(), payload())),
      last(
        OPENED,
        submit(payload({ orderQty: "50" })),
        onQuote(1, "99", "100", { askSize: "20" }),
        replaceOf(1, payload({ orderQty: "50" }), payload({ orderQty: "20" })),
      ),
      last(OPENED, submit(order), replaceOf(1, { ...order, orderQty: "11" }, order)),
      last(OPENED, submit(order), replaceOf(1, order, { ...order, price: null })),
    ].map(([event]) => (event?.type === "VenueReplaceRejected" ? event.report.text : event));
    expect(refusals).toEqual([
      "there is no such order",
      "the order is closed",
      "20 of it is filled",
      "its quantity is 10 now, not 11",
      "a limit order has a limit",
    ]);
  });

  it("that comes again gets the same report under the same execId, also when the order is closed", () => {
    const amended = replaceOf(1, order, { ...order, price: "101" });
    const again = run(OPENED, submit(order), amended, amended, onBar(0, FLAT), amended);
    const told = again.decisions.flatMap(({ effects = [] }) =>
      effects.flatMap((effect) =>
        "command" in effect && JSON.stringify(effect.command).includes("replaced")
          ? [JSON.stringify(effect.command)]
          : [],
      ),
    );
    expect(told).toHaveLength(3);
    expect(new Set(told).size).toBe(1);
    const plain = run(OPENED, submit(order), amended, onBar(0, FLAT));
    expect(openOrders(again.state)).toEqual(openOrders(plain.state));
  });

  it("of an earlier revision than the last says nothing: it was answered before", () => {
    const first = replaceOf(1, order, { ...order, price: "80" });
    const changed = { ...order, price: "80" };
    const second = replaceOf(2, changed, { ...changed, price: "70" });
    expect(last(OPENED, submit(order), first, second, first)).toEqual([]);
  });

  it("that was refused is refused again with the same words, although the order lives on", () => {
    const low = replaceOf(1, order, { ...order, orderQty: "0" });
    const events = run(OPENED, submit(order), low, low).decisions.flatMap((each) => each.events);
    expect(events.slice(2).map(({ type }) => type)).toEqual([
      "VenueReplaceRejected",
      "VenueReplaceRepeated",
    ]);
  });

  it("does not make the order another one: its submission is still recognised", () => {
    const amended = replaceOf(1, order, { ...order, price: "80" });
    expect(last(OPENED, submit(order), amended, submit(order))).toEqual([]);
  });
});
