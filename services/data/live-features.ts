import type { PriceColumns } from "../../domain/market/adjust/adjust-columns.ts";
import { toFloats } from "../../domain/features/pipeline.ts";
import type { FeatureValues } from "../../domain/features/pipeline.ts";
import type { BarFloats, FeatureValue } from "../../domain/features/kernel.ts";
import type { Bar } from "../../domain/market/bar.ts";
import type { Json } from "../../domain/shared/json.ts";
import type { Pool } from "../../models/postgres/pool.ts";
import { type HistoryMark, historyMark } from "../../models/features.ts";
import { runThrough } from "./features/compute.ts";
import type { ResolvedFeature } from "./features/resolve.ts";

const KNOWN_MAX = 1_000;

/** The features at the close of a bar, and at the close before it. */
export interface FeaturePair {
  readonly present: FeatureValues;
  readonly previous: FeatureValues;
}

/** Where one feature of a series stands: after which bar, and what it was then and before. */
interface Line {
  readonly state: Json;
  readonly bar: BarFloats;
  /** of the history that it is made of */
  readonly mark: string;
  /** of the bar's ticker and timeframe that it has taken in */
  readonly bars: number;
  readonly present: FeatureValue;
  readonly previous: FeatureValue;
}

/** Reads all bars before one of the series that it continues. */
export type ReadBefore = (bar: Bar) => Promise<PriceColumns>;

/**
 * Features at the close of each new bar in constant time. What is remembered is only a shortcut: when it does not end at
 * the bar before, or the bars before were revised or have become more since, the line is computed anew from what is stored,
 * which gives the same values.
 */
export class LiveFeatures {
  readonly #pool: Pool;
  readonly #readBefore: ReadBefore;
  readonly #lines = new Map<string, Line>();

  constructor(pool: Pool, readBefore: ReadBefore) {
    this.#pool = pool;
    this.#readBefore = readBefore;
  }

  /** At the close of a bar that is stored, and is the newest of its series. A repeat of the bar gives the same. */
  async at(bar: Bar, features: readonly ResolvedFeature[]): Promise<FeaturePair> {
    const lines = await this.#linesAt(bar, features);
    for (const [i, feature] of features.entries()) this.#keep(bar, feature, lines[i]);
    return {
      present: named(features, lines, ({ present }) => present),
      previous: named(features, lines, ({ previous }) => previous),
    };
  }

  async #linesAt(bar: Bar, features: readonly ResolvedFeature[]): Promise<readonly Line[]> {
    const floats = toFloats(bar);
    const known = features.map((feature) => this.#take(bar, feature));
    const isDone = (line: Line | undefined): line is Line =>
      line !== undefined && isAfter(line, floats);
    if (known.every(isDone)) return known;
    // Before the bars: what is stored in between is noticed at the next bar.
    const history = await historyMark(this.#pool, bar);
    let before: Promise<PriceColumns> | undefined;
    const lines: Line[] = [];
    for (const [i, feature] of features.entries()) {
      const line = known[i];
      if (isDone(line)) {
        lines.push(line);
        continue;
      }
      const isCurrent = line !== undefined && endsBefore(line, history, floats);
      const from = isCurrent
        ? line
        : await rebuild(feature, await (before ??= this.#readBefore(bar)));
      lines.push(nextLine(feature, from, history, floats));
    }
    return lines;
  }

  /** Out of memory: a state is used up by the next bar, whether or not it comes to that. */
  #take(bar: Bar, feature: ResolvedFeature): Line | undefined {
    const key = keyOf(bar, feature);
    const line = this.#lines.get(key);
    this.#lines.delete(key);
    return line;
  }

  #keep(bar: Bar, feature: ResolvedFeature, line: Line | undefined): void {
    if (line === undefined) return;
    if (this.#lines.size >= KNOWN_MAX) this.#lines.clear();
    this.#lines.set(keyOf(bar, feature), line);
  }
}

function nextLine(
  feature: ResolvedFeature,
  from: Pick<Line, "state" | "present">,
  { mark, barsBefore }: HistoryMark,
  bar: BarFloats,
): Line {
  const { state, value } = feature.kernel.update(from.state, bar);
  return { state, bar, mark, bars: barsBefore + 1, present: value, previous: from.present };
}

/** Whether the line has taken in this very bar. */
function isAfter({ bar }: Line, now: BarFloats): boolean {
  return (
    bar.startMs === now.startMs &&
    bar.open === now.open &&
    bar.high === now.high &&
    bar.low === now.low &&
    bar.close === now.close &&
    bar.volume === now.volume
  );
}

/** Whether the line has taken in all that is stored before this bar, as it is stored. */
function endsBefore(
  { bar: last, mark, bars }: Line,
  history: HistoryMark,
  bar: BarFloats,
): boolean {
  const isEarlier = (last.startMs ?? Infinity) < (bar.startMs ?? -Infinity);
  return isEarlier && mark === history.mark && bars === history.barsBefore;
}

async function rebuild(
  feature: ResolvedFeature,
  before: PriceColumns,
): Promise<Pick<Line, "state" | "present">> {
  let present = nothingYet(feature);
  const state = await runThrough(feature, before, (value) => void (present = value));
  return { state, present };
}

function nothingYet({ kernel: { lines } }: ResolvedFeature): FeatureValue {
  return lines === null ? null : Object.fromEntries(lines.map((line) => [line, null]));
}

function named(
  features: readonly ResolvedFeature[],
  lines: readonly Line[],
  valueOf: (line: Line) => FeatureValue,
): FeatureValues {
  return Object.fromEntries(
    features.map(({ name }, i) => {
      const line = lines[i];
      return [name, line === undefined ? null : valueOf(line)];
    }),
  );
}

function keyOf({ symbol, timeframe }: Bar, { key }: ResolvedFeature): string {
  return [symbol, timeframe, key].join("|");
}
