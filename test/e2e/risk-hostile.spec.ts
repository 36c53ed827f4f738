import { estimateCovariance } from "../../mixins/rest/routes/risk-covariance.ts";
import { fitTail, modelVolatility } from "../../mixins/rest/routes/risk-measures.ts";
import { optimisePortfolio } from "../../mixins/rest/routes/risk-construction.ts";
import { simulateBook } from "../../mixins/rest/routes/risk-simulation.ts";
import { valueAtRisk } from "../../mixins/rest/routes/risk-var.ts";
import { withNode } from "../support/node.ts";

const node = withNode();
const METHODS = [
  "historical",
  "normal",
  "studentT",
  "cornishFisher",
  "ewma",
  "garch",
  "filteredHistorical",
  "monteCarlo",
  "evt",
] as const;
const wave = (n: number, k: number) => Array.from({ length: n }, (_, i) => Math.sin(i * k) / 50);
const zeros = Array.from({ length: 300 }, () => 0);
const SERIES = {
  one: [0.1],
  two: [-1, 1e9],
  constant: zeros.map(() => 0.01),
  zeros,
  huge: wave(300, 2.7).map((x) => Math.sign(x) * 1e9),
  tiny: wave(300, 2.7).map((x) => x * 1e-306),
};

describe("what is hostile but well-formed", () => {
  it.each(METHODS)("has a finite answer or a refusal of %s", async (method) => {
    const found: string[] = [];
    for (const [name, returns] of Object.entries(SERIES))
      for (const confidence of [1e-6, 1 - 1e-9])
        for (const horizonDays of [1, 1000]) {
          const input = { returns, method, confidence, horizonDays };
          const simulated = method === "monteCarlo" ? { simulations: 1000, seed: 7 } : {};
          const { status, text } = await node().admin.ask(valueAtRisk, { ...input, ...simulated });
          const isClear =
            status === 422 || (status === 200 && !/"(var|expectedShortfall)":null/u.test(text));
          if (!isClear)
            found.push(`${name} ${confidence} ${horizonDays}: ${status} ${text.slice(0, 200)}`);
        }
    expect(found).toEqual([]);
  });

  it.each([
    [
      [
        [1e308, 1e308],
        [1e308, 1e308],
      ],
      [1e6, 1e6],
    ],
    [
      [
        [1, 2],
        [2, 1],
      ],
      [1, -1],
    ],
    [
      [
        [1, 0.5],
        [0.2, 1],
      ],
      [1, 1],
    ],
    [[[0]], [0]],
    [[[-1]], [1]],
  ])("answers of the covariance %j clearly", async (covariance, weights) => {
    const answer = await node().admin.ask(valueAtRisk, { covariance, weights, method: "normal" });
    expect([200, 422]).toContain(answer.status);
    expect(answer.text).not.toMatch(/"(var|expectedShortfall)":null/u);
  });

  it.each(Object.entries(SERIES))("is never a fault of the server: %s", async (name, returns) => {
    const [assets, objective] = [{ a: returns, b: returns }, "minVariance"];
    const answers = [
      await node().admin.ask(modelVolatility, { returns, model: "garch" }),
      await node().admin.ask(fitTail, { returns }),
      await node().admin.ask(estimateCovariance, { assets }),
      await node().admin.ask(optimisePortfolio, { assets, objective }),
      await node().admin.ask(simulateBook, { assets, simulations: 1000, seed: 1 }),
    ];
    const faults = answers.filter(({ status }) => status >= 500);
    expect({ name, faults: faults.map(({ text }) => text) }).toEqual({ name, faults: [] });
  });

  it("takes names of prototypes for names", async () => {
    const assets = JSON.parse(
      '{"constructor":[0.1,0,0.2],"toString":[0,0.1,0.3],"__proto__":[0,1,0]}',
    );
    for (const route of [valueAtRisk, estimateCovariance])
      expect([200, 422]).toContain((await node().admin.ask(route, { assets })).status);
  });

  it("divides a VaR into what adds up to it", async () => {
    const assets = { a: wave(300, 2.7), b: wave(300, 1.3) };
    const input = { assets, weights: [0.7, 0.3], method: "normal", value: "1000" };
    const answer = await node().admin.call(valueAtRisk, input);
    const sum = (answer.components ?? []).reduce((total, { component }) => total + component, 0);
    expect(sum).toBeCloseTo(answer.var, 8);
    expect(answer.expectedShortfall).toBeGreaterThanOrEqual(answer.var);
  });
});
