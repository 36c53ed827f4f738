import type { SubmitPayload } from "../../../../domain/order/messages.ts";
import {
  OPENED,
  cancelOf,
  limit,
  onQuote,
  payload,
  replaceOf,
  reportsOf,
  submit,
} from "./given.ts";
import { type Levels, onBook, onTrade } from "./depth.ts";

const BIDS: Levels = [
  ["99", "50"],
  ["98", "80"],
];
const ASKS: Levels = [
  ["100", "6"],
  ["101", "8"],
  ["102", "90"],
];
const BOOK = onBook(1, BIDS, ASKS);

describe("a market that shows its book", () => {
  it("fills a market order level by level, and the rest from the next book", () => {
    const order = payload({ orderQty: "20" });
    const thin = onBook(1, BIDS, ASKS.slice(0, 2));
    expect(reportsOf(OPENED, submit(order), thin, onBook(2, BIDS, [["103", "50"]]))).toEqual([
      "c-1 6 @ 100 taker",
      "c-1 8 @ 101 taker",
      "c-1 6 @ 103 taker",
    ]);
  });

  it("goes no further with a buy than what is held for", () => {
    const order = payload({ orderQty: "20", worstPrice: "101" });
    expect(reportsOf(OPENED, submit(order), BOOK)).toEqual([
      "c-1 6 @ 100 taker",
      "c-1 8 @ 101 taker",
      "canceled c-1",
    ]);
  });

  it("puts a limit behind what is displayed: prints reach it when that has traded", () => {
    const rested = [OPENED, submit(limit("99")), BOOK] as const;
    expect(reportsOf(...rested, onTrade(2, "99", "50"))).toEqual([]);
    expect(reportsOf(...rested, onTrade(2, "99", "53"))).toEqual(["c-1 3 @ 99 maker"]);
    const later = [onTrade(2, "99", "50"), onTrade(3, "99", "4"), onTrade(4, "99", "30")];
    expect(reportsOf(...rested, ...later)).toEqual(["c-1 4 @ 99 maker", "c-1 6 @ 99 maker"]);
  });

  it("fills those that stand at one price in the order in which they came", () => {
    const second = limit("99", { clOrdId: "c-2", orderId: "o-2" });
    const both = [OPENED, submit(limit("99")), submit(second), BOOK] as const;
    expect(reportsOf(...both, onTrade(2, "99", "65"))).toEqual([
      "c-1 10 @ 99 maker",
      "c-2 5 @ 99 maker",
    ]);
  });

  it("keeps the place of an order that gets smaller, and not of one that gets larger", () => {
    const order = limit("99");
    const second = limit("99", { clOrdId: "c-2", orderId: "o-2" });
    const both = [OPENED, submit(order), submit(second), BOOK] as const;
    const smaller = replaceOf(1, order, { ...order, orderQty: "4" });
    expect(reportsOf(...both, smaller, onTrade(2, "99", "60"))).toEqual([
      "replaced c-1",
      "c-1 4 @ 99 maker",
      "c-2 6 @ 99 maker",
    ]);
    const larger = replaceOf(1, order, { ...order, orderQty: "12" });
    expect(reportsOf(...both, larger, onTrade(2, "99", "60"))).toEqual([
      "replaced c-1",
      "c-2 10 @ 99 maker",
    ]);
  });

  it("forgets an order that was canceled", () => {
    const order = limit("99");
    const commands = [OPENED, submit(order), BOOK, cancelOf(order), onTrade(2, "99", "500")];
    expect(reportsOf(...commands)).toEqual(["canceled c-1"]);
  });

  it("counts a print once, and makes nothing of one between bid and ask", () => {
    const rested = [OPENED, submit(limit("99")), BOOK] as const;
    const print = onTrade(2, "99", "52");
    expect(reportsOf(...rested, print, print)).toEqual(["c-1 2 @ 99 maker"]);
    expect(reportsOf(...rested, onTrade(2, "99.5", "500"))).toEqual([]);
    expect(reportsOf(OPENED, submit(limit("99")), onTrade(2, "99", "500"))).toEqual([]);
  });

  it("fills what it crosses, at the price that waited there", () => {
    const crossed = onBook(2, [["97", "5"]], [["98.5", "40"]]);
    expect(reportsOf(OPENED, submit(limit("99")), BOOK, crossed)).toEqual(["c-1 10 @ 99 maker"]);
  });

  it("gives ioc what is there, fok all or nothing, and rejects post only that would take", () => {
    const at = (order: SubmitPayload) => reportsOf(OPENED, submit(order), BOOK);
    const wide = { orderQty: "20" };
    expect(at(limit("100", { ...wide, timeInForce: "ioc" }))).toEqual([
      "c-1 6 @ 100 taker",
      "canceled c-1",
    ]);
    expect(at(limit("101", { ...wide, timeInForce: "fok" }))).toEqual(["canceled c-1"]);
    expect(at(limit("102", { ...wide, timeInForce: "fok" }))).toHaveLength(3);
    expect(at(limit("100", { postOnly: true }))).toEqual(["rejected c-1"]);
  });

  it("shows of an order only what it is told to: the hidden part goes behind", () => {
    const order = limit("99", { displayQty: "3" });
    const second = limit("99", { clOrdId: "c-2", orderId: "o-2" });
    const both = [OPENED, submit(order), submit(second), BOOK] as const;
    expect(reportsOf(...both, onTrade(2, "99", "60"))).toEqual([
      "c-1 3 @ 99 maker",
      "c-2 7 @ 99 maker",
    ]);
  });

  it("sets off stops and matches groups at the touch", () => {
    const stop = payload({ ordType: "stop", stopPx: "99.5", side: "sell" });
    expect(reportsOf(OPENED, submit(stop), BOOK)).toEqual(["triggered c-1", "c-1 10 @ 99 taker"]);
    const leg = limit("100", { ocoGroup: "g" });
    const other = limit("99.5", { ocoGroup: "g", clOrdId: "c-2", orderId: "o-2" });
    expect(reportsOf(OPENED, submit(leg), submit(other), BOOK)).toEqual([
      "c-1 6 @ 100 taker",
      "replaced c-2",
    ]);
  });

  it("never fills by the book that the order has seen, and a quote may come between books", () => {
    expect(reportsOf(BOOK, submit(payload()), BOOK)).toEqual([]);
    const quote = onQuote(2, "99", "100", { askSize: "4" });
    expect(reportsOf(BOOK, submit(payload()), quote, onBook(3, BIDS, ASKS))).toEqual([
      "c-1 4 @ 100 taker",
      "c-1 6 @ 100 taker",
    ]);
  });
});
