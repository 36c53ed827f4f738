import {
  dieboldMariano,
  lossesByMoment,
} from "../../../../../domain/ai/metrics/diebold-mariano.ts";
import { RandomStream } from "../../../../../domain/numeric/random.ts";
import { regress } from "../../../../../domain/numeric/least-squares.ts";

const squares = (errors: readonly number[]): Float64Array =>
  Float64Array.from(errors, (error) => error * error);

describe("Diebold & Mariano's test", () => {
  it("gives what the Python package dieboldmariano documents: -2.2229922805746782, one-sided p 0.04515565862099125", () => {
    const truth = [10, 20, 30, 40, 50];
    const one = squares([11, 21, 29, 42, 53].map((value, i) => value - (truth[i] ?? 0)));
    const other = squares([13, 26, 24, 40, 59].map((value, i) => value - (truth[i] ?? 0)));
    const test = dieboldMariano(one, other, { horizon: 1, lags: 0 });
    expect(test?.statistic).toBeCloseTo(-2.222_992_280_574_678, 13);
    expect((test?.pValue ?? 0) / 2).toBeCloseTo(0.045_155_658_620_991_25, 12);
  });

  it("is, for one bar ahead, the t of a mean with the errors of Newey & West and n/(n − 1)", () => {
    const random = RandomStream.of(3, 0);
    const differences = Float64Array.from({ length: 120 }, () => random.normal() + 0.1);
    for (let i = 1; i < 120; i += 1)
      differences[i] = (differences[i] ?? 0) + 0.6 * (differences[i - 1] ?? 0);
    const found = dieboldMariano(differences, new Float64Array(120), { horizon: 1, lags: 4 });
    const fit = regress(differences, [], { hasIntercept: true, errors: "neweyWest", lags: 4 });
    const t = typeof fit === "object" && "coefficients" in fit ? fit.coefficients[0]?.t : null;
    expect(found?.statistic).toBeCloseTo(t ?? Number.NaN, 10);
  });

  it("is turned round when the losses are", () => {
    const [a, b] = [squares([1, 2, 1, 3, 1, 2, 4, 1]), squares([2, 1, 1, 4, 2, 3, 3, 2])];
    const there = dieboldMariano(a, b, { horizon: 2 });
    const back = dieboldMariano(b, a, { horizon: 2 });
    expect(back?.statistic).toBeCloseTo(-(there?.statistic ?? 0), 14);
    expect(back?.pValue).toBeCloseTo(there?.pValue ?? 0, 14);
  });

  it("says nothing of too little, or of losses that differ by rounding alone", () => {
    expect(dieboldMariano([1, 2, 3], [2, 3, 4], { horizon: 1 })).toBeNull();
    expect(dieboldMariano([1, 2, 3, 4, 5], [1, 2, 3, 4, 5], { horizon: 1 })).toBeNull();
    expect(dieboldMariano([1, 2, 3, 4, 5, 6], [2, 3, 4, 5, 6, 7], { horizon: 1 })).toBeNull();
  });

  it("takes the symbols of one moment for one observation", () => {
    const closes = Float64Array.of(2, 1, 2, 3);
    expect(lossesByMoment(closes, Float64Array.of(4, 1, 6, 7))).toEqual(Float64Array.of(1, 5, 7));
  });
});
