import type { PortfolioSummary } from "../../../domain/portfolio/messages.ts";
import type { Standings } from "../../../domain/risk/live/levels.ts";
import { inBaseCurrency } from "../../../domain/risk/live/cash.ts";
import { lossesAfter } from "../../../domain/risk/live/order-risk.ts";
import { type Limits, needsHistory } from "../../../domain/risk/live/policy.ts";
import { Decimal, dec } from "../../../domain/shared/decimal.ts";
import { foreignOf } from "./foreign.ts";
import type { LiveRisk } from "./live-risk.ts";

const DAY_MS = 86_400_000;

/** Where a portfolio stands, or of what no price is known. */
export type Measured = Standings | { readonly missing: readonly string[] };

/** By what was made ready before. */
export function measure(
  live: LiveRisk,
  summary: PortfolioSummary,
  limits: Limits,
  nowMs: number,
): Measured {
  const { portfolioId, baseCurrency, risk, cash, openOrders } = summary;
  const lines = risk?.lines ?? [];
  const facts = live.factsOf(portfolioId, baseCurrency, limits);
  const exposure = live.watchedBookOf(portfolioId).measure(lines, facts);
  if ("missing" in exposure) return exposure;
  const money = inBaseCurrency(cash, foreignOf(summary), facts);
  if ("missing" in money) return money;
  const equity = exposure.positionsValue.plus(money.value);
  const losses = needsHistory(limits) ? lossesAfter(exposure, limits) : null;
  const opened =
    risk?.dayOpen?.day === Math.floor(nowMs / DAY_MS) ? dec(risk.dayOpen.equity) : null;
  return {
    equity,
    exposure,
    losses: losses === null || "missing" in losses ? null : losses,
    peak: Decimal.max(risk?.highWater ?? equity, equity),
    dayOpen: opened ?? equity,
    openOrders,
  };
}
