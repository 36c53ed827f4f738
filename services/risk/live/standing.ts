import type { RiskCommand, RiskStanding } from "../../../domain/risk/kill-switch/messages.ts";
import type { Switch } from "../../../domain/risk/kill-switch/switch.ts";
import { noteWatched, tenantLimits } from "../../../models/risk-policies.ts";
import { currentSwitches, type SetSwitch } from "../../../models/risk-switches.ts";
import type { NodeContext } from "../../context.ts";
import { spread } from "./spread.ts";

/** What is in force for a tenant's portfolios that are opened now. */
export async function readStanding(node: NodeContext, tenantId: string): Promise<RiskStanding> {
  const [switches, tenant] = await Promise.all([
    currentSwitches(node.pool, { tenantId, userId: null }),
    tenantLimits(node.pool, tenantId),
  ]);
  return { switches: switches.filter((one) => one.portfolioId === null).map(switchOf), tenant };
}

/** A portfolio without anything to be told is opened as before. */
export function isPlain({ switches, tenant }: RiskStanding): boolean {
  return switches.length === 0 && tenant === null;
}

/**
 * Tells a portfolio that was just opened what was set while it was: whoever sets something lists the portfolios after it is
 * on record, and this looks at the record after the portfolio is there, so that one of the two tells it.
 */
export async function catchUp(
  node: NodeContext,
  { tenantId, portfolioId }: { readonly tenantId: string; readonly portfolioId: string },
  opened: RiskStanding,
  deadline: { readonly deadlineMs?: number },
): Promise<void> {
  const now = await readStanding(node, tenantId);
  const known = new Set(opened.switches.map(({ seq }) => seq));
  const commands: (readonly [string, RiskCommand])[] = now.switches
    .filter(({ seq }) => !known.has(seq))
    .map((one) => [
      `switch:${one.seq}`,
      { type: "SetSwitch", switch: one, cancelOpenOrders: false, flatten: false },
    ]);
  if (now.tenant !== null && now.tenant.version !== opened.tenant?.version)
    commands.push([`limits:${now.tenant.version}`, { type: "SetTenantLimits", ...now.tenant }]);
  if (now.tenant !== null) await noteWatched(node.pool, portfolioId);
  for (const [name, command] of commands)
    await spread(node, { tenantId, portfolioId, command, name }, deadline);
}

export function switchOf(set: SetSwitch): Switch {
  const { seq, scope, symbol, state, reason, by, atMs, expiresAtMs } = set;
  return { seq, scope, symbol, state, reason, by, atMs, expiresAtMs };
}
