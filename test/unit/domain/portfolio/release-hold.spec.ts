import * as fc from "fast-check";
import { type Command, fill, opened, release, request } from "./given.ts";

const ended = (cumQty: string): Command<"ReleaseHold"> => ({ ...release(), cumQty });

describe("the end of an order that is heard before its fills", () => {
  it("keeps what those fills need, and frees the rest", () => {
    const live = opened();
    live.when(request());
    const { events } = live.when(ended("4"));
    expect(events).toMatchObject([
      { type: "HoldReduced", hold: { quantity: "4", cash: "420.46" } },
    ]);
    expect(live.summary()).toMatchObject({ reserved: "420.46", openOrders: 1 });
    live.when(fill({ execId: "e-1", quantity: "3", price: "105", fees: "0.32" }));
    live.when(fill({ execId: "e-2", quantity: "1", price: "105", fees: "0.11" }));
    expect(live.summary()).toMatchObject({ reserved: "0", openOrders: 0 });
  });

  it("is no reason for another order to spend what they will cost", () => {
    const live = opened({ initialCash: "1100" });
    live.when(request());
    live.when(ended("10"));
    const second = live.when(request({ orderId: "order-2", orderQty: "1" })).reply;
    expect(second).toMatchObject({ verdict: "denied" });
    const [event] = live.when(fill({ price: "105", fees: "1.05" })).events;
    expect(event).toMatchObject({ type: "FillApplied", alarms: [] });
  });

  it("said twice changes nothing, and nothing is amended any more", () => {
    const live = opened();
    live.when(request());
    live.when(ended("4"));
    expect(live.when(ended("4")).events).toEqual([]);
    const conclude = { type: "ConcludeAmend", orderId: "order-1" } as const;
    expect(live.when(conclude).events).toEqual([]);
  });

  it("leaves nothing held, in whatever order the words come", () => {
    const words = fc.shuffledSubarray(
      [
        ended("6"),
        fill({ execId: "e-1", quantity: "1" }),
        fill({ execId: "e-2", quantity: "2" }),
        fill({ execId: "e-3", quantity: "3" }),
      ],
      { minLength: 4 },
    );
    fc.assert(
      fc.property(words, (commands) => {
        const live = opened();
        live.when(request());
        const alarms = commands
          .flatMap((command) => live.when(command).events)
          .flatMap((event) => (event.type === "FillApplied" ? event.alarms : []));
        expect(alarms).toEqual([]);
        expect(live.summary()).toMatchObject({ reserved: "0", openOrders: 0, cash: "9400" });
        expect(live.replayed()).toEqual(live.state);
      }),
    );
  });
});
