import type { RiskCommand } from "../../../domain/risk/kill-switch/messages.ts";
import type { PortfolioSummary } from "../../../domain/portfolio/messages.ts";
import {
  type Level,
  levelOf,
  type Reading,
  readingsOf,
  type Standings,
  warningsOf,
} from "../../../domain/risk/live/levels.ts";
import { wantsPrices } from "../../../domain/risk/live/policy.ts";
import { Decimal, text } from "../../../domain/shared/decimal.ts";
import { beginBreach, endBreach, openBreaches } from "../../../models/risk-breaches.ts";
import type { RequestContext } from "../../../types/contracts.ts";
import type { NodeContext } from "../../context.ts";
import { alarm, COOLDOWN_MS } from "./alerting.ts";
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
  /** by portfolio and limit; absent: inside it */
  readonly #levels = new Map<string, Level>();
  #isBegun = false;

  constructor(node: NodeContext, live: LiveRisk) {
    this.#node = node;
    this.#live = live;
  }

  /** What was known is known to others: it is read again. */
  begin(): void {
    this.#levels.clear();
    this.#isBegun = false;
  }

  async look(ctx: RequestContext, summary: PortfolioSummary): Promise<void> {
    if (!this.#isBegun) await this.#recall();
    const nowMs = this.#node.clock.now();
    const limits = await this.#live.ready(ctx, summary);
    const warnings = warningsOf([summary.risk?.desk ?? null, summary.risk?.tenant?.policy ?? null]);
    if (!wantsPrices(limits) && Object.keys(warnings).length === 0) return;
    await this.#live.board.follow((summary.risk?.lines ?? []).map(({ symbol }) => symbol));
    const now = measure(this.#live, summary, limits, nowMs);
    // While a price is not known nothing has changed; orders are denied meanwhile.
    if ("missing" in now) return;
    await this.#mark(summary, now, nowMs);
    for (const reading of readingsOf(now, limits, warnings)) await this.#judge(summary, reading);
  }

  async #recall(): Promise<void> {
    for (const { portfolioId, limitName, level } of await openBreaches(this.#node.pool))
      this.#levels.set(`${portfolioId} ${limitName}`, level);
    this.#isBegun = true;
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
    const key = `${summary.portfolioId} ${reading.name}`;
    const before = this.#levels.get(key) ?? "ok";
    const level = levelOf(reading, before);
    if (level === null || level === before) return;
    const { pool, clock } = this.#node;
    if (before !== "ok") await endBreach(pool, summary.portfolioId, reading.name, clock.now());
    if (level === "ok") this.#levels.delete(key);
    else {
      const isNews = await this.#begin(summary, reading, level);
      this.#levels.set(key, level);
      // From a breach back to a warning is good news.
      if (isNews && before !== "breach") await this.#tell(summary, reading, level);
    }
  }

  #begin(summary: PortfolioSummary, reading: Reading, level: "warning" | "breach") {
    return beginBreach(this.#node.pool, {
      tenantId: summary.tenantId,
      portfolioId: summary.portfolioId,
      limitName: reading.name,
      level,
      limit: limitAt(reading, level),
      observed: shown(reading),
      beganAtMs: this.#node.clock.now(),
    });
  }

  async #tell(
    summary: PortfolioSummary,
    reading: Reading,
    level: "warning" | "breach",
  ): Promise<void> {
    const { tenantId, portfolioId, ownerId, name, risk } = summary;
    const [limit, observed] = [limitAt(reading, level), shown(reading)];
    const seconds =
      risk?.desk?.alertCooldownSeconds ?? risk?.tenant?.policy.alertCooldownSeconds ?? null;
    await alarm(
      this.#node,
      {
        tenantId,
        portfolioId,
        ownerId,
        kind: reading.name,
        severity: level === "breach" ? "critical" : "warning",
        message: `${name}: ${reading.name} is ${observed}, beyond ${limit}`,
        limit,
        observed,
      },
      seconds === null ? COOLDOWN_MS : seconds * 1_000,
    );
    const trigger = TRIGGER_OF[reading.name];
    if (level === "breach" && trigger !== undefined)
      await pull(this.#node, summary, trigger, `${reading.name} is ${observed}, beyond ${limit}`);
  }
}

function limitAt({ warning, breach }: Reading, level: "warning" | "breach"): string {
  return (level === "breach" ? breach : warning) ?? "none";
}

function shown({ observed, isBeyond }: Reading): string {
  return observed ?? (isBeyond ? "beyond measure, as equity is not positive" : "not known");
}
