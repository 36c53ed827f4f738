import type { StressPosition } from "../../../domain/risk/stress/position.ts";
import type { Stressed } from "../../../domain/risk/stress/total.ts";
import { insufficientData } from "../../../mixins/rest/rest-error.ts";
import type { ScenarioDefinition } from "../../../mixins/rest/routes/risk-stress.ts";
import type { RequestContext } from "../../../types/contracts.ts";
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
  const symbols = positions.map(({ symbol }) => symbol);
  const stored = await ctx.call<readonly Closes[], unknown>("closes.daily", {
    symbols,
    count: DAYS_MIN + 1,
  });
  const problems = stored.map(({ problem, closes = [] }) => {
    if (problem !== undefined) return problem;
    return closes.length > DAYS_MIN ? null : `only ${closes.length} closes are stored`;
  });
  const covered = positions.filter((_, i) => problems[i] === null);
  if (covered.length === 0)
    throw insufficientData(
      `of no position are there ${DAYS_MIN} daily returns: ${problems.find((one) => one !== null) ?? "nothing is held"}`,
    );
  const history = await readReturns(ctx, {
    symbols: covered.map(({ symbol }) => symbol),
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
