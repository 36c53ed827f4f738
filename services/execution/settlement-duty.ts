import { isoDate, tradeDateAt } from "../../domain/execution/settlement.ts";
import type { PortfolioCommand } from "../../domain/portfolio/messages.ts";
import type { Work } from "../../mixins/actor/duty.ts";
import { uuidv5 } from "../../mixins/actor/ids.ts";
import type { Timer } from "../../mixins/clock.ts";
import { dueTrades, unsettledMarkets } from "../../models/settlement.ts";
import type { DueTrades, UnsettledMarket } from "../../models/settlement.ts";
import type { NodeContext } from "../context.ts";

const NAMESPACE = "0b7f3a52-91c6-4d0e-8a27-6ef41d95c3b8";
/** A date is reached once a day: a look now and then is enough, and costs one query. */
const LOOK_MS = 1_000;
/** Trades in one turn of a portfolio. */
const BATCH = 200;

/** Names the duty like an actor. */
export const SETTLEMENT = { type: "settlement", id: "due" } as const;

/**
 * Tells portfolios to settle the trades whose date their market has reached: by the market's clock, so that a replay settles
 * as the years that it replays did. While the market's time is not known nothing settles.
 *
 * It is the duty of one node at a time. Two that overlap would tell the same twice, which changes nothing.
 */
export class SettlementDuty implements Work {
  readonly #node: NodeContext;
  #timer: Timer | null = null;
  #running: Promise<void> | null = null;
  #isStopped = true;

  constructor(node: NodeContext) {
    this.#node = node;
  }

  async start(): Promise<void> {
    this.#isStopped = false;
    this.#look();
  }

  async stop(): Promise<void> {
    this.#isStopped = true;
    this.#timer?.cancel();
    await this.#running;
  }

  #look(): void {
    this.#running = this.#round().finally(() => {
      this.#running = null;
      if (!this.#isStopped) this.#timer = this.#node.clock.setTimer(LOOK_MS, () => this.#look());
    });
  }

  async #round(): Promise<void> {
    try {
      for (const market of await unsettledMarkets(this.#node.pool)) {
        if (this.#isStopped) return;
        await this.#settleMarket(market);
      }
    } catch (err) {
      if (!this.#isStopped) this.#node.log.warn({ err }, "trades could not be settled; again soon");
    }
  }

  async #settleMarket(market: UnsettledMarket): Promise<void> {
    const asOf = await this.#dateOf(market);
    if (asOf === null || asOf < market.firstDate) return;
    for (const due of await dueTrades(this.#node.pool, market.symbol, asOf, BATCH))
      await this.#settle(due, asOf);
  }

  /** The date that the market has reached, by the clocks of its exchange. */
  async #dateOf({ symbol, assetClass, calendar }: UnsettledMarket): Promise<string | null> {
    if (assetClass === null) return null;
    const marketMs = await this.#node.broker.call<number | null, { symbol: string }>(
      "symbols.marketTime",
      { symbol },
    );
    const terms = { assetClass, ...(calendar !== null && { calendar }) };
    return marketMs === null ? null : isoDate(tradeDateAt(terms, marketMs));
  }

  /** One portfolio that cannot be told does not keep the others from it. */
  async #settle({ portfolioId, tradeIds }: DueTrades, asOf: string): Promise<void> {
    const command: PortfolioCommand = { type: "SettleTrades", tradeIds, asOf };
    const commandId = uuidv5(NAMESPACE, `${portfolioId}:${asOf}:${tradeIds.join()}`);
    try {
      await this.#node.actors.call({ type: "portfolio", id: portfolioId }, command, {
        commandId,
        // What has settled is passed over: repeats need no memory.
        isDeduplicated: false,
      });
    } catch (err) {
      if (!this.#isStopped)
        this.#node.log.warn({ err, portfolioId, trades: tradeIds.length }, "trades did not settle");
    }
  }
}
