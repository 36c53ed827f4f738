import type { Timeframe } from "../../../domain/market/bar.ts";
import { durationMs } from "../../../domain/market/timeframe.ts";
import type { Json } from "../../../domain/shared/json.ts";
import { JobFailure } from "../../../mixins/jobs/kind.ts";
import type { JobKind, JobRun } from "../../../mixins/jobs/kind.ts";
import { newestStart } from "../../../models/data-sources.ts";
import { getInstrument } from "../../../models/instruments.ts";
import { SymbolCollection } from "./collect-symbol.ts";
import type { Collected, CollectParts, Wish } from "./collect-symbol.ts";
import type { KnownSource } from "./registry.ts";

export const COLLECT = "collect";

export interface CollectParams {
  /** a source, or `auto` */
  readonly source: string;
  readonly symbols: readonly string[];
  readonly timeframe: Timeframe;
  /** null: where the stored bars of each symbol end */
  readonly startMs: number | null;
  /** null: up to when it runs */
  readonly endMs: number | null;
}

/** Of a symbol without any bars so much is collected when nobody says from when on. */
export const WITHOUT_BARS_MS = 30 * 86_400_000;
/** Whose opening times are held in memory while a symbol is collected: four years of minutes. */
export const BARS_MAX = 2_200_000;

/** Back-fills bars as a job: harmless to do twice, so it goes on after its node was lost. */
export function collectKind(parts: CollectParts): JobKind {
  return {
    kind: COLLECT,
    isResumable: true,
    concurrency: 2,
    queuedMax: 100,
    deadlineMs: 86_400_000,
    run: (run) => collect(parts, run),
  };
}

async function collect(parts: CollectParts, run: JobRun): Promise<Json> {
  // sound: what `submit` was given, which the route had checked
  const params = run.params as unknown as CollectParams;
  const { symbols } = params;
  await parts.registry.refresh();
  const given = new Set<string>();
  const results: Collected[] = [];
  for (const [index, symbol] of symbols.entries()) {
    const report = (part: number): void =>
      run.report((index + part) / symbols.length, `${symbol}, ${index + 1} of ${symbols.length}`);
    report(0);
    const wish = await wishOf(parts, params, symbol);
    if (wish === null) continue;
    const sources = sourcesFor(parts, params, wish);
    const collection = new SymbolCollection(parts, wish, given, run.signal);
    results.push(await collection.from(sources, report));
  }
  failWhenNobodyAnswered(results);
  // sound: its members are plain JSON
  return { symbols: results } as unknown as Json;
}

/** Null when the symbol is not there any more. */
async function wishOf(
  { node }: CollectParts,
  params: CollectParams,
  symbol: string,
): Promise<Wish | null> {
  const instrument = await getInstrument(node.pool, symbol);
  if (instrument === null) return null;
  const endMs = params.endMs ?? node.clock.now();
  const { timeframe } = params;
  const startMs = params.startMs ?? (await whereBarsEnd(node, { symbol, timeframe }, endMs));
  return { instrument, timeframe, startMs, endMs };
}

/** No earlier than what a job may cover: a series that ended long ago is asked for by its start. */
async function whereBarsEnd(
  { pool }: Pick<CollectParts["node"], "pool">,
  { symbol, timeframe }: { readonly symbol: string; readonly timeframe: Timeframe },
  endMs: number,
): Promise<number> {
  const newestMs = await newestStart(pool, symbol, timeframe);
  const earliestMs = endMs - BARS_MAX * (durationMs(timeframe) ?? WITHOUT_BARS_MS);
  return Math.min(endMs, Math.max(newestMs ?? endMs - WITHOUT_BARS_MS, earliestMs));
}

function sourcesFor(
  { registry }: CollectParts,
  { source, timeframe }: CollectParams,
  { instrument }: Wish,
): readonly KnownSource[] {
  if (source === "auto") return registry.forBars(instrument, timeframe);
  const named = registry.find(source);
  return named === null ? [] : [named];
}

function failWhenNobodyAnswered(results: readonly Collected[]): void {
  const faults = results.flatMap((result) => result.faults);
  const [first] = faults;
  if (first === undefined) return;
  if (results.some(({ source, faults: own }) => source !== null || own.length === 0)) return;
  const known = results.every((result) =>
    result.faults.every(({ code }) => code === "SOURCE_SYMBOL_UNKNOWN"),
  );
  // That a symbol is unknown is an answer: the result has it.
  if (!known) throw new JobFailure(first.code, first.message);
}
