import type { Instrument } from "../../../domain/market/instrument.ts";
import { getInstrument } from "../../../models/instruments.ts";
import { storeTrades } from "../../../models/timescale/trades.ts";
import { SymbolCollection } from "./collect-symbol.ts";
import type { CollectParts } from "./collect-symbol.ts";
import { SourceError } from "./source.ts";
import type { TimeRange } from "./source.ts";

export interface BackfillParams extends TimeRange {
  readonly symbol: string;
  readonly kinds: readonly ("bars" | "trades")[];
}
export interface Backfilled {
  readonly stored: number;
  /** that gave the last of it; null: there was nothing to fill in */
  readonly source: string | null;
}

/**
 * Fills in what a stream has missed: minutes, trades, or both.
 * @throws SourceError when no source could answer; what is there by then stays
 */
export async function backfill(
  parts: CollectParts,
  { symbol, kinds, startMs, endMs }: BackfillParams,
  signal: AbortSignal,
): Promise<Backfilled> {
  const instrument = await getInstrument(parts.node.pool, symbol);
  if (instrument === null)
    throw new SourceError("SOURCE_SYMBOL_UNKNOWN", `${symbol} is no instrument of ours`);
  await parts.registry.refresh();
  const range = { startMs, endMs };
  const results: Backfilled[] = [];
  if (kinds.includes("trades")) results.push(await fillTrades(parts, instrument, range, signal));
  if (kinds.includes("bars")) results.push(await fillMinutes(parts, instrument, range, signal));
  return {
    stored: results.reduce((sum, { stored }) => sum + stored, 0),
    source: results.findLast(({ source }) => source !== null)?.source ?? null,
  };
}

async function fillMinutes(
  parts: CollectParts,
  instrument: Instrument,
  range: TimeRange,
  signal: AbortSignal,
): Promise<Backfilled> {
  const sources = parts.registry.forBars(instrument, "1m");
  const wish = { instrument, timeframe: "1m" as const, ...range };
  const collection = new SymbolCollection(parts, wish, new Set(), signal);
  const { stored, revised, source, faults } = await collection.from(sources, () => undefined);
  const [fault] = faults;
  if (source === null && fault !== undefined)
    throw new SourceError("SOURCE_UNAVAILABLE", fault.message);
  return { stored: stored + revised, source };
}

/** From the first source that answers. Trades that are there already are told by their ids. */
async function fillTrades(
  { node, registry }: CollectParts,
  instrument: Instrument,
  range: TimeRange,
  signal: AbortSignal,
): Promise<Backfilled> {
  let last: SourceError | null = null;
  for (const { definition, history } of registry.forTrades(instrument)) {
    const { sourceId } = definition;
    try {
      let stored = 0;
      const query = { symbol: instrument.symbol, ...range };
      const ask = { now: () => node.clock.now(), signal };
      for await (const { accepted } of history.trades?.(query, ask) ?? []) {
        const { inserted } = await storeTrades(node.pool, accepted, node.clock.now());
        stored += inserted;
      }
      await registry.note(sourceId, null);
      return { stored, source: sourceId };
    } catch (error) {
      if (!(error instanceof SourceError)) throw error;
      await registry.note(sourceId, error);
      last = error;
    }
  }
  throw (
    last ?? new SourceError("SOURCE_UNSUPPORTED", `no source has trades of ${instrument.symbol}`)
  );
}
