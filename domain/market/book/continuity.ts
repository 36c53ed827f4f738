/** How a venue numbers the changes of a book. */
export type BookRule = "binance-spot" | "binance-futures" | "consecutive";

/** The numbers of one change: it holds the venue's updates `firstId` to `lastId`. */
export interface ChangeIds {
  readonly firstId: number;
  readonly lastId: number;
  /** `lastId` of the change before it, where the venue says; else null */
  readonly previousId: number | null;
}

/** Where a book stands: after update `id`; `isImage` while no change has followed the snapshot yet. */
interface BookPlace {
  readonly id: number;
  readonly isImage: boolean;
}

/**
 * Whether a change comes next, was there already, or does not follow, by the rules of the venue:
 * - Binance spot: the first change after a snapshot holds update `id + 1`; each later one begins with it
 *   (developers.binance.com, Spot, "How to manage a local order book correctly").
 * - Binance futures: the first holds update `id`, or names it as the one before; each later one names the one before
 *   (the same page for USDⓈ-M futures).
 * - consecutive: each has the number after the last one's (Bybit v5 `u`, and venues that simply count).
 */
export function follows(
  rule: BookRule,
  place: BookPlace,
  ids: ChangeIds,
): "next" | "stale" | "gap" {
  switch (rule) {
    case "binance-spot":
      if (ids.lastId <= place.id) return "stale";
      return (place.isImage ? ids.firstId <= place.id + 1 : ids.firstId === place.id + 1)
        ? "next"
        : "gap";
    case "binance-futures":
      return followsFutures(place, ids);
    case "consecutive":
      if (ids.lastId <= place.id) return "stale";
      return ids.firstId === place.id + 1 ? "next" : "gap";
  }
}

function followsFutures(place: BookPlace, ids: ChangeIds): "next" | "stale" | "gap" {
  if (ids.lastId < place.id || (!place.isImage && ids.lastId === place.id)) return "stale";
  const isFirst = place.isImage && ids.firstId <= place.id;
  return isFirst || ids.previousId === place.id ? "next" : "gap";
}
