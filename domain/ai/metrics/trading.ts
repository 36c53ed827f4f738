import { mean, standardDeviation } from "../../numeric/moments.ts";
import { drawdownPath } from "../../risk/performance/drawdowns.ts";

/** What was said of rows, symbol by symbol in order of time. */
export interface TradedRows {
  readonly symbol: Int32Array;
  readonly closeMs: Float64Array;
  /** 1: the horizon's return is to be earned; 0: it is not */
  readonly isLong: Uint8Array;
  /** simple return of the bar after the row's; NaN where it is not known */
  readonly nextReturn: Float64Array;
  readonly horizon: number;
}

export interface TradingFacts {
  /** mean change of the position a bar, as a part of the whole */
  readonly turnover: number;
  /** positive, in [0, 1] */
  readonly maxDrawdown: number;
  /** of a year, without a riskless rate and before costs; null where returns do not vary */
  readonly sharpe: number | null;
}

const YEAR_MS = 365.25 * 86_400_000;
const MOMENTS_MIN = 20;

/**
 * What holding by predictions would have been. A prediction opens 1/horizon of a position and closes it after the horizon, so that a
 * symbol's position is the mean of those that are open; symbols share the capital alike at each moment.
 * @returns null of fewer than 20 moments
 */
export function tradingFacts(rows: TradedRows): TradingFacts | null {
  const moments = byMoment(rows, positionsOf(rows));
  if (moments.length < MOMENTS_MIN) return null;
  const returns = Float64Array.from(moments, ({ earned, count }) => earned / count);
  const span = (moments.at(-1)?.closeMs ?? 0) - (moments[0]?.closeMs ?? 0);
  const perYear = ((moments.length - 1) * YEAR_MS) / span;
  const deviation = standardDeviation(returns);
  return {
    turnover: mean(moments.map(({ changed, count }) => changed / count)),
    maxDrawdown: drawdownPath(returns).depths.reduce((most, depth) => Math.max(most, depth), 0),
    sharpe: deviation > 1e-12 ? (mean(returns) / deviation) * Math.sqrt(perYear) : null,
  };
}

function positionsOf({ symbol, isLong, horizon }: TradedRows): Float64Array {
  const positions = new Float64Array(isLong.length);
  let open = 0;
  for (let i = 0, first = 0; i < positions.length; i += 1) {
    if (symbol[i] !== symbol[first]) [first, open] = [i, 0];
    open += isLong[i] ?? 0;
    if (i - horizon >= first) open -= isLong[i - horizon] ?? 0;
    positions[i] = open / horizon;
  }
  return positions;
}

interface Moment {
  readonly closeMs: number;
  earned: number;
  changed: number;
  count: number;
}

function byMoment(
  { symbol, closeMs, nextReturn }: TradedRows,
  positions: Float64Array,
): readonly Moment[] {
  const moments = new Map<number, Moment>();
  positions.forEach((position, i) => {
    const next = nextReturn[i] ?? Number.NaN;
    if (Number.isNaN(next)) return;
    const at = closeMs[i] ?? 0;
    const before = i > 0 && symbol[i - 1] === symbol[i] ? (positions[i - 1] ?? 0) : 0;
    const moment = moments.get(at) ?? { closeMs: at, earned: 0, changed: 0, count: 0 };
    moment.earned += position * next;
    moment.changed += Math.abs(position - before);
    moment.count += 1;
    moments.set(at, moment);
  });
  return [...moments.values()].toSorted((a, b) => a.closeMs - b.closeMs);
}
