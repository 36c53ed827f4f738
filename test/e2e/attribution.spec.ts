import { attributeReturn } from "../../mixins/rest/routes/risk-attribution.ts";
import type { RouteInput } from "../support/http.ts";
import { withNode } from "../support/node.ts";
import { expectProblem } from "./problems.ts";

const node = withNode();
const attributed = (input: RouteInput) => node().admin.call(attributeReturn, input);
const refused = (input: RouteInput) => node().admin.ask(attributeReturn, input);

/** Bacon (2008), Practical Portfolio Performance Measurement and Attribution, 2nd ed., table 5.1. */
const bacon = {
  groups: [
    {
      group: "UK",
      portfolioWeight: 0.4,
      benchmarkWeight: 0.4,
      portfolioReturn: 0.2,
      benchmarkReturn: 0.1,
    },
    {
      group: "Japan",
      portfolioWeight: 0.3,
      benchmarkWeight: 0.2,
      portfolioReturn: -0.05,
      benchmarkReturn: -0.04,
    },
    {
      group: "US",
      portfolioWeight: 0.3,
      benchmarkWeight: 0.4,
      portfolioReturn: 0.06,
      benchmarkReturn: 0.08,
    },
  ],
};

describe("the attribution of a return", () => {
  it("is Bacon's", async () => {
    const found = await attributed({ periods: [bacon] });
    expect(found.activeReturn).toBeCloseTo(0.019, 12);
    expect(found.total.allocation).toBeCloseTo(-0.012, 12);
    expect(found.total.selection).toBeCloseTo(0.03, 12);
    expect(found.total.interaction).toBeCloseTo(0.001, 12);
    expect(found).toMatchObject({ method: "brinsonFachler", linking: null, sampleSize: 1 });
  });

  it.each(["carino", "menchero", "grap", "frongello"])(
    "of several periods adds up by %s",
    async (linking) => {
      const found = await attributed({ periods: [bacon, bacon, bacon], linking });
      expect(found.portfolioReturn).toBeCloseTo(1.083 ** 3 - 1, 12);
      expect(found.total.total).toBeCloseTo(1.083 ** 3 - 1.064 ** 3, 12);
      const sum = found.groups.reduce((all, group) => all + group.total, 0);
      expect(sum).toBeCloseTo(found.activeReturn, 12);
    },
  );

  it("compounds by the geometric method", async () => {
    const found = await attributed({ periods: [bacon, bacon], method: "geometric" });
    const { allocation, selection } = found.total;
    expect((1 + allocation) * (1 + selection) - 1).toBeCloseTo(found.activeReturn, 10);
    expect(found.activeReturn).toBeCloseTo((1.083 / 1.064) ** 2 - 1, 12);
  });

  it("is refused for weights that do not add up, for what lacks a return, and after ruin", async () => {
    const [uk, ...others] = bacon.groups;
    expectProblem(await refused({ periods: [{ groups: others }] }), "VALIDATION_FAILED", [
      "periods[0].groups",
    ]);
    const { portfolioReturn: _, ...silent } = uk ?? { portfolioReturn: 0 };
    expectProblem(
      await refused({ periods: [{ groups: [silent, ...others] }] }),
      "VALIDATION_FAILED",
      ["periods[0].groups[0].portfolioReturn"],
    );
    expectProblem(await refused({ periods: [{ groups: [uk, uk] }] }), "VALIDATION_FAILED", [
      "periods[0].groups",
    ]);
    const ruin = {
      group: "A",
      portfolioWeight: 2,
      benchmarkWeight: 1,
      portfolioReturn: -0.9,
      benchmarkReturn: 0,
    };
    const hedge = { group: "B", portfolioWeight: -1, benchmarkWeight: 0, portfolioReturn: 0 };
    expectProblem(await refused({ periods: [{ groups: [ruin, hedge] }] }), "VALIDATION_FAILED", [
      "periods[0]",
    ]);
    expectProblem(await refused({ periods: [] }), "VALIDATION_FAILED", ["periods"]);
    expectProblem(
      await refused({ periods: [bacon], method: "geometric", linking: "grap" }),
      "VALIDATION_FAILED",
      ["linking"],
    );
    expectProblem(
      await node().anonymous.ask(attributeReturn, { periods: [bacon] }),
      "UNAUTHENTICATED",
    );
  });
});
