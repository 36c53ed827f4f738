import type { Bar } from "../market/bar.ts";
import { barEndMs } from "../market/timeframe.ts";
import type { Signal } from "../portfolio/messages.ts";

/** A fast and a slow line at the close of one bar; null in the warm-up. */
export interface Lines {
  readonly fast: number | null;
  readonly slow: number | null;
}

export interface CrossoverInput {
  readonly strategyId: string;
  /** the bar at whose close `present` was computed; `previous` belongs to the one before */
  readonly bar: Pick<Bar, "symbol" | "timeframe" | "startMs">;
  /** what the lines are called, e.g. `sma_20` and `sma_50` */
  readonly fastName: string;
  readonly slowName: string;
  readonly previous: Lines;
  readonly present: Lines;
}

/**
 * The crossover rule: buy when the fast line was at or below the slow one and is now above, sell when it was at or above and
 * is now below, otherwise hold. (A line that only touches and turns back counts as crossing, as in Pine Script's
 * `ta.crossover`.)
 *
 * `strength` is 1 for a crossing and 0 for a hold: the rule knows all or nothing, and sizing is the portfolio's.
 * `confidence` is the share of the move between the two bars that lies beyond the crossing point,
 * |gap now| / (|gap now| + |gap before|) with gap = fast − slow: near 0 when the lines have just met, 1 when they started
 * from the same point, 0 for a hold. It orders crossings by how decisive they are and is not a probability.
 *
 * @param idOf the name-based id of a key; the key is (strategy, symbol, close of the bar), so a repeat is the same signal
 * @throws RangeError when a line is not finite
 */
export function crossoverSignal(input: CrossoverInput, idOf: (key: string) => string): Signal {
  const asOfMs = barEndMs(input.bar.timeframe, input.bar.startMs);
  const verdict = judge(input);
  return {
    signalId: idOf(JSON.stringify(["signal", input.strategyId, input.bar.symbol, asOfMs])),
    strategyId: input.strategyId,
    symbol: input.bar.symbol,
    side: verdict.side,
    strength: verdict.side === "hold" ? 0 : 1,
    confidence: verdict.confidence,
    reason: verdict.reason,
    source: `crossover:${input.fastName}:${input.slowName}`,
    asOfMs,
  };
}

interface Verdict {
  readonly side: Signal["side"];
  readonly confidence: number;
  readonly reason: string;
}

function judge({ fastName, slowName, previous, present }: CrossoverInput): Verdict {
  const before = gapOf(previous);
  const now = gapOf(present);
  if (before === null || now === null) {
    const reason = `${fastName} or ${slowName} is warming up`;
    return { side: "hold", confidence: 0, reason };
  }
  const side = sideOf(before, now);
  const lines = `${fastName} ${String(present.fast)}, ${slowName} ${String(present.slow)}`;
  if (side === "hold") {
    const place = now > 0 ? "stays above" : now < 0 ? "stays below" : "meets";
    return { side, confidence: 0, reason: `${fastName} ${place} ${slowName} (${lines})` };
  }
  const confidence = Math.abs(now) / (Math.abs(now) + Math.abs(before));
  const way = side === "buy" ? "above" : "below";
  return { side, confidence, reason: `${fastName} crossed ${way} ${slowName} (${lines})` };
}

function sideOf(before: number, now: number): Signal["side"] {
  if (before <= 0 && now > 0) return "buy";
  if (before >= 0 && now < 0) return "sell";
  return "hold";
}

function gapOf({ fast, slow }: Lines): number | null {
  if (fast === null || slow === null) return null;
  const gap = fast - slow;
  if (!Number.isFinite(gap)) {
    throw new RangeError(`expected finite lines, found ${String(fast)} and ${String(slow)}`);
  }
  return gap;
}
