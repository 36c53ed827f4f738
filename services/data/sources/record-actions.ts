import type { CorporateAction } from "../../../domain/market/adjust/corporate-action.ts";
import { addCorporateAction, listCorporateActions } from "../../../models/corporate-actions.ts";
import type { NodeContext } from "../../context.ts";

/** Sources differ by a few days on when an action took effect; two of one kind so close together are one. */
const SAME_WITHIN_DAYS = 3;

/**
 * Puts what a source tells of splits and dividends on record, unless one of the kind is there about that date: what somebody
 * recorded, or another source told, is not contradicted and not counted twice.
 * @returns how many were new
 */
export async function recordActions(
  { pool, clock, newId }: Pick<NodeContext, "pool" | "clock" | "newId">,
  symbol: string,
  source: string,
  actions: readonly CorporateAction[],
): Promise<number> {
  let added = 0;
  for (const action of actions) {
    const { data: known } = await listCorporateActions(pool, {
      symbol,
      kind: action.kind,
      fromDay: action.exDay - SAME_WITHIN_DAYS,
      beforeDay: action.exDay + SAME_WITHIN_DAYS + 1,
      limit: 1,
    });
    if (known.length > 0) continue;
    const record = { actionId: newId(), symbol, action, source, knownAtMs: clock.now() };
    const { isNew } = await addCorporateAction(pool, record);
    if (isNew) added += 1;
  }
  return added;
}
