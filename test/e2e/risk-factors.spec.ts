import { createPortfolio } from "../../mixins/rest/routes/portfolios.ts";
import { explainByFactors } from "../../mixins/rest/routes/risk-factors.ts";
import type { RouteInput } from "../support/http.ts";
import { signUp } from "../support/node-users.ts";
import { withNode } from "../support/node.ts";
import { expectProblem } from "./problems.ts";
import { bar, barsOf } from "./stored-bars.ts";

const node = withNode();
const { define, store } = barsOf(node);
const explained = (input: RouteInput) => node().admin.call(explainByFactors, input);
const refused = (input: RouteInput) => node().admin.ask(explainByFactors, input);

const market = [0.01, -0.02, 0.015, 0.005, -0.01, 0.02, -0.005, 0.012];
const stock = market.map((value, t) => 0.001 + 1.5 * value + (t % 2 === 0 ? 0.002 : -0.002));

describe("factors of given returns", () => {
  it("are told with errors and the risk that each brings", async () => {
    const found = await explained({ model: "capm", returns: stock, factors: { MKT: market } });
    expect(found.exposures[0]).toMatchObject({ factor: "MKT", estimate: expect.closeTo(1.5, 1) });
    const parts = [
      ...found.risk.factors.map((part) => part.variance),
      found.risk.residual.variance,
    ];
    expect(parts.reduce((sum, part) => sum + part, 0)).toBeCloseTo(found.risk.variance, 15);
    expect(found).toMatchObject({ sampleSize: 8, source: "returns as given", assets: [] });
  });

  it("of several assets weigh each of them", async () => {
    const assets = { A: stock, B: market.map((value) => -value + 0.001 * (value > 0 ? 1 : -1)) };
    const found = await explained({
      model: "custom",
      assets,
      weights: [0.5, 0.5],
      factors: { M: market },
    });
    const [a, b] = found.assets.map((asset) => asset.exposures[0]?.estimate ?? 0);
    expect(found.exposures[0]?.estimate).toBeCloseTo(0.5 * (a ?? 0) + 0.5 * (b ?? 0), 12);
  });

  it("are made of the assets themselves by pca", async () => {
    const assets = { A: market, B: stock, C: market.map((value) => 0.3 * value + 0.0001) };
    const found = await explained({ model: "pca", assets, components: 2 });
    expect(found.factors).toEqual(["PC1", "PC2"]);
    expect(found.components?.[0]?.explained).toBeGreaterThan(0.9);
    expect(found.components?.[0]?.loadings.map(({ name }) => name)).toEqual(["A", "B", "C"]);
  });

  it.each([
    [{ model: "capm", returns: stock }, ["factors.MKT"]],
    [{ model: "capm", returns: stock, factors: { MKT: market, SMB: market } }, ["factors.SMB"]],
    [
      { model: "ff3", returns: stock, factors: { MKT: market, SMB: market, HML: market } },
      ["factors.SMB"],
    ],
    [{ model: "capm", returns: stock, factors: { MKT: market.slice(1) } }, ["factors.MKT"]],
    [{ model: "capm", returns: stock, assets: { A: stock }, factors: { MKT: market } }, ["assets"]],
    [{ model: "capm", factors: { MKT: market } }, ["returns"]],
    [{ model: "pca", returns: stock }, ["returns"]],
    [{ model: "capm", returns: [0.1, -1.5], factors: { MKT: [0, 0] } }, ["returns[1]"]],
    [{ model: "capm", assets: { A: stock, B: [0.1] }, factors: { MKT: market } }, ["assets.B"]],
    [{ model: "capm", returns: stock, factorSymbols: { MKT: "SPY" } }, ["factorSymbols"]],
    [{ model: "apt", returns: stock, factors: { MKT: market } }, ["model"]],
  ])("are refused for %j", async (input, paths) => {
    expectProblem(await refused(input), "VALIDATION_FAILED", paths);
  });

  it("need more returns than factors", async () => {
    const input = { model: "capm", returns: [0.1, 0.2], factors: { MKT: [0.1, 0.3] } };
    expectProblem(await refused(input), "INSUFFICIENT_DATA");
    const still = { model: "pca", assets: { A: [0, 0, 0], B: [0, 0, 0] } };
    expectProblem(await refused(still), "INSUFFICIENT_DATA");
  });

  it("of large numbers end in an answer or a refusal", async () => {
    const huge = market.map((_, t) => (t % 2 === 0 ? 1e6 : -1));
    expect((await refused({ model: "capm", returns: huge, factors: { MKT: market } })).status).toBe(
      200,
    );
    expect(
      (await refused({ model: "capm", returns: stock, factors: { MKT: [1e308] } })).status,
    ).toBe(422);
  });
});

describe("factors of stored bars", () => {
  it("are of the days that all have", async () => {
    const day = (i: number) => new Date(Date.UTC(2021, 4, 3 + i)).toISOString().slice(0, 10);
    let [a, m] = [100, 200];
    await define("FAX");
    await define("FMX");
    for (const [i, move] of market.entries()) {
      m *= 1 + move;
      a *= 1 + 2 * move;
      await store([bar("FMX", day(i), m.toFixed(6))]);
      // One day is missing of one of them.
      if (i !== 3) await store([bar("FAX", day(i), a.toFixed(6))]);
    }
    const asked = { model: "capm", symbols: ["FAX"], lookback: 6, factorSymbols: { MKT: "FMX" } };
    const found = await explained(asked);
    expect(found.sampleSize).toBe(6);
    expect(found.exposures[0]?.estimate).toBeCloseTo(2, 1);
    expect(found.source).toContain("stored daily bars");
    const long = await refused({ ...asked, lookback: 60 });
    expectProblem(long, "INSUFFICIENT_DATA");
  });

  it("of another's portfolio, or of nobody, are not told", async () => {
    const terms = { name: "f", baseCurrency: "USD", initialCash: "1" };
    const { portfolioId } = await node().admin.call(createPortfolio, terms);
    const { client } = await signUp(node(), { role: "viewer" });
    const input = { model: "pca", portfolioId };
    expectProblem(await client.ask(explainByFactors, input), "NOT_FOUND");
    expectProblem(await node().anonymous.ask(explainByFactors, input), "UNAUTHENTICATED");
    expectProblem(await refused(input), "INSUFFICIENT_DATA");
  });
});
