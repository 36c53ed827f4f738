import type { Timeframe } from "../../../domain/market/bar.ts";
import type { Json } from "../../../domain/shared/json.ts";
import { JobFailure } from "../../../mixins/jobs/kind.ts";
import type { JobKind, JobRun } from "../../../mixins/jobs/kind.ts";
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
  readonly startMs: number;
  /** null: up to when it runs */
  readonly endMs: number | null;
}

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
  { timeframe, startMs, endMs }: CollectParams,
  symbol: string,
): Promise<Wish | null> {
  const instrument = await getInstrument(node.pool, symbol);
  if (instrument === null) return null;
  return { instrument, timeframe, startMs, endMs: endMs ?? node.clock.now() };
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
