import type { Pairs } from "../../../domain/ai/signals/definition.ts";
import { hitRate } from "../../../domain/ai/signals/hit-rate.ts";
import { pairs, secondLeg } from "../../../domain/ai/signals/pairs.ts";
import type { Moment, PairCloses } from "../../../domain/ai/signals/verdict.ts";
import type { NodeContext } from "../../context.ts";
import { byHitRate, type Finding, type FindRequest, NO_CONFIDENCE } from "./finding.ts";
import { type History, readHistory } from "./history.ts";

/** Regressions are not free: so many closes in all of them. */
const CLOSES_MAX = 300_000;

type Pair = FindRequest & { readonly definition: Pairs };

interface Aligned extends PairCloses {
  readonly startMs: readonly number[];
  readonly first: readonly number[];
  readonly second: readonly number[];
}

/** A finding for each leg, at the newest close that both have; none when a bar is asked for that one of them has not closed. */
export async function findPair(node: NodeContext, request: Pair): Promise<readonly Finding[]> {
  const { definition, symbols, startMs } = request;
  const [one, other] = symbols;
  if (one === undefined || other === undefined) throw new Error("expected a pair of symbols");
  const read = (symbol: string) => readLeg(node, request, symbol);
  const closes = aligned(await read(one), await read(other));
  const last = closes.startMs.length - 1;
  const at = closes.startMs[last];
  if (at === undefined || (startMs !== undefined && at !== startMs)) return [];
  const found = pairs(definition, momentAt(closes, last - 1), momentAt(closes, last));
  const { verdict, hedgeRatio } = found;
  const confidence =
    verdict.side === "hold" ? NO_CONFIDENCE : byHitRate(rateOf(definition, closes, verdict));
  const ratio = Math.abs(hedgeRatio ?? 1);
  // The larger leg takes all that the strategy gives to a position.
  const larger = Math.max(1, ratio);
  const shared = { startMs: at, horizon: definition.horizon, confidence, model: null };
  return [
    { ...shared, symbol: one, verdict, weight: 1 / larger },
    { ...shared, symbol: other, verdict: secondLeg(found), weight: ratio / larger },
  ];
}

function readLeg(node: NodeContext, request: Pair, symbol: string): Promise<History> {
  const { tenantId, timeframe, startMs } = request;
  const last = startMs === undefined ? {} : { lastStartMs: startMs };
  return readHistory(node, { tenantId, symbol, timeframe, columns: [], ...last });
}

/** By what the spread moved, with the hedge ratio of when the signal would have been given. */
function rateOf(definition: Pairs, closes: Aligned, like: ReturnType<typeof pairs>["verdict"]) {
  const rows = closes.startMs.length;
  const from = Math.max(0, rows - Math.floor(CLOSES_MAX / definition.window));
  const ratios = new Map<number, number>();
  return hitRate(
    like,
    { rows: rows - from, horizon: definition.horizon },
    (row) => {
      const at = from + row;
      const { verdict, hedgeRatio } = pairs(
        definition,
        momentAt(closes, at - 1, definition.window),
        momentAt(closes, at, definition.window),
      );
      ratios.set(at, hedgeRatio ?? Number.NaN);
      return verdict;
    },
    (a, b) => {
      const log = (values: readonly number[]) =>
        Math.log((values[from + b] ?? Number.NaN) / (values[from + a] ?? Number.NaN));
      return log(closes.first) - (ratios.get(from + a) ?? Number.NaN) * log(closes.second);
    },
  );
}

/** @param bars as many as are looked at; all when absent */
function momentAt({ first, second }: Aligned, row: number, bars = row + 1): Moment {
  const from = Math.max(0, row + 1 - bars);
  const until = (values: readonly number[]) => values.slice(from, row + 1);
  return {
    close: first[row] ?? null,
    values: {},
    pair: { first: until(first), second: until(second) },
  };
}

/** The closes at the times that both have. */
function aligned(one: History, other: History): Aligned {
  const rows = new Map(Array.from(other.startMs, (at, row) => [at, row]));
  const startMs: number[] = [];
  const [first, second]: [number[], number[]] = [[], []];
  for (const [row, at] of one.startMs.entries()) {
    const beside = rows.get(at);
    if (beside === undefined) continue;
    startMs.push(at);
    first.push(one.closes[row] ?? Number.NaN);
    second.push(other.closes[beside] ?? Number.NaN);
  }
  return { startMs, first, second };
}
