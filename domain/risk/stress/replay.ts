import type { HistoricalFactors } from "./historical.ts";
import { changeOf, fxMove, type Outcome, outcomeOf, unknownRate } from "./outcome.ts";
import type { StressPosition } from "./position.ts";
import type { Shocks } from "./shocks.ts";

/** Symbols that are a factor themselves. */
const PROXIES = {
  spx: ["SPX", "^SPX", "^GSPC"],
  djia: ["DJI", "DJIA", "^DJI"],
  nasdaq: ["IXIC", "^IXIC"],
  smi: ["SMI", "^SSMI"],
  xiv: ["XIV"],
  aggIndex: ["AGG"],
  wti: ["WTI", "CL=F"],
} as const satisfies Partial<Record<keyof HistoricalFactors, readonly string[]>>;

/**
 * What is known of a stretch of history, as shocks: the market is the S&P 500, yields are those of the 10-year Treasury,
 * volatility is the VIX. What is not known covers nothing.
 */
export function historicalShocks(factors: Partial<HistoricalFactors>): Shocks {
  const { spx = null, ust10yBp, vix, wti = null } = factors;
  const symbols = new Map<string, number>();
  for (const name of PROXY_NAMES) {
    const move = factors[name];
    if (move !== undefined) for (const symbol of PROXIES[name]) symbols.set(symbol, move);
  }
  if (vix !== undefined) for (const symbol of VIX) symbols.set(symbol, vix[1] / vix[0] - 1);
  return {
    symbols,
    sectors: new Map(),
    classes: new Map(),
    currencies: currenciesOf(factors),
    market: spx,
    rates: ust10yBp === undefined ? null : ust10yBp / 1e4,
    volatility: vix === undefined ? null : (vix[1] - vix[0]) / 100,
    wti,
    unsaid: "unknown",
  };
}

const VIX = ["VIX", "^VIX"];
const PROXY_NAMES = ["spx", "djia", "nasdaq", "smi", "xiv", "aggIndex", "wti"] as const;

/** Each against the dollar. */
function currenciesOf({
  gbpusd,
  usdchf,
  eurchf,
}: Partial<HistoricalFactors>): ReadonlyMap<string, number> {
  const found = new Map([["USD", 0]]);
  if (gbpusd !== undefined) found.set("GBP", gbpusd);
  if (usdchf !== undefined) found.set("CHF", 1 / (1 + usdchf) - 1);
  if (usdchf !== undefined && eurchf !== undefined)
    found.set("EUR", (1 + eurchf) / (1 + usdchf) - 1);
  return found;
}

/** What is stored of a stretch of history. */
export interface Recorded {
  /** by symbol, from close to close, adjusted for splits and dividends, in its own currency */
  readonly returns: ReadonlyMap<string, StoredReturn>;
  /** by currency, of its value in the book's */
  readonly rates: ReadonlyMap<string, number>;
}

export interface StoredReturn {
  readonly move: number;
  /** the days of the two closes, ISO 8601 */
  readonly from: string;
  readonly to: string;
}

/** By the position's own prices where they are stored, else by what factors did. */
export function replayed(
  position: StressPosition,
  recorded: Recorded,
  shocks: Shocks,
  base: string,
): Outcome {
  const { symbol, currency, value } = position;
  const known = withRate(shocks, currency, base, recorded.rates.get(currency));
  const stored = recorded.returns.get(symbol);
  if (position.isCash && recorded.rates.has(currency)) return ofStoredRate(position, known, base);
  if (stored === undefined) return outcomeOf(position, known, base);
  const fx = fxMove(known, currency, base);
  if (fx === null) return unknownRate(currency, base);
  const moves = { price: stored.move, rates: 0, volatility: 0, fx };
  const rule = `stored closes of ${stored.from} and ${stored.to}`;
  return {
    isCovered: true,
    basis: "stored",
    rule: fx === 0 ? rule : `${rule}; ${currency} against ${base}`,
    moves,
    change: changeOf(value, moves),
  };
}

function ofStoredRate(cash: StressPosition, known: Shocks, base: string): Outcome {
  const outcome = outcomeOf(cash, known, base);
  if (!outcome.isCovered) return outcome;
  return { ...outcome, basis: "stored", rule: `stored rates of ${cash.currency} in ${base}` };
}

/** A stored rate takes the place of what factors say. */
function withRate(
  shocks: Shocks,
  currency: string,
  base: string,
  move: number | undefined,
): Shocks {
  if (move === undefined || currency === base) return shocks;
  const own = shocks.currencies.get(base) ?? 0;
  const currencies = new Map(shocks.currencies)
    .set(base, own)
    .set(currency, (1 + move) * (1 + own) - 1);
  return { ...shocks, currencies };
}

/** The last close at or before each end of a stretch, none older than a week. */
export interface Ends {
  readonly from: { readonly timeMs: number; readonly close: number } | null;
  readonly to: { readonly timeMs: number; readonly close: number } | null;
}

/**
 * @param dayOf the day of an instant, ISO 8601
 * @returns null where the ends are not two days, or the first close is not positive
 */
export function returnBetween(
  { from, to }: Ends,
  dayOf: (timeMs: number) => string,
): StoredReturn | null {
  if (from === null || to === null || !(to.timeMs > from.timeMs) || !(from.close > 0)) return null;
  const move = to.close / from.close - 1;
  return Number.isFinite(move) ? { move, from: dayOf(from.timeMs), to: dayOf(to.timeMs) } : null;
}
