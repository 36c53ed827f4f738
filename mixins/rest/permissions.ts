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
  "alternative-data.read",
  "features.read",
  "signals.read",
  "portfolios.read",
  "orders.read",
  "trades.read",
  "brokers.read",
  "stream.read",
  "jobs.read",
  "data-sources.read",
  "system.read",
  "risk.read",
  "models.read",
  "strategies.read",
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
  "strategies.manage",
] as const;
/** To see the portfolios, orders and trades of every owner of the tenant. */
const OVERSEE = "portfolios.oversee";

/** To say what became of a settlement. */
const SETTLE = "trades.settle";

/** Concerns the whole installation, whatever the tenant. */
const OPERATE = "system.operate";

/** To have market data brought from vendors, within their limits of calls, which all share. */
const COLLECT = "market-data.collect";

/** To end long work that one has asked for. */
const CANCEL_JOBS = "jobs.cancel";

/** To store formulas, and to have features recorded. */
const FORMULATE = "features.create";

/** To store bars, which everybody's decisions rest on; a wrong one is revised, and what was believed stays on record. */
const INGEST = "market-data.ingest";

/** To store documents and series of one's own, for one's tenant alone. */
const CONTRIBUTE = "alternative-data.ingest";

/** To have alternative data brought from its sources, within their limits of calls, which all share. */
const GATHER = "alternative-data.collect";

/** To say for how long market data is kept, and to delete what is older. */
const RETAIN = "market-data.retain";

/** To have simulations and searches run, which take much of a node, and to store stress scenarios of one's own. */
const SIMULATE = "risk.compute";

/** To define models and agents, and to have them trained, which takes much of a node. */
const TRAIN = "models.train";

/** To say which version of a model decides. */
const PROMOTE = "models.promote";

/** To have signals computed and put on record. */
const SIGNAL = "signals.create";

/** To say what the tenant's portfolios may risk, whoever owns them, and to let one go beyond it for a while. */
const LIMIT = "risk.update";

/** To stop and to resume the trading of one's own portfolios; with `risk.update` that of the whole tenant. */
const HALT = "risk.halt";

export const PERMISSIONS = [
  ...READ,
  ...TRADE,
  COLLECT,
  CANCEL_JOBS,
  FORMULATE,
  INGEST,
  CONTRIBUTE,
  GATHER,
  RETAIN,
  SIMULATE,
  TRAIN,
  PROMOTE,
  SIGNAL,
  LIMIT,
  HALT,
  "data-sources.update",
  OVERSEE,
  SETTLE,
  "symbols.update",
  OPERATE,
] as const;
export type Permission = (typeof PERMISSIONS)[number];

const RESEARCH = [
  CANCEL_JOBS,
  FORMULATE,
  INGEST,
  COLLECT,
  CONTRIBUTE,
  GATHER,
  SIMULATE,
  TRAIN,
  PROMOTE,
  SIGNAL,
] as const satisfies readonly Permission[];

const GRANTS: Record<UserRole, ReadonlySet<Permission>> = {
  viewer: new Set(READ),
  // Brings data in and makes features of it, but trades nothing.
  analyst: new Set([...READ, ...RESEARCH]),
  trader: new Set([...READ, ...TRADE, ...RESEARCH, HALT]),
  risk_manager: new Set([
    ...READ,
    CANCEL_JOBS,
    OVERSEE,
    "portfolios.update",
    "orders.cancel",
    SIMULATE,
    LIMIT,
    HALT,
  ]),
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
