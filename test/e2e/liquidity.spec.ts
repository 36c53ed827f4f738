import { measureLiquidity } from "../../mixins/rest/routes/risk-liquidity.ts";
import { createPortfolio } from "../../mixins/rest/routes/portfolios.ts";
import type { RouteInput } from "../support/http.ts";
import { signUp } from "../support/node-users.ts";
import { withNode } from "../support/node.ts";
import { expectProblem } from "./problems.ts";
import { bar, barsOf } from "./stored-bars.ts";

const node = withNode();
const { define, store } = barsOf(node);
const measured = (input: RouteInput) => node().admin.call(measureLiquidity, input);
const refused = (input: RouteInput) => node().admin.ask(measureLiquidity, input);

describe("the liquidity of positions", () => {
  beforeAll(async () => {
    await define("LIQ");
    await define("DRY");
    const closes = ["100", "101", "100", "102", "100"];
    for (const [i, close] of closes.entries()) {
      const date = `2021-03-0${i + 1}`;
      await store([bar("LIQ", date, close), { ...bar("DRY", date, close), volume: "0" }]);
    }
  });

  it("is told in days and money", async () => {
    const found = await measured({ positions: [{ symbol: "LIQ", quantity: 50 }], spreadBps: 10 });
    // 100 units a day are traded.
    expect(found.positions[0]).toMatchObject({ averageVolume: 100, days: 5, sampleSize: 4 });
    expect(found).toMatchObject({ currency: "USD", value: 5000, liquidated: 0.2, days: 5 });
    expect(found.spreadCost).toBeCloseTo(2.5, 9);
    expect(found.source).toContain("stored daily bars");
  });

  it("is none where nothing is traded, and costs are not known without a spread", async () => {
    const found = await measured({
      positions: [
        { symbol: "LIQ", quantity: 1 },
        { symbol: "DRY", quantity: -1 },
      ],
    });
    expect(found).toMatchObject({
      days: null,
      spreadCost: null,
      impactCost: null,
      liquidationVaR: null,
    });
  });

  it("is refused for values, for what is not stored, and for others", async () => {
    expectProblem(
      await refused({ positions: [{ symbol: "LIQ", value: 5 }] }),
      "VALIDATION_FAILED",
      ["positions[0].value"],
    );
    expectProblem(
      await refused({
        positions: [
          { symbol: "LIQ", quantity: 1 },
          { symbol: "LIQ", quantity: 1 },
        ],
      }),
      "VALIDATION_FAILED",
    );
    expectProblem(await refused({ positions: [{ symbol: "NONE", quantity: 1 }] }), "NOT_FOUND");
    expectProblem(await refused({}), "VALIDATION_FAILED", ["returns"]);
    await define("NEW");
    expectProblem(
      await refused({ positions: [{ symbol: "NEW", quantity: 1 }] }),
      "INSUFFICIENT_DATA",
    );
    const terms = { name: "l", baseCurrency: "USD", initialCash: "1" };
    const { portfolioId } = await node().admin.call(createPortfolio, terms);
    expectProblem(await refused({ portfolioId }), "INSUFFICIENT_DATA");
    const { client } = await signUp(node(), { role: "trader" });
    expectProblem(await client.ask(measureLiquidity, { portfolioId }), "NOT_FOUND");
    expectProblem(await node().anonymous.ask(measureLiquidity, { portfolioId }), "UNAUTHENTICATED");
  });
});
