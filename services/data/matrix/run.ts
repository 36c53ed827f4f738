import { setImmediate } from "node:timers/promises";
import type { FeatureValue } from "../../../domain/features/kernel.ts";
import { copyColumns, type KnownBars, putBar } from "../../../domain/market/known-bars.ts";
import type { Json } from "../../../domain/shared/json.ts";
import { RestError } from "../../../mixins/rest/rest-error.ts";
import { blankBar, floatsAt, type Inputs, runThrough } from "../features/compute.ts";
import type { ResolvedFeature } from "../features/resolve.ts";

/** How far a state may have to be followed again. */
const ROWS_APART = 128;
const ROWS_PER_TURN = 1_024;
/** Rows that one feature may take in again for revisions: some ten seconds of the dearest formula. */
const REPEATS_MAX = 5_000_000;

/**
 * The values of a feature at each close, of the bars as they were believed then: where one before was revised, what depends on it is
 * followed again from there.
 * @returns the state after the last bar
 */
export async function runAsKnown(
  feature: ResolvedFeature,
  known: KnownBars,
  tell: (value: FeatureValue, row: number) => void,
): Promise<Json> {
  const { bars, changes } = known;
  if (changes.length === 0) return runThrough(feature, bars, tell);
  const believed = copyColumns(bars);
  const walk = new Walk(feature, believed);
  let next = 0;
  for (let row = 0; row < bars.startMs.length; row += 1) {
    let from = row;
    for (let change = changes[next]; change?.row === row; change = changes[next]) {
      putBar(believed, change.bar, change);
      from = Math.min(from, change.bar);
      next += 1;
    }
    if (from < row) await walk.goBack(from, row);
    tell(walk.step(row), row);
    if (row % ROWS_PER_TURN === ROWS_PER_TURN - 1) await setImmediate();
  }
  return walk.state;
}

/** @throws RestError 422 when bars were revised so often that to follow it takes too long */
export function refuseEndlessRevisions({ changes }: KnownBars, symbol: string): void {
  const firsts = new Map<number, number>();
  for (const { row, bar } of changes) firsts.set(row, Math.min(bar, firsts.get(row) ?? Infinity));
  let repeats = 0;
  for (const [row, bar] of firsts) repeats += row - bar + ROWS_APART;
  if (repeats <= REPEATS_MAX) return;
  const detail = `the bars of ${symbol} were revised too often to tell what was known at each close: ${repeats} rows would be computed again`;
  throw new RestError("RANGE_TOO_LARGE", detail);
}

/** A kernel on its way through bars, with states on the way to which it can go back. */
class Walk {
  readonly #feature: ResolvedFeature;
  readonly #inputs: Inputs;
  readonly #bar = blankBar();
  readonly #marks: { readonly row: number; readonly state: Json }[] = [];
  #state: Json;

  constructor(feature: ResolvedFeature, inputs: Inputs) {
    this.#feature = feature;
    this.#inputs = inputs;
    this.#state = feature.kernel.init(feature.params);
  }

  get state(): Json {
    return this.#state;
  }

  step(row: number): FeatureValue {
    if (row % ROWS_APART === 0 && this.#marks.at(-1)?.row !== row)
      // A copy: the state given to the kernel is used up.
      this.#marks.push({ row, state: structuredClone(this.#state) });
    const bar = floatsAt(this.#bar, this.#inputs, row);
    const { state, value } = this.#feature.kernel.update(this.#state, bar);
    this.#state = state;
    return value;
  }

  /** Follows the bars again, from the one that changed to the one before `row`. */
  async goBack(changed: number, row: number): Promise<void> {
    while ((this.#marks.at(-1)?.row ?? 0) > changed) this.#marks.pop();
    const mark = this.#marks.at(-1);
    this.#state =
      mark === undefined
        ? this.#feature.kernel.init(this.#feature.params)
        : structuredClone(mark.state);
    for (let i = mark?.row ?? 0; i < row; i += 1) {
      this.step(i);
      if (i % ROWS_PER_TURN === ROWS_PER_TURN - 1) await setImmediate();
    }
  }
}
