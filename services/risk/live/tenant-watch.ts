import type { PortfolioSummary } from "../../../domain/portfolio/messages.ts";
import type { TenantOthers } from "../../../domain/risk/live/live-view.ts";
import { TOTAL_LIMITS, type TotalLimit } from "../../../domain/risk/live/policy.ts";
import { type Decimal, text } from "../../../domain/shared/decimal.ts";
import type { NodeContext } from "../../context.ts";
import { alarm, COOLDOWN_MS } from "./alerting.ts";
import { type LiveRisk, summaryLimits } from "./live-risk.ts";

/** Tells of tenants whose portfolios together come near to what they may, or go beyond it. */
export class TenantWatch {
  readonly #node: NodeContext;
  readonly #live: LiveRisk;
  /** those that stand beyond a limit: told once, until they do not any more */
  readonly #beyond = new Set<string>();

  constructor(node: NodeContext, live: LiveRisk) {
    this.#node = node;
    this.#live = live;
  }

  async look(summaries: Iterable<PortfolioSummary>): Promise<void> {
    const firstOf = new Map<string, PortfolioSummary>();
    for (const summary of summaries)
      if (summary.risk?.tenant?.policy.totals !== undefined && !firstOf.has(summary.tenantId))
        firstOf.set(summary.tenantId, summary);
    for (const summary of firstOf.values()) await this.#lookAt(summary);
  }

  async #lookAt(summary: PortfolioSummary): Promise<void> {
    const { tenantId, baseCurrency } = summary;
    await this.#live.totals.follow(tenantId);
    const { markMaxAgeMs } = summaryLimits(summary, this.#node.clock.now());
    // Of no portfolio in particular: all of them are its others.
    const asker = { tenantId, portfolioId: "", baseCurrency };
    const all = this.#live.totals.othersOf(asker, markMaxAgeMs);
    if (all === null) return;
    for (const name of TOTAL_LIMITS)
      for (const level of ["warning", "breach"] as const)
        await this.#judge(summary, name, level, valueOf(name, all));
  }

  async #judge(
    { tenantId, baseCurrency, risk }: PortfolioSummary,
    name: TotalLimit,
    level: "warning" | "breach",
    value: Decimal,
  ): Promise<void> {
    const policy = risk?.tenant?.policy;
    const limit = level === "breach" ? policy?.totals?.[name] : policy?.warnings[name];
    const key = `${tenantId} ${name} ${level}`;
    if (limit === undefined || !value.greaterThan(limit)) {
      this.#beyond.delete(key);
      return;
    }
    if (this.#beyond.has(key)) return;
    this.#beyond.add(key);
    const observed = text(value);
    const seconds = policy?.alertCooldownSeconds;
    await alarm(
      this.#node,
      {
        tenantId,
        portfolioId: null,
        ownerId: null,
        kind: name,
        severity: level === "breach" ? "critical" : "warning",
        message: `all portfolios: ${name} is ${observed} ${baseCurrency}, beyond ${limit}`,
        limit,
        observed,
      },
      seconds === undefined ? COOLDOWN_MS : seconds * 1_000,
    );
  }
}

function valueOf(name: TotalLimit, { gross, dayLoss }: TenantOthers): Decimal {
  return name === "maxGrossNotional" ? gross : dayLoss;
}
