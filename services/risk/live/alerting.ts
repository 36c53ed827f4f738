import type { Json } from "../../../domain/shared/json.ts";
import type { AlertView } from "../../../mixins/rest/routes/risk-alerts.ts";
import { isoTime } from "../../../mixins/rest/views.ts";
import { type Alert, type NewAlert, raiseAlert } from "../../../models/risk-alerts.ts";
import type { NodeContext } from "../../context.ts";

/** How long a condition that comes back stays silent, unless its portfolio's limits say otherwise. */
export const COOLDOWN_MS = 300_000;

/** Puts an alert on record and tells streams of it, unless the same was told a moment ago, by this node or another. */
export async function alarm(
  node: NodeContext,
  alert: Omit<NewAlert, "raisedAtMs">,
  cooldownMs: number = COOLDOWN_MS,
): Promise<void> {
  const raised = await raiseAlert(
    node.pool,
    { ...alert, raisedAtMs: node.clock.now() },
    cooldownMs,
  );
  if (raised === null) return;
  const { tenantId, portfolioId, ownerId } = raised;
  // sound: a view is made of strings, numbers and null
  const data = toAlertView(raised) as unknown as Json;
  node.live.tell({ channel: "alerts", tenantId, portfolioId, ownerId, data });
}

export function toAlertView(alert: Alert): AlertView {
  return {
    alertId: String(alert.alertId),
    portfolioId: alert.portfolioId,
    kind: alert.kind,
    severity: alert.severity,
    message: alert.message,
    limit: alert.limit,
    observed: alert.observed,
    raisedAt: isoTime(alert.raisedAtMs),
    repeats: alert.repeats,
    ackedAt: alert.ackedAtMs === null ? null : isoTime(alert.ackedAtMs),
    ackedBy: alert.ackedBy,
  };
}
