import * as fc from "fast-check";
import { dot, matrixOf, quadraticForm, times } from "../../../../../domain/numeric/matrix.ts";
import { covarianceMatrix } from "../../../../../domain/risk/covariance/sample.ts";
import {
  SHIFT_TARGETS,
  shiftCorrelation,
} from "../../../../../domain/risk/stress/correlation-shift.ts";
import {
  factorLoss,
  smallestFactorShock,
} from "../../../../../domain/risk/stress/factor-reverse.ts";
import { outcomeOf } from "../../../../../domain/risk/stress/outcome.ts";
import { STRESS_CLASSES, type StressPosition } from "../../../../../domain/risk/stress/position.ts";
import { smallestLinearShock } from "../../../../../domain/risk/stress/reverse.ts";
import { namedShocks } from "../../../../../domain/risk/stress/shocks.ts";
import { totalOf } from "../../../../../domain/risk/stress/total.ts";
import { text } from "../../../../../domain/shared/decimal.ts";
import { beta, changed, holding } from "./book.ts";

const number = (min: number, max: number) => fc.double({ min, max, noNaN: true });

const position: fc.Arbitrary<StressPosition> = fc
  .record({
    symbol: fc.constantFrom("A", "B", "C", "D"),
    value: number(-1e9, 1e9),
    currency: fc.constantFrom("USD", "EUR"),
    assetClass: fc.option(fc.constantFrom(...STRESS_CLASSES)),
    sector: fc.option(fc.constantFrom("technology", "energy")),
    beta: fc.option(number(-2, 2).map(beta)),
    duration: fc.option(number(0, 20)),
    vega: fc.option(number(-1e4, 1e4)),
  })
  .map(({ symbol, value, ...rest }) => holding(symbol, value, rest));
const book = fc.array(position, { minLength: 1, maxLength: 8 });
const shocks = fc.dictionary(
  fc.constantFrom(
    "market",
    "rates",
    "volatility",
    "wti",
    "fx:EUR",
    "fx:USD",
    "equity",
    "A",
    "technology",
  ),
  number(-0.2, 0.2),
);

function stressed(positions: readonly StressPosition[], given: Readonly<Record<string, number>>) {
  const { shocks: named } = namedShocks(Object.entries(given), positions, "USD");
  return positions.map((one) => ({ ...one, outcome: outcomeOf(one, named, "USD") }));
}

it("no shock changes nothing", () => {
  fc.assert(
    fc.property(book, shocks, (positions, given) => {
      const still = Object.fromEntries(Object.keys(given).map((name) => [name, 0]));
      const moved = stressed(positions, still).filter(
        ({ outcome }) => outcome.isCovered && outcome.change !== 0,
      );
      expect(moved).toEqual([]);
    }),
  );
});

it("positions sum to the total, to the last digit", () => {
  fc.assert(
    fc.property(book, shocks, number(-1e6, 1e6), (positions, given, cash) => {
      const total = totalOf(stressed(positions, given), cash);
      const sum = total.positions.reduce(
        (all, { change }) => (change === null ? all : change.plus(all)),
        totalOf([], 0).valueBefore,
      );
      const isBlind = total.positions.every(({ change }) => change === null);
      expect(total.change === null ? null : text(total.change)).toBe(isBlind ? null : text(sum));
      if (total.valueAfter !== null && total.change !== null)
        expect(text(total.valueAfter.minus(total.valueBefore))).toBe(text(total.change));
    }),
  );
});

it("a book of betas is linear in the shock and in what is held", () => {
  fc.assert(
    fc.property(
      number(-1e6, 1e6),
      number(-2, 2),
      number(-0.2, 0.2),
      number(0, 2),
      (value, slope, shock, times_) => {
        const of = (held: number, market: number) => {
          const [one] = stressed([holding("A", held, { beta: beta(slope) })], { market });
          return one === undefined ? NaN : changed(one.outcome);
        };
        expect(of(value, shock * times_)).toBeCloseTo(times_ * of(value, shock), 5);
        expect(of(-value, shock)).toBeCloseTo(-of(value, shock), 5);
      },
    ),
  );
});

it("a hedged book does not move", () => {
  fc.assert(
    fc.property(number(0.1, 2), number(0.1, 2), number(-0.3, 0.3), (a, b, market) => {
      const positions = [
        holding("A", 1000 / a, { beta: beta(a) }),
        holding("B", -1000 / b, { beta: beta(b) }),
      ];
      const sum = stressed(positions, { market }).reduce(
        (all, { outcome }) => all + changed(outcome),
        0,
      );
      expect(sum).toBeCloseTo(0, 8);
    }),
  );
});

const columns = fc.array(fc.array(number(-0.1, 0.1), { minLength: 30, maxLength: 30 }), {
  minLength: 2,
  maxLength: 5,
});

it("a correlation shifted anywhere is one still", () => {
  fc.assert(
    fc.property(
      columns,
      fc.constantFrom(...SHIFT_TARGETS),
      number(0, 1),
      number(-1, 1),
      (given, towards, amount, wild) => {
        const covariance = covarianceMatrix(given);
        const size = given.length;
        const target = matrixOf(
          given.map((_, i) =>
            given.map((__, j) => (i === j ? 1 : (i + j) % 2 === 0 ? wild : -wild)),
          ),
        );
        const { minEigenvalue, correlation } = shiftCorrelation(covariance, {
          towards,
          amount,
          target,
        });
        expect(minEigenvalue).toBeGreaterThan(-1e-9);
        expect(correlation.rows).toBe(size);
        for (const value of correlation.data)
          expect(Math.abs(value)).toBeLessThanOrEqual(1 + 1e-12);
      },
    ),
    { numRuns: 200 },
  );
});

it("the reverse shock loses just so much, and none that does is nearer", () => {
  let compared = 0;
  const weights = fc.array(number(-100, 100), { minLength: 5, maxLength: 5 });
  const turns = fc.array(number(-1, 1), { minLength: 5, maxLength: 5 });
  fc.assert(
    fc.property(columns, weights, number(0.001, 0.3), turns, (given, held, part, turn) => {
      const covariance = covarianceMatrix(given);
      const exposures = Float64Array.from(held.slice(0, given.length));
      const loss = part * exposures.reduce((sum, value) => sum + Math.abs(value), 0);
      const found = loss > 1e-6 ? smallestLinearShock(exposures, covariance, loss) : null;
      if (found === null || found.distance > 1e3) return;
      expect(dot(found.shocks, exposures) / loss).toBeCloseTo(-1, 6);
      expect(found.shocks.every((shock) => shock >= -1 - 1e-7)).toBe(true);
      // Any other shock that loses as much is no nearer, unless it breaks a bound that this one keeps.
      const z = exposures.map((value, i) => value + 30 * (turn[i] ?? 0));
      const other = times(covariance, z);
      const scale = loss / dot(other, exposures);
      if (!(scale > 0 && scale < 1e9) || other.some((shock) => -scale * shock < -1)) return;
      compared += 1;
      const distance = scale * Math.sqrt(quadraticForm(covariance, z));
      expect(distance).toBeGreaterThanOrEqual(found.distance * (1 - 1e-6));
    }),
    { numRuns: 300 },
  );
  expect(compared).toBeGreaterThan(30);
});

it("so does that of factors, with all that compounds", () => {
  fc.assert(
    fc.property(
      number(0.1, 2),
      number(1, 15),
      number(0, 200),
      number(0.01, 0.3),
      (slope, duration, convexity, part) => {
        const positions = [
          holding("A", 600, { beta: beta(slope), currency: "EUR" }),
          holding("B", 400, { duration, convexity }),
        ];
        const names = ["market", "rates", "fx:EUR"];
        const covariance = matrixOf([
          [0.04, -0.0004, 0.001],
          [-0.0004, 0.0001, 0],
          [0.001, 0, 0.01],
        ]);
        const loss = 1000 * part;
        const found = smallestFactorShock(positions, "USD", names, covariance, loss);
        expect("mostLoss" in found).toBe(false);
        if (!("mostLoss" in found))
          expect(factorLoss(positions, "USD", names, found.shocks)).toBeCloseTo(loss, 8);
      },
    ),
  );
});
