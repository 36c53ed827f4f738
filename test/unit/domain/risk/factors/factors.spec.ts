import { existsSync, readFileSync } from "node:fs";
import { resolve } from "node:path";
import { array, assert, double, property, tuple } from "fast-check";
import { fitFactors, type FactorFit } from "../../../../../domain/risk/factors/exposures.ts";
import { bookFactorRisk } from "../../../../../domain/risk/factors/book-risk.ts";
import { principalComponents } from "../../../../../domain/risk/factors/principal.ts";
import { variance } from "../../../../../domain/numeric/moments.ts";

const MANAGERS = resolve(
  import.meta.dirname,
  "../../../../../../shared/data/reference/managers.csv",
);

function fit(...asked: Parameters<typeof fitFactors>): FactorFit {
  const found = fitFactors(...asked);
  if (typeof found === "string" || "dependent" in found) throw new Error(JSON.stringify(found));
  return found;
}

const CLASSIC = { errors: "classic" } as const;

(existsSync(MANAGERS) ? describe : describe.skip)("factors of managers.csv", () => {
  // PerformanceAnalytics' table.CAPM(managers[,1], managers[,8], Rf = managers[,10]), as its vignette prints it.
  it("are PerformanceAnalytics' alpha, beta and R²", () => {
    const rows = readFileSync(MANAGERS, "utf8")
      .trim()
      .split("\n")
      .slice(1)
      .map((line) => line.split(",").map(Number));
    const riskFree = rows.map((row) => row[10] ?? 0);
    const excess = (column: number) =>
      rows.map((row, t) => (row[column] ?? 0) - (riskFree[t] ?? 0));
    const found = fit(excess(1), ["MKT"], [excess(8)], CLASSIC);
    expect(found.alpha.estimate).toBeCloseTo(0.0058, 4);
    expect(found.exposures[0]?.estimate).toBeCloseTo(0.3901, 4);
    expect(found.rSquared).toBeCloseTo(0.4339, 4);
    expect(found.observations).toBe(132);
  });
});

const returns = array(
  tuple(...Array.from({ length: 4 }, () => double({ min: -0.1, max: 0.1, noNaN: true }))),
  { minLength: 8, maxLength: 40 },
);
const columnsOf = (rows: readonly (readonly number[])[]) =>
  [0, 1, 2, 3].map((j) => rows.map((row) => row[j] ?? 0));

describe("exposures to factors", () => {
  it("are found again in what they made", () => {
    const f = [0.01, -0.02, 0.03, 0.005, -0.011, 0.02];
    const g = [0.002, 0.01, -0.01, 0.02, 0.001, -0.004];
    const y = f.map((value, t) => 0.001 + 1.2 * value - 0.5 * (g[t] ?? 0));
    const found = fit(y, ["F", "G"], [f, g], CLASSIC);
    expect(found.exposures.map(({ estimate }) => Math.round(estimate * 1e9) / 1e9)).toEqual([
      1.2, -0.5,
    ]);
    expect(found.alpha.estimate).toBeCloseTo(0.001, 12);
    expect(found.rSquared).toBeCloseTo(1, 12);
  });

  it("divide the variance among factors and residual without a rest", () => {
    assert(
      property(returns, (rows) => {
        const [y = [], ...factors] = columnsOf(rows);
        const found = fitFactors(y, ["A", "B", "C"], factors, CLASSIC);
        if (typeof found === "string" || "dependent" in found) return;
        const { risk } = found;
        const sum = risk.factors.reduce((all, part) => all + part.variance, risk.residual.variance);
        // Of factors that are nearly one another large parts cancel out.
        const gross = risk.factors.reduce(
          (all, part) => all + Math.abs(part.variance),
          risk.variance,
        );
        expect(Math.abs(sum - risk.variance)).toBeLessThan(1e-8 * (gross + 1e-6));
        expect(risk.variance).toBeCloseTo(variance(y), 15);
      }),
    );
  });

  it("of a book are the sums of its assets', and its variance is that of factors and specifics", () => {
    const f = [0.01, -0.02, 0.03, 0.005, -0.011, 0.02];
    const a = f.map((value, t) => 2 * value + (t % 2 === 0 ? 0.01 : -0.01));
    const b = f.map((value, t) => -value + (t % 3 === 0 ? 0.01 : -0.005));
    const fits = [a, b].map((y) => fit(y, ["F"], [f], CLASSIC));
    const found = bookFactorRisk([0.6, 0.4], fits, [f]);
    const beta = fits.map((one) => one.exposures[0]?.estimate ?? 0);
    expect(found.exposures[0]).toBeCloseTo(0.6 * (beta[0] ?? 0) + 0.4 * (beta[1] ?? 0), 14);
    expect(found.factorVariance[0]).toBeCloseTo((found.exposures[0] ?? 0) ** 2 * variance(f), 14);
    const specific = fits.map((one) => variance(one.residuals));
    expect(found.specificVariance).toBeCloseTo(
      0.36 * (specific[0] ?? 0) + 0.16 * (specific[1] ?? 0),
      14,
    );
  });
});

describe("principal components", () => {
  // Of two series of variances 1 and correlation ρ they have the variances 1 + ρ and 1 − ρ, along the diagonals.
  it("of two equal series lie on the diagonals", () => {
    const x = [1, -1, 1, -1];
    const y = [1, -1, 0.5, -0.5].map((value) => value * Math.sqrt(4 / 2.5));
    const found = principalComponents([x, y], { count: 2 });
    const rho = (1 + 1 + 0.5 + 0.5) / Math.sqrt(4 * 2.5);
    expect(found?.explained[0]).toBeCloseTo((1 + rho) / 2, 12);
    expect(found?.loadings[0]?.[0]).toBeCloseTo(Math.SQRT1_2, 12);
    expect(found?.loadings[0]?.[1]).toBeCloseTo(Math.SQRT1_2, 12);
  });

  it("are kept until they explain enough, and there are none where nothing varies", () => {
    const columns = [
      [1, -1, 1, -1],
      [0.1, 0.1, -0.1, -0.1],
      [0.01, -0.01, -0.01, 0.01],
    ];
    expect(principalComponents(columns, { explained: 0.9 })?.loadings).toHaveLength(1);
    expect(principalComponents(columns, { explained: 0.99999 })?.loadings).toHaveLength(3);
    expect(principalComponents(columns, { explained: 1 })?.loadings).toHaveLength(3);
    expect(
      principalComponents(
        [
          [1, 1],
          [2, 2],
        ],
        { count: 1 },
      ),
    ).toBeNull();
  });

  it("have scores whose variance is theirs", () => {
    assert(
      property(returns, (rows) => {
        const found = principalComponents(columnsOf(rows), { count: 4 });
        if (found === null) return;
        for (const [k, scores] of found.scores.entries())
          expect(variance(scores)).toBeCloseTo(found.variances[k] ?? 0, 12);
      }),
    );
  });
});
