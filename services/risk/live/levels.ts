import { type Level, levelOf, type Reading } from "../../../domain/risk/live/levels.ts";
import {
  beginBreach,
  type BreachOwner,
  endBreach,
  openBreaches,
} from "../../../models/risk-breaches.ts";
import type { NodeContext } from "../../context.ts";
import { alarm, COOLDOWN_MS } from "./alerting.ts";

/** Whose limits are looked at: a portfolio's, or those of a tenant over all its portfolios. */
export interface Watched extends BreachOwner {
  readonly ownerId: string | null;
  /** begins what is told */
  readonly label: string;
  /** null: as long as alerts are silent unless somebody says otherwise */
  readonly cooldownSeconds: number | null;
}

/** A limit that has come to be passed. */
export interface Passed {
  readonly level: "warning" | "breach";
  readonly limit: string;
  readonly observed: string;
}

/** Which limits are passed, on record and told of: once for all nodes, until they are not any more. */
export class Levels {
  readonly #node: NodeContext;
  /** by whose they are, then by limit; absent: inside it */
  readonly #levels = new Map<string, Map<string, Level>>();
  #isBegun = false;

  constructor(node: NodeContext) {
    this.#node = node;
  }

  /** What was known is known to others: it is read again. */
  begin(): void {
    this.#levels.clear();
    this.#isBegun = false;
  }

  async recall(): Promise<void> {
    if (this.#isBegun) return;
    for (const breach of await openBreaches(this.#node.pool))
      this.#of(breach).set(breach.limitName, breach.level);
    this.#isBegun = true;
  }

  /** Whether any of their limits is passed: who takes the last limit away ends what it began. */
  hasAny(owner: BreachOwner): boolean {
    return (this.#levels.get(keyOf(owner))?.size ?? 0) > 0;
  }

  /** @returns what was told just now; null where nothing was */
  async judge(watched: Watched, reading: Reading): Promise<Passed | null> {
    const levels = this.#of(watched);
    const before = levels.get(reading.name) ?? "ok";
    const level = levelOf(reading, before);
    if (level === null || level === before) return null;
    const { pool, clock } = this.#node;
    if (before !== "ok") await endBreach(pool, watched, reading.name, clock.now());
    if (level === "ok") {
      levels.delete(reading.name);
      return null;
    }
    const passed = { level, limit: limitAt(reading, level), observed: shown(reading) };
    const isNews = await this.#record(watched, reading, passed);
    levels.set(reading.name, level);
    // From a breach back to a warning is good news.
    if (!isNews || before === "breach") return null;
    await this.#tell(watched, reading, passed);
    return passed;
  }

  #of(owner: BreachOwner): Map<string, Level> {
    const key = keyOf(owner);
    const known = this.#levels.get(key) ?? new Map<string, Level>();
    this.#levels.set(key, known);
    return known;
  }

  #record({ tenantId, portfolioId }: Watched, { name }: Reading, passed: Passed) {
    const beganAtMs = this.#node.clock.now();
    const breach = { tenantId, portfolioId, limitName: name, ...passed, beganAtMs };
    return beginBreach(this.#node.pool, breach);
  }

  async #tell(watched: Watched, { name }: Reading, { level, limit, observed }: Passed) {
    const { tenantId, portfolioId, ownerId, label, cooldownSeconds } = watched;
    await alarm(
      this.#node,
      {
        tenantId,
        portfolioId,
        ownerId,
        kind: name,
        severity: level === "breach" ? "critical" : "warning",
        message: `${label}: ${name} is ${observed}, beyond ${limit}`,
        limit,
        observed,
      },
      cooldownSeconds === null ? COOLDOWN_MS : cooldownSeconds * 1_000,
    );
  }
}

function keyOf({ tenantId, portfolioId }: BreachOwner): string {
  return portfolioId === null ? `tenant ${tenantId}` : portfolioId;
}

function limitAt({ warning, breach }: Reading, level: "warning" | "breach"): string {
  return (level === "breach" ? breach : warning) ?? "none";
}

function shown({ observed, isBeyond }: Reading): string {
  return observed ?? (isBeyond ? "beyond measure, as equity is not positive" : "not known");
}
