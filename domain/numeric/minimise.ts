export interface Minimum {
  readonly x: readonly number[];
  readonly value: number;
  readonly iterations: number;
  readonly isConverged: boolean;
}

export interface MinimiseOptions {
  /** of the first simplex, one a coordinate; absent: a tenth of the start, 0.1 where that is 0 */
  readonly steps?: readonly number[];
  /** of values and of coordinates, relative; default 1e-12 */
  readonly tolerance?: number;
  /** default 2,000 a coordinate */
  readonly iterationsMax?: number;
}

interface Vertex {
  readonly x: readonly number[];
  readonly value: number;
}

/**
 * The minimum that Nelder and Mead's simplex (1965) reaches, begun anew from there until a new start gains nothing, which
 * helps a simplex that has collapsed. For smooth functions of a few parameters; a value that is not finite counts as above
 * every other, so that a function may fence its domain with it.
 * @throws RangeError when the function is not finite at the start
 */
export function minimise(
  of: (x: readonly number[]) => number,
  start: readonly number[],
  options: MinimiseOptions = {},
): Minimum {
  const { tolerance = 1e-12, iterationsMax = 2_000 * start.length } = options;
  const f = (x: readonly number[]) => {
    const value = of(x);
    return Number.isNaN(value) ? Infinity : value;
  };
  let best: Vertex = { x: start, value: f(start) };
  if (!Number.isFinite(best.value))
    throw new RangeError(`expected a finite value at the start, found ${best.value}`);
  let iterations = 0;
  for (;;) {
    const steps = options.steps ?? best.x.map((value) => (value === 0 ? 0.1 : 0.1 * value));
    const found = descend(f, simplexAt(f, best, steps), tolerance, iterationsMax - iterations);
    iterations += found.iterations;
    const gain = best.value - found.best.value;
    if (found.best.value < best.value) best = found.best;
    const isDone = gain <= tolerance * (1 + Math.abs(best.value));
    if (isDone || iterations >= iterationsMax)
      return { x: best.x, value: best.value, iterations, isConverged: isDone };
  }
}

type Objective = (x: readonly number[]) => number;

function simplexAt(f: Objective, origin: Vertex, steps: readonly number[]): Vertex[] {
  const others = origin.x.map((_, i) => {
    const x = origin.x.map((value, j) => (i === j ? value + (steps[j] ?? 0) : value));
    return { x, value: f(x) };
  });
  return [origin, ...others];
}

function descend(
  f: Objective,
  simplex: Vertex[],
  tolerance: number,
  iterationsMax: number,
): { readonly best: Vertex; readonly iterations: number } {
  const ordered = simplex;
  let iterations = 0;
  for (;;) {
    ordered.sort((a, b) => a.value - b.value);
    const [best] = ordered;
    const worst = ordered.at(-1);
    if (best === undefined || worst === undefined) throw new RangeError("expected parameters");
    if (iterations >= iterationsMax || isSmall(ordered, best, worst, tolerance))
      return { best, iterations };
    iterations += 1;
    const next = replacement(f, ordered, best, worst);
    if (next !== null) ordered[ordered.length - 1] = next;
    else
      for (let i = 1; i < ordered.length; i += 1) {
        const x = between(best.x, ordered[i]?.x ?? best.x, 0.5);
        ordered[i] = { x, value: f(x) };
      }
  }
}

function isSmall(
  simplex: readonly Vertex[],
  best: Vertex,
  worst: Vertex,
  tolerance: number,
): boolean {
  if (worst.value - best.value > tolerance * (1 + Math.abs(best.value))) return false;
  const reach = Math.sqrt(tolerance);
  return simplex.every(({ x }) =>
    x.every((value, i) => Math.abs(value - (best.x[i] ?? 0)) <= reach * (1 + Math.abs(value))),
  );
}

/** Reflected, expanded or contracted; null: the simplex is to shrink. */
function replacement(
  f: Objective,
  simplex: readonly Vertex[],
  best: Vertex,
  worst: Vertex,
): Vertex | null {
  const others = simplex.slice(0, -1);
  const centre = worst.x.map(
    (_, i) => others.reduce((sum, { x }) => sum + (x[i] ?? 0), 0) / others.length,
  );
  const along = (factor: number): Vertex => {
    const x = between(centre, worst.x, factor);
    return { x, value: f(x) };
  };
  const reflected = along(-1);
  if (reflected.value < best.value) {
    const expanded = along(-2);
    return expanded.value < reflected.value ? expanded : reflected;
  }
  const second = others.at(-1)?.value ?? best.value;
  if (reflected.value < second) return reflected;
  const contracted = reflected.value < worst.value ? along(-0.5) : along(0.5);
  return contracted.value < Math.min(reflected.value, worst.value) ? contracted : null;
}

/** from + factor·(to − from). */
function between(from: readonly number[], to: readonly number[], factor: number): number[] {
  return from.map((value, i) => value + factor * ((to[i] ?? 0) - value));
}
