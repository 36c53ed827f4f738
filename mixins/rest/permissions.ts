import type { UserRole } from "../../types/contracts.ts";

/** `viewer` < `analyst` < `trader`; the others stand beside them. */
export const ROLES = [
  "viewer",
  "analyst",
  "trader",
  "risk_manager",
  "compliance",
  "admin",
] as const satisfies readonly UserRole[];

const READ = [
  "session.use",
  "symbols.read",
  "market-data.read",
  "features.read",
  "signals.read",
  "portfolios.read",
  "orders.read",
  "trades.read",
  "brokers.read",
  "stream.read",
  "system.read",
] as const;
const TRADE = [
  "portfolios.create",
  "portfolios.update",
  "portfolios.close",
  "portfolios.transact",
  "orders.create",
  "orders.cancel",
  "trades.allocate",
  "brokers.manage",
] as const;
/** To see the portfolios, orders and trades of every owner of the tenant. */
const OVERSEE = "portfolios.oversee";

/** To say what became of a settlement. */
const SETTLE = "trades.settle";

/** Concerns the whole installation, whatever the tenant. */
const OPERATE = "system.operate";

export const PERMISSIONS = [...READ, ...TRADE, OVERSEE, SETTLE, "symbols.update", OPERATE] as const;
export type Permission = (typeof PERMISSIONS)[number];

const GRANTS: Record<UserRole, ReadonlySet<Permission>> = {
  viewer: new Set(READ),
  // Reads as a viewer does; what an analyst may do beyond that comes with the routes of models.
  analyst: new Set(READ),
  trader: new Set([...READ, ...TRADE]),
  risk_manager: new Set([...READ, OVERSEE, "portfolios.update", "orders.cancel"]),
  compliance: new Set([...READ, OVERSEE, SETTLE]),
  admin: new Set(PERMISSIONS),
};

export function isPermitted(role: UserRole, permission: Permission): boolean {
  return GRANTS[role].has(permission);
}

/** Who an owned thing (a portfolio, its orders, its trades) belongs to. */
export interface Owned {
  readonly tenantId: string;
  readonly ownerId: string | null;
}

/** Whether this user may read what belongs to `owned`: another tenant's, or another's without oversight, is not there. */
export function mayRead(
  user: { readonly tenantId: string; readonly userId: string; readonly role: UserRole },
  owned: Owned,
): boolean {
  if (owned.tenantId !== user.tenantId) return false;
  return owned.ownerId === user.userId || isPermitted(user.role, OVERSEE);
}
