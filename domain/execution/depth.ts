/** What the venue keeps of a market that shows its book: the matching book with our orders' places in it. */
import { floorTo, dec } from "../shared/decimal.ts";
import type { BookLevel } from "../market/displayed-book.ts";
import type { BookSnapshot, MarketLevel } from "./engine/book-types.ts";
import { type Grid, toLots, toTicks } from "./engine/units.ts";

/** Of each side; what lies behind is too far away to matter to a queue. */
const LEVELS_MAX = 100;

/** A type alias, so that it is assignable to Json. */
export type Depth = {
  readonly grid: Grid;
  readonly snapshot: BookSnapshot;
  /** of the newest book or print */
  readonly timeMs: number;
  /** the prints of that millisecond, price and size: each counts once */
  readonly prints: readonly string[];
};

/** In whole ticks and lots; a price off the grid is left out, and a size rounded down to lots. */
export function marketLevels(levels: readonly BookLevel[], grid: Grid): readonly MarketLevel[] {
  return levels.slice(0, LEVELS_MAX).flatMap(({ price, size }) => {
    const ticks = toTicks(price, grid);
    const lots = toLots(floorTo(dec(size), grid.lotSize).toFixed(), grid);
    return typeof ticks === "number" && typeof lots === "number" && lots > 0
      ? [[ticks, lots] as const]
      : [];
  });
}
