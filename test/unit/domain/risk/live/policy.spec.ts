import { type Level, levelOf, type Reading } from "../../../../../domain/risk/live/levels.ts";
import type { PortfolioLimits } from "../../../../../domain/risk/live/limit-fields.ts";
import {
  limitsInForce,
  type LimitSources,
  type RiskPolicy,
} from "../../../../../domain/risk/live/policy.ts";

const policy = (limits: PortfolioLimits, changes: Partial<RiskPolicy> = {}): RiskPolicy => ({
  limits,
  warnings: {},
  triggers: {},
  ...changes,
});
const inForce = (sources: Partial<LimitSources>, nowMs = 0) =>
  limitsInForce({ own: {}, desk: null, tenant: null, overrides: [], ...sources }, nowMs);

describe("the limits in force", () => {
  it("are the owner's where nobody else has set any", () => {
    const own = { maxOrderNotional: "5", restrictedSymbols: ["A"] };
    expect(inForce({ own }).limits).toBe(own);
  });

  it("are the tightest of owner, desk and tenant, each by itself", () => {
    const { limits } = inForce({
      own: { maxGrossLeverage: "3", maxVarPct: "0.01", restrictedSymbols: ["A"] },
      desk: policy({ maxGrossLeverage: "2", maxVarPct: "0.02", maxOpenOrders: 9 }),
      tenant: policy({ maxGrossLeverage: "2.5", maxOpenOrders: 7, restrictedSymbols: ["B", "A"] }),
    });
    expect(limits).toEqual({
      maxGrossLeverage: "2",
      maxVarPct: "0.01",
      maxOpenOrders: 7,
      restrictedSymbols: ["A", "B"],
    });
  });

  it("allow only what all of them allow", () => {
    const { limits } = inForce({
      own: { allowedSymbols: ["A", "B"] },
      desk: policy({ allowedSymbols: ["B", "C"] }),
      tenant: policy({ allowedAssetClasses: ["etf"] }),
    });
    expect(limits).toEqual({ allowedSymbols: ["B"], allowedAssetClasses: ["etf"] });
  });

  it("leave out what is overridden, until it ends", () => {
    const override = { reason: "agreed", by: "user-1", atMs: 0 };
    const sources = {
      desk: policy({ maxGrossLeverage: "2", maxVarPct: "0.01" }),
      tenant: policy({}, { totals: { maxDailyLoss: "5" } }),
      overrides: [
        { ...override, limit: "maxGrossLeverage", untilMs: 100 },
        { ...override, limit: "maxDailyLoss", untilMs: 50 },
      ] as const,
    };
    expect(inForce(sources, 49)).toMatchObject({ limits: { maxVarPct: "0.01" }, totals: {} });
    expect(inForce(sources, 99).limits).toEqual({ maxVarPct: "0.01" });
    expect(inForce(sources, 99).totals).toEqual({ maxDailyLoss: "5" });
    expect(inForce(sources, 100).limits).toEqual({ maxVarPct: "0.01", maxGrossLeverage: "2" });
  });

  it("measure by the strictest confidence and the shortest patience with old prices", () => {
    expect(inForce({})).toMatchObject({
      confidence: 0.95,
      lookback: 252,
      markMaxAgeMs: 345_600_000,
    });
    const desk = policy({}, { varConfidence: 0.99, varLookback: 500, markMaxAgeSeconds: 60 });
    const tenant = policy({}, { varConfidence: 0.975, varLookback: 100, markMaxAgeSeconds: 30 });
    expect(inForce({ desk, tenant })).toMatchObject({
      confidence: 0.99,
      lookback: 500,
      markMaxAgeMs: 30_000,
    });
  });
});

const reading = (observed: string | null, changes: Partial<Reading> = {}): Reading => ({
  name: "maxGrossLeverage",
  warning: "1",
  breach: "2",
  observed,
  isBeyond: false,
  ...changes,
});

describe("where a portfolio stands with a limit", () => {
  it.each<[string | null, Level, Level | null]>([
    ["1", "ok", "ok"],
    ["1.00000001", "ok", "warning"],
    ["2", "ok", "warning"],
    ["2.00000001", "ok", "breach"],
    // Two hundredths below what was passed is not yet inside it.
    ["1.97", "breach", "breach"],
    ["1.96", "breach", "warning"],
    ["0.99", "warning", "warning"],
    ["0.98", "warning", "ok"],
    ["0.99", "breach", "warning"],
    [null, "warning", null],
  ])("%s after %s is %s", (observed, before, after) => {
    expect(levelOf(reading(observed), before)).toBe(after);
  });

  it("is beyond where equity is gone, and inside where nothing is set", () => {
    expect(levelOf(reading(null, { isBeyond: true }), "ok")).toBe("breach");
    const unset = { warning: null, breach: null };
    expect(levelOf(reading("99", unset), "breach")).toBe("ok");
  });
});
