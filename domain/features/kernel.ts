import type { Json } from "../shared/json.ts";

/** One bar as statistics see it: float64, crossed over from decimals in `toFloats`. */
export interface BarFloats {
  readonly open: number;
  readonly high: number;
  readonly low: number;
  readonly close: number;
  readonly volume: number;
}

export interface Parameter {
  readonly name: string;
  readonly description: string;
  readonly default: number;
  /** inclusive bounds; parameters are integers */
  readonly min: number;
  readonly max: number;
}

interface Step<S extends Json> {
  readonly state: S;
  /** null during the warm-up, never a partial value */
  readonly value: number | null;
}

/**
 * One indicator, computed bar by bar. Its state is plain JSON, continues identically after a round trip, and has a size that
 * the parameters bound. An update costs the same however long the history is.
 */
export interface Kernel<S extends Json = Json> {
  readonly name: string;
  readonly description: string;
  /** of the definition: book, paper or library convention */
  readonly source: string;
  readonly parameters: readonly Parameter[];
  /** how many bars give null before the first value */
  warmup(params: readonly number[]): number;
  /** @throws RangeError when the parameters are not integers within their bounds */
  init(params: readonly number[]): S;
  /**
   * Takes the next bar. The state given is used up: only the one returned may be used again (a rolling window is overwritten
   * in place, copying it would cost its length at every bar). To look ahead without committing, copy the state first.
   * @throws RangeError when a field of the bar is not finite; the state given is then still good
   */
  update(state: S, bar: BarFloats): Step<S>;
}

/** Guards a kernel's doors, so that each indicator holds its formula alone. */
export function defineKernel<S extends Json>(kernel: Kernel<S>): Kernel<S> {
  return {
    name: kernel.name,
    description: kernel.description,
    source: kernel.source,
    parameters: kernel.parameters,
    warmup: (params) => kernel.warmup(params),
    init(params) {
      const fault = parameterFault(kernel, params);
      if (fault !== null) throw new RangeError(`${kernel.name}: ${fault}`);
      return kernel.init(params);
    },
    update(state, bar) {
      requireFinite(bar);
      return kernel.update(state, bar);
    },
  };
}

/** Says what is wrong with the parameters of a kernel, or null. */
export function parameterFault(
  kernel: Pick<Kernel, "parameters">,
  params: readonly number[],
): string | null {
  if (params.length !== kernel.parameters.length) {
    return `expected ${String(kernel.parameters.length)} parameters, found ${String(params.length)}`;
  }
  for (const [index, { name, min, max }] of kernel.parameters.entries()) {
    const found = params[index] ?? Number.NaN;
    if (Number.isInteger(found) && found >= min && found <= max) continue;
    return `${name}: expected an integer from ${String(min)} to ${String(max)}, found ${String(found)}`;
  }
  return null;
}

function requireFinite({ open, high, low, close, volume }: BarFloats): void {
  // One sum instead of five tests: it is finite unless a field is not (or the market is worth 1e308).
  if (Number.isFinite(open + high + low + close + volume)) return;
  const found = [open, high, low, close, volume].join(" ");
  throw new RangeError(`bar: expected finite open high low close volume, found ${found}`);
}
