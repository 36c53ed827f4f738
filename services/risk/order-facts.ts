import type { ExchangeRate, RiskBoard } from "../../domain/portfolio/market-view.ts";
import type { RequestContext } from "../../types/contracts.ts";
import type { NodeContext } from "../context.ts";
import { Exchanges } from "./exchanges.ts";
import type { Prepare, Preparing } from "./live/preparing.ts";
import { Boards } from "./margin/boards.ts";

interface Facts {
  /** what the margin of the order is checked by; null for a cash portfolio */
  readonly board: RiskBoard | null;
  /** null where the order's currency needs no rate */
  readonly exchange: ExchangeRate | null;
}

/** What is to be known of an order's portfolio before it is sent there. */
export class OrderFacts {
  readonly #boards: Boards;
  readonly #exchanges: Exchanges;
  readonly #preparing: Preparing;

  constructor(node: NodeContext, preparing: Preparing) {
    this.#boards = new Boards(node);
    this.#exchanges = new Exchanges(node);
    this.#preparing = preparing;
  }

  /** Each by itself: what cannot be found out is not known, and the turn says what needed it. */
  async of(ctx: RequestContext<Prepare>): Promise<Facts> {
    const [board, exchange] = await Promise.all([
      orNull(this.#boards.of(ctx, ctx.params.portfolioId)),
      orNull(this.#exchanges.of(ctx, ctx.params)),
      orNull(this.#preparing.prepare(ctx)),
    ]);
    return { board, exchange };
  }
}

async function orNull<T>(asked: Promise<T>): Promise<T | null> {
  try {
    return await asked;
  } catch {
    return null;
  }
}
