import type { MarketView, OrderVerdict, Signal } from "../../../../domain/portfolio/messages.ts";
import { approved, type Command, type LivePortfolio, opened, signal, verdict } from "./given.ts";
import { marginPortfolio, seen, trade } from "./margin/margin-desk.ts";

type Acting = Partial<Omit<Command<"ActOnSignal">, "type" | "signal">>;

function act(
  live: LivePortfolio,
  side: Signal["side"],
  changes: Acting = {},
  view: MarketView = seen("100"),
): OrderVerdict {
  const command: Command<"ActOnSignal"> = {
    type: "ActOnSignal",
    signal: signal({ side }),
    fraction: "0.5",
    market: view,
    ...changes,
  };
  return verdict(live.when(command).reply);
}

const quantity = (found: OrderVerdict): readonly string[] => {
  const { order } = approved(found);
  return [order.side, order.orderQty];
};

/** 10,000 in cash. */
const desk = () => marginPortfolio();
const long = () => {
  const live = desk();
  trade(live, { orderId: "first", side: "buy", quantity: "20", price: "100" });
  return live;
};
const short = () => {
  const live = desk();
  trade(live, { orderId: "first", side: "sell", quantity: "20", price: "100" });
  return live;
};

describe("a signal that says where the position is to be", () => {
  it("short sells its fraction, and what is held before", () => {
    expect(quantity(act(desk(), "sell", { goal: "short" }))).toEqual(["sell", "50"]);
    expect(quantity(act(long(), "sell", { goal: "short" }))).toEqual(["sell", "70"]);
    expect(quantity(act(short(), "sell", { goal: "short" }))).toEqual(["sell", "30"]);
  });

  it("short only ends what is held where nothing can be borrowed", () => {
    const sold = act(opened(), "sell", { goal: "short" });
    expect(sold).toMatchObject({ verdict: "none", reason: "there is no AAPL left to sell" });
    const view = seen("100", { instrument: { shortable: false } });
    expect(quantity(act(long(), "sell", { goal: "short" }, view))).toEqual(["sell", "20"]);
  });

  it("flat ends the side that it is against, and no other", () => {
    expect(quantity(act(short(), "buy", { goal: "flat" }))).toEqual(["buy", "20"]);
    expect(act(long(), "buy", { goal: "flat" })).toMatchObject({ verdict: "none" });
    expect(act(short(), "sell", { goal: "flat" })).toMatchObject({ verdict: "none" });
  });

  it("closed ends whatever there is", () => {
    expect(quantity(act(short(), "sell", { goal: "closed" }))).toEqual(["buy", "20"]);
    expect(quantity(act(long(), "buy", { goal: "closed" }))).toEqual(["sell", "20"]);
    expect(act(desk(), "buy", { goal: "closed" })).toMatchObject({ verdict: "none" });
  });

  it("long buys back what is short with it", () => {
    expect(quantity(act(short(), "buy", {}))).toEqual(["buy", "70"]);
  });

  it("goes no further than its limit of units", () => {
    expect(quantity(act(desk(), "buy", { maxPosition: "7" }))).toEqual(["buy", "7"]);
    expect(quantity(act(desk(), "sell", { goal: "short", maxPosition: "7" }))).toEqual([
      "sell",
      "7",
    ]);
  });
});
