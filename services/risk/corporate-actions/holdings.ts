import type { PortfolioSummary } from "../../../domain/portfolio/messages.ts";
import { type Holding, tradedSymbols } from "../../../models/portfolio-actions.ts";
import type { NodeContext } from "../../context.ts";

/** What portfolios hold, and what they held and sold: a split before the sale says that the wrong quantity was sold. */
export class Holdings {
  readonly #pool: NodeContext["pool"];
  /** the last trade that was looked at, by portfolio */
  readonly #seqs = new Map<string, number>();
  /** by portfolio and symbol */
  readonly #lastDays = new Map<string, Map<string, number>>();

  constructor({ pool }: Pick<NodeContext, "pool">) {
    this.#pool = pool;
  }

  async of(summaries: readonly PortfolioSummary[]): Promise<readonly Holding[]> {
    await this.#refresh(summaries);
    return summaries.flatMap(({ portfolioId, positions }) => {
      const held = new Set(positions.map(({ symbol }) => symbol));
      const sold = [...(this.#lastDays.get(portfolioId) ?? [])].filter(
        ([symbol]) => !held.has(symbol),
      );
      return [
        ...[...held].map((symbol) => ({ portfolioId, symbol, untilDay: null })),
        ...sold.map(([symbol, untilDay]) => ({ portfolioId, symbol, untilDay })),
      ];
    });
  }

  async #refresh(summaries: readonly PortfolioSummary[]): Promise<void> {
    const known = summaries.map(
      ({ portfolioId }) => [portfolioId, this.#seqs.get(portfolioId) ?? 0] as const,
    );
    // The trades of a portfolio are on record in their order: none comes before one that was seen.
    for (const { portfolioId, symbol, lastDay, seq } of await tradedSymbols(
      this.#pool,
      new Map(known),
    )) {
      this.#seqs.set(portfolioId, Math.max(seq, this.#seqs.get(portfolioId) ?? 0));
      const days = this.#lastDays.get(portfolioId) ?? new Map<string, number>();
      this.#lastDays.set(portfolioId, days);
      days.set(symbol, Math.max(lastDay, days.get(symbol) ?? lastDay));
    }
  }
}
