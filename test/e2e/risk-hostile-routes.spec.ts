import { attributeReturn } from "../../mixins/rest/routes/risk-attribution.ts";
import {
  compareCorrelations,
  estimateCovariance,
} from "../../mixins/rest/routes/risk-covariance.ts";
import { optimisePortfolio } from "../../mixins/rest/routes/risk-construction.ts";
import { explainByFactors } from "../../mixins/rest/routes/risk-factors.ts";
import { backtestVar, fitTail, modelVolatility } from "../../mixins/rest/routes/risk-measures.ts";
import { measureReturns } from "../../mixins/rest/routes/risk-metrics.ts";
import { simulateBook } from "../../mixins/rest/routes/risk-simulation.ts";
import { sizePosition } from "../../mixins/rest/routes/risk-sizing.ts";
import type { AnyRoute } from "../../mixins/rest/route.ts";
import { withNode } from "../support/node.ts";

const node = withNode();
const N = 120;
const wave = (k: number) => Array.from({ length: N }, (_, i) => Math.sin(i * k) / 50);
const filled = (value: number) => Array.from({ length: N }, () => value);

/** What returns can look like without being wrong. */
const SERIES: Readonly<Record<string, readonly number[]>> = {
  one: [0.1],
  two: [-1, 1e6],
  zeros: filled(0),
  constant: filled(0.01),
  ruin: filled(-1),
  "ruin at the end": [...wave(2.7).slice(1), -1],
  huge: wave(2.7).map((x) => (x > 0 ? 1e6 : -1)),
  tiny: wave(2.7).map((x) => x * 1e-306),
  denormal: filled(5e-324),
  "up and down": filled(0).map((_, i) => (i % 2 === 0 ? 0.5 : -0.5)),
  step: [...filled(0).slice(1), 0.5],
};

interface Question {
  readonly route: AnyRoute;
  readonly body: Readonly<Record<string, unknown>>;
}

/** Every question has a clear answer: a whole one, or a refusal that says why. */
async function unclear(questions: readonly Question[]): Promise<readonly string[]> {
  const found: string[] = [];
  for (const { route, body } of questions) {
    const { status, text } = await node().admin.ask(route, body);
    if ((status === 200 || status === 422) && !/NaN|Infinity/u.test(text)) continue;
    found.push(
      `${route.path} ${JSON.stringify(body).slice(0, 200)}: ${status} ${text.slice(0, 200)}`,
    );
  }
  return found;
}

describe.each(Object.entries(SERIES))("returns that are %s", (_, x) => {
  const short = x.length;
  const [y, z] = [x.toReversed(), wave(1.3).slice(0, short)];
  const assets = { a: x, b: y, c: z };
  const twins = { a: x, b: x };

  it("are estimated and optimised, or refused", async () => {
    const estimators = ["sample", "ewma", "ledoitWolfConstantCorrelation", "oas"];
    const objectives = ["minVariance", "maxDiversification", "riskParity", "hrp", "maxSharpe"];
    const questions = [assets, twins, { a: x }].flatMap((of) => [
      ...estimators.map((estimator) => ({
        route: estimateCovariance,
        body: { assets: of, estimator, repair: true },
      })),
      ...objectives.map((objective) => ({
        route: optimisePortfolio,
        body: {
          assets: of,
          objective,
          estimator: "oas",
          ...(objective === "maxSharpe" && { mean: "historical" }),
        },
      })),
      { route: compareCorrelations, body: { assets: of } },
    ]);
    expect(await unclear(questions)).toEqual([]);
  });

  it("are explained and measured, or refused", async () => {
    const factors = { MKT: z };
    const questions = [
      ...["classic", "white", "neweyWest"].flatMap((errors) => [
        { route: explainByFactors, body: { assets, model: "capm", factors, errors } },
        {
          route: explainByFactors,
          body: { returns: z, model: "capm", factors: { MKT: x }, errors },
        },
        { route: explainByFactors, body: { returns: z, model: "capm", factors, errors } },
      ]),
      { route: explainByFactors, body: { assets, model: "pca", components: 3 } },
      { route: explainByFactors, body: { assets: twins, model: "pca", explained: 0.99 } },
      ...[
        [0, 0, 0],
        [1, -1, 0],
        [1e6, -1e6, 1],
      ].map((weights) => ({
        route: explainByFactors,
        body: { assets, weights, model: "capm", factors },
      })),
      ...["default", "lean", "nautilus", "freqtrade"].map((convention) => ({
        route: measureReturns,
        body: { returns: x, benchmark: y, convention },
      })),
      ...[0, 1e-9, 1].map((loss) => ({
        route: backtestVar,
        body: { returns: x, var: loss, confidence: 0.99 },
      })),
      ...["ewma", "garch11"].map((model) => ({
        route: modelVolatility,
        body: { returns: x, model, horizon: 1000 },
      })),
      { route: fitTail, body: { data: x.map(Math.abs), quantile: 0.9 } },
    ];
    expect(await unclear(questions)).toEqual([]);
  });

  it("are simulated, or refused", async () => {
    const kinds = ["normal", "studentT", "gaussianCopula", "studentTCopula", "bootstrap", "gbm"];
    const questions = kinds.flatMap((distribution) =>
      ["antithetic", "sobol"].map((sampling) => ({
        route: simulateBook,
        body: { assets, distribution, sampling, simulations: 1000, seed: 1, horizonDays: 500 },
      })),
    );
    expect(await unclear(questions)).toEqual([]);
  });
});

it("attributes what is at the edge of sense, or refuses it", async () => {
  const group = (name: string, [wp, wb]: readonly number[], rp: number, rb: number) => ({
    group: name,
    portfolioWeight: wp,
    benchmarkWeight: wb,
    portfolioReturn: rp,
    benchmarkReturn: rb,
  });
  const weights = [
    [1, 0],
    [2, -1],
    [0, 1],
  ];
  const questions = weights.flatMap(([wp = 0, wb = 0]) =>
    [0, -0.999_999, 1e6].flatMap((change) => {
      const groups = [
        group("a", [wp, wb], change, 0.01),
        group("b", [1 - wp, 1 - wb], -0.01, change),
      ];
      const periods = [{ groups }, { groups }, { groups }];
      return [
        ...["carino", "menchero", "grap", "frongello"].map((linking) => ({
          route: attributeReturn,
          body: { periods, linking },
        })),
        { route: attributeReturn, body: { periods, method: "geometric" } },
      ];
    }),
  );
  expect(await unclear(questions)).toEqual([]);
});

const SIZINGS: Readonly<Record<string, Readonly<Record<string, unknown>>>> = {
  fixedFractional: { equity: "10000", riskFraction: 0.01, entry: "100", stop: "95" },
  percentOfEquity: { equity: "10000", percent: 0.1, entry: "100" },
  kelly: { equity: "10000", winProbability: 0.6, payoff: 1, entry: "100" },
  kellyMulti: {
    mean: [0.01, 0.02],
    covariance: [
      [0.04, 0],
      [0, 0.09],
    ],
  },
  optimalF: { equity: "1000", trades: [1, -1, 2] },
  volatilityTarget: { equity: "1000", targetVol: 0.1, realizedVol: 0.2, entry: "100" },
  atr: { equity: "10000", riskFraction: 0.01, atr: "2", entry: "100" },
  riskParity: {
    covariance: [
      [0.04, 0],
      [0, 0.09],
    ],
  },
  inverseVolatility: { vols: [0.1, 0.2] },
  drawdownConstrained: { wealth: "1000", peak: "1200", maxDrawdown: 0.2, kelly: 0.5, entry: "100" },
  cppi: { value: "1000", floor: "800", multiplier: 3, entry: "100" },
};
const EXTREMES: readonly unknown[] = [
  "0",
  "-1",
  "1e-18",
  "99999999999999999999",
  "0.000000000000000000000001",
  1e-300,
  1e300,
  null,
  [],
  [0, 0],
  [1e-12, 1e6],
  [
    [0, 0],
    [0, 0],
  ],
  [
    [1, 2],
    [2, 1],
  ],
  [
    [1e12, 0],
    [0, 1e-12],
  ],
];

it.each(Object.entries(SIZINGS))(
  "sizes by %s at the edge of sense, or refuses it",
  async (method, fields) => {
    const body = { method, ...fields };
    const { status } = await node().admin.ask(sizePosition, body);
    expect(status).toBe(200);
    const questions = [...Object.keys(fields), "lotSize", "pointValue"].flatMap((field) =>
      EXTREMES.map((value) => ({ route: sizePosition, body: { ...body, [field]: value } })),
    );
    expect(await unclear(questions)).toEqual([]);
  },
);
