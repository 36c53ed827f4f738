import type { StressPosition } from "../../../domain/risk/stress/position.ts";
import type { Stressed } from "../../../domain/risk/stress/total.ts";
import { insufficientData } from "../../../mixins/rest/rest-error.ts";
import type { ScenarioDefinition } from "../../../mixins/rest/routes/risk-stress.ts";
import type { RequestContext } from "../../../types/contracts.ts";
import { knownRates } from "../inputs/rates.ts";
import { readReturns } from "../inputs/read-returns.ts";
import type { ReturnHistory } from "../inputs/types.ts";
import type { StressBook } from "./book.ts";

/** The positions whose own history says how they move, and those of which nothing is stored. */
export interface Covered {
  readonly positions: readonly StressPosition[];
  readonly history: ReturnHistory;
  readonly notCovered: readonly Stressed[];
}

const LOOKBACK = 252;
/** Fewer common days say nothing of how things move together. */
const DAYS_MIN = 20;

interface Closes {
  readonly symbol: string;
  readonly problem?: string;
  readonly closes?: readonly number[];
}

/** @throws RestError 422 where nothing is covered, or what is covered has too few days in common */
export async function coveredByHistory(
  ctx: RequestContext,
  { book, positions }: StressBook,
  { lookback = LOOKBACK }: ScenarioDefinition,
): Promise<Covered> {
  const held = await problemsOf(ctx, positions);
  const ofCash = positions.flatMap(({ isCash, currency }) =>
    isCash ? [problemOfRate(ctx, currency, book.currency)] : [],
  );
  const problems = [...held, ...(await Promise.all(ofCash))];
  const covered = positions.filter((_, i) => problems[i] === null);
  if (covered.length === 0)
    throw insufficientData(
      `of no position are there ${DAYS_MIN} daily returns: ${problems.find((one) => one !== null) ?? "nothing is held"}`,
    );
  const history = await readReturns(ctx, {
    symbols: covered.flatMap(({ symbol, isCash }) => (isCash ? [] : [symbol])),
    cashOf: covered.flatMap(({ currency, isCash }) => (isCash ? [currency] : [])),
    lookback,
    min: Math.min(lookback, DAYS_MIN),
    currency: book.currency,
  });
  const notCovered = positions.flatMap(({ symbol, value }, i): readonly Stressed[] => {
    const reason = problems[i] ?? null;
    return reason === null ? [] : [{ symbol, value, outcome: { isCovered: false, reason } }];
  });
  return { positions: covered, history, notCovered };
}

/** Of each position but cash, in their order: why its history does not do, or null. */
async function problemsOf(
  ctx: RequestContext,
  positions: readonly StressPosition[],
): Promise<readonly (string | null)[]> {
  const symbols = positions.flatMap(({ symbol, isCash }) => (isCash ? [] : [symbol]));
  if (symbols.length === 0) return [];
  const asked = { symbols, count: DAYS_MIN + 1 };
  const stored = await ctx.call<readonly Closes[], unknown>("closes.daily", asked);
  return stored.map(({ problem, closes = [] }) => problem ?? tooFew(closes, "closes"));
}

async function problemOfRate(ctx: RequestContext, from: string, to: string) {
  const known = await knownRates(ctx, { from, to, startMs: 0 });
  return known === null
    ? `no instrument says what ${from} was worth in ${to}`
    : tooFew(known.closes, "rates");
}

function tooFew({ length }: readonly number[], what: string): string | null {
  return length > DAYS_MIN ? null : `only ${length} ${what} are stored`;
}
