import { DAY_MS } from "../../../domain/market/calendars/time-zone.ts";
import { findHistorical, type HistoricalScenario } from "../../../domain/risk/stress/historical.ts";
import {
  type Ends,
  historicalShocks,
  type Recorded,
  replayed,
  returnBetween,
  type StoredReturn,
} from "../../../domain/risk/stress/replay.ts";
import { type BookResult, totalOf } from "../../../domain/risk/stress/total.ts";
import { unprocessable } from "../../../mixins/rest/rest-error.ts";
import type { ScenarioDefinition } from "../../../mixins/rest/routes/risk-stress.ts";
import { isoTime } from "../../../mixins/rest/views.ts";
import type { RequestContext } from "../../../types/contracts.ts";
import { knownRates } from "../inputs/rates.ts";
import type { StressBook } from "./book.ts";

export interface Replay {
  readonly scenario: HistoricalScenario | null;
  readonly fromMs: number;
  readonly toMs: number;
  readonly result: BookResult;
}

/** How old a close may be that stands for a day: holidays and weekends lie between. */
const STALE_DAYS = 7;

/** @param path of the scenario in the request, for what is wrong with it */
export async function replay(
  ctx: RequestContext,
  { book, positions, cash, benchmark }: StressBook,
  asked: ScenarioDefinition,
  path: string,
): Promise<Replay> {
  const { scenario, fromMs, toMs } = stretchOf(asked, path);
  const symbols = positions.flatMap(({ symbol, isCash }) => (isCash ? [] : [symbol]));
  const currencies = positions.map(({ currency }) => currency);
  const [returns, rates] = await Promise.all([
    returnsBetween(ctx, benchmark === null ? symbols : [...symbols, benchmark], fromMs, toMs),
    ratesBetween(ctx, new Set(currencies), book.currency, fromMs, toMs),
  ]);
  const market = benchmark === null ? undefined : returns.get(benchmark)?.move;
  const shocks = historicalShocks(
    scenario?.factors ?? (market === undefined ? {} : { spx: market }),
  );
  const recorded: Recorded = { returns, rates };
  const stressed = positions.map((position) => ({
    symbol: position.symbol,
    value: position.value,
    outcome: replayed(position, recorded, shocks, book.currency),
  }));
  return { scenario, fromMs, toMs, result: totalOf(stressed, cash) };
}

function stretchOf({ name, from, to }: ScenarioDefinition, path: string): Omit<Replay, "result"> {
  if (from !== undefined && to !== undefined)
    return { scenario: null, fromMs: dayStart(from), toMs: dayStart(to) };
  const scenario = findHistorical(name ?? "");
  if (scenario === null)
    throw unprocessable([
      { path: `${path}.name`, code: "UNSUPPORTED_VALUE", message: "is no historical scenario" },
    ]);
  return { scenario, fromMs: Date.parse(scenario.from), toMs: Date.parse(scenario.to) };
}

function dayStart(timeMs: number): number {
  return Math.floor(timeMs / DAY_MS) * DAY_MS;
}

interface Closes {
  readonly symbol: string;
  /** absent: none */
  readonly timesMs?: readonly number[];
  readonly closes?: readonly number[];
}

async function returnsBetween(
  ctx: RequestContext,
  symbols: readonly string[],
  fromMs: number,
  toMs: number,
): Promise<ReadonlyMap<string, StoredReturn>> {
  const at = (dayMs: number) =>
    ctx.call<readonly Closes[], unknown>("closes.daily", {
      symbols,
      count: 1,
      startMs: dayMs - STALE_DAYS * DAY_MS,
      endMs: dayMs + DAY_MS,
    });
  const [first, last] = await Promise.all([at(fromMs), at(toMs)]);
  const found = symbols.flatMap((symbol, i) => {
    const ends = { from: lastOf(first[i]), to: lastOf(last[i]) };
    const move = returnBetween(ends, dayOf);
    return move === null ? [] : [[symbol, move] as const];
  });
  return new Map(found);
}

function lastOf(found: Closes | undefined): Ends["from"] {
  const timeMs = found?.timesMs?.at(-1);
  const close = found?.closes?.at(-1);
  return timeMs === undefined || close === undefined ? null : { timeMs, close };
}

function dayOf(timeMs: number): string {
  return isoTime(timeMs).slice(0, 10);
}

async function ratesBetween(
  ctx: RequestContext,
  currencies: ReadonlySet<string>,
  base: string,
  fromMs: number,
  toMs: number,
): Promise<ReadonlyMap<string, number>> {
  const found = new Map<string, number>();
  for (const currency of currencies) {
    if (currency === base) continue;
    const move = await rateMove(ctx, currency, base, fromMs, toMs);
    if (move !== null) found.set(currency, move);
  }
  return found;
}

async function rateMove(
  ctx: RequestContext,
  from: string,
  to: string,
  fromMs: number,
  toMs: number,
): Promise<number | null> {
  const startMs = fromMs - STALE_DAYS * DAY_MS;
  const known = await knownRates(ctx, { from, to, startMs });
  // No instrument says what the rate was: factors may.
  if (known === null) return null;
  const { timesMs, closes } = known;
  const endOf = (dayMs: number): Ends["from"] => {
    const at = timesMs.findLastIndex((timeMs) => timeMs < dayMs + DAY_MS);
    const [timeMs, close] = [timesMs[at], closes[at]];
    const isFresh = timeMs !== undefined && timeMs >= dayMs - STALE_DAYS * DAY_MS;
    return isFresh && close !== undefined ? { timeMs, close } : null;
  };
  return returnBetween({ from: endOf(fromMs), to: endOf(toMs) }, dayOf)?.move ?? null;
}
