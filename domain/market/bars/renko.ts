import { dec, text, type Decimal, type DecimalString } from "../../shared/decimal.ts";
import { compareFixed, type Fixed, fixed } from "./fixed.ts";

/** The prices that complete the next brick. After a brick the way back is two bricks long. Plain JSON. */
export interface RenkoGrid {
  readonly upAt: Fixed;
  readonly downAt: Fixed;
}

export interface Brick {
  readonly open: DecimalString;
  readonly close: DecimalString;
}

/** More at once is no move but another market: the grid is laid anew at the price. */
const BRICKS_MAX = 1_000;
const NONE: readonly Brick[] = [];

/** The grid that a first price lays: on multiples of the brick, so that it does not hang on where the series began. */
export function gridAt(price: Fixed, size: DecimalString): RenkoGrid {
  const base = dec(price.text).dividedBy(size).floor().times(size);
  return { upAt: asFixed(base.plus(size)), downAt: asFixed(base.minus(size)) };
}

/** The bricks that a price completes, in their order, and the grid after them. */
export function bricksTo(
  grid: RenkoGrid,
  price: Fixed,
  size: DecimalString,
): { readonly grid: RenkoGrid; readonly bricks: readonly Brick[] } {
  if (compareFixed(price, grid.upAt) >= 0) return rise(grid, price, size);
  if (compareFixed(price, grid.downAt) <= 0) return fall(grid, price, size);
  return { grid, bricks: NONE };
}

function rise({ upAt }: RenkoGrid, price: Fixed, size: DecimalString) {
  const first = dec(upAt.text);
  const more = dec(price.text).minus(first).dividedBy(size).floor();
  if (more.greaterThanOrEqualTo(BRICKS_MAX)) return { grid: gridAt(price, size), bricks: NONE };
  const closes = Array.from({ length: more.toNumber() + 1 }, (_, n) =>
    first.plus(dec(size).times(n)),
  );
  const last = first.plus(dec(size).times(more));
  return {
    grid: { upAt: asFixed(last.plus(size)), downAt: asFixed(last.minus(dec(size).times(2))) },
    bricks: closes.map((close) => ({ open: text(close.minus(size)), close: text(close) })),
  };
}

function fall({ downAt }: RenkoGrid, price: Fixed, size: DecimalString) {
  const first = dec(downAt.text);
  const more = first.minus(price.text).dividedBy(size).floor();
  if (more.greaterThanOrEqualTo(BRICKS_MAX)) return { grid: gridAt(price, size), bricks: NONE };
  const closes = Array.from({ length: more.toNumber() + 1 }, (_, n) =>
    first.minus(dec(size).times(n)),
  );
  const last = first.minus(dec(size).times(more));
  return {
    grid: { upAt: asFixed(last.plus(dec(size).times(2))), downAt: asFixed(last.minus(size)) },
    bricks: closes.map((close) => ({ open: text(close.plus(size)), close: text(close) })),
  };
}

function asFixed(value: Decimal): Fixed {
  return fixed(text(value));
}
