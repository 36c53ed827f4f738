/** What a source hands over, before anybody looked at it. */
export interface RawBar {
  readonly symbol: string;
  readonly timeframe: "1m";
  readonly startMs: number;
  readonly open: string;
  readonly high: string;
  readonly low: string;
  readonly close: string;
  readonly volume: string;
  readonly vwap: string;
  readonly tradeCount: number;
  readonly source: string;
}

const MINUTE_MS = 60_000;
const FIRST_MS = Date.UTC(2024, 0, 1);

/** A walk in cents by a linear congruential generator (Numerical Recipes' constants), symbol after symbol. */
export function rawBars(symbols: number, minutes: number): readonly RawBar[] {
  let seed = 1;
  const next = (below: number): number => {
    seed = (Math.imul(seed, 1_664_525) + 1_013_904_223) >>> 0;
    return seed % below;
  };
  return Array.from({ length: symbols * minutes }, (_, i) => {
    const [symbol, minute] = [Math.floor(i / minutes), i % minutes];
    const open = 10_000 + next(20_000);
    const close = open + next(41) - 20;
    const [high, low] = [Math.max(open, close) + next(9), Math.min(open, close) - next(9)];
    return {
      symbol: `S${symbol}`,
      timeframe: "1m",
      startMs: FIRST_MS + minute * MINUTE_MS,
      open: price(open),
      high: price(high),
      low: price(low),
      close: price(close),
      volume: String(next(100_000)),
      vwap: `${(low / 100).toFixed(2)}${1 + next(99)}`,
      tradeCount: next(500),
      source: "bench",
    };
  });
}

function price(cents: number): string {
  return (cents / 100).toFixed(2);
}
