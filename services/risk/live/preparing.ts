import type { PortfolioSummary } from "../../../domain/portfolio/messages.ts";
import { wantsPrices } from "../../../domain/risk/live/policy.ts";
import { deadlineOf } from "../../../mixins/resilience/deadline.ts";
import type { RequestContext } from "../../../types/contracts.ts";
import type { NodeContext } from "../../context.ts";
import type { LiveRisk } from "./live-risk.ts";

export interface Prepare {
  readonly portfolioId: string;
  /** that is to be ordered */
  readonly symbol: string;
}

/** For so long a portfolio that needs nothing is not asked again, and what was made ready is taken to be so. */
const KNOWN_MS = 1_000;
const KNOWN_MAX = 50_000;

/** Has the node of a portfolio know what the limits of an order will be checked by, before the order is sent there. */
export class Preparing {
  readonly #node: NodeContext;
  readonly #live: LiveRisk;
  /** until when, by portfolio, or by portfolio and symbol */
  readonly #untilMs = new Map<string, number>();

  constructor(node: NodeContext, live: LiveRisk) {
    this.#node = node;
    this.#live = live;
  }

  async prepare(ctx: RequestContext<Prepare>): Promise<null> {
    const { portfolioId, symbol } = ctx.params;
    const nowMs = this.#node.clock.monotonicMs();
    const key = `${portfolioId} ${symbol}`;
    const isKnown = [portfolioId, key].some((one) => (this.#untilMs.get(one) ?? 0) > nowMs);
    if (isKnown) return null;
    const isNeeded = await this.#askOwner(ctx);
    if (this.#untilMs.size > KNOWN_MAX) this.#untilMs.clear();
    this.#untilMs.set(isNeeded ? key : portfolioId, nowMs + KNOWN_MS);
    return null;
  }

  #askOwner(ctx: RequestContext<Prepare>): Promise<boolean> {
    const { config, actorSystem } = this.#node;
    const owner = actorSystem.ownerOf({ type: "portfolio", id: ctx.params.portfolioId });
    if (owner === null || owner === config.nodeId) return this.ready(ctx);
    return ctx.call<boolean, Prepare>("limits.ready", ctx.params, { nodeID: owner });
  }

  /** Of a portfolio of this node. */
  async ready(ctx: RequestContext<Prepare>): Promise<boolean> {
    const { portfolioId, symbol } = ctx.params;
    const { deadlineMs } = deadlineOf(ctx, this.#node.clock);
    const read = await this.#node.actors.read({ type: "portfolio", id: portfolioId }, deadlineMs);
    // sound: the portfolio kind's summary
    const summary = read.summary as unknown as PortfolioSummary | null;
    if (summary === null) return false;
    return wantsPrices(await this.#live.ready(ctx, summary, [symbol]));
  }
}
