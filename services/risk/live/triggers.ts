import type { PortfolioSummary } from "../../../domain/portfolio/messages.ts";
import { isInForce } from "../../../domain/risk/kill-switch/switch.ts";
import type { Reading } from "../../../domain/risk/live/levels.ts";
import type { Trigger } from "../../../domain/risk/live/policy.ts";
import { portfoliosAtVenue } from "../../../models/risk-policies.ts";
import type { SetSwitch } from "../../../models/risk-switches.ts";
import { findView } from "../../../models/views.ts";
import type { NodeContext } from "../../context.ts";
import { alarm } from "./alerting.ts";
import { throwSwitch } from "./throw-switch.ts";

/** What a breach of a limit sets off. */
export const TRIGGER_OF: { readonly [name in Reading["name"]]?: Trigger } = {
  maxDailyLossPct: "dailyLoss",
  maxDrawdownPct: "drawdown",
  maxVarPct: "valueAtRisk",
};

const SEVERITY = { active: 0, reducing: 1, halted: 2 } as const;

/** Told of by an automatic stop that finds a stricter one there. */
class StopThere extends Error {}

/** Does what the desk, or else the tenant, has said shall be done when this happens. What stands is only ever made stricter. */
export async function pull(
  node: NodeContext,
  { tenantId, portfolioId, risk }: PortfolioSummary,
  trigger: Trigger,
  reason: string,
): Promise<void> {
  const set = risk?.desk?.triggers[trigger] ?? risk?.tenant?.policy.triggers[trigger];
  if (set === undefined || set.action === "warn") return;
  const state = set.action;
  const nowMs = node.clock.now();
  const refusalOf = (before: SetSwitch | null) =>
    before !== null && isInForce(before, nowMs) && SEVERITY[before.state] >= SEVERITY[state]
      ? new StopThere()
      : null;
  try {
    await throwSwitch(
      node,
      {
        tenantId,
        portfolioId,
        symbol: null,
        state,
        reason,
        by: `trigger:${trigger}`,
        cancelOpenOrders: set.cancelOpenOrders === true,
        flatten: set.flatten === true,
        expiresAtMs: null,
      },
      refusalOf,
    );
  } catch (err) {
    if (!(err instanceof StopThere)) throw err;
  }
}

/** A broker's books differ from ours. */
export interface BrokerBroke {
  readonly venue: string;
  readonly kind: string;
  /** of the order, or the symbol */
  readonly id: string;
}

/** Tells whoever has portfolios there, and stops those that are to be stopped then. */
export async function onBreak(node: NodeContext, { venue, kind, id }: BrokerBroke): Promise<void> {
  for (const { portfolioId, tenantId } of await portfoliosAtVenue(node.pool, venue, id)) {
    const view = await findView(node.pool, "portfolio", portfolioId);
    if (view === null) continue;
    // sound: written by the portfolio kind's projection
    const summary = view.doc as unknown as PortfolioSummary;
    const message = `${kind} of ${id}: the books of ${venue} differ from ours`;
    await alarm(node, {
      tenantId,
      portfolioId,
      ownerId: summary.ownerId,
      kind: "reconciliation",
      severity: "critical",
      message,
      limit: null,
      observed: kind,
    });
    await pull(node, summary, "reconciliation", message);
  }
}
