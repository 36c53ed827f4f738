import type { RiskBoard } from "../../../domain/portfolio/market-view.ts";
import type { PortfolioSummary } from "../../../domain/portfolio/messages.ts";
import type { Marks } from "../../../domain/portfolio/valuation.ts";
import { rateOf } from "../fx.ts";

/** What `ctx` and a node's broker have in common. */
export interface Caller {
  call<R>(action: string, params: unknown): Promise<R>;
}

/** What the margin of these portfolios is worked out by: the last prices of what they hold and have ordered. */
export async function boardOf(
  caller: Caller,
  summaries: readonly PortfolioSummary[],
  asOfMs: number,
): Promise<Omit<RiskBoard, "rates">> {
  const symbols = [...new Set(summaries.flatMap(symbolsOf))];
  const marks = symbols.length === 0 ? {} : await caller.call<Marks>("symbols.marks", { symbols });
  return { asOfMs, marks };
}

/** Rates into the base currency of one portfolio. One that is not known, or not of now, is null. */
export async function ratesOf(
  caller: Caller,
  summary: PortfolioSummary,
): Promise<RiskBoard["rates"]> {
  const { baseCurrency, margin, positions, currencies: kept } = summary;
  const currencies = new Set([
    ...(margin?.lines ?? []).map((line) => line.margin.currency),
    ...positions.map(({ currency }) => currency),
    ...(kept?.balances ?? []).map(({ currency }) => currency),
  ]);
  currencies.delete(baseCurrency);
  const entries = [...currencies].map(
    async (from) => [from, await knownRate(caller, from, baseCurrency)] as const,
  );
  return Object.fromEntries(await Promise.all(entries));
}

/** What one portfolio's margin is worked out by. */
export async function fullBoard(
  caller: Caller,
  summary: PortfolioSummary,
  asOfMs: number,
): Promise<RiskBoard> {
  const [board, rates] = await Promise.all([
    boardOf(caller, [summary], asOfMs),
    ratesOf(caller, summary),
  ]);
  return { ...board, rates };
}

function symbolsOf({ positions, margin }: PortfolioSummary): readonly string[] {
  return [
    ...positions.map(({ symbol }) => symbol),
    ...(margin?.lines ?? []).map(({ symbol }) => symbol),
  ];
}

/** Whatever the reason: what is not known is told as such, and what needs it is denied. */
async function knownRate(caller: Caller, from: string, to: string): Promise<string | null> {
  const found = await rateOf(caller, { from, to }).catch(() => null);
  return found === null || found.isStale ? null : found.rate;
}
