import { measure } from "../../../../../domain/risk/performance/measure.ts";
import type { PerformanceView } from "../../../../../mixins/rest/routes/performance.ts";
import { percent, plain } from "../../../../../services/risk/performance/html.ts";
import { type Report, reportPage } from "../../../../../services/risk/performance/report-page.ts";

const HOSTILE = `<img src=x onerror="alert(1)">&'`;
const ESCAPED = "&lt;img src=x onerror=&quot;alert(1)&quot;&gt;&amp;&#39;";

function performance(returns: readonly number[]): PerformanceView {
  let equity = 1000;
  const daily = returns.map((value, i) => {
    equity *= 1 + value;
    return {
      date: `2026-03-${String(i + 1).padStart(2, "0")}`,
      equity,
      return: value,
      benchmark: null,
    };
  });
  const sample = {
    returns: Float64Array.from(returns),
    riskFree: new Float64Array(returns.length),
    benchmark: null,
    mar: 0,
    periodsPerYear: 252,
    confidence: 0.95,
  };
  const { metrics, undefinedMetrics, drawdowns } = measure(sample, {
    convention: "default",
    drawdowns: 10,
  });
  return {
    portfolioId: "p",
    currency: HOSTILE,
    start: "2026-03-01T00:00:00.000Z",
    end: "2026-03-31T00:00:00.000Z",
    startValue: 1000,
    endValue: equity,
    netFlows: 0,
    profit: equity - 1000,
    timeWeighted: { value: equity / 1000 - 1, annualized: null, reason: "less than a year" },
    attribution: null,
    moneyWeighted: { value: null, annualized: null, reason: HOSTILE },
    benchmark: HOSTILE,
    metrics,
    undefinedMetrics,
    drawdowns,
    daily,
    monthly: [{ month: "2026-03", return: equity / 1000 - 1 }],
    periodsPerYear: 252,
    confidence: 0.95,
    sampleSize: daily.length,
    method: HOSTILE,
    asOf: "2026-03-31T00:00:00.000Z",
    source: HOSTILE,
  };
}

function page(changes: Partial<Report>): string {
  const report = { name: "Desk", status: "open", currency: "USD", positions: [] } as const;
  return reportPage({ ...report, performance: performance([0.01, -0.02, 0.03]), ...changes });
}

const position = {
  symbol: HOSTILE,
  quantity: "-40",
  averagePrice: "310",
  marketPrice: null,
  marketValue: null,
  unrealizedPnl: "-1234567.891",
};

describe("a report", () => {
  it("shows what others have named as text, wherever it stands", () => {
    const html = page({ name: HOSTILE, currency: HOSTILE, positions: [position] });
    expect(html).not.toContain("<img");
    expect(html.split(ESCAPED).length).toBeGreaterThan(7);
    expect(page({ performance: HOSTILE })).toContain(ESCAPED);
  });

  it.each([
    ["one day", [0.01]],
    ["one loss", [-0.01]],
    ["nothing moved", [0, 0, 0]],
    ["all is lost", [0.5, -1]],
    ["huge", [1e100, 1e100, -0.5]],
    ["many", Array.from({ length: 3000 }, (_, i) => Math.sin(i) / 100)],
  ])("of a series where %s has numbers in its drawings", (_, returns) => {
    const html = page({ performance: performance(returns) });
    expect(html).not.toMatch(/NaN|undefined|\[object/);
    for (const [, points = ""] of html.matchAll(/points="([^"]*)"/g))
      expect(points).toMatch(/^(?:-?\d+\.\d,-?\d+\.\d ?)+$/);
  });

  it("lists positions that are held, what has no price without one", () => {
    const html = page({ positions: [position, { ...position, symbol: "FLAT", quantity: "0" }] });
    expect(html).toContain("<td>−40</td>");
    expect(html).toContain("<td>–</td>");
    expect(html).toContain("−1 234 567.89");
    expect(html).not.toContain("FLAT");
    expect(page({})).toContain("Nothing is held.");
  });

  it("has no script, and nothing to load", () => {
    expect(page({})).not.toMatch(/<script|<link|<iframe|<[^>]+ src=|url\(|@import|https?:/i);
  });
});

describe("numbers to read", () => {
  it.each([
    [0.1234, "12.34 %"],
    [-0.05, "−5.00 %"],
    [-0.00001, "0.00 %"],
    [0, "0.00 %"],
    [123, "12 300.00 %"],
    [1e300, "1.00e+302 %"],
    [null, "–"],
  ])("%d as a share is %s", (value, text) => {
    expect(percent(value)).toBe(text);
  });

  it.each([
    [1234567.891, "1 234 567.89"],
    [-0.001, "0.00"],
    [-1.5, "−1.50"],
    [undefined, "–"],
  ])("%d is %s", (value, text) => {
    expect(plain(value)).toBe(text);
  });
});
