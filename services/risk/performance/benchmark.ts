import { DAY_MS } from "../../../domain/market/calendars/time-zone.ts";
import type { PeriodReturn } from "../../../domain/risk/performance/time-weighted.ts";
import type { RequestContext } from "../../../types/contracts.ts";
import { readReturns } from "../inputs/read-returns.ts";

/** Of one day of the market's clock; `key` counts days since 1970-01-01, UTC. */
export type DailyReturn = PeriodReturn & { readonly key: number };

/** Far enough back that a bar lies before the first day, over weekends and holidays. */
const BEFORE_MS = 14 * DAY_MS;
const DAYS_MAX = 100_000;

interface Compared {
  readonly symbol: string;
  readonly currency: string;
  /** not empty */
  readonly days: readonly DailyReturn[];
}

/**
 * Returns of a symbol over the same spans as a portfolio's.
 * @returns one a day; NaN where it has no close at the day's beginning or end
 * @throws RestError 422 INSUFFICIENT_DATA where it has no bars of that time
 */
export async function benchmarkOver(
  ctx: RequestContext,
  { symbol, currency, days }: Compared,
): Promise<Float64Array> {
  const [first, last] = [days[0], days.at(-1)];
  const { timesMs, columns } = await readReturns(ctx, {
    symbols: [symbol],
    lookback: DAYS_MAX,
    min: 1,
    currency,
    startMs: Math.max(0, (first?.fromMs ?? 0) - BEFORE_MS),
    endMs: (last?.toMs ?? 0) + 1,
  });
  const logs = new Map<number, number>();
  let log = 0;
  columns[0]?.forEach((value, i) => {
    log += Math.log1p(value);
    logs.set(Math.floor((timesMs[i] ?? 0) / DAY_MS), log);
  });
  return Float64Array.from(days, ({ key, fromMs }) => {
    const before = Math.floor((fromMs - 1) / DAY_MS);
    // The first day begins with the opening cash, at some time of the day: no bar has a price of then.
    if (before === key) return Number.NaN;
    return Math.expm1((logs.get(key) ?? Number.NaN) - (logs.get(before) ?? Number.NaN));
  });
}
