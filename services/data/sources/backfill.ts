import type { Bar } from "../../../domain/market/bar.ts";
import type { Instrument } from "../../../domain/market/instrument.ts";
import { barEndMs, barStartMs } from "../../../domain/market/timeframe.ts";
import { getInstrument } from "../../../models/instruments.ts";
import { recordRefusals } from "../../../models/quality.ts";
import { readBars } from "../../../models/timescale/bars.ts";
import type { RefusedRow } from "../feeds/feed.ts";
import type { Market } from "../market.ts";
import { tellStored } from "../store/tell-stored.ts";
import { SymbolCollection } from "./collect-symbol.ts";
import type { CollectParts } from "./collect-symbol.ts";
import { isSameAsStored, tradesNotStored } from "./not-stored.ts";
import type { KnownSource } from "./registry.ts";
import { SourceError } from "./source.ts";
import type { Ask, TimeRange } from "./source.ts";

export interface BackfillParams extends TimeRange {
  readonly symbol: string;
  /** whose stream has missed it */
  readonly source: string;
  readonly kinds: readonly ("bars" | "trades")[];
}
export interface Backfilled {
  /** trades that were missing, and minutes that were missing or other than the vendor's */
  readonly changed: number;
}

export interface BackfillParts extends CollectParts {
  readonly market: Pick<Market, "record" | "recordBar" | "recordTrades">;
}

interface Gap extends TimeRange {
  readonly instrument: Instrument;
  readonly own: KnownSource;
  readonly ask: Ask;
}

const BATCH = 500;

/**
 * Fills in what a stream has missed from the history of the same vendor: its ids tell which trades are there already, and its
 * minutes are those that the stream would have told. Everything goes through the symbol's actor, so that what it goes on
 * building and what is stored agree. Trades come first: the minutes that they make are then the vendor's in most cases.
 * @throws SourceError when the vendor could not answer; what is there by then stays
 */
export async function backfill(
  parts: BackfillParts,
  { symbol, source, kinds, startMs, endMs }: BackfillParams,
  signal: AbortSignal,
): Promise<Backfilled> {
  const { node, registry } = parts;
  const instrument = await getInstrument(node.pool, symbol);
  if (instrument === null)
    throw new SourceError("SOURCE_SYMBOL_UNKNOWN", `${symbol} is no instrument of ours`);
  await registry.refresh();
  const own = registry.find(source);
  if (own === null) throw new SourceError("SOURCE_UNSUPPORTED", `${source} is none of ours`);
  // A minute that the gap touches at all may lack a part.
  const lastMs = barStartMs("1m", endMs - 1);
  const range = { startMs: barStartMs("1m", startMs), endMs: barEndMs("1m", lastMs) };
  const gap = { instrument, own, ask: { now: () => node.clock.now(), signal }, ...range };
  try {
    const trades = kinds.includes("trades") ? await fillTrades(parts, gap) : 0;
    const minutes = kinds.includes("bars") ? await fillMinutes(parts, gap) : 0;
    await registry.note(source, null);
    return { changed: trades + minutes };
  } catch (error) {
    if (!(error instanceof SourceError)) throw error;
    await registry.note(source, error);
    if (kinds.includes("bars")) await fillFromOthers(parts, gap, signal);
    throw error;
  }
}

async function fillTrades(parts: BackfillParts, { instrument, own, ask, ...range }: Gap) {
  const { node, market } = parts;
  const { symbol } = instrument;
  const { startMs, endMs } = range;
  let changed = 0;
  const pages = own.history.trades?.({ symbol, startMs, endMs }, ask) ?? [];
  for await (const { accepted, refused } of pages) {
    await record(parts, symbol, own, refused);
    const missing = await tradesNotStored(node.pool, symbol, accepted);
    for (let from = 0; from < missing.length; from += BATCH)
      await market.recordTrades(symbol, missing.slice(from, from + BATCH), node.clock.now());
    changed += missing.length;
  }
  return changed;
}

async function fillMinutes(parts: BackfillParts, { instrument, own, ask, ...range }: Gap) {
  const { node, market } = parts;
  const { symbol } = instrument;
  const query = { symbol, timeframe: "1m", startMs: range.startMs, endMs: range.endMs } as const;
  let [changed, fromMs] = [0, Infinity];
  for await (const { accepted, refused } of own.history.bars(query, ask)) {
    await record(parts, symbol, own, refused);
    const stored = await storedBeside(parts, accepted);
    for (const bar of accepted) {
      if (isSameAsStored(stored.get(bar.startMs), bar)) continue;
      await market.recordBar(bar, node.clock.now());
      changed += 1;
      fromMs = Math.min(fromMs, bar.startMs);
    }
  }
  // The past: features on record are computed anew, and nobody trades by it.
  if (changed > 0) await tellStored(node, { symbol, timeframe: "1m", fromMs });
  return changed;
}

async function storedBeside(
  { node }: BackfillParts,
  bars: readonly Bar[],
): Promise<ReadonlyMap<number, Bar>> {
  const [first, last] = [bars[0], bars.at(-1)];
  if (first === undefined || last === undefined) return new Map();
  const { symbol, timeframe, startMs } = first;
  const range = { startMs, endMs: last.startMs + 1, limit: bars.length, order: "asc" } as const;
  const stored = await readBars(node.pool, { symbol, timeframe, ...range });
  return new Map(stored.map((bar) => [bar.startMs, bar]));
}

/** What another vendor has stands in for minutes that are missing altogether, until the one whose market it is answers. */
async function fillFromOthers(
  parts: BackfillParts,
  { instrument, own, startMs, endMs }: Gap,
  signal: AbortSignal,
): Promise<void> {
  const others = parts.registry
    .forBars(instrument, "1m")
    .filter(({ definition }) => definition.sourceId !== own.definition.sourceId);
  const wish = { instrument, timeframe: "1m", startMs, endMs } as const;
  await new SymbolCollection(parts, wish, new Set(), signal).from(others, () => undefined);
}

async function record(
  { node }: BackfillParts,
  symbol: string,
  { definition: { sourceId } }: KnownSource,
  refused: readonly RefusedRow[],
): Promise<void> {
  for (const [reason, rows] of Map.groupBy(refused, (row) => row.reason))
    await recordRefusals(node.pool, symbol, sourceId, reason, rows.length, rows.at(-1)?.detail);
}
