import type { PortfolioSummary } from "../../domain/portfolio/messages.ts";
import type { Json } from "../../domain/shared/json.ts";
import type { Work } from "../../mixins/actor/duty.ts";
import type { Timer } from "../../mixins/clock.ts";
import type { NodeContext } from "../context.ts";

/** Prices of a second are looked at together: however often they move, a round costs one look. */
const LOOK_MS = 1_000;

/** A portfolio as it stood after its last turn. */
interface View {
  readonly portfolioId: string;
  /** grows with each turn */
  readonly version: number;
  readonly doc: Json;
}

export interface Round {
  /** The portfolios that are followed, as they were committed last. */
  readonly summaries: () => Promise<readonly PortfolioSummary[]>;
  readonly isStopped: () => boolean;
}

interface RoundsOf {
  /** what is looked at, for the log */
  readonly name: string;
  /** those that have changed since `known`, which is their versions by id */
  readonly changed: (known: ReadonlyMap<string, number>) => Promise<readonly View[]>;
  readonly look: (round: Round) => Promise<void>;
}

/** Looks after portfolios once a second, by their summaries, of which only those that have changed are read. */
export class PortfolioRounds implements Work {
  readonly #node: NodeContext;
  readonly #of: RoundsOf;
  readonly #versions = new Map<string, number>();
  readonly #summaries = new Map<string, PortfolioSummary>();
  #timer: Timer | null = null;
  #running: Promise<void> | null = null;
  #isStopped = true;

  constructor(node: NodeContext, of: RoundsOf) {
    this.#node = node;
    this.#of = of;
  }

  async start(): Promise<void> {
    this.#isStopped = false;
    this.#versions.clear();
    this.#summaries.clear();
    this.#begin();
  }

  async stop(): Promise<void> {
    this.#isStopped = true;
    this.#timer?.cancel();
    await this.#running;
  }

  #begin(): void {
    this.#running = this.#round().finally(() => {
      this.#running = null;
      if (!this.#isStopped) this.#timer = this.#node.clock.setTimer(LOOK_MS, () => this.#begin());
    });
  }

  async #round(): Promise<void> {
    try {
      await this.#of.look({
        summaries: () => this.#refresh(),
        isStopped: () => this.#isStopped,
      });
    } catch (err) {
      if (!this.#isStopped)
        this.#node.log.warn({ err }, `${this.#of.name} could not be looked at; again soon`);
    }
  }

  async #refresh(): Promise<readonly PortfolioSummary[]> {
    for (const view of await this.#of.changed(this.#versions)) {
      // sound: written by the portfolio kind's projection
      const summary = view.doc as unknown as PortfolioSummary;
      this.#versions.set(view.portfolioId, view.version);
      if (summary.status === "closed") this.#summaries.delete(view.portfolioId);
      else this.#summaries.set(view.portfolioId, summary);
    }
    return [...this.#summaries.values()];
  }
}
