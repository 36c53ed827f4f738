import { createPortfolio } from "../../mixins/rest/routes/portfolios.ts";
import {
  createScenario,
  deleteScenario,
  listScenarios,
  stressTest,
} from "../../mixins/rest/routes/risk-stress.ts";
import { putSymbol } from "../../mixins/rest/routes/symbols.ts";
import { createTransaction } from "../../mixins/rest/routes/transactions.ts";
import type { RouteInput } from "../support/http.ts";
import { signUp } from "../support/node-users.ts";
import { withNode } from "../support/node.ts";
import { expectProblem } from "./problems.ts";
import { bar, barsOf } from "./stored-bars.ts";

const node = withNode();
const { define, store, split } = barsOf(node);
const stressed = (input: RouteInput) => node().admin.call(stressTest, input);
const refused = (input: RouteInput) => node().admin.ask(stressTest, input);

async function resultOf(
  positions: readonly RouteInput[],
  scenario: RouteInput,
  more: RouteInput = {},
) {
  const { scenarios } = await stressed({ positions, scenarios: [scenario], ...more });
  const [only] = scenarios;
  if (only === undefined) throw new Error("expected a scenario");
  return only;
}

const day = (i: number) => new Date(Date.UTC(2021, 4, 3 + i)).toISOString().slice(0, 10);
const moveOf = (i: number) => 0.01 * Math.sin(i * i) + 0.002 * Math.cos(3 * i);

beforeAll(async () => {
  await define("STA");
  await define("STB");
  await define("STX");
  const base = {
    venue: "PAPER",
    currency: "USD",
    calendar: "24x7",
    tickSize: "0.01",
    lotSize: "1",
  };
  await node().admin.call(putSymbol, { ...base, symbol: "STC", name: "c", assetClass: "crypto" });
  let [a, b, x] = [100, 50, 1000];
  for (let i = 0; i < 90; i += 1) {
    x *= 1 + moveOf(i);
    a *= 1 + 1.5 * moveOf(i);
    b *= 1 + 0.01 * Math.sin(7 * i);
    const closes = { STX: x, STA: a, STB: b };
    await store(
      Object.entries(closes).map(([symbol, close]) => bar(symbol, day(i), close.toFixed(8))),
    );
  }
});

describe("a hypothetical scenario", () => {
  const positions = [
    { symbol: "AAA", value: "1000", assetClass: "equity", sector: "technology", beta: 1.2 },
    { symbol: "BND", value: "-500.5", assetClass: "bond", duration: 5, convexity: 30 },
  ];

  it("moves each position by its rule, and sums exactly", async () => {
    const shocks = { market: -0.2, ratesBp: 100, NONE: 1 };
    const found = await resultOf(positions, { kind: "hypothetical", name: "h", shocks });
    expect(found).toMatchObject({
      name: "h",
      kind: "hypothetical",
      valueBefore: "499.5",
      change: "-215.72575",
      valueAfter: "283.77425",
      changePct: expect.closeTo(-215.72575 / 499.5, 12),
      coveredPct: 1,
      notCovered: [],
      unmatchedShocks: ["NONE"],
    });
    expect(found.positions.map(({ symbol, change }) => [symbol, change])).toEqual([
      ["AAA", "-240"],
      ["BND", "24.27425"],
    ]);
    expect(found.positions[0]?.rule).toContain("beta 1.2 (given) × market");
  });

  it("estimates a beta from stored bars, and says so", async () => {
    const held = [{ symbol: "STA", value: "1000" }];
    const scenario = { kind: "hypothetical", shocks: { market: -0.1 } };
    const found = await resultOf(held, scenario, { benchmark: "STX" });
    expect(Number(found.change)).toBeCloseTo(-150, 3);
    expect(found.positions[0]?.rule).toContain("daily returns on STX");
    const assumed = await resultOf(held, scenario);
    expect(assumed.change).toBe("-100");
    expect(assumed.positions[0]?.rule).toContain("assumed of class equity");
    const input = { positions: held, scenarios: [scenario], benchmark: "NOBARS" };
    expectProblem(await refused(input), "INSUFFICIENT_DATA");
  });

  it("lists what it cannot move, or refuses", async () => {
    const held = [{ symbol: "UNK", value: "100" }, ...positions];
    const scenario = { kind: "hypothetical", shocks: { market: -0.2 } };
    const found = await resultOf(held, scenario);
    expect(found.notCovered).toEqual([
      { symbol: "UNK", value: "100", reason: expect.stringContaining("beta") },
    ]);
    expect(found.coveredPct).toBeCloseTo(1500.5 / 1600.5, 12);
    const strict = { positions: held, scenarios: [scenario], requireCovered: true };
    expectProblem(await refused(strict), "INSUFFICIENT_DATA");
  });

  it("moves the currency of a price", async () => {
    const held = [{ symbol: "EUX", value: "100", currency: "EUR", beta: 1 }];
    const found = await resultOf(
      held,
      { kind: "hypothetical", shocks: { market: -0.1, "fx:EUR": -0.1 } },
      { currency: "USD" },
    );
    expect(found.change).toBe("-19");
  });
});

describe("a historical scenario", () => {
  it("replays stored closes, adjusted for splits", async () => {
    await store([bar("STB", "2015-08-14", "120"), bar("STB", "2015-08-25", "30")]);
    await split("STB", "2015-08-20", "2");
    const found = await resultOf([{ symbol: "STB", value: "1000" }], {
      kind: "historical",
      name: "August 2015 devaluation",
    });
    expect(found.positions[0]).toMatchObject({
      basis: "stored",
      change: "-500",
      rule: "stored closes of 2015-08-14 and 2015-08-25",
    });
    expect(found).toMatchObject({
      from: "2015-08-17T00:00:00.000Z",
      to: "2015-08-25T00:00:00.000Z",
    });
  });

  it("uses published factors where nothing is stored, and says what neither covers", async () => {
    const held = [
      { symbol: "AAA", value: "1000", beta: 1.5 },
      { symbol: "BND", value: "1000", duration: 8, convexity: 0 },
      { symbol: "STC", value: "1000" },
    ];
    const found = await resultOf(held, { kind: "historical", name: "lehman-2008" });
    expect(found.positions.map(({ basis, change }) => [basis, change])).toEqual([
      ["factor", "-423"],
      ["factor", "-12"],
      ["notCovered", null],
    ]);
    expect(found).toMatchObject({ change: "-435", coveredPct: expect.closeTo(2 / 3, 12) });
    expect(found.factors[0]).toEqual({
      name: "spx",
      value: -0.282,
      source: "computed from: S&P 500 index, daily closes",
    });
  });

  it("takes any stretch that is stored, and its benchmark for what is not", async () => {
    const range = { kind: "historical", from: day(10), to: day(80) };
    const found = await resultOf(
      [
        { symbol: "STA", value: "100" },
        { symbol: "AAA", value: "100", beta: 2 },
      ],
      range,
      { benchmark: "STX" },
    );
    const [own, proxied] = found.positions;
    expect(own?.basis).toBe("stored");
    expect(proxied).toMatchObject({ basis: "factor", rule: expect.stringContaining("beta 2") });
    const blind = await resultOf([{ symbol: "AAA", value: "100", beta: 2 }], range);
    expect(blind).toMatchObject({ change: null, valueAfter: null, coveredPct: 0 });
    const strange = await resultOf([{ symbol: "STA", value: "100" }], {
      kind: "historical",
      from: 0,
      to: 86_400_000,
    });
    expect(strange.change).toBeNull();
  });

  it("of all fifteen and five hundred positions is answered in a second", async () => {
    const held = Array.from({ length: 500 }, (_, i) => ({
      symbol: `P${i}`,
      value: "1000",
      beta: 1 + (i % 7) / 10,
    }));
    const { data } = await node().admin.call(listScenarios, { kind: "historical" });
    const scenarios = data.map(({ scenarioId }) => ({ kind: "saved", scenarioId }));
    expect(scenarios).toHaveLength(15);
    await stressed({ positions: held, scenarios });
    const start = performance.now();
    const found = await stressed({ positions: held, scenarios });
    const elapsedMs = performance.now() - start;
    expect(found.scenarios).toHaveLength(15);
    expect(elapsedMs).toBeLessThan(5_000);
  });
});

describe("a Monte Carlo scenario", () => {
  const held = [
    { symbol: "STA", value: "1000" },
    { symbol: "STB", value: "1000" },
  ];
  const scenario = {
    kind: "monteCarlo",
    simulations: 20_000,
    seed: 7,
    confidence: 0.99,
    lookback: 80,
  };

  it("is the same again with the same seed, and its positions sum to it", async () => {
    const found = await resultOf(held, scenario);
    expect(await resultOf(held, scenario)).toEqual(found);
    expect(found).toMatchObject({ seed: 7, simulations: 20_000, sampleSize: 80 });
    expect(Number(found.change)).toBeCloseTo(-(found.tail?.var ?? 0), 6);
    expect(found.tail?.expectedShortfall).toBeGreaterThan(found.tail?.var ?? Infinity);
    expect(found.percentiles.map(({ level }) => level)).toContain(0.01);
  });

  it("loses more when all goes together, and less when it is opposed", async () => {
    const of = async (correlationShift: RouteInput | number) => {
      const found = await resultOf(held, { ...scenario, correlationShift });
      expect(found.correlation?.minEigenvalue).toBeGreaterThan(-1e-10);
      return found.tail?.var ?? NaN;
    };
    const together = await of(1);
    const apart = await of({ towards: "zero", amount: 1 });
    const opposed = await of(-1);
    expect(together).toBeGreaterThan(apart);
    expect(apart).toBeGreaterThan(opposed);
    const matrix = [
      [1, 0.5],
      [0.5, 1],
    ];
    expect(await of({ towards: "matrix", amount: 1, matrix })).toBeLessThan(together);
  });

  it("draws days as they were, or heavier tails", async () => {
    for (const distribution of ["bootstrap", "studentT"]) {
      const found = await resultOf(held, { ...scenario, distribution });
      expect(found.tail?.var).toBeGreaterThan(0);
    }
  });

  it("needs history, and enough draws", async () => {
    const unknown = [{ symbol: "UNK", value: "1" }];
    expectProblem(
      await refused({ positions: unknown, scenarios: [scenario] }),
      "INSUFFICIENT_DATA",
    );
    const found = await resultOf([...held, ...unknown], scenario);
    expect(found.notCovered).toHaveLength(1);
    const few = { ...scenario, simulations: 10 };
    expectProblem(await refused({ positions: held, scenarios: [few] }), "VALIDATION_FAILED");
    const many = { ...scenario, simulations: 200_000, distribution: "bootstrap", horizonDays: 252 };
    expectProblem(await refused({ positions: held, scenarios: [many] }), "RANGE_TOO_LARGE");
  });
});

describe("a reverse scenario", () => {
  it("loses just what is asked for, by the positions' own history", async () => {
    const held = [
      { symbol: "STA", value: "1000" },
      { symbol: "STB", value: "500" },
    ];
    const found = await resultOf(held, { kind: "reverse", loss: 0.1, lookback: 80 });
    expect(Number(found.change)).toBeCloseTo(-150, 6);
    expect(found.reverse).toMatchObject({ reachable: true, loss: "150", horizonDays: 1 });
    expect(found.reverse?.lossProbability).toBeLessThan(0.01);
    const inMoney = await resultOf(held, { kind: "reverse", loss: 150, lookback: 80 });
    expect(inMoney.reverse?.distance).toBeCloseTo(found.reverse?.distance ?? NaN, 9);
    const beyond = await resultOf(held, { kind: "reverse", loss: 2000, lookback: 80 });
    expect(beyond.reverse).toMatchObject({ reachable: false, distance: null });
    expect(beyond.change).toBeNull();
  });

  it("and by factors with duration and convexity", async () => {
    const held = [{ symbol: "BND", value: "1000", duration: 10, convexity: 100 }];
    const factors = [{ name: "rates", deviation: 0.01 }];
    const found = await resultOf(held, { kind: "reverse", loss: 0.4, factors });
    expect(found.reverse?.shocks[0]?.shock).toBeCloseTo(0.0552786, 6);
    expect(Number(found.change)).toBeCloseTo(-400, 6);
    const beyond = await resultOf(held, { kind: "reverse", loss: 0.6, factors });
    expect(Number(beyond.reverse?.mostLoss)).toBeCloseTo(500, 2);
  });
});

describe("a portfolio", () => {
  it("of cash alone does not move, and another's is not there", async () => {
    const terms = { name: "s", baseCurrency: "USD", initialCash: "1000" };
    const { portfolioId } = await node().admin.call(createPortfolio, terms);
    const scenarios = [{ kind: "hypothetical", shocks: { market: -0.5 } }];
    const found = await stressed({ portfolioId, scenarios });
    expect(found).toMatchObject({ portfolioId, cash: "1000", value: "1000" });
    expect(found.scenarios[0]).toMatchObject({ change: "0", valueAfter: "1000", coveredPct: 1 });
    const { client } = await signUp(node(), { role: "viewer" });
    expectProblem(await client.ask(stressTest, { portfolioId, scenarios }), "NOT_FOUND");
    const nobody = await node().anonymous.ask(stressTest, { portfolioId, scenarios });
    expectProblem(nobody, "UNAUTHENTICATED");
  });

  it("loses what currencies do of its cash in them, and nothing to anything else", async () => {
    const terms = { venue: "PAPER", assetClass: "fx", tickSize: "0.00001", lotSize: "1" };
    const pair = { ...terms, symbol: "GBPUSD", name: "GBPUSD", currency: "USD", calendar: "24x7" };
    await node().admin.call(putSymbol, pair);
    await store(
      Array.from({ length: 90 }, (_, i) => bar("GBPUSD", day(i), (1.25 + moveOf(i)).toFixed(5))),
    );
    const fund = { name: "s", baseCurrency: "USD", initialCash: "1000", multiCurrency: true };
    const { portfolioId } = await node().admin.call(createPortfolio, fund);
    const deposit = { portfolioId, type: "deposit", currency: "GBP", amount: "800" };
    await node().admin.call(createTransaction, deposit);
    const shocks = { "fx:GBP": -0.1, market: -0.5, equity: -0.5, ratesBp: 300, "cash:GBP": 1 };
    const scenarios = [
      { kind: "hypothetical", shocks },
      { kind: "historical", from: day(10), to: day(80) },
      { kind: "historical", name: "brexit-2016" },
      { kind: "monteCarlo", distribution: "bootstrap", blockLength: 1 },
      { kind: "reverse", loss: 100, unit: "currency" },
      { kind: "reverse", loss: 100, factors: [{ name: "fx:GBP", deviation: 0.01 }] },
    ];
    const found = await stressed({ portfolioId, scenarios });
    const [shock, stretch, brexit, drawn, reverse, factor] = found.scenarios;
    const value = 800 * Number((1.25 + moveOf(89)).toFixed(5));
    expect(Number(found.value)).toBeCloseTo(1000 + value, 6);
    expect(Number(shock?.change)).toBeCloseTo(-0.1 * value, 6);
    expect(Number(shock?.valueAfter)).toBeCloseTo(1000 + 0.9 * value, 6);
    expect(shock?.positions).toMatchObject([{ symbol: "cash:GBP", moves: { price: 0 } }]);
    expect(shock?.unmatchedShocks).toEqual(["equity", "cash:GBP"]);
    const rate = (i: number) => Number((1.25 + moveOf(i)).toFixed(5));
    expect(Number(stretch?.change)).toBeCloseTo(value * (rate(80) / rate(10) - 1), 6);
    expect(stretch?.positions).toMatchObject([{ basis: "stored" }]);
    expect(brexit?.positions).toMatchObject([{ basis: "factor" }]);
    expect(Number(brexit?.change)).toBeLessThan(0);
    expect(Number(drawn?.change)).toBeLessThan(0);
    expect(Number(reverse?.change)).toBeCloseTo(-100, 6);
    expect(Number(factor?.change)).toBeCloseTo(-100, 6);
  });
});

const one = [{ symbol: "AAA", value: "1", beta: 1 }];
const huge = "9".repeat(24);

describe("what does not fit", () => {
  it.each([
    [{ kind: "hypothetical" }, ["scenarios[0].shocks"]],
    [{ kind: "hypothetical", shocks: {} }, ["scenarios[0].shocks"]],
    [{ kind: "hypothetical", shocks: { AAA: -1.5 } }, ["scenarios[0].shocks.AAA"]],
    [{ kind: "hypothetical", shocks: { rates: 100 } }, ["scenarios[0].shocks.rates"]],
    [{ kind: "hypothetical", shocks: { "fx:EUR": -1 } }, ["scenarios[0].shocks.fx:EUR"]],
    [{ kind: "hypothetical", shocks: { AAA: "x" } }, ["scenarios[0].shocks.AAA"]],
    [{ kind: "historical" }, ["scenarios[0].name"]],
    [{ kind: "historical", name: "no such" }, ["scenarios[0].name"]],
    [{ kind: "historical", from: "2020-02-01", to: "2020-01-01" }, ["scenarios[0].to"]],
    [{ kind: "reverse" }, ["scenarios[0].loss"]],
    [{ kind: "reverse", loss: 0.1, simulations: 5 }, ["scenarios[0].simulations"]],
    [{ kind: "saved" }, ["scenarios[0].scenarioId"]],
    [
      { kind: "monteCarlo", distribution: "bootstrap", correlationShift: 0.5 },
      ["scenarios[0].correlationShift"],
    ],
    [{ kind: "dream" }, ["scenarios[0].kind"]],
  ])("is refused: %j", async (scenario, paths) => {
    const answer = await refused({ positions: one, scenarios: [scenario] });
    expectProblem(answer, "VALIDATION_FAILED", paths);
  });

  it.each([
    [{ positions: [{ symbol: "AAA", value: huge, beta: 100 }] }, 200],
    [{ positions: [{ symbol: "AAA", quantity: huge, price: huge }] }, 404],
    [{ positions: [{ symbol: "AAA", value: "0", beta: 1 }] }, 200],
    [
      {
        positions: [
          { symbol: "AAA", value: "1" },
          { symbol: "AAA", value: "2" },
        ],
      },
      422,
    ],
    [{ positions: [] }, 422],
    [{}, 422],
    [{ positions: one, portfolioId: "p" }, 422],
    [{ positions: [{ symbol: "AAA" }] }, 422],
    [{ positions: [{ symbol: "AAA", value: "1", convexity: 3 }] }, 422],
    [{ positions: [{ symbol: "STA", value: "1", currency: "EUR" }] }, 422],
  ])("or answered, never a fault: %#", async (input, status) => {
    const shocks = JSON.parse('{"market":-0.2,"__proto__":0.1,"constructor":0.2}') as Record<
      string,
      number
    >;
    const scenarios = [
      { kind: "hypothetical", shocks },
      { kind: "reverse", loss: 0.1, factors: [{ name: "market", deviation: 0.2 }] },
    ];
    const answer = await refused({ scenarios, ...input });
    // A quantity of what nobody has described is worth its price.
    expect([status === 404 ? 200 : status, 422]).toContain(answer.status);
  });
});

describe("scenarios of a tenant", () => {
  const scenario = { kind: "hypothetical", shocks: { market: -0.3, "BRK.B": -0.1 } };

  it("are stored, listed, used and forgotten", async () => {
    const made = await node().admin.call(createScenario, { name: "ours", scenario });
    expect(made).toMatchObject({ origin: "user", name: "ours", definition: scenario });
    const again = await node().admin.call(createScenario, { name: "ours", scenario });
    expect(again.scenarioId).toBe(made.scenarioId);
    const other = { name: "ours", scenario: { kind: "reverse", loss: 0.2 } };
    expectProblem(await node().admin.ask(createScenario, other), "CONFLICT");
    const { data } = await node().admin.call(listScenarios, { limit: 1000 });
    expect(data.map(({ scenarioId }) => scenarioId)).toContain(made.scenarioId);
    expect(
      data.filter(({ kind, origin }) => kind === "historical" && origin === "builtIn"),
    ).toHaveLength(15);
    const saved = { kind: "saved", scenarioId: made.scenarioId };
    expect(await resultOf(one, saved)).toMatchObject({
      name: "ours",
      change: "-0.3",
      scenarioId: made.scenarioId,
    });
    await node().admin.call(deleteScenario, { scenarioId: made.scenarioId });
    const { scenarioId } = made;
    expectProblem(await node().admin.ask(deleteScenario, { scenarioId }), "NOT_FOUND");
    expectProblem(await refused({ positions: one, scenarios: [saved] }), "NOT_FOUND");
  });

  it("go page by page", async () => {
    const first = await node().admin.call(listScenarios, { limit: 10 });
    expect(first.data).toHaveLength(10);
    const cursor = first.nextCursor ?? "";
    const rest = await node().admin.call(listScenarios, { limit: 1000, cursor });
    const ids = [...first.data, ...rest.data].map(({ scenarioId }) => scenarioId);
    expect(new Set(ids).size).toBe(ids.length);
    expect(rest.nextCursor).toBeNull();
    expectProblem(await node().admin.ask(listScenarios, { cursor: "x" }), "VALIDATION_FAILED");
  });

  it("are not another tenant's, nor a viewer's to store, and those built in stay", async () => {
    const { scenarioId } = await node().admin.call(createScenario, { name: "kept", scenario });
    const { client: foreign } = await signUp(node(), { role: "trader", tenantId: "elsewhere" });
    expectProblem(await foreign.ask(deleteScenario, { scenarioId }), "NOT_FOUND");
    const { data } = await foreign.call(listScenarios, { limit: 1000 });
    expect(data.some((found) => found.scenarioId === scenarioId)).toBe(false);
    const saved = { positions: one, scenarios: [{ kind: "saved", scenarioId }] };
    expectProblem(await foreign.ask(stressTest, saved), "NOT_FOUND");
    const { client: viewer } = await signUp(node(), { role: "viewer" });
    expectProblem(await viewer.ask(createScenario, { name: "x", scenario }), "FORBIDDEN");
    expectProblem(await node().admin.ask(deleteScenario, { scenarioId: "covid-2020" }), "CONFLICT");
    const broken = { name: "b", scenario: { kind: "historical" } };
    expectProblem(await node().admin.ask(createScenario, broken), "VALIDATION_FAILED");
  });
});
