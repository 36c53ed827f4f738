import type { PortfolioSummary } from "../../../domain/portfolio/messages.ts";
import type { Work } from "../../../mixins/actor/duty.ts";
import type { Timer } from "../../../mixins/clock.ts";
import { changedWatched, pendingTenantLimits } from "../../../models/risk-policies.ts";
import { pendingSwitches } from "../../../models/risk-switches.ts";
import type { RequestContext } from "../../../types/contracts.ts";
import type { NodeContext } from "../../context.ts";
import type { LiveRisk } from "./live-risk.ts";
import { RiskWatch } from "./risk-watch.ts";
import { TenantWatch } from "./tenant-watch.ts";
import { tellTenantLimits } from "./tenant-limits.ts";
import { tellSwitch } from "./throw-switch.ts";

/** Prices of a second are looked at together: however often they move, a round costs one look. */
const LOOK_MS = 1_000;
/** Who has just put something on record is telling it himself. */
const GRACE_MS = 2_000;

/** Names the duty like an actor. */
export const RISK_WATCH = { type: "risk", id: "watch" } as const;

/**
 * Follows the portfolios that have limits as prices move: what they come near to, go beyond and set off. And tells what not
 * every portfolio has heard of a switch or of limits, because a node died or could not be reached.
 *
 * It is the duty of one node at a time. What two of them did at once would be done once: levels and alerts are on record
 * once, switches have numbers.
 */
export class RiskDuty implements Work {
  readonly #node: NodeContext;
  readonly #watch: RiskWatch;
  readonly #tenants: TenantWatch;
  readonly #versions = new Map<string, number>();
  readonly #summaries = new Map<string, PortfolioSummary>();
  #timer: Timer | null = null;
  #running: Promise<void> | null = null;
  #isStopped = true;

  constructor(node: NodeContext, live: LiveRisk) {
    this.#node = node;
    this.#watch = new RiskWatch(node, live);
    this.#tenants = new TenantWatch(node, live);
  }

  async start(): Promise<void> {
    this.#isStopped = false;
    this.#versions.clear();
    this.#summaries.clear();
    this.#watch.begin();
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
      await this.#tellPending();
      await this.#refresh();
      for (const summary of this.#summaries.values()) {
        if (this.#isStopped) return;
        await this.#watch.look(this.#ctx, summary);
      }
      await this.#tenants.look(this.#summaries.values());
    } catch (err) {
      if (!this.#isStopped)
        this.#node.log.warn({ err }, "limits could not be looked at; again soon");
    }
  }

  get #ctx(): RequestContext {
    // sound: all that is done with it is to call actions, which a broker does as well
    return this.#node.broker as unknown as RequestContext;
  }

  async #tellPending(): Promise<void> {
    const { pool, clock } = this.#node;
    for (const set of await pendingSwitches(pool)) {
      if (this.#isStopped) return;
      if (clock.now() - set.atMs > GRACE_MS) await tellSwitch(this.#node, set);
    }
    for (const set of await pendingTenantLimits(pool)) {
      if (this.#isStopped) return;
      await tellTenantLimits(this.#node, set);
    }
  }

  async #refresh(): Promise<void> {
    for (const view of await changedWatched(this.#node.pool, this.#versions)) {
      // sound: written by the portfolio kind's projection
      const summary = view.doc as unknown as PortfolioSummary;
      this.#versions.set(view.portfolioId, view.version);
      if (summary.status === "closed") this.#summaries.delete(view.portfolioId);
      else this.#summaries.set(view.portfolioId, summary);
    }
  }
}
