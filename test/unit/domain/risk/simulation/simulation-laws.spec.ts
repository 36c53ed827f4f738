import { assert, constantFrom, integer, property, record } from "fast-check";
import {
  normalPdf,
  normalQuantile,
  studentPdf,
  studentQuantile,
} from "../../../../../domain/numeric/distributions.ts";
import {
  matrixOf,
  multiply,
  quadraticForm,
  times,
  transpose,
} from "../../../../../domain/numeric/matrix.ts";
import { mean, standardDeviation } from "../../../../../domain/numeric/moments.ts";
import { RandomStream } from "../../../../../domain/numeric/random.ts";
import type { SimulationInput } from "../../../../../domain/risk/simulation/input.ts";
import { type EllipticalLaw, ellipticalLaw } from "../../../../../domain/risk/simulation/law.ts";
import { simulated, simulatedVaR } from "../../../../../domain/risk/simulation/value-at-risk.ts";

/** A book of normal or Student's t returns, and what is known of it. */
interface Case {
  readonly size: number;
  readonly seed: number;
  readonly nu: number | null;
  readonly confidence: number;
  readonly horizonDays: number;
}

const cases = record({
  size: integer({ min: 1, max: 12 }),
  seed: integer({ min: 0, max: 2 ** 40 }),
  nu: constantFrom(null, null, 3.5, 5, 12),
  confidence: constantFrom(0.9, 0.95, 0.99, 0.995),
  horizonDays: constantFrom(1, 10),
});

function bookOf({ size, seed, nu, horizonDays }: Case) {
  const random = RandomStream.of(seed, 1_000_000);
  const root = matrixOf(
    Array.from({ length: size }, () => Array.from({ length: size }, () => 0.01 * random.normal())),
  );
  const covariance = multiply(root, transpose(root));
  const means = Array.from({ length: size }, () => 0.0005 * random.normal());
  const exposures = Float64Array.from({ length: size }, () => random.normal());
  const deviation = Math.sqrt(horizonDays * quadraticForm(covariance, exposures));
  const centre = horizonDays * exposures.reduce((sum, e, i) => sum + e * (means[i] ?? 0), 0);
  const law = ellipticalLaw({ mean: means, covariance }, horizonDays, nu);
  return { law, exposures, covariance, deviation, centre };
}

/** McNeil, Frey & Embrechts (2015), §2.3.4: of mean and deviation 0 and 1. */
function closedForm(confidence: number, nu: number | null) {
  const p = 1 - confidence;
  if (nu === null) {
    const z = normalQuantile(confidence);
    return { valueAtRisk: z, expectedShortfall: normalPdf(z) / p };
  }
  const t = studentQuantile(confidence, nu);
  const scale = Math.sqrt((nu - 2) / nu);
  const shortfall = ((studentPdf(t, nu) / p) * (nu + t * t)) / (nu - 1);
  return { valueAtRisk: scale * t, expectedShortfall: scale * shortfall };
}

const inputOf = (
  law: EllipticalLaw,
  exposures: Float64Array,
  { seed, confidence }: Pick<Case, "seed" | "confidence">,
): SimulationInput => ({
  law,
  exposures,
  seed,
  confidences: [confidence],
  paths: 20_000,
  wealth: null,
  sampling: "random",
  isMatched: false,
  hasComponents: true,
});

/** The seed is fixed: of thousands of honest comparisons within four errors one fails now and then. */
const RUNS = { numRuns: 60, seed: 20_260_301 };

describe("simulated tails", () => {
  test("lie within four standard errors of the closed form", () => {
    assert(
      property(cases, (one) => {
        const { law, exposures, deviation, centre } = bookOf(one);
        const exact = closedForm(one.confidence, one.nu);
        const { tails } = simulated(inputOf(law, exposures, one));
        const [tail] = tails;
        if (tail === undefined) throw new Error("expected a tail");
        for (const name of ["valueAtRisk", "expectedShortfall"] as const) {
          const error = tail[name] - (deviation * exact[name] - centre);
          expect(Math.abs(error)).toBeLessThan(4 * tail.standardErrors[name]);
        }
      }),
      RUNS,
    );
  });

  test("are shared out to assets in parts that sum to them, as Euler's theorem has it", () => {
    assert(
      property(cases, (one) => {
        const { law, exposures, covariance, deviation } = bookOf(one);
        const { tails } = simulated(inputOf(law, exposures, one));
        const [tail] = tails;
        if (!tail?.components) throw new Error("expected components");
        const { components } = tail;
        const sum = (parts: Float64Array) => parts.reduce((total, part) => total + part, 0);
        expect(sum(components.valueAtRisk)).toBeCloseTo(tail.valueAtRisk, 10);
        expect(sum(components.expectedShortfall)).toBeCloseTo(tail.expectedShortfall, 10);
        // Of an elliptical book: w·(Σw)/σ² of the whole, but for the mean (McNeil et al. 2015, §8.5.3). What a tail of m paths
        // leaves undecided is the rest of each asset, over √m.
        const slopes = times(covariance, exposures).map((value) => value * one.horizonDays);
        const count = 20_000 * (1 - one.confidence);
        const tailDeviation = tail.expectedShortfall / deviation;
        for (const [i, part] of components.expectedShortfall.entries()) {
          const exposure = exposures[i] ?? 0;
          const share = (exposure * (slopes[i] ?? 0)) / deviation ** 2;
          const own =
            Math.abs(exposure) *
            Math.sqrt(one.horizonDays * (covariance.data[i * one.size + i] ?? 0));
          const error = part - share * tail.expectedShortfall;
          const room = 5 * own * Math.max(1, tailDeviation) * (1 / Math.sqrt(count)) + 0.02 * own;
          expect(Math.abs(error)).toBeLessThan(room + 0.005 * one.horizonDays * Math.abs(exposure));
        }
      }),
      RUNS,
    );
  });

  test("rise with confidence, and the shortfall is never below the value at risk", () => {
    assert(
      property(cases, (one) => {
        const { law, exposures } = bookOf(one);
        const confidences = [0.5, 0.9, 0.95, 0.99];
        const { tails } = simulated({ ...inputOf(law, exposures, one), paths: 2_000, confidences });
        for (const [i, tail] of tails.entries()) {
          expect(tail.expectedShortfall).toBeGreaterThanOrEqual(tail.valueAtRisk);
          expect(tail.valueAtRisk).toBeGreaterThanOrEqual(tails[i - 1]?.valueAtRisk ?? -Infinity);
        }
      }),
      { ...RUNS, numRuns: 30 },
    );
  });

  test.each(["random", "antithetic", "sobol"] as const)(
    "of %s draws have the standard errors that repetition shows",
    (sampling) => {
      const { law, exposures } = bookOf({
        size: 6,
        seed: 1,
        nu: null,
        confidence: 0.99,
        horizonDays: 1,
      });
      const found = Array.from({ length: 80 }, (_, seed) =>
        simulatedVaR({
          law,
          exposures,
          seed,
          sampling,
          paths: 16_384,
          confidence: 0.99,
          hasComponents: false,
        }),
      );
      for (const name of ["valueAtRisk", "expectedShortfall"] as const) {
        const spread = standardDeviation(found.map((one) => one[name]));
        const told = mean(found.map((one) => one.standardErrors[name]));
        expect(told / spread).toBeGreaterThan(0.75);
        expect(told / spread).toBeLessThan(1.35);
      }
    },
  );

  test("come nearer with the root of the number of paths, and nearer still with Sobol's", () => {
    const book = bookOf({ size: 4, seed: 3, nu: null, confidence: 0.99, horizonDays: 1 });
    const exact = book.deviation * closedForm(0.99, null).valueAtRisk - book.centre;
    const error = (paths: number, sampling: SimulationInput["sampling"]) => {
      const squares = Array.from({ length: 40 }, (_, seed) => {
        const { valueAtRisk } = simulatedVaR({
          ...book,
          seed,
          paths,
          sampling,
          confidence: 0.99,
          hasComponents: true,
        });
        return (valueAtRisk / exact - 1) ** 2;
      });
      return Math.sqrt(mean(squares));
    };
    const [few, many] = [error(4_096, "random"), error(65_536, "random")];
    expect(few / many).toBeGreaterThan(2.8);
    expect(few / many).toBeLessThan(5.7);
    expect(error(16_384, "sobol")).toBeLessThan(0.75 * error(16_384, "random"));
  });
});
