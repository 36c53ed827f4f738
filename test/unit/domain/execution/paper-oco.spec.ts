import type { SubmitPayload } from "../../../../domain/order/messages.ts";
import {
  type Prices,
  OPENED,
  barAt,
  limit,
  onBar,
  onQuote,
  openOrders,
  payload,
  reportsOf,
  run,
  submit,
} from "./given.ts";

const GROUP = { ocoGroup: "g", side: "sell" } as const;
const target: SubmitPayload = limit("110", GROUP);
const stop: SubmitPayload = payload({
  ...GROUP,
  clOrdId: "c-2",
  orderId: "o-2",
  ordType: "stop",
  stopPx: "90",
});
const BRACKET = [OPENED, submit(target), submit(stop)] as const;

describe("legs of one group", () => {
  it("end together: the fill of one cancels the others in the same turn", () => {
    expect(reportsOf(...BRACKET, onBar(0, ["100", "111", "99", "110"]))).toEqual([
      "c-1 10 @ 110 maker",
      "canceled c-2",
    ]);
    expect(reportsOf(...BRACKET, onBar(0, ["100", "101", "89", "95"]))).toEqual([
      "triggered c-2",
      "c-2 10 @ 90 taker",
      "canceled c-1",
    ]);
  });

  it("of which a bar could fill two: the stop is assumed to have come first", () => {
    expect(reportsOf(...BRACKET, onBar(0, ["100", "111", "89", "100"]))).toEqual([
      "triggered c-2",
      "c-2 10 @ 90 taker",
      "canceled c-1",
    ]);
  });

  it("of which one is filled at the open: that came first whatever followed", () => {
    expect(reportsOf(...BRACKET, onBar(0, ["112", "112", "89", "100"]))).toEqual([
      "c-1 10 @ 112 taker",
      "canceled c-2",
    ]);
  });

  it("meet the path of a bar where the model has one: the nearer extreme first", () => {
    const rules = { fillModel: "nautilus", slippage: { model: "none" } } as const;
    const bar = (prices: Prices) => ({ type: "OnBar", bar: barAt(0, prices), rules }) as const;
    expect(reportsOf(...BRACKET, bar(["102", "111", "89", "100"]))).toEqual([
      "c-1 10 @ 110 maker",
      "canceled c-2",
    ]);
    expect(reportsOf(...BRACKET, bar(["99", "111", "89", "100"])).slice(0, 2)).toEqual([
      "triggered c-2",
      "c-2 10 @ 90 taker",
    ]);
  });

  it("shrink together: what one is filled is taken from the others, which keep their places", () => {
    const partly = onQuote(2, "110", "111", { bidSize: "4" });
    const commands = [...BRACKET, onQuote(1, "100", "101"), partly] as const;
    expect(reportsOf(...commands)).toEqual(["c-1 4 @ 110 maker", "replaced c-2"]);
    const { decisions, state } = run(...commands);
    expect(decisions.at(-1)?.events.at(-1)).toMatchObject({
      type: "VenueOrderReplaced",
      report: { revision: null, orderQty: "6", stopPx: "90", clOrdId: "c-2" },
    });
    expect(openOrders(state).map(({ number, submitted }) => [number, submitted.orderQty])).toEqual([
      [0, "10"],
      [1, "6"],
    ]);
    expect(reportsOf(...commands, onQuote(3, "89", "90"))).toEqual([
      "c-1 4 @ 110 maker",
      "replaced c-2",
      "triggered c-2",
      "c-2 6 @ 89 taker",
      "canceled c-1",
    ]);
  });

  it("are still recognised by their submissions after they have shrunk", () => {
    const partly = onQuote(2, "110", "111", { bidSize: "4" });
    const commands = [...BRACKET, onQuote(1, "100", "101"), partly, submit(stop)] as const;
    expect(run(...commands).decisions.at(-1)?.events).toEqual([]);
  });

  it("of one group only: another group's fill is none of theirs", () => {
    const other = { ...stop, ocoGroup: "h" };
    expect(
      reportsOf(OPENED, submit(target), submit(other), onBar(0, ["100", "111", "89", "100"])),
    ).toHaveLength(3);
  });
});
