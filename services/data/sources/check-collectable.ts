import type { Timeframe } from "../../../domain/market/bar.ts";
import { durationMs } from "../../../domain/market/timeframe.ts";
import type { FieldError } from "../../../mixins/rest/readers.ts";
import { conflict, unprocessable } from "../../../mixins/rest/rest-error.ts";
import type { NodeContext } from "../../context.ts";
import type { Market } from "../market.ts";
import { BARS_MAX, type CollectParams, WITHOUT_BARS_MS } from "./collect.ts";
import type { SourceRegistry } from "./registry.ts";

interface Parts {
  readonly node: Pick<NodeContext, "clock">;
  readonly market: Pick<Market, "instrument">;
  readonly registry: SourceRegistry;
}

const MONTH_MS = 30 * 86_400_000;

/** @throws RestError 409 of a source that is off, 422 for what could never be collected */
export async function checkCollectable(it: Parts, asked: CollectParams): Promise<void> {
  const { source, symbols, timeframe } = asked;
  await it.registry.refresh();
  checkSource(it, source);
  const endMs = asked.endMs ?? it.node.clock.now();
  checkRange(timeframe, asked.startMs ?? endMs - WITHOUT_BARS_MS, endMs);
  const errors = await Promise.all(
    symbols.map((symbol, index) => symbolError(it, asked, symbol, `symbols[${index}]`)),
  );
  const found = errors.filter((error) => error !== null);
  if (found.length > 0) throw unprocessable(found);
}

function checkRange(timeframe: Timeframe, startMs: number, endMs: number): void {
  const bars = (endMs - startMs) / (durationMs(timeframe) ?? MONTH_MS);
  if (bars <= 0)
    throw unprocessable([
      { path: "start", code: "OUT_OF_RANGE", message: "must be before the end" },
    ]);
  if (bars <= BARS_MAX) return;
  const message = `is too early: a job covers ${BARS_MAX} bars of ${timeframe} at most`;
  throw unprocessable([{ path: "start", code: "OUT_OF_RANGE", message }]);
}

function checkSource({ registry }: Parts, source: string): void {
  if (source === "auto") return;
  const known = registry.find(source);
  if (known === null)
    throw unprocessable([
      { path: "source", code: "UNSUPPORTED_VALUE", message: "is none of /api/data-sources" },
    ]);
  const { definition, settings } = known;
  if (!definition.isConfigured)
    throw conflict(`${source} is not configured: it needs ${definition.variables.join(", ")}`);
  if (!settings.isEnabled) throw conflict(`${source} is disabled`);
}

async function symbolError(
  { market, registry }: Parts,
  { source, timeframe }: Pick<CollectParams, "source" | "timeframe">,
  symbol: string,
  path: string,
): Promise<FieldError | null> {
  const instrument = await market.instrument(symbol);
  if (instrument === null)
    return { path, code: "UNSUPPORTED_VALUE", message: "is no symbol of /api/symbols" };
  const sources = registry.forBars(instrument, timeframe);
  const isServed = sources.some(
    ({ definition }) => source === "auto" || definition.sourceId === source,
  );
  if (isServed) return null;
  const who = source === "auto" ? "no source that is configured and enabled" : source;
  const message = `cannot be collected: ${who} has no bars of ${timeframe} of ${instrument.assetClass}`;
  return { path, code: "UNSUPPORTED_VALUE", message };
}
