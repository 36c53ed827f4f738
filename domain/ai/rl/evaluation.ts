import { drawdownPath } from "../../risk/performance/drawdowns.ts";
import { mean, standardDeviation } from "../../numeric/moments.ts";
import { quantile } from "../../numeric/quantile.ts";
import type { TradingSeries } from "./env/market.ts";
import { stepOnce, type Holding } from "./env/trading.ts";

/** The position to take at a row's close, or null to keep what is held. */
export type Decide = (series: TradingSeries, row: number, holding: Holding) => number | null;

/** What trading through markets came to, net of costs. */
export interface Scores {
  /** of wealth, a fraction */
  readonly totalReturn: number;
  /** a year; null where the returns do not vary */
  readonly sharpe: number | null;
  /** a positive fraction */
  readonly maxDrawdown: number;
  /** parts of the wealth traded a bar, on average */
  readonly turnover: number;
  /** share of the bars with a position */
  readonly exposure: number;
}

/** Of a score over seeds. */
export interface Spread {
  readonly median: number;
  readonly min: number;
  readonly max: number;
  /** between the quartiles */
  readonly iqr: number;
}

export type ScoreSpread = { readonly [name in keyof Scores]: Spread | null };

const YEAR_MS = 365.25 * 86_400_000;

/**
 * Trades through markets from no position each, the wealth spread evenly over those that have a bar at the time. An account that has lost
 * everything earns nothing any more.
 */
export function score(
  markets: readonly TradingSeries[],
  decide: Decide,
  cost: number,
  unit: number,
): Scores {
  const byClose = new Map<number, { sum: number; count: number }>();
  let [turnover, held, bars] = [0, 0, 0];
  for (const market of markets) {
    let holding: Holding = { position: 0, unrealised: 0 };
    for (let row = 0; row + 1 < market.rows; row += 1) {
      const position = decide(market, row, holding) ?? holding.position;
      turnover += Math.abs(position - holding.position);
      held += position === 0 ? 0 : 1;
      bars += 1;
      const step = stepOnce(holding, position, market.forward[row] ?? 0, cost, unit);
      holding = step.holding;
      add(byClose, market.closeMs[row + 1] ?? 0, step.net);
    }
  }
  const returns = [...byClose].toSorted(([a], [b]) => a - b);
  return {
    ...scoresOf(
      returns.map(([, { sum, count }]) => Math.max(-1, sum / count)),
      barsPerYear(returns.map(([closeMs]) => closeMs)),
    ),
    turnover: turnover / bars,
    exposure: held / bars,
  };
}

function add(byClose: Map<number, { sum: number; count: number }>, at: number, net: number): void {
  const found = byClose.get(at) ?? { sum: 0, count: 0 };
  byClose.set(at, { sum: found.sum + net, count: found.count + 1 });
}

function barsPerYear(closes: readonly number[]): number {
  const spanMs = (closes.at(-1) ?? 0) - (closes[0] ?? 0);
  return spanMs > 0 ? ((closes.length - 1) * YEAR_MS) / spanMs : Number.NaN;
}

function scoresOf(
  returns: readonly number[],
  perYear: number,
): Pick<Scores, "totalReturn" | "sharpe" | "maxDrawdown"> {
  const { depths } = drawdownPath(returns);
  const deviation = standardDeviation(returns);
  const sharpe = (mean(returns) / deviation) * Math.sqrt(perYear);
  return {
    totalReturn: returns.reduce((wealth, value) => wealth * (1 + value), 1) - 1,
    sharpe: deviation > 0 && Number.isFinite(sharpe) ? sharpe : null,
    maxDrawdown: depths.reduce((most, depth) => Math.max(most, depth), 0),
  };
}

const NAMES = ["totalReturn", "sharpe", "maxDrawdown", "turnover", "exposure"] as const;

/** Null where a seed has no such score. */
export function spreadOf(scores: readonly Scores[]): ScoreSpread {
  const of = (name: keyof Scores): Spread | null => {
    const values = scores.flatMap((one) => one[name] ?? []);
    return values.length < scores.length || values.length === 0 ? null : spread(values);
  };
  const [totalReturn, sharpe, maxDrawdown, turnover, exposure] = NAMES.map(of);
  return {
    totalReturn: totalReturn ?? null,
    sharpe: sharpe ?? null,
    maxDrawdown: maxDrawdown ?? null,
    turnover: turnover ?? null,
    exposure: exposure ?? null,
  };
}

function spread(values: readonly number[]): Spread {
  return {
    median: quantile(values, 0.5),
    min: Math.min(...values),
    max: Math.max(...values),
    iqr: quantile(values, 0.75) - quantile(values, 0.25),
  };
}
