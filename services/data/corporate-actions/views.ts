import type {
  CorporateActionView,
  ListingsView,
} from "../../../mixins/rest/routes/corporate-actions.ts";
import { isoTime } from "../../../mixins/rest/views.ts";
import type { RecordedAction } from "../../../models/corporate-actions.ts";
import type { RecordedListing } from "../../../models/listings.ts";
import { isoDate } from "../iso-date.ts";

export function toActionView(recorded: RecordedAction): CorporateActionView {
  const { actionId, symbol, action, source, knownAtMs } = recorded;
  const split = action.kind === "split" ? action : null;
  const dividend = action.kind === "dividend" ? action : null;
  return {
    actionId,
    symbol,
    kind: action.kind,
    exDate: isoDate(action.exDay),
    newUnits: split?.newUnits ?? null,
    oldUnits: split?.oldUnits ?? null,
    amount: dividend?.amount ?? null,
    currency: dividend?.currency ?? null,
    referencePrice: dividend?.referencePrice ?? null,
    source,
    knownAt: isoTime(knownAtMs),
  };
}

export function toListingsView(symbol: string, listings: readonly RecordedListing[]): ListingsView {
  return {
    symbol,
    listings: listings.map(({ ticker, fromDay, untilDay, knownAtMs }) => ({
      ticker,
      from: isoDate(fromDay),
      until: untilDay === null ? null : isoDate(untilDay),
      knownAt: isoTime(knownAtMs),
    })),
  };
}
