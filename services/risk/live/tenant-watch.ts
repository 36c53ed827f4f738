import type { PortfolioSummary } from "../../../domain/portfolio/messages.ts";
import type { Reading } from "../../../domain/risk/live/levels.ts";
import type { TenantOthers } from "../../../domain/risk/live/live-view.ts";
import {
  type RiskPolicy,
  TOTAL_LIMITS,
  type TotalLimit,
} from "../../../domain/risk/live/policy.ts";
import { text } from "../../../domain/shared/decimal.ts";
import type { NodeContext } from "../../context.ts";
import type { Levels, Watched } from "./levels.ts";
import { type LiveRisk, summaryLimits } from "./live-risk.ts";

/** Where tenants' portfolios together stand with what they may come to. */
export class TenantWatch {
  readonly #node: NodeContext;
  readonly #live: LiveRisk;
  readonly #levels: Levels;

  constructor(node: NodeContext, live: LiveRisk, levels: Levels) {
    this.#node = node;
    this.#live = live;
    this.#levels = levels;
  }

  async look(summaries: Iterable<PortfolioSummary>): Promise<void> {
    await this.#levels.recall();
    const firstOf = new Map<string, PortfolioSummary>();
    for (const summary of summaries)
      if (!firstOf.has(summary.tenantId)) firstOf.set(summary.tenantId, summary);
    for (const summary of firstOf.values()) await this.#lookAt(summary);
  }

  async #lookAt(summary: PortfolioSummary): Promise<void> {
    const policy = summary.risk?.tenant?.policy ?? null;
    const watched = watchedOf(summary, policy);
    const isLimited = TOTAL_LIMITS.some((name) => isSet(policy, name));
    if (!isLimited && !this.#levels.hasAny(watched)) return;
    const all = isLimited ? await this.#totalsOf(summary) : null;
    // While a price is not known nothing has changed; without limits nothing has to be known.
    if (isLimited && all === null) return;
    for (const name of TOTAL_LIMITS)
      await this.#levels.judge(watched, readingOf(name, policy, all));
  }

  async #totalsOf(summary: PortfolioSummary): Promise<TenantOthers | null> {
    const { tenantId, baseCurrency } = summary;
    await this.#live.totals.follow(tenantId);
    const { markMaxAgeMs } = summaryLimits(summary, this.#node.clock.now());
    // Of no portfolio in particular: all of them are its others.
    return this.#live.totals.othersOf({ tenantId, portfolioId: "", baseCurrency }, markMaxAgeMs);
  }
}

function watchedOf({ tenantId }: PortfolioSummary, policy: RiskPolicy | null): Watched {
  const cooldownSeconds = policy?.alertCooldownSeconds ?? null;
  return { tenantId, portfolioId: null, ownerId: null, label: "all portfolios", cooldownSeconds };
}

function isSet(policy: RiskPolicy | null, name: TotalLimit): boolean {
  return policy?.totals?.[name] !== undefined || policy?.warnings[name] !== undefined;
}

function readingOf(name: TotalLimit, policy: RiskPolicy | null, all: TenantOthers | null): Reading {
  const value = name === "maxGrossNotional" ? all?.gross : all?.dayLoss;
  return {
    name,
    breach: policy?.totals?.[name] ?? null,
    warning: policy?.warnings[name] ?? null,
    observed: value === undefined ? null : text(value),
    isBeyond: false,
  };
}
