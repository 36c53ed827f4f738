import type { RiskCommand } from "../../../domain/risk/kill-switch/messages.ts";
import type { PortfolioSummary } from "../../../domain/portfolio/messages.ts";
import {
  type Reading,
  readingsOf,
  type Standings,
  warningsOf,
} from "../../../domain/risk/live/levels.ts";
import { wantsPrices } from "../../../domain/risk/live/policy.ts";
import { Decimal, text } from "../../../domain/shared/decimal.ts";
import type { RequestContext } from "../../../types/contracts.ts";
import type { NodeContext } from "../../context.ts";
import type { Levels, Watched } from "./levels.ts";
import type { LiveRisk } from "./live-risk.ts";
import { measure } from "./measure.ts";
import { pull, TRIGGER_OF } from "./triggers.ts";

const DAY_MS = 86_400_000;
/** A height is told to the portfolio when it is so much above the last that it knows. */
const HIGHER = "1.001";

/** Where portfolios stand with their limits, and what follows when that changes. */
export class RiskWatch {
  readonly #node: NodeContext;
  readonly #live: LiveRisk;
  readonly #levels: Levels;

  constructor(node: NodeContext, live: LiveRisk, levels: Levels) {
    this.#node = node;
    this.#live = live;
    this.#levels = levels;
  }

  async look(ctx: RequestContext, summary: PortfolioSummary): Promise<void> {
    await this.#levels.recall();
    const nowMs = this.#node.clock.now();
    const limits = await this.#live.ready(ctx, summary);
    const warnings = warningsOf([summary.risk?.desk ?? null, summary.risk?.tenant?.policy ?? null]);
    // Who takes the last limit away ends what it began.
    const isLimited = wantsPrices(limits) || Object.keys(warnings).length > 0;
    if (!isLimited && !this.#levels.hasAny(summary)) return;
    await this.#live.board.follow((summary.risk?.lines ?? []).map(({ symbol }) => symbol));
    const now = measure(this.#live, summary, limits, nowMs);
    // While a price is not known nothing has changed; orders are denied meanwhile.
    if ("missing" in now) return;
    await this.#mark(summary, now, nowMs);
    for (const reading of readingsOf(now, limits, warnings)) await this.#judge(summary, reading);
  }

  /** The portfolio keeps its heights and how its days began, as no restart may forget them. */
  async #mark(
    { portfolioId, risk }: PortfolioSummary,
    { equity }: Standings,
    nowMs: number,
  ): Promise<void> {
    if (risk === undefined) return;
    const isNewDay = risk.dayOpen?.day !== Math.floor(nowMs / DAY_MS);
    if (!isNewDay && !equity.greaterThan(Decimal.mul(risk.highWater, HIGHER))) return;
    const command: RiskCommand = { type: "MarkEquity", equity: text(equity) };
    await this.#node.actors.call({ type: "portfolio", id: portfolioId }, command, {
      commandId: this.#node.newId(),
      isDeduplicated: false,
    });
  }

  async #judge(summary: PortfolioSummary, reading: Reading): Promise<void> {
    const passed = await this.#levels.judge(watchedOf(summary), reading);
    const trigger = TRIGGER_OF[reading.name];
    if (passed?.level !== "breach" || trigger === undefined) return;
    const why = `${reading.name} is ${passed.observed}, beyond ${passed.limit}`;
    await pull(this.#node, summary, trigger, why);
  }
}

function watchedOf({ tenantId, portfolioId, ownerId, name, risk }: PortfolioSummary): Watched {
  const cooldownSeconds =
    risk?.desk?.alertCooldownSeconds ?? risk?.tenant?.policy.alertCooldownSeconds ?? null;
  return { tenantId, portfolioId, ownerId, label: name, cooldownSeconds };
}
