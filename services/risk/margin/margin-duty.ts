import type { PortfolioSummary } from "../../../domain/portfolio/messages.ts";
import type { Work } from "../../../mixins/actor/duty.ts";
import type { Timer } from "../../../mixins/clock.ts";
import { changedMargined } from "../../../models/margined.ts";
import type { NodeContext } from "../../context.ts";
import { FinancingWatch } from "./financing-watch.ts";
import { watchMargin } from "./margin-watch.ts";

/** Prices of a second are looked at together: however often they move, a round costs one look. */
const LOOK_MS = 1_000;

/** Names the duty like an actor. */
export const MARGIN_WATCH = { type: "margin", id: "watch" } as const;

/**
 * Looks after the portfolios that may borrow: as prices move, whether one needs a margin call or has met it, and as the days of
 * its market end, what they cost it.
 *
 * It is the duty of one node at a time. What it tells portfolios changes nothing when two nodes tell it, and is told again
 * after a crash.
 */
export class MarginDuty implements Work {
  readonly #node: NodeContext;
  readonly #financing: FinancingWatch;
  readonly #versions = new Map<string, number>();
  readonly #summaries = new Map<string, PortfolioSummary>();
  #timer: Timer | null = null;
  #running: Promise<void> | null = null;
  #isStopped = true;

  constructor(node: NodeContext) {
    this.#node = node;
    this.#financing = new FinancingWatch(node);
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
      await this.#refresh();
      const summaries = [...this.#summaries.values()];
      await watchMargin(this.#node, summaries, () => this.#isStopped);
      await this.#financing.look(summaries, () => this.#isStopped);
    } catch (err) {
      if (!this.#isStopped)
        this.#node.log.warn({ err }, "margin could not be looked at; again soon");
    }
  }

  async #refresh(): Promise<void> {
    for (const view of await changedMargined(this.#node.pool, this.#versions)) {
      // sound: written by the portfolio kind's projection
      const summary = view.doc as unknown as PortfolioSummary;
      this.#versions.set(view.portfolioId, view.version);
      if (summary.status === "closed") this.#summaries.delete(view.portfolioId);
      else this.#summaries.set(view.portfolioId, summary);
    }
  }
}
