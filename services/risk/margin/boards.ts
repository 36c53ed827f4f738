import type { RiskBoard } from "../../../domain/portfolio/market-view.ts";
import type { PortfolioSummary } from "../../../domain/portfolio/messages.ts";
import { deadlineOf } from "../../../mixins/resilience/deadline.ts";
import type { RequestContext } from "../../../types/contracts.ts";
import type { NodeContext } from "../../context.ts";
import { fullBoard } from "./board.ts";

/** Portfolios that are remembered to need no board. */
const KNOWN_MAX = 100_000;

/** Boards of portfolios, for whoever sends them orders. Whether a portfolio has margin is settled with its opening. */
export class Boards {
  readonly #node: NodeContext;
  readonly #cash = new Set<string>();

  constructor(node: NodeContext) {
    this.#node = node;
  }

  /** Null for a cash portfolio, and for one that is not there. */
  async of(ctx: RequestContext, portfolioId: string): Promise<RiskBoard | null> {
    if (this.#cash.has(portfolioId)) return null;
    const { deadlineMs } = deadlineOf(ctx, this.#node.clock);
    const read = await this.#node.actors.read({ type: "portfolio", id: portfolioId }, deadlineMs);
    // sound: the portfolio kind's summary
    const summary = read.summary as unknown as PortfolioSummary | null;
    if (summary === null) return null;
    if (summary.margin !== undefined) return fullBoard(ctx, summary, this.#node.clock.now());
    if (this.#cash.size >= KNOWN_MAX) this.#cash.clear();
    this.#cash.add(portfolioId);
    return null;
  }
}
