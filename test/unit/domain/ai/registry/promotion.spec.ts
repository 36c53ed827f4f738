import type { ModelDefinition } from "../../../../../domain/ai/model/definition.ts";
import type { ScoredRows } from "../../../../../domain/ai/registry/common-rows.ts";
import { type Contender, promotionChecks } from "../../../../../domain/ai/registry/promotion.ts";
import { RandomStream } from "../../../../../domain/numeric/random.ts";

const DAY = 86_400_000;

const definition: ModelDefinition = {
  kind: "regressor",
  algorithm: "ridge",
  symbols: ["A", "B"],
  timeframe: "1d",
  features: [],
  target: { kind: "return", horizon: 1 },
  parameters: {},
  adjust: "none",
};

/** Rows of two symbols; the prediction is the truth beside noise of the size given. */
function rows(count: number, noise: number, seed: number, from = 0): ScoredRows {
  const truths = RandomStream.of(1, 0);
  const errors = RandomStream.of(seed, 1);
  const all = Array.from({ length: 2 * count }, (_, i) => {
    const truth = 0.01 * truths.normal();
    const prediction = truth + noise * errors.normal();
    return {
      closeMs: (from + Math.floor(i / 2)) * DAY,
      symbol: i % 2 === 0 ? "A" : "B",
      truth,
      prediction,
    };
  });
  return {
    closeMs: all.map(({ closeMs }) => closeMs),
    symbol: all.map(({ symbol }) => symbol),
    truth: all.map(({ truth }) => truth),
    prediction: all.map(({ prediction }) => prediction),
    loss: all.map(({ truth, prediction }) => (truth - prediction) ** 2),
    forwardReturn: all.map(({ truth }) => truth),
  };
}

const contender = (scored: ScoredRows | null, more: Partial<Contender> = {}): Contender => ({
  definition,
  baselines: [],
  scored,
  ...more,
});

const failed = (checks: ReturnType<typeof promotionChecks>) =>
  checks.filter(({ isPassed }) => !isPassed).map(({ code }) => code);

describe("what is asked of a version that is to become the champion", () => {
  it("better on the same rows beyond chance: it may, and nothing is left open", () => {
    const checks = promotionChecks(
      contender(rows(300, 0.005, 2)),
      contender(rows(300, 0.01, 3)),
      null,
    );
    expect(failed(checks)).toEqual([]);
    expect(checks.map(({ code }) => code)).toEqual([
      "TOO_FEW_COMMON_ROWS",
      "NOT_BETTER_THAN_CHAMPION",
      "TURNOVER_HIGHER",
      "DRAWDOWN_DEEPER",
    ]);
  });

  it("the same, or worse: it may not, and a worse one is not let pass for its small p", () => {
    const [good, bad] = [rows(300, 0.005, 2), rows(300, 0.01, 3)];
    expect(failed(promotionChecks(contender(good), contender(good), null))).toContain(
      "NOT_BETTER_THAN_CHAMPION",
    );
    const worse = promotionChecks(contender(bad), contender(good), null);
    const test = worse.find(({ code }) => code === "NOT_BETTER_THAN_CHAMPION");
    expect(test).toMatchObject({ isPassed: false, observed: 1, limit: 0.05 });
  });

  it("too few rows in common, or another target, cannot be compared", () => {
    const champion = contender(rows(300, 0.01, 3));
    expect(failed(promotionChecks(contender(rows(300, 0.001, 2, 260)), champion, null))).toEqual([
      "TOO_FEW_COMMON_ROWS",
    ]);
    const other = { ...definition, target: { kind: "return", horizon: 5 } } as const;
    const stranger = contender(rows(300, 0.001, 2), { definition: other });
    expect(failed(promotionChecks(stranger, champion, null))).toEqual(["TARGET_DIFFERS"]);
  });

  it("better forecasts that turn over more, and fall deeper, are refused by name", () => {
    const champion = rows(300, 0.02, 3);
    // It stays in: hardly any turnover.
    const calm = { ...champion, prediction: champion.prediction.map(() => 1) };
    const checks = promotionChecks(contender(rows(300, 0.001, 2)), contender(calm), null);
    expect(failed(checks)).toContain("TURNOVER_HIGHER");
    const deep = rows(300, 0.001, 2);
    const wrongWay = { ...deep, prediction: deep.prediction.map((value) => -value) };
    expect(
      failed(promotionChecks(contender(wrongWay), contender(rows(300, 0.002, 3)), null)),
    ).toContain("DRAWDOWN_DEEPER");
  });

  it("the first champion has to be better than every baseline, each named", () => {
    const test = (statistic: number, pValue: number) => ({ statistic, pValue });
    const baselines = [
      { name: "mean", metrics: {}, dieboldMariano: test(-3, 0.003) },
      { name: "zero", metrics: {}, dieboldMariano: test(-1, 0.3) },
      { name: "ewma", metrics: {}, dieboldMariano: test(5, 1e-6) },
      { name: "persistence", metrics: {}, dieboldMariano: null },
    ];
    const checks = promotionChecks(contender(rows(10, 1, 1), { baselines }), null, null);
    expect(checks.map(({ isPassed }) => isPassed)).toEqual([true, false, false, false]);
    expect(checks[2]?.message).toContain("ewma");
    const few = contender(rows(10, 1, 1), { baselines: baselines.slice(0, 1) });
    expect(failed(promotionChecks(few, null, null))).toEqual([]);
    expect(failed(promotionChecks(contender(null), null, null))).toEqual(["NOT_SCORED"]);
  });

  it("what both predicted live counts more than the validation, once there is enough of it", () => {
    const [candidate, champion] = [contender(rows(300, 0.01, 3)), contender(rows(300, 0.005, 2))];
    const live = { candidate: rows(80, 0.001, 4, 900), champion: rows(80, 0.01, 5, 900) };
    expect(failed(promotionChecks(candidate, champion, live))).not.toContain(
      "NOT_BETTER_THAN_CHAMPION",
    );
    const short = { candidate: rows(20, 0.001, 4, 900), champion: rows(20, 0.01, 5, 900) };
    expect(failed(promotionChecks(candidate, champion, short))).toContain(
      "NOT_BETTER_THAN_CHAMPION",
    );
    // An imported one has no validation, but may have lived.
    expect(failed(promotionChecks(contender(null), champion, live))).toEqual([]);
    expect(failed(promotionChecks(contender(null), champion, short))).toEqual(["NOT_SCORED"]);
  });
});
