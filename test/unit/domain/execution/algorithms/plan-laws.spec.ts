import * as fc from "fast-check";
import { catalogue, parseStrategy } from "../../../../../domain/execution/algorithms/catalogue.ts";
import {
  afterTradingDays,
  type MarketFacts,
} from "../../../../../domain/execution/algorithms/facts.ts";
import {
  STRATEGY_NAMES,
  type StrategyName,
} from "../../../../../domain/execution/algorithms/parameters.ts";
import { planStrategy } from "../../../../../domain/execution/algorithms/plan.ts";
import type { Plan, PlanTerms } from "../../../../../domain/execution/algorithms/plan-types.ts";
import { dec, text, ZERO } from "../../../../../domain/shared/decimal.ts";

const NOW_MS = Date.UTC(2026, 0, 5, 14, 30);
const iso = (ms: number) => new Date(ms).toISOString();

const good: Record<StrategyName, { readonly [key: string]: unknown }> = {
  twap: { durationSeconds: 1300, intervalSeconds: 100 },
  vwap: { end: iso(NOW_MS + 3_600_000), intervalMinutes: 15, curve: [4, 1, 2, 3] },
  pov: { rate: 0.1 },
  implementationShortfall: {
    durationDays: 5,
    intervals: 5,
    riskAversion: 1e-6,
    sigma: 0.9486833,
    gamma: 2.5e-7,
    eta: 2.5e-6,
    epsilon: 0.0625,
  },
  iceberg: { displayQuantity: "300", variance: 0.2 },
  sniper: { limitPrice: "100.1" },
  smartRouting: {
    venues: [
      {
        name: "A",
        feePerUnit: 0.012,
        levels: [
          { price: "100.00", size: 1000 },
          { price: "100.01", size: 2000 },
        ],
      },
      { name: "B", feePerUnit: "-0.001", levels: [{ price: "100.01", size: "1500" }] },
      { name: "C", feePerUnit: 0, levels: [{ price: "100.00", size: "500" }] },
    ],
  },
};

const facts: MarketFacts = {
  quote: { bid: "99.9", ask: "100.0", bidSize: "800", askSize: "500" },
  averageDailyVolume: 1e6,
  dailySigma: 1.2,
  volumesByDay: null,
  sessions: null,
};
const nothing: MarketFacts = {
  quote: null,
  averageDailyVolume: null,
  dailySigma: null,
  volumesByDay: null,
  sessions: null,
};
const terms: PlanTerms = {
  side: "buy",
  quantity: "3000",
  strategy: null,
  venues: null,
  urgency: "medium",
  instrument: { lotSize: "1", tickSize: "0.01", multiplier: "1", currency: "USD" },
  facts,
  nowMs: NOW_MS,
  seed: 3,
};

function strategyOf(name: StrategyName, changes: { readonly [key: string]: unknown } = {}) {
  const read = parseStrategy(name, { ...good[name], ...changes });
  if ("faults" in read) throw new Error(JSON.stringify(read.faults));
  return read.value;
}

function plan(name: StrategyName, changes: Partial<PlanTerms> = {}, parameters = {}): Plan {
  const planned = planStrategy({ ...terms, strategy: strategyOf(name, parameters), ...changes });
  if (!("plan" in planned)) throw new Error(JSON.stringify(planned));
  return planned.plan;
}

const faultsOf = (name: StrategyName, changes: { readonly [key: string]: unknown }) => {
  const read = parseStrategy(name, { ...good[name], ...changes });
  return "faults" in read ? read.faults.map(({ path, code }) => `${path} ${code}`) : [];
};

describe("the catalogue", () => {
  it("has every strategy, with a schema that says what the parser does", () => {
    expect(catalogue().map(({ name }) => name)).toEqual(STRATEGY_NAMES);
    for (const { name, parameters } of catalogue()) {
      const required = [parameters["required"]].flat().filter((key) => typeof key === "string");
      for (const key of required)
        expect(faultsOf(name, { [key]: undefined })).toEqual([`${key} REQUIRED`]);
      expect(faultsOf(name, {})).toEqual([]);
      expect(faultsOf(name, { nonsense: 1 })).toEqual(["nonsense UNKNOWN_FIELD"]);
    }
  });

  it("is plain JSON", () => {
    expect(JSON.parse(JSON.stringify(catalogue()))).toEqual(catalogue());
  });
});

describe("parameters", () => {
  it.each([
    ["twap", { durationSeconds: 99 }, ["durationSeconds OUT_OF_RANGE"]],
    [
      "twap",
      { durationSeconds: 1.5, intervalSeconds: "1" },
      ["durationSeconds INVALID_TYPE", "intervalSeconds INVALID_TYPE"],
    ],
    ["twap", { durationSeconds: 2_000_000, intervalSeconds: 1 }, ["durationSeconds OUT_OF_RANGE"]],
    ["twap", { jitter: 0.6, priceLimit: "0" }, ["jitter OUT_OF_RANGE", "priceLimit OUT_OF_RANGE"]],
    ["twap", { catchUp: "never" }, ["catchUp INVALID_VALUE"]],
    ["vwap", { curve: [0, 0, 0, 0] }, ["curve OUT_OF_RANGE"]],
    ["vwap", { lookbackDays: 3 }, ["curve INVALID_VALUE"]],
    ["vwap", { start: NOW_MS }, []],
    ["vwap", { start: NOW_MS, curve: [1, 2] }, ["curve OUT_OF_RANGE"]],
    ["vwap", { start: NOW_MS + 3_600_000 }, ["end OUT_OF_RANGE"]],
    ["vwap", { end: "2026-02-30" }, ["end INVALID_VALUE"]],
    ["pov", { rate: 0 }, ["rate OUT_OF_RANGE"]],
    ["pov", { minRate: 0.2, maxRate: 0.05 }, ["minRate OUT_OF_RANGE", "maxRate OUT_OF_RANGE"]],
    ["implementationShortfall", { eta: 1e-8 }, ["eta OUT_OF_RANGE"]],
    ["iceberg", { displayQuantity: 1e21 }, ["displayQuantity IMPRECISE_NUMBER"]],
    ["iceberg", { displayQuantity: "1e3" }, ["displayQuantity INVALID_VALUE"]],
    ["sniper", { limitPrice: true }, ["limitPrice INVALID_TYPE"]],
    ["smartRouting", { venues: [] }, ["venues OUT_OF_RANGE"]],
    [
      "smartRouting",
      { venues: [{ name: "A", levels: [{ price: "1" }], feePerUnit: "0" }] },
      ["venues[0].levels[0].size REQUIRED"],
    ],
    [
      "smartRouting",
      {
        venues: [
          { name: "A", levels: [], feePerUnit: "0" },
          { name: "A", levels: [], feePerUnit: "0" },
        ],
      },
      ["venues[1].name INVALID_VALUE"],
    ],
  ] as const)("of %s with %j have the faults %j", (name, changes, faults) => {
    expect(faultsOf(name, changes)).toEqual(faults);
  });

  it("of any shape are read or refused, never thrown at", () => {
    fc.assert(
      fc.property(
        fc.constantFrom(...STRATEGY_NAMES),
        fc.anything(),
        fc.string(),
        (name, value, key) => {
          expect(() => parseStrategy(name, value)).not.toThrow();
          expect(() => parseStrategy(name, { ...good[name], [key]: value })).not.toThrow();
          for (const known of Object.keys(good[name])) {
            expect(() => parseStrategy(name, { ...good[name], [known]: value })).not.toThrow();
          }
        },
      ),
    );
  });

  it("have times as the REST contract reads them", () => {
    const endOf = (end: unknown) => {
      const read = parseStrategy("vwap", { end, intervalMinutes: 1 });
      return "value" in read && read.value.name === "vwap" ? read.value.parameters.end : null;
    };
    const times = [
      "2026-03-02T14:30:00.5Z",
      "2026-03-02T14:30+02:00",
      "2026-03-02",
      "1999-12-31T23:59:59.123456-05:30",
    ];
    expect(times.map(endOf)).toEqual([
      Date.UTC(2026, 2, 2, 14, 30, 0, 500),
      Date.UTC(2026, 2, 2, 12, 30),
      Date.UTC(2026, 2, 2),
      Date.UTC(2000, 0, 1, 5, 29, 59, 123),
    ]);
    expect(["2026-13-01", "2026-03-02T24:00", "yesterday", "2026-02-29"].map(endOf)).toEqual([
      null,
      null,
      null,
      null,
    ]);
  });
});

describe("a plan", () => {
  it.each(STRATEGY_NAMES)("of %s sends what was asked for, to the lot", (name) => {
    const { schedule, unscheduled } = plan(name);
    const sum = schedule.reduce((total, { quantity }) => total.plus(quantity), ZERO);
    expect([text(sum), unscheduled]).toEqual(["3000", "0"]);
    const times = schedule.flatMap(({ atMs }) => (atMs === null ? [] : [atMs]));
    expect(times).toEqual(times.toSorted((a, b) => a - b));
  });

  it("of the Almgren–Chriss example has its figures, in money", () => {
    const found = plan(
      "implementationShortfall",
      { quantity: "1000000" },
      { sigma: 15 / Math.sqrt(250) },
    );
    expect(found.expectedCost).toBe("910477.84");
    expect(found.kappa).toBeCloseTo(0.6063, 4);
    expect(found.holdings).toHaveLength(6);
    expect(found.schedule.map(({ quantity }) => quantity)).toEqual([
      "457619",
      "252086",
      "142079",
      "85913",
      "62303",
    ]);
    expect(found.schedule[1]?.atMs).toBe(NOW_MS + 86_400_000);
  });

  it("of the routing example costs 300,025.5 and saves 19.5", () => {
    const { expectedCost, saving, allocations } = plan("smartRouting");
    expect([expectedCost, saving]).toEqual(["300025.5", "19.5"]);
    expect(allocations?.map(({ venue }) => venue)).toEqual(["C", "B", "A"]);
  });

  it("calibrates impact by the market where it is not given", () => {
    const parameters = { gamma: undefined, eta: undefined, epsilon: undefined, sigma: undefined };
    const found = plan("implementationShortfall", {}, parameters);
    expect(found.costModel).toBe("almgrenChriss");
    // half the spread of 0.10 for 3,000 is 150: impact comes on top
    expect(Number(found.expectedCost)).toBeGreaterThan(150);
  });

  it("says which facts are missing instead of inventing them", () => {
    const bare = { facts: nothing };
    const asked = (name: StrategyName, parameters = {}) =>
      planStrategy({ ...terms, ...bare, strategy: strategyOf(name, parameters) });
    expect(asked("pov")).toEqual({ insufficient: expect.stringContaining("daily volume") });
    expect(asked("sniper")).toEqual({ insufficient: expect.stringContaining("sniper") });
    expect(asked("vwap", { curve: undefined })).toEqual({
      insufficient: expect.stringContaining("curve"),
    });
    expect(asked("implementationShortfall", { sigma: undefined })).toEqual({
      insufficient: expect.stringContaining("sigma"),
    });
    expect(asked("smartRouting", { venues: undefined })).toEqual({
      insufficient: expect.stringContaining("venue"),
    });
    expect(plan("twap", bare)).toMatchObject({
      expectedCost: null,
      costModel: null,
      costReason: expect.any(String),
    });
  });

  it("is refused for a quantity off the lot, and for parameters that the order cannot keep", () => {
    const instrument = { ...terms.instrument, lotSize: "7" };
    expect(planStrategy({ ...terms, instrument })).toMatchObject({
      faults: [{ path: "quantity" }],
    });
    const small = { ...terms, strategy: strategyOf("iceberg", { displayQuantity: "0.5" }) };
    expect(planStrategy(small)).toMatchObject({ faults: [{ path: "parameters.displayQuantity" }] });
  });

  it("of a VWAP follows the volume on record", () => {
    const volumesByDay = [
      [100, 100, 100, 100],
      [300, 100, 0, 0],
    ];
    const found = plan("vwap", { facts: { ...facts, volumesByDay } }, { curve: undefined });
    expect(found.schedule.map(({ quantity }) => quantity)).toEqual(["1500", "750", "375", "375"]);
  });
});

describe("the choice of a strategy", () => {
  const chosen = (changes: Partial<PlanTerms>) => {
    const planned = planStrategy({ ...terms, ...changes });
    return "plan" in planned ? planned.plan.strategy.name : null;
  };

  it("depends on size, spread and urgency", () => {
    expect(chosen({ quantity: "500", urgency: "high" })).toBe("sniper");
    expect(chosen({ quantity: "100000" })).toBe("implementationShortfall");
    expect(chosen({ quantity: "3000" })).toBe("pov");
    expect(chosen({ quantity: "500" })).toBe("twap");
    const wide = { ...facts, quote: { bid: "99", ask: "100", bidSize: "1", askSize: "1" } };
    expect(chosen({ quantity: "500", urgency: "low", facts: wide })).toBe("iceberg");
    expect(
      chosen({ venues: [{ name: "A", feePerUnit: "0", levels: [{ price: "1", size: "5000" }] }] }),
    ).toBe("smartRouting");
    expect(chosen({ facts: nothing })).toBe("twap");
  });

  it("never needs facts that are absent, and gives its reason", () => {
    const some = fc.record({
      quote: fc.constantFrom(facts.quote, null, {
        bid: null,
        ask: "100",
        bidSize: null,
        askSize: "3",
      }),
      averageDailyVolume: fc.constantFrom(null, 0, 1e4, 1e9),
      dailySigma: fc.constantFrom(null, 1),
      volumesByDay: fc.constant(null),
      sessions: fc.constant(null),
    });
    const quantity = fc.integer({ min: 1, max: 100_000 }).map(String);
    fc.assert(
      fc.property(
        some,
        quantity,
        fc.constantFrom("low", "medium", "high"),
        (known, size, urgency) => {
          const planned = planStrategy({ ...terms, quantity: size, urgency, facts: known });
          expect(planned).toMatchObject({
            plan: { reason: expect.stringContaining(`urgency ${urgency}`) },
          });
          const { schedule, unscheduled } =
            "plan" in planned ? planned.plan : { schedule: [], unscheduled: "" };
          const sum = schedule.reduce(
            (total, child) => total.plus(child.quantity),
            dec(unscheduled),
          );
          expect(text(sum)).toBe(size);
        },
      ),
    );
  });
});

describe("trading days", () => {
  const sessions = [
    { openMs: 0, closeMs: 100 },
    { openMs: 1000, closeMs: 1100 },
  ];

  it("pass while the venue is open", () => {
    const at = (startMs: number, days: number) => afterTradingDays(startMs, days, sessions);
    expect([at(50, 0.25), at(50, 0.5), at(50, 1), at(500, 0.1)]).toEqual([75, 1000, 1050, 1010]);
    expect(at(50, 2)).toBeNull();
    expect(afterTradingDays(0, 0.5, null)).toBe(43_200_000);
  });
});
