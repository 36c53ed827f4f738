import {
  algorithmParameters,
  executionFaults,
  isPlain,
  PLAIN_EXECUTION,
  type SignalExecution,
  worksMarketOrders,
} from "../../../../../domain/ai/signals/execution.ts";

const faults = (changes: Partial<SignalExecution>, kind: "breakout" | "pairs" = "breakout") =>
  executionFaults({ ...PLAIN_EXECUTION, ...changes }, kind, 1_000).map(({ path }) => path);

describe("how a strategy's orders are sent", () => {
  it("is plain without terms of its own", () => {
    expect(isPlain(PLAIN_EXECUTION)).toBe(true);
    expect(isPlain({ ...PLAIN_EXECUTION, timeInForce: "day" })).toBe(false);
    expect(isPlain({ ...PLAIN_EXECUTION, takeProfitBps: "1" })).toBe(false);
  });

  it("of a pair is plain, for the two legs are one", () => {
    expect(faults({}, "pairs")).toEqual([]);
    expect(faults({ stopLossBps: "100" }, "pairs")).toEqual(["orderType"]);
    expect(faults({ closeAtExpiry: true }, "pairs")).toEqual(["orderType"]);
  });

  it("by an algorithm waits, and has no exits beside it", () => {
    const algorithm = { name: "pov", parameters: { rate: 0.1 } };
    expect(faults({ algorithm })).toEqual([]);
    expect(faults({ algorithm, timeInForce: "ioc" })).toEqual(["timeInForce"]);
    expect(faults({ algorithm, stopLossBps: "100" })).toEqual(["algorithm"]);
    expect(faults({ algorithm: { name: "pov", parameters: { rate: 2 } } })).toEqual([
      "algorithm.parameters.rate",
    ]);
  });

  it("fills in what only the moment and the order tell", () => {
    const vwap = { name: "vwap", parameters: { durationSeconds: 60, intervalMinutes: 1 } };
    expect(algorithmParameters(vwap, null, 5_000)).toEqual({ intervalMinutes: 1, end: 65_000 });
    expect(faults({ algorithm: { ...vwap, parameters: { intervalMinutes: 1 } } })).toEqual([
      "algorithm.parameters.durationSeconds",
    ]);
    const sniper = { name: "sniper", parameters: { maxSpreadBps: 5 } };
    expect(algorithmParameters(sniper, "99.5", 0)).toEqual({ maxSpreadBps: 5, limitPrice: "99.5" });
    expect(faults({ algorithm: sniper })).toEqual(["orderType"]);
    expect(faults({ algorithm: sniper, orderType: "limit" })).toEqual([]);
    expect([sniper, vwap].map((one) => worksMarketOrders(one))).toEqual([false, true]);
  });
});
