import { toFloats } from "../../domain/features/pipeline.ts";
import type { FeatureValues } from "../../domain/features/pipeline.ts";
import type { BarFloats, FeatureValue } from "../../domain/features/kernel.ts";
import type { Bar } from "../../domain/market/bar.ts";
import type { Json } from "../../domain/shared/json.ts";
import type { Pool } from "../../models/postgres/pool.ts";
import { historyMark } from "../../models/features.ts";
import { readBarColumns } from "../../models/timescale/bars.ts";
import type { BarColumns } from "../../models/timescale/bars.ts";
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
  readonly present: FeatureValue;
  readonly previous: FeatureValue;
}

/** What lies before a bar. */
interface History {
  readonly mark: string;
  readonly columns: BarColumns;
}

/**
 * Features at the close of each new bar in constant time. What is remembered is only a shortcut: when it does not end at
 * the bar before, or a bar was revised since, the line is computed anew from what is stored, which gives the same values.
 */
export class LiveFeatures {
  readonly #pool: Pool;
  readonly #lines = new Map<string, Line>();

  constructor(pool: Pool) {
    this.#pool = pool;
  }

  /** At the close of a bar that is stored, and is the newest of its series. A repeat of the bar gives the same. */
  async at(bar: Bar, features: readonly ResolvedFeature[]): Promise<FeaturePair> {
    const floats = toFloats(bar);
    const known = features.map((feature) => this.#take(bar, feature));
    const due = known.filter((line) => line === undefined || !isAfter(line, floats));
    const before = due.length === 0 ? null : await this.#before(bar, due);
    const lines: Line[] = [];
    for (const [i, feature] of features.entries()) {
      const line = known[i];
      const next = before === null ? line : await nextLine(feature, line, before, floats);
      if (next === undefined) continue;
      lines.push(next);
      this.#keep(bar, feature, next);
    }
    return {
      present: named(features, lines, ({ present }) => present),
      previous: named(features, lines, ({ previous }) => previous),
    };
  }

  /** Out of memory: a state is used up by the next bar, whether or not it comes to that. */
  #take(bar: Bar, feature: ResolvedFeature): Line | undefined {
    const key = keyOf(bar, feature);
    const line = this.#lines.get(key);
    this.#lines.delete(key);
    return line;
  }

  #keep(bar: Bar, feature: ResolvedFeature, line: Line): void {
    if (this.#lines.size >= KNOWN_MAX) this.#lines.clear();
    this.#lines.set(keyOf(bar, feature), line);
  }

  /** The bars before this one: none of them where every line ends at the bar before, else all. */
  async #before(bar: Bar, due: readonly (Line | undefined)[]): Promise<History> {
    const { symbol, timeframe, startMs: endMs } = bar;
    const series = { symbol, timeframe, endMs };
    // Before the bars: a revision in between is noticed at the next bar.
    const mark = await historyMark(this.#pool, symbol);
    const ends = due.map((line) => (line?.mark === mark ? line.bar.startMs : undefined));
    const earliest = Math.min(...ends.map((endedMs) => endedMs ?? -Infinity));
    if (earliest < endMs && earliest > -Infinity) {
      const since = await readBarColumns(this.#pool, { ...series, startMs: earliest + 1 });
      if (since.startMs.length === 0) return { mark, columns: since };
    }
    return { mark, columns: await readBarColumns(this.#pool, series) };
  }
}

async function nextLine(
  feature: ResolvedFeature,
  line: Line | undefined,
  before: History,
  bar: BarFloats,
): Promise<Line> {
  if (line !== undefined && isAfter(line, bar)) return line;
  const isCurrent = line !== undefined && endsBefore(line, before, bar);
  const { state, present } = isCurrent ? line : await rebuild(feature, before.columns);
  const step = feature.kernel.update(state, bar);
  return { state: step.state, bar, mark: before.mark, present: step.value, previous: present };
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

/** Whether no bar lies between the last one of the line and this one, and none before was changed. */
function endsBefore({ bar: last, mark }: Line, before: History, bar: BarFloats): boolean {
  const { startMs = Infinity } = last;
  const newestMs = before.columns.startMs.at(-1) ?? -Infinity;
  return mark === before.mark && startMs < (bar.startMs ?? -Infinity) && newestMs <= startMs;
}

async function rebuild(
  feature: ResolvedFeature,
  before: BarColumns,
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
