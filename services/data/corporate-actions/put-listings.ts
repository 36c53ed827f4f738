import { type Listing, overlapOf } from "../../../domain/market/listing.ts";
import { conflict, unprocessable } from "../../../mixins/rest/rest-error.ts";
import type { ListingsView } from "../../../mixins/rest/routes/corporate-actions.ts";
import { listingsOf, replaceListings } from "../../../models/listings.ts";
import type { NodeContext } from "../../context.ts";
import { isoDate } from "../iso-date.ts";
import { toListingsView } from "./views.ts";

/**
 * Replaces the listings of an instrument.
 * @param field that they came in, for the refusal
 * @throws RestError 422 when they overlap or end before they begin, 409 when a ticker is another's on one of the days
 */
export async function putListings(
  { pool, clock }: NodeContext,
  symbol: string,
  listings: readonly Listing[],
  field: string,
): Promise<ListingsView> {
  const fault = faultOf(listings);
  if (fault !== null) throw unprocessable([{ path: field, code: "INVALID_VALUE", message: fault }]);
  const taken = await replaceListings(pool, symbol, listings, clock.now());
  if (taken !== null)
    throw conflict(`${taken.ticker} is the ticker of ${taken.symbol} on some of these days`);
  return toListingsView(symbol, await listingsOf(pool, symbol));
}

function faultOf(listings: readonly Listing[]): string | null {
  const backward = listings.find(
    ({ fromDay, untilDay }) => untilDay !== null && untilDay < fromDay,
  );
  if (backward !== undefined) return `${textOf(backward)} ends before it begins`;
  const overlap = overlapOf(listings);
  return overlap === null ? null : `${textOf(overlap[0])} and ${textOf(overlap[1])} overlap`;
}

function textOf({ ticker, fromDay, untilDay }: Listing): string {
  return `${ticker} from ${isoDate(fromDay)} to ${untilDay === null ? "now" : isoDate(untilDay)}`;
}
