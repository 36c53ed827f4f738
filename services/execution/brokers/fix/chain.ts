/** What was asked of one order, request by request: FIX names an order by the last of them that was not refused. */
import type { FixRequest } from "../../../../models/fix-sessions.ts";
import { MSG } from "./tags.ts";
import { readWord } from "./words.ts";

/** The order as it was last asked for, and not refused; null when it was never sent. @param requests oldest first */
export function latestOf(requests: readonly FixRequest[], but = ""): FixRequest | null {
  return (
    requests.findLast(
      ({ terms, sendings, answer, clientId }) =>
        terms !== null && sendings > 0 && clientId !== but && readWord(answer)?.word !== "refused",
    ) ?? null
  );
}

export function cancelsOf(requests: readonly FixRequest[]): readonly FixRequest[] {
  return requests.filter(({ type }) => type === MSG.orderCancelRequest);
}
