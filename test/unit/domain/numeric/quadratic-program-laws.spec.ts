import * as fc from "fast-check";
import { denseHessian, flatHessian, splitHessian } from "../../../../domain/numeric/hessian.ts";
import type { QuadraticProgram } from "../../../../domain/numeric/interior-point.ts";
import { dot, multiply, transpose, zeros } from "../../../../domain/numeric/matrix.ts";
import type { Matrix } from "../../../../domain/numeric/matrix.ts";
import { solveQuadratic } from "../../../../domain/numeric/quadratic-program.ts";
import type { QuadraticSolution } from "../../../../domain/numeric/quadratic-program.ts";

const filled = (size: number, value: number) => new Float64Array(size).fill(value);
const number = fc
  .double({ min: -1, max: 1, noNaN: true })
  .map((value) => (Math.abs(value) < 1e-9 ? 0 : value));

/** Positive semidefinite, of any rank down to 1. */
const problem = fc.integer({ min: 1, max: 10 }).chain((size) =>
  fc.record({
    size: fc.constant(size),
    matrix: fc.integer({ min: 1, max: size }).chain((rank) =>
      fc.array(number, { minLength: size * rank, maxLength: size * rank }).map((values) => {
        const half = { ...zeros(size, rank), data: Float64Array.from(values) };
        return multiply(half, transpose(half));
      }),
    ),
    linear: fc.array(number, { minLength: size, maxLength: size }),
    current: fc.array(fc.integer({ min: 0, max: 9 }), { minLength: size, maxLength: size }),
    turnover: fc.double({ min: 0, max: 2, noNaN: true }),
  }),
);

/** Karush, Kuhn and Tucker's conditions, which are sufficient: the program is convex. */
function expectOptimal(program: QuadraticProgram, solution: QuadraticSolution): void {
  const { hessian, linear, lower, upper, equalities, inequalities } = program;
  const { x } = solution;
  expect(solution.isConverged).toBe(true);
  const scale = Math.max(hessian.scale, ...linear.map(Math.abs)) || 1;
  const size = 1 + Math.max(...x.map(Math.abs));
  const slope = hessian.times(x).map((value, i) => value + (linear[i] ?? 0));
  const expectNothing = (value: number) =>
    expect(Math.abs(value)).toBeLessThan(1e-8 * scale * size);
  for (const [k, { coefficients, bound }] of equalities.entries()) {
    expect(Math.abs(dot(coefficients, x) - bound)).toBeLessThan(1e-9 * size);
    for (let i = 0; i < slope.length; i += 1)
      slope[i] = (slope[i] ?? 0) - (solution.equalities[k] ?? 0) * (coefficients[i] ?? 0);
  }
  for (const [k, { coefficients, bound }] of inequalities.entries()) {
    const slack = dot(coefficients, x) - bound;
    const multiplier = solution.inequalities[k] ?? 0;
    expect(slack).toBeGreaterThan(-1e-9 * size);
    expect(multiplier).toBeGreaterThan(-1e-9 * scale);
    expectNothing(slack * multiplier);
    for (let i = 0; i < slope.length; i += 1)
      slope[i] = (slope[i] ?? 0) - multiplier * (coefficients[i] ?? 0);
  }
  for (const [i, value] of x.entries()) {
    const [low, high] = [solution.lower[i] ?? 0, solution.upper[i] ?? 0];
    expect(value).toBeGreaterThanOrEqual((lower[i] ?? 0) - 1e-9);
    expect(value).toBeLessThanOrEqual((upper[i] ?? 0) + 1e-9);
    expect(Math.min(low, high)).toBeGreaterThan(-1e-9 * scale);
    if (lower[i] !== upper[i]) {
      if (low !== 0) expectNothing(low * (value - (lower[i] ?? 0)));
      if (high !== 0) expectNothing(high * ((upper[i] ?? 0) - value));
    }
    expectNothing((slope[i] ?? 0) - low + high);
  }
}

describe("a quadratic program", () => {
  it("is solved: the conditions of an optimum hold, whatever the rank", () => {
    fc.assert(
      fc.property(problem, ({ size, matrix, linear }) => {
        const odd = filled(size, 0).map((_, i) => (i % 2 === 0 ? 1 : 0));
        const program: QuadraticProgram = {
          hessian: denseHessian(matrix),
          linear: Float64Array.from(linear),
          lower: filled(size, 0),
          upper: filled(size, 1),
          equalities: [{ coefficients: filled(size, 1), bound: 1 }],
          inequalities: [{ coefficients: odd, bound: 0.25 }],
        };
        expectOptimal(program, solveQuadratic(program));
      }),
      { numRuns: 300 },
    );
  });

  it("of what is bought and sold is solved as the program of twice the size that it is", () => {
    fc.assert(
      fc.property(problem, ({ size, matrix, linear, current, turnover }) => {
        const total = current.reduce((sum, value) => sum + value, 0);
        const held = current.map((value) => (total > 0 ? value / total : 1 / size));
        const both = (row: readonly number[]) => Float64Array.from([...row, ...row.map((v) => -v)]);
        const double: Matrix = zeros(2 * size, 2 * size);
        for (let i = 0; i < 2 * size; i += 1)
          for (let j = 0; j < 2 * size; j += 1)
            double.data[i * 2 * size + j] =
              (matrix.data[(i % size) * size + (j % size)] ?? 0) * (i < size === j < size ? 1 : -1);
        const rest = {
          linear: both(linear),
          lower: filled(2 * size, 0),
          upper: Float64Array.from([...held.map((value) => 1 - value), ...held]),
          equalities: [{ coefficients: both(held.map(() => 1)), bound: 0 }],
          inequalities: [{ coefficients: filled(2 * size, -1), bound: -turnover }],
        };
        const program = { ...rest, hessian: splitHessian(matrix) };
        const solution = solveQuadratic(program);
        expectOptimal(program, solution);
        const plain = { ...rest, hessian: denseHessian(double) };
        expectOptimal(plain, { ...solution });
      }),
      { numRuns: 200 },
    );
  });

  it("without curvature is a linear one", () => {
    const program: QuadraticProgram = {
      hessian: flatHessian(3),
      linear: Float64Array.from([-1, -3, -2]),
      lower: filled(3, 0),
      upper: Float64Array.from([1, 0.5, 1]),
      equalities: [{ coefficients: filled(3, 1), bound: 1 }],
      inequalities: [],
    };
    const { x } = solveQuadratic(program);
    for (const [i, value] of [0, 0.5, 0.5].entries()) expect(x[i]).toBeCloseTo(value, 10);
  });

  // Nocedal & Wright, Numerical Optimization (2nd ed.), example 16.2 and 16.4.
  it("is that of the textbook", () => {
    const first = solveQuadratic({
      hessian: denseHessian({
        rows: 3,
        columns: 3,
        data: Float64Array.from([6, 2, 1, 2, 5, 2, 1, 2, 4]),
      }),
      linear: Float64Array.from([-8, -3, -3]),
      lower: filled(3, -Infinity),
      upper: filled(3, Infinity),
      equalities: [
        { coefficients: Float64Array.from([1, 0, 1]), bound: 3 },
        { coefficients: Float64Array.from([0, 1, 1]), bound: 0 },
      ],
      inequalities: [],
    });
    for (const [i, value] of [2, -1, 1].entries()) expect(first.x[i]).toBeCloseTo(value, 10);
    const second = solveQuadratic({
      hessian: denseHessian({ rows: 2, columns: 2, data: Float64Array.from([2, 0, 0, 2]) }),
      linear: Float64Array.from([-2, -5]),
      lower: filled(2, 0),
      upper: filled(2, Infinity),
      equalities: [],
      inequalities: [
        { coefficients: Float64Array.from([1, -2]), bound: -2 },
        { coefficients: Float64Array.from([-1, -2]), bound: -6 },
        { coefficients: Float64Array.from([-1, 2]), bound: -2 },
      ],
    });
    for (const [i, value] of [1.4, 1.7].entries()) expect(second.x[i]).toBeCloseTo(value, 10);
  });

  it("that is not feasible does not converge", () => {
    const program: QuadraticProgram = {
      hessian: flatHessian(2),
      linear: filled(2, 1),
      lower: filled(2, 0),
      upper: filled(2, 0.25),
      equalities: [{ coefficients: filled(2, 1), bound: 1 }],
      inequalities: [],
    };
    expect(solveQuadratic(program).isConverged).toBe(false);
  });
});
