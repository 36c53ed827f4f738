import type { Bar, Timeframe } from "../../domain/market/bar.ts";
import {
  builderAt,
  isOf,
  type LateBars,
  LATE_BARS,
  noBars,
  type SymbolBars,
  takeTrades,
} from "../../domain/market/bars/symbol-bars.ts";
import type { BarSpec } from "../../domain/market/bars/special-bar.ts";
import type { SpecialBuilder } from "../../domain/market/bars/special-builder.ts";
import { barOf, type OpenBar } from "../../domain/market/bars/time-bar.ts";
import { DEFAULT_WATCH } from "../../domain/market/bars/watch.ts";
import type { TradeTick } from "../../domain/market/quote.ts";
import type { SymbolEvent } from "../../domain/market/symbol.ts";
import { barStartMs, durationMs } from "../../domain/market/timeframe.ts";
import type { Pool } from "../../models/postgres/pool.ts";
import { lastKnown, latestBar, readBars, storeBars } from "../../models/timescale/bars.ts";
import {
  type Building,
  getBarWatch,
  saveBuilding,
  type StoredWatch,
} from "../../models/timescale/bar-watch.ts";
import { readSpecialBars, storeSpecialBars } from "../../models/timescale/special-bars.ts";
import { readTrades, type StoredTrade, storeTrades } from "../../models/timescale/trades.ts";

/** What a symbol's actor begins with. */
export interface StoredSymbol {
  /** the newest of each stored timeframe */
  readonly bars: readonly Bar[];
  readonly building: SymbolBars;
}

const PAGE = 10_000;
/** Late trades are counted in longer bars too, but not across a restart: it would have to read days of trades. */
const LATE_TIMEFRAME_MS_MAX = 3_600_000;
/** Trades that were brought in for longer than this after the last bar did not come live: no bars are made of them here. */
const REPLAY_MS_MAX = 86_400_000;
/** Ids are remembered for so long before the newest trade. */
const SEEN_WINDOW_MS = 60_000;

/**
 * Everything that the events of a turn ask to be stored. What can be told again from stored trades comes after them, what
 * cannot before: a crash after any step leaves enough to know whether the turn's trades count. Each step may be repeated.
 */
export async function saveSymbol(
  pool: Pool,
  symbol: string,
  events: readonly SymbolEvent[],
): Promise<void> {
  const counted = events.filter((event) => event.type === "TradesCounted");
  const trades = counted.flatMap((event) => event.trades);
  const [first, last] = [counted[0], counted.at(-1)];
  const mark = trades[0];
  if (first && last && mark && (first.before.length > 0 || last.bars.builders.length > 0)) {
    const building: Building = { before: first.before, after: last.bars.builders, mark };
    await saveBuilding(pool, symbol, building);
  }
  await storeSpecial(pool, events);
  if (last !== undefined) await storeTrades(pool, trades, last.tsInitMs);
  await storeClosed(pool, events);
}

async function storeSpecial(pool: Pool, events: readonly SymbolEvent[]): Promise<void> {
  const closed = events.filter((event) => event.type === "SpecialBarClosed");
  const last = closed.at(-1);
  if (last === undefined) return;
  const bars = closed.map(({ bar }) => bar);
  await storeSpecialBars(pool, bars, last.tsInitMs);
}

/** In the order in which they were told: a bar may be revised in the turn that closed it. */
async function storeClosed(pool: Pool, events: readonly SymbolEvent[]): Promise<void> {
  let [bars, knownAtMs]: [Bar[], number] = [[], 0];
  for (const event of events) {
    if (event.type !== "BarClosed" && event.type !== "BarRevised") continue;
    if (bars.length > 0 && event.tsInitMs !== knownAtMs) {
      await storeBars(pool, bars, knownAtMs);
      bars = [];
    }
    bars.push(event.bar);
    knownAtMs = event.tsInitMs;
  }
  if (bars.length > 0) await storeBars(pool, bars, knownAtMs);
}

/**
 * What is stored of a symbol, and the bars that its stored trades leave open: whatever a crash cut off in mid-bar. Bars that
 * those trades had closed, but that were not stored any more, are stored here.
 * @param nowMs when they are learnt, if they are
 */
export async function loadSymbol(pool: Pool, symbol: string, nowMs: number): Promise<StoredSymbol> {
  const stored = await getBarWatch(pool, symbol);
  const bars = await newestBars(pool, symbol);
  const watch = stored?.watch ?? DEFAULT_WATCH;
  const builders = await loadBuilders(pool, symbol, stored);
  const initial: SymbolBars = { ...noBars({ ...watch, special: [] }, symbol), watch };
  const rebuilt =
    watch.quotes === null
      ? await replay(pool, symbol, initial, bars, nowMs)
      : { bars, building: initial };
  return { bars: rebuilt.bars, building: { ...rebuilt.building, builders } };
}

async function newestBars(pool: Pool, symbol: string): Promise<readonly Bar[]> {
  const bars: Bar[] = [];
  for (const { timeframe } of await lastKnown(pool, symbol)) {
    const bar = await latestBar(pool, symbol, timeframe);
    if (bar !== null) bars.push(bar);
  }
  return bars;
}

async function loadBuilders(
  pool: Pool,
  symbol: string,
  stored: StoredWatch | null,
): Promise<readonly SpecialBuilder[]> {
  if (stored === null || stored.watch.special.length === 0) return [];
  const standing = await standingOf(pool, symbol, stored.building);
  return Promise.all(
    stored.watch.special.map(
      async (spec) =>
        standing.find(isOf(spec)) ??
        builderAt(symbol, spec, await nextSequence(pool, symbol, spec)),
    ),
  );
}

/** The number of the bar that a series closes next. */
export async function nextSequence(pool: Pool, symbol: string, spec: BarSpec): Promise<number> {
  const { kind, size } = spec;
  const [last] = await readSpecialBars(pool, { symbol, kind, size, limit: 1, order: "desc" });
  return last === undefined ? 0 : last.sequence + 1;
}

async function standingOf(
  pool: Pool,
  symbol: string,
  building: Building | null,
): Promise<readonly SpecialBuilder[]> {
  if (building === null) return [];
  const { mark, before, after } = building;
  const range = { startMs: mark.tsEventMs, endMs: mark.tsEventMs + 1 };
  const near = await readTrades(pool, { symbol, ...range, limit: PAGE, order: "asc" });
  return near.some((trade) => isSameTrade(trade, mark)) ? after : before;
}

function isSameTrade(a: TradeTick, b: TradeTick): boolean {
  if (a.source !== b.source || (a.tsEventMicros ?? 0) !== (b.tsEventMicros ?? 0)) return false;
  if (a.tradeId !== undefined || b.tradeId !== undefined) return a.tradeId === b.tradeId;
  return a.price === b.price && a.size === b.size;
}

async function replay(
  pool: Pool,
  symbol: string,
  initial: SymbolBars,
  bars: readonly Bar[],
  nowMs: number,
): Promise<StoredSymbol> {
  const [newest] = await readTrades(pool, { symbol, limit: 1, order: "desc" });
  if (newest === undefined) return { bars, building: initial };
  const fromMs = windowStarts(initial, bars, newest.tsEventMs);
  const startMs = Math.min(newest.tsEventMs - SEEN_WINDOW_MS, ...fromMs.values());
  const rebuilt = new Map<string, Bar>();
  let building = initial;
  for await (const page of pages(pool, symbol, startMs)) {
    const { lateBars } = building;
    const taken = takeTrades(building, page, (timeframe) => {
      const closed = lateBars[timeframe]?.at(-1)?.startMs ?? -Infinity;
      // A bar that began before the window would lack trades: it is not begun.
      return Math.max((fromMs.get(timeframe) ?? Infinity) - 1, closed);
    });
    building = taken.bars;
    for (const { bar } of taken.steps) rebuilt.set(`${bar.timeframe} ${bar.startMs}`, bar);
  }
  return reconcile(pool, symbol, { building, newest: bars, rebuilt: [...rebuilt.values()] }, nowMs);
}

/** From where trades are counted again: the bar after the last stored one, and the few before it that may still be revised. */
function windowStarts(
  { watch }: SymbolBars,
  bars: readonly Bar[],
  newestMs: number,
): ReadonlyMap<Timeframe, number> {
  return new Map(
    watch.timeframes.map((timeframe) => {
      const last = bars.find((bar) => bar.timeframe === timeframe);
      const barMs = durationMs(timeframe) ?? 0;
      const lateMs = barMs <= LATE_TIMEFRAME_MS_MAX ? LATE_BARS * barMs : 0;
      const openMs = barStartMs(timeframe, newestMs);
      const wantedMs = last === undefined ? -Infinity : Math.min(openMs, last.startMs) - lateMs;
      return [timeframe, Math.max(wantedMs, barStartMs(timeframe, openMs - REPLAY_MS_MAX))];
    }),
  );
}

async function* pages(
  pool: Pool,
  symbol: string,
  startMs: number,
): AsyncGenerator<readonly StoredTrade[]> {
  let after: StoredTrade["place"] | undefined;
  for (;;) {
    const page = await readTrades(pool, {
      symbol,
      startMs,
      limit: PAGE,
      order: "asc",
      ...(after && { after }),
    });
    if (page.length > 0) yield page;
    after = page.at(-1)?.place;
    if (page.length < PAGE || after === undefined) return;
  }
}

interface Rebuilt {
  readonly building: SymbolBars;
  /** stored */
  readonly newest: readonly Bar[];
  /** closed while trades were counted again */
  readonly rebuilt: readonly Bar[];
}

/** What a vendor told stands. A closed bar that is not stored yet, or without a trade that came to it late, is stored now. */
async function reconcile(
  pool: Pool,
  symbol: string,
  { building, newest, rebuilt }: Rebuilt,
  nowMs: number,
): Promise<StoredSymbol> {
  const missing: Bar[] = [];
  const openBars: { [T in Timeframe]?: OpenBar } = {};
  const lateBars: { -readonly [T in keyof LateBars]: LateBars[T] } = {};
  for (const timeframe of building.watch.timeframes) {
    const lastMs = newest.find((bar) => bar.timeframe === timeframe)?.startMs ?? -Infinity;
    const mine = rebuilt.filter((bar) => bar.timeframe === timeframe);
    const stored = await storedBeside(pool, symbol, timeframe, mine);
    const isOurs = (bar: Bar): boolean => {
      const held = stored.get(bar.startMs);
      return held === undefined ? bar.startMs > lastMs : isSameBuilt(held, bar);
    };
    const isBehind = (bar: Bar): boolean => isWithout(stored.get(bar.startMs), bar);
    missing.push(
      ...mine.filter((bar) => !stored.has(bar.startMs) && isOurs(bar)),
      ...mine.filter(isBehind),
    );
    const late = (building.lateBars[timeframe] ?? []).filter((built) => {
      const bar = barOf(built);
      return isOurs(bar) || isBehind(bar);
    });
    if (late.length > 0) lateBars[timeframe] = late;
    const open = building.openBars[timeframe];
    if (open !== undefined && open.startMs > lastMs) openBars[timeframe] = open;
  }
  if (missing.length > 0) await storeBars(pool, missing, nowMs);
  return { bars: [...newest, ...missing], building: { ...building, openBars, lateBars } };
}

/** The stored bars from the first of these on, by opening time. */
async function storedBeside(
  pool: Pool,
  symbol: string,
  timeframe: Timeframe,
  bars: readonly Bar[],
): Promise<ReadonlyMap<number, Bar>> {
  const [first] = bars;
  if (first === undefined) return new Map();
  const range = { startMs: first.startMs, limit: PAGE, order: "asc" } as const;
  const stored = await readBars(pool, { symbol, timeframe, ...range });
  return new Map(stored.map((bar) => [bar.startMs, bar]));
}

/** Whether a bar that was built from trades lacks some of them. A vendor's bar of the same source counts at least as many. */
function isWithout(stored: Bar | undefined, rebuilt: Bar): boolean {
  if (stored?.tradeCount === undefined || stored.source !== rebuilt.source) return false;
  return stored.tradeCount < (rebuilt.tradeCount ?? 0);
}

function isSameBuilt(a: Bar, b: Bar): boolean {
  return (
    a.startMs === b.startMs &&
    a.open === b.open &&
    a.high === b.high &&
    a.low === b.low &&
    a.close === b.close &&
    a.volume === b.volume &&
    a.tradeCount === b.tradeCount
  );
}
