import type { Work } from "../../../mixins/actor/duty.ts";
import { changedWatched, pendingTenantLimits } from "../../../models/risk-policies.ts";
import { pendingSwitches } from "../../../models/risk-switches.ts";
import type { RequestContext } from "../../../types/contracts.ts";
import type { NodeContext } from "../../context.ts";
import { PortfolioRounds, type Round } from "../portfolio-rounds.ts";
import { Levels } from "./levels.ts";
import type { LiveRisk } from "./live-risk.ts";
import { RiskWatch } from "./risk-watch.ts";
import { TenantWatch } from "./tenant-watch.ts";
import { tellTenantLimits } from "./tenant-limits.ts";
import { tellSwitch } from "./throw-switch.ts";

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
  readonly #levels: Levels;
  readonly #watch: RiskWatch;
  readonly #tenants: TenantWatch;
  readonly #rounds: PortfolioRounds;

  constructor(node: NodeContext, live: LiveRisk) {
    this.#node = node;
    this.#levels = new Levels(node);
    this.#watch = new RiskWatch(node, live, this.#levels);
    this.#tenants = new TenantWatch(node, live, this.#levels);
    this.#rounds = new PortfolioRounds(node, {
      name: "limits",
      changed: (known) => changedWatched(node.pool, known),
      look: (round) => this.#look(round),
    });
  }

  async start(): Promise<void> {
    this.#levels.begin();
    await this.#rounds.start();
  }

  async stop(): Promise<void> {
    await this.#rounds.stop();
  }

  async #look(round: Round): Promise<void> {
    await this.#tellPending(round);
    const summaries = await round.summaries();
    for (const summary of summaries) {
      if (round.isStopped()) return;
      await this.#watch.look(this.#ctx, summary);
    }
    await this.#tenants.look(summaries);
  }

  get #ctx(): RequestContext {
    // sound: all that is done with it is to call actions, which a broker does as well
    return this.#node.broker as unknown as RequestContext;
  }

  async #tellPending({ isStopped }: Round): Promise<void> {
    const { pool, clock } = this.#node;
    for (const set of await pendingSwitches(pool)) {
      if (isStopped()) return;
      if (clock.now() - set.atMs > GRACE_MS) await tellSwitch(this.#node, set);
    }
    for (const set of await pendingTenantLimits(pool)) {
      if (isStopped()) return;
      await tellTenantLimits(this.#node, set);
    }
  }
}
