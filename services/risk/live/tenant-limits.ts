import type { TenantPolicy } from "../../../domain/risk/kill-switch/messages.ts";
import { notPending } from "../../../models/risk-switches.ts";
import type { NodeContext } from "../../context.ts";
import { type Spread, spread } from "./spread.ts";

/** Tells all of a tenant's portfolios of limits that are on record; those that are missed are told again. */
export async function tellTenantLimits(
  node: NodeContext,
  { tenantId, version, policy }: TenantPolicy & { readonly tenantId: string },
  deadline: { readonly deadlineMs?: number } = {},
): Promise<Spread> {
  const command = { type: "SetTenantLimits", version, policy } as const;
  const name = `limits:${version}`;
  const told = await spread(node, { tenantId, portfolioId: null, command, name }, deadline);
  if (told.pending.length === 0) await notPending(node.pool, "tenantLimits", version);
  return told;
}
