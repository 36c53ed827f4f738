import type { Pool } from "../../models/postgres/pool.ts";
import type { Bar } from "../../domain/market/bar.ts";
import { advanceFeatures, startFeatures, toFloats } from "../../domain/features/pipeline.ts";
import type { FeatureValues, FeatureVector } from "../../domain/features/pipeline.ts";
import type { BarFloats } from "../../domain/features/kernel.ts";
import { readBarColumns } from "../../models/timescale/bars.ts";

const KNOWN_MAX = 1_000;

/** The features at the close of a bar, and at the close before it. */
export interface FeaturePair {
  readonly present: FeatureValues;
  readonly previous: FeatureValues;
}

/** Where the features of one series stand: after which bar, and what they were then. */
interface Line {
  readonly vector: FeatureVector;
  readonly lastStartMs: number;
  readonly values: FeatureValues;
}

/**
 * Features at the close of each new bar in constant time. What is remembered is only a shortcut: when it does not end at
 * the bar before, the line is computed anew from what is stored, which gives the same values.
 */
export class LiveFeatures {
  readonly #pool: Pool;
  readonly #lines = new Map<string, Line>();

  constructor(pool: Pool) {
    this.#pool = pool;
  }

  /** @throws Refusal when a feature is unknown */
  async at(bar: Bar, features: readonly string[]): Promise<FeaturePair> {
    const key = [bar.symbol, bar.timeframe, ...features].join("|");
    const known = this.#lines.get(key);
    this.#lines.delete(key);
    const before =
      known !== undefined && (await this.#endsBefore(known, bar))
        ? known
        : await this.#rebuild(bar, features);
    const { vector, values } = advanceFeatures(before.vector, toFloats(bar));
    if (this.#lines.size >= KNOWN_MAX) this.#lines.clear();
    this.#lines.set(key, { vector, values, lastStartMs: bar.startMs });
    return { present: values, previous: before.values };
  }

  /** Whether no bar was stored between the last one taken and this one. */
  async #endsBefore({ lastStartMs }: Line, bar: Bar): Promise<boolean> {
    if (lastStartMs >= bar.startMs) return false;
    const { symbol, timeframe } = bar;
    const between = await readBarColumns(this.#pool, {
      symbol,
      timeframe,
      startMs: lastStartMs + 1,
      endMs: bar.startMs,
    });
    return between.startMs.length === 0;
  }

  async #rebuild({ symbol, timeframe, startMs }: Bar, features: readonly string[]): Promise<Line> {
    const columns = await readBarColumns(this.#pool, { symbol, timeframe, endMs: startMs });
    let vector = startFeatures(features);
    let values: FeatureValues = Object.fromEntries(vector.features.map(({ name }) => [name, null]));
    for (let i = 0; i < columns.startMs.length; i++)
      ({ vector, values } = advanceFeatures(vector, floatsAt(columns, i)));
    return { vector, values, lastStartMs: columns.startMs.at(-1) ?? 0 };
  }
}

type Columns = Awaited<ReturnType<typeof readBarColumns>>;

function floatsAt({ open, high, low, close, volume }: Columns, i: number): BarFloats {
  const at = (column: Float64Array) => column[i] ?? Number.NaN;
  return { open: at(open), high: at(high), low: at(low), close: at(close), volume: at(volume) };
}
