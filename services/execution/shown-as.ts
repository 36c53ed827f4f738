import type { Projection } from "../../domain/shared/journal.ts";
import type { Json } from "../../domain/shared/json.ts";

/** Before birth there is nothing to see. */
export const NOTHING_SHOWN: Projection = { view: null, ledger: [], trades: [] };

interface Shown {
  readonly tenantId: string;
  readonly portfolioId: string;
  /** null for what is of several */
  readonly symbol: string | null;
  readonly status: string;
  readonly createdAtMs: number;
}

/** The view of an order or of what is made of orders: whoever may read its portfolio may read it. */
export function shownAs(doc: Json, shown: Shown): Projection {
  const { tenantId, portfolioId, symbol, status, createdAtMs } = shown;
  const view = { tenantId, ownerId: null, portfolioId, symbol, status, createdAtMs, doc };
  return { view, ledger: [], trades: [] };
}
