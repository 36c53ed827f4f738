import * as fc from "fast-check";
import { checkChannels, isVisible } from "../../../../mixins/rest/stream-channels.ts";
import { Ring } from "../../../../mixins/rest/stream-ring.ts";

describe("the ring of events", () => {
  it("gives what came after a number, in order, or knows that it cannot", () => {
    const cases = fc.record({
      capacity: fc.integer({ min: 1, max: 8 }),
      count: fc.nat(30),
      since: fc.nat(30),
    });
    fc.assert(
      fc.property(cases, ({ capacity, count, since }) => {
        const ring = new Ring<{ readonly sequence: number }>(capacity);
        const all = Array.from({ length: count }, (_, index) => ({ sequence: index + 1 }));
        for (const entry of all) ring.push(entry);
        const wanted = all.filter(({ sequence }) => sequence > since);
        expect(ring.hasAllAfter(since)).toBe(wanted.length <= capacity || since >= count);
        expect(ring.after(since)).toEqual(wanted.slice(-capacity));
      }),
    );
  });
});

describe("channels", () => {
  const viewer = { role: "viewer" } as const;

  it("are known by their form", () => {
    const names = [
      "orders",
      "trades",
      "signals",
      "portfolio:{p}:1",
      "quotes:BTC-USD",
      "bars:AAPL:1m",
    ];
    expect([...checkChannels(names, viewer)]).toEqual(names);
  });

  it.each(["", "order", "quotes:", "bars:AAPL", "portfolio:", "orders:1", "alerts:1"])(
    "%p is refused",
    (name) => {
      expect(() => checkChannels(["orders", name], viewer)).toThrow("channels[1] must be");
    },
  );

  const user = { tenantId: "t1", userId: "u1", role: "trader" } as const;
  const mine = { channel: "orders", tenantId: "t1", portfolioId: "p1", ownerId: "u1" };

  it("show one's own, the tenant's and the public's, and nobody else's", () => {
    expect(isVisible(mine, user)).toBe(true);
    expect(isVisible({ ...mine, ownerId: "u2" }, user)).toBe(false);
    expect(isVisible({ ...mine, ownerId: "u2" }, { ...user, role: "risk_manager" })).toBe(true);
    expect(isVisible({ ...mine, tenantId: "t2" }, { ...user, role: "admin" })).toBe(false);
    expect(isVisible({ ...mine, ownerId: null, portfolioId: null }, user)).toBe(true);
    expect(isVisible({ ...mine, ownerId: null, portfolioId: null, tenantId: "t2" }, user)).toBe(
      false,
    );
    expect(isVisible({ ...mine, tenantId: null, ownerId: null, portfolioId: null }, user)).toBe(
      true,
    );
  });

  it("hide what has a portfolio but no known owner", () => {
    expect(isVisible({ ...mine, ownerId: null }, user)).toBe(false);
  });
});
