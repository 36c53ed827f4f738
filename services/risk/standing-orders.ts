import type { GroupSummary, LegSummary } from "../../domain/execution/group/messages.ts";
import type { OrderStatus } from "../../domain/order/messages.ts";
import type { StandingOrder } from "../../domain/portfolio/after-trade-messages.ts";
import type { Pool } from "../../models/postgres/pool.ts";
import { listViews, type StoredView, type ViewQuery } from "../../models/views.ts";

/** At the broker, or on the way there, and open to no amendment. */
const UNAMENDABLE = [
  "pendingNew",
  "pendingCancel",
  "pendingReplace",
  "triggered",
  "unknown",
] as const satisfies readonly OrderStatus[];
const WORKING = [
  "pendingNew",
  "new",
  "partiallyFilled",
  "pendingCancel",
] as const satisfies readonly OrderStatus[];
const PAGE = 500;

interface Scope {
  readonly tenantId: string;
  readonly portfolioId: string;
  readonly symbol: string;
}

interface Standing {
  readonly standing: readonly StandingOrder[];
  readonly baskets: readonly string[];
}

/**
 * What stands in the way of a split beside the orders that the portfolio knows to be open: orders that their broker cannot
 * amend now, algorithms, and groups with orders that they have not placed yet. As they stood after their last turns: what
 * changes afterwards is caught when the order refuses the amendment.
 */
export async function standingIn(pool: Pool, scope: Scope): Promise<Standing> {
  const { symbol } = scope;
  const [orders, algos, views] = await Promise.all([
    all(pool, scope, { type: "order", symbol, statuses: UNAMENDABLE }),
    all(pool, scope, { type: "algo", symbol, statuses: WORKING }),
    all(pool, scope, { type: "group", statuses: ["active", "canceling"] }),
  ]);
  const groups = views.map(groupOf);
  return {
    standing: [
      ...orders.map((view) => unamendable(view)),
      ...algos.map(({ id }) => ({
        orderId: id,
        reason: "its strategy works it in units from before the split",
        cancel: { type: "algo", id },
      })),
      ...groups.flatMap((group) => toCome(group, symbol)),
    ],
    baskets: groups.flatMap(({ kind, groupId }) => (kind === "basket" ? [groupId] : [])),
  };
}

async function all(
  pool: Pool,
  { tenantId, portfolioId }: Scope,
  wanted: Pick<ViewQuery, "type" | "symbol" | "statuses">,
): Promise<readonly StoredView[]> {
  const found: StoredView[] = [];
  const viewer = { tenantId, userId: null };
  const query = { ...wanted, viewer, portfolioId, order: "asc", limit: PAGE } as const;
  for (;;) {
    const last = found.at(-1);
    const after = last === undefined ? null : { atMs: last.createdAtMs, id: last.id };
    const views = await listViews(pool, { ...query, after });
    found.push(...views);
    if (views.length < PAGE) return found;
  }
}

function unamendable({ id, doc }: StoredView): StandingOrder {
  // sound: written by the projection of an order
  const { ordStatus } = doc as unknown as { readonly ordStatus: OrderStatus };
  const reason = ordStatus === "triggered" ? "it has been set off" : `it is ${ordStatus}`;
  return { orderId: id, reason, cancel: { type: "order", id } };
}

function groupOf({ doc }: StoredView): GroupSummary {
  // sound: written by the projection of a group
  return doc as unknown as GroupSummary;
}

/** The legs that a group has still to place, by the ids that they will have; those of a basket are all placed at once. */
function toCome(group: GroupSummary, symbol: string): readonly StandingOrder[] {
  if (group.kind === "basket") return [];
  return group.legs
    .filter((leg) => leg.symbol === symbol && isToCome(leg))
    .map(({ orderId }) => ({
      orderId,
      reason: `group ${group.groupId} places it in units from before the split`,
      cancel: { type: "group", id: group.groupId },
    }));
}

function isToCome({ role, ordStatus, workingQty, targetQty, cumQty }: LegSummary): boolean {
  if (ordStatus === null) return true;
  const isResized = role !== "first" && role !== "entry";
  return isResized && workingQty === "0" && targetQty !== cumQty;
}
