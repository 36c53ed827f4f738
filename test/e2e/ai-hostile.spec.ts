import { createFormula } from "../../mixins/rest/routes/feature-sets.ts";
import { trainModel } from "../../mixins/rest/routes/model-training.ts";
import { createModel } from "../../mixins/rest/routes/models.ts";
import { putSymbol } from "../../mixins/rest/routes/symbols.ts";
import { SPX } from "../../services/data/feeds/sp500.ts";
import type { RouteInput } from "../support/http.ts";
import { withNode } from "../support/node.ts";
import { defined, ended, HAR, sp500Bars, trained } from "./ai-desk.ts";
import { expectProblem } from "./problems.ts";
import { bar, barsOf } from "./stored-bars.ts";

const node = withNode({ env: { COMPUTE_THREADS: "1" } });
const { store, define } = barsOf(node);
const admin = () => node().admin;

const REGRESSOR: RouteInput = {
  kind: "regressor",
  algorithm: "boosting",
  symbols: ["SPX"],
  timeframe: "1d",
  features: ["returns_1"],
  target: { kind: "return", horizon: 1 },
};

beforeAll(async () => {
  await admin().call(putSymbol, { ...SPX });
  await store(sp500Bars(2016));
  await define("FLAT");
  await store(sp500Bars(2016).map(({ startMs }) => bar("FLAT", dateOf(startMs), "100")));
  await define("EMPTY");
});

// Whatever was sent: the one thread is there, and so is whoever takes jobs.
afterEach(async () => {
  const modelId = await defined(admin(), { ...HAR, name: `sane ${Math.random()}` });
  await trained(admin(), { modelId });
  const { errors } = node();
  if (errors.length > 0) throw new Error(`expected no fault of ours, found ${errors.join()}`);
});

const refused = (input: RouteInput) =>
  admin().ask(createModel, { ...REGRESSOR, name: "x", ...input });

describe("poison in the definition of a model", () => {
  it("parameters that are no numbers, or beyond what is sane", async () => {
    for (const text of ["NaN", "Infinity", "1e999", "-1e999"]) {
      const body = JSON.stringify({ ...REGRESSOR, name: "x" }).replace(
        /}$/,
        `,"parameters":{"rounds":${text}}}`,
      );
      const answer = await admin().send({ method: "POST", path: "/api/models", body });
      expect(answer.status).toBeGreaterThanOrEqual(400);
      expect(answer.status).toBeLessThan(500);
    }
    for (const rounds of [0, -1, 1.5, 1e9, "many", null, [], {}])
      expectProblem(await refused({ parameters: { rounds } }), "VALIDATION_FAILED", [
        "parameters.rounds",
      ]);
    for (const name of ["toString", "hasOwnProperty", "length"])
      expectProblem(await refused({ parameters: { [name]: 1 } }), "VALIDATION_FAILED", [
        `parameters.${name}`,
      ]);
  });

  it("targets and features that are none", async () => {
    for (const target of [
      { kind: "return", horizon: 0 },
      { kind: "return", horizon: 1e9 },
      { kind: "return", horizon: 1.5 },
      { kind: "return" },
      { kind: "return", horizon: 1, threshold: 1 },
      { kind: "fortune", horizon: 1 },
    ])
      expect((await refused({ target })).status).toBe(422);
    for (const feature of ["sma_999999999", "sma_-1", "sma_NaN", "", "__proto__", "a".repeat(300)])
      expect([422, 404]).toContain((await refused({ features: [feature] })).status);
    expect(
      (await refused({ features: Array.from({ length: 5_000 }, () => "sma_20") })).status,
    ).toBe(422);
    expect((await refused({ features: ["rsi_14", "nothing.such"] })).status).toBe(422);
  });

  it("a formula that would never end", async () => {
    const deep = `${"(".repeat(5_000)}close${")".repeat(5_000)}`;
    const wide = Array.from({ length: 5_000 }, () => "sma(close, 500)").join(" + ");
    for (const formula of [
      deep,
      wide,
      `sma(${"sma(".repeat(500)}close${", 500)".repeat(500)}, 500)`,
    ]) {
      const named = await admin().ask(createFormula, { name: "bomb", formula });
      expect(named.status).toBeGreaterThanOrEqual(400);
      expect(named.status).toBeLessThan(500);
      expect([413, 422]).toContain((await refused({ features: [`= ${formula}`] })).status);
    }
    expect([404, 422]).toContain((await refused({ features: ["custom:bomb"] })).status);
  });

  it("a body of a megabyte", async () => {
    const symbols = Array.from({ length: 100_000 }, (_, i) => `SYMBOL${i}`);
    expectProblem(await refused({ symbols }), "PAYLOAD_TOO_LARGE");
  });
});

describe("poison in a training", () => {
  const asked = async (input: RouteInput) => {
    const modelId = await defined(admin(), { ...REGRESSOR, name: `m ${Math.random()}` });
    return admin().ask(trainModel, { modelId, ...input });
  };

  it("terms beyond what is sane are refused at once", async () => {
    for (const [input, path] of [
      [{ seed: -1 }, "seed"],
      [{ seed: 2 ** 32 }, "seed"],
      [{ seed: "NaN" }, "seed"],
      [{ coverage: 2 }, "coverage"],
      [{ validation: { scheme: "walkForward", folds: 1e6 } }, "validation.folds"],
      [{ validation: { scheme: "shuffle" } }, "validation.scheme"],
      [{ calibration: "platt" }, "calibration"],
      [{ start: "2020-01-01", end: "2019-01-01" }, "end"],
      [{ stopShare: 0.9 }, "stopShare"],
    ] as const)
      expectProblem(await asked(input), "VALIDATION_FAILED", [path]);
  });

  const failure = async (definition: RouteInput, input: RouteInput = {}) => {
    const modelId = await defined(admin(), {
      ...REGRESSOR,
      name: `m ${Math.random()}`,
      ...definition,
    });
    const { status, error } = await ended(
      admin(),
      await admin().call(trainModel, { modelId, ...input }),
    );
    return [status, error?.code];
  };

  it("a target that never changes, of any kind of model, fails the job and says so", async () => {
    const flat = { symbols: ["FLAT"], features: ["returns_1"] };
    expect(await failure(flat)).toEqual(["failed", "CONSTANT_TARGET"]);
    const direction = { kind: "direction", horizon: 1 };
    expect(await failure({ ...flat, kind: "classifier", target: direction })).toEqual([
      "failed",
      "CONSTANT_TARGET",
    ]);
  });

  it("too few rows, or none, fail the job and say so", async () => {
    expect(await failure({}, { start: "2020-04-10T00:00:00Z" })).toEqual([
      "failed",
      "TOO_FEW_ROWS",
    ]);
    expect(await failure({ symbols: ["EMPTY"] })).toEqual(["failed", "INSUFFICIENT_DATA"]);
    expect((await failure({}, { start: "2035-01-01T00:00:00Z" }))[0]).toBe("failed");
  });

  it("ten million rows are refused before any is read", async () => {
    const { pool } = node().database;
    // Nobody stores so many for a test: what the store has counted is what is looked at.
    await pool.query("UPDATE md.series SET bar_count = bar_count + 10000000");
    expectProblem(await asked({}), "VALIDATION_FAILED", ["start"]);
    await pool.query("UPDATE md.series SET bar_count = bar_count - 10000000");
  });
});

function dateOf(ms: number): string {
  return new Date(ms).toISOString().slice(0, 10);
}
