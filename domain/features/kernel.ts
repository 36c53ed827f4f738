import type { Json } from "../shared/json.ts";

/** One bar as statistics see it: float64, crossed over from decimals in `toFloats`. */
export interface BarFloats {
  readonly open: number;
  readonly high: number;
  readonly low: number;
  readonly close: number;
  readonly volume: number;
  /** epoch ms of the bar's opening; only what is anchored in time needs it */
  readonly startMs?: number | undefined;
  /** close of the benchmark's bar of the same time; NaN or absent where it has none */
  readonly benchmark?: number | undefined;
}

export interface Parameter {
  readonly name: string;
  readonly description: string;
  readonly default: number;
  /** inclusive bounds */
  readonly min: number;
  readonly max: number;
  /** false: decimals are allowed as well */
  readonly isInteger: boolean;
}

/** One number, or one a line where an indicator has several; null in the warm-up, never a partial value. */
export type FeatureValue = number | null | { readonly [line: string]: number | null };

interface Step<S extends Json> {
  readonly state: S;
  /** an object with every line where the kernel has lines, from the first bar on */
  readonly value: FeatureValue;
}

interface Description {
  /** letters and digits, as in `sma` */
  readonly name: string;
  readonly description: string;
  /** of the definition: book, paper or library convention */
  readonly source: string;
  /** what it says where its formula divides by nothing or has no meaning */
  readonly edge: string;
  readonly parameters: readonly Parameter[];
  /** how many bars it takes until every line has a value */
  warmup(params: readonly number[]): number;
  /** Says what is wrong between parameters that are each within their bounds, or null. */
  conflict?(params: readonly number[]): string | null;
}

/**
 * One indicator, computed bar by bar. Its state is plain JSON, continues identically after a round trip, and has a size that
 * the parameters bound. An update costs the same however long the history is.
 */
export interface Kernel<S extends Json = Json> extends Description {
  /** the names of its lines; null for one value without a name */
  readonly lines: readonly string[] | null;
  /** a second series that it needs beside the bars; without it every value is null */
  readonly input: "benchmark" | null;
  /** @throws RangeError when the parameters are not within their bounds */
  init(params: readonly number[]): S;
  /**
   * Takes the next bar. The state given is used up: only the one returned may be used again (a rolling window is overwritten
   * in place, copying it would cost its length at every bar). To look ahead without committing, copy the state first.
   * @throws RangeError when a field of the bar is not finite; the state given is then still good
   */
  update(state: S, bar: BarFloats): Step<S>;
}

interface Formula<S extends Json> extends Description {
  readonly input?: "benchmark";
  init(params: readonly number[]): S;
  /** Takes the next bar into the state. Not finite: no value, as in the warm-up. */
  next(state: S, bar: BarFloats): number;
}

interface LinesFormula<S extends Json, L extends string> extends Description {
  readonly lines: readonly L[];
  init(params: readonly number[]): S;
  next(state: S, bar: BarFloats): { readonly [line in L]: number | null };
}

/** Guards the doors of an indicator with one value, so that it holds its formula alone. */
export function defineKernel<S extends Json>(formula: Formula<S>): Kernel<S> {
  return {
    ...described(formula),
    lines: null,
    input: formula.input ?? null,
    init: (params) => begin(formula, params),
    update(state, bar) {
      requireFinite(bar);
      return { state, value: orNull(formula.next(state, bar)) };
    },
  };
}

/** Guards the doors of an indicator with several lines. */
export function defineLines<S extends Json, L extends string>(
  formula: LinesFormula<S, L>,
): Kernel<S> {
  return {
    ...described(formula),
    lines: formula.lines,
    input: null,
    init: (params) => begin(formula, params),
    update(state, bar) {
      requireFinite(bar);
      return { state, value: formula.next(state, bar) };
    },
  };
}

/** A formula says NaN, or runs to infinity, where it has no value. */
export function orNull(value: number): number | null {
  // Zero unless the value is NaN or infinite; cheaper than Number.isFinite at every bar.
  return value - value === 0 ? value : null;
}

/** Says what is wrong with the parameters of a kernel, or null. */
export function parameterFault(
  kernel: Pick<Kernel, "parameters" | "conflict">,
  params: readonly number[],
): string | null {
  if (params.length !== kernel.parameters.length) {
    return `expected ${String(kernel.parameters.length)} parameters, found ${String(params.length)}`;
  }
  for (const [index, { name, min, max, isInteger }] of kernel.parameters.entries()) {
    const found = params[index] ?? Number.NaN;
    if (found >= min && found <= max && (!isInteger || Number.isInteger(found))) continue;
    const kind = isInteger ? "an integer" : "a number";
    return `${name}: expected ${kind} from ${String(min)} to ${String(max)}, found ${String(found)}`;
  }
  return kernel.conflict?.(params) ?? null;
}

function described(formula: Description): Description {
  return {
    name: formula.name,
    description: formula.description,
    source: formula.source,
    edge: formula.edge,
    parameters: formula.parameters,
    warmup: (params) => formula.warmup(params),
    conflict: (params) => formula.conflict?.(params) ?? null,
  };
}

function begin<S extends Json>(
  formula: Description & { init(params: readonly number[]): S },
  params: readonly number[],
): S {
  const fault = parameterFault(formula, params);
  if (fault !== null) throw new RangeError(`${formula.name}: ${fault}`);
  return formula.init(params);
}

function requireFinite({ open, high, low, close, volume }: BarFloats): void {
  // One sum instead of five tests: it is finite unless a field is not (or the market is worth 1e308).
  const sum = open + high + low + close + volume;
  if (sum - sum === 0) return;
  const found = [open, high, low, close, volume].join(" ");
  throw new RangeError(`bar: expected finite open high low close volume, found ${found}`);
}
