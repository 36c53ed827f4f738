import { paperSettings } from "../../../../../domain/execution/paper-settings.ts";
import type { Json } from "../../../../../domain/shared/json.ts";
import { PaperLine } from "../../../../../services/execution/brokers/paper-line.ts";

const lineOf = (settings: { readonly [name: string]: Json }) =>
  new PaperLine(paperSettings(settings));
const ORDERS = Array.from({ length: 1_000 }, (_, index) => `order-${index}`);

describe("the faults of a paper account", () => {
  it("fall on the same orders again, on others with another seed, and on about as many as was said", () => {
    const hit = (seed: number) => {
      const line = lineOf({ faults: { reject: 0.2, seed } });
      return ORDERS.filter((clOrdId) => line.isRejected(clOrdId));
    };
    expect(hit(1)).toEqual(hit(1));
    expect(hit(2)).not.toEqual(hit(1));
    // 200 ± five standard deviations of a binomial.
    expect(Math.abs(hit(1).length - 200)).toBeLessThan(64);
  });

  it("cut the line for the first call only, so that a repeat gets through", () => {
    const line = lineOf({ faults: { disconnect: 1 } });
    expect(() => line.dial("submit:a", false)).toThrow("a simulated fault");
    expect(() => line.dial("submit:a", false)).not.toThrow();
    expect(() => line.dial("submit:b", true)).not.toThrow();
  });

  it("lose the answer to a first sending only", () => {
    const line = lineOf({ faults: { dropReply: 1 } });
    expect(() => line.hear("a", false)).toThrow("a simulated fault");
    expect(() => line.hear("a", true)).not.toThrow();
  });

  it("are not there unless they are asked for", () => {
    const line = lineOf({});
    expect(ORDERS.some((clOrdId) => line.isRejected(clOrdId))).toBe(false);
    expect(() => ORDERS.map((clOrdId) => line.hear(clOrdId, false))).not.toThrow();
    expect([line.reports, line.submitMs("a"), line.cancelMs("a")]).toEqual([undefined, 0, 0]);
  });
});

describe("the latency of a paper account", () => {
  it("is what was said and up to the jitter more, the same for an order again", () => {
    const line = lineOf({ latency: { submitMs: 100, cancelMs: 30, jitterMs: 20, seed: 5 } });
    const times = ORDERS.map((clOrdId) => line.submitMs(clOrdId));
    expect([Math.min(...times), Math.max(...times)]).toEqual([100, 120]);
    expect(ORDERS.map((clOrdId) => line.submitMs(clOrdId))).toEqual(times);
    expect(line.cancelMs("a")).toBeGreaterThanOrEqual(30);
  });
});
