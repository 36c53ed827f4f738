/** The displayed size of everybody else at one price, as the market data tell of it. */
import type { CancellationModel } from "./book-types.ts";
import type { Level, RestingOrder } from "./level.ts";

/** More is new and stands behind all; less than is known after the trades is a cancellation. */
export function setOutside(level: Level, lots: number, model: CancellationModel): void {
  const canceled = level.outside - lots;
  if (canceled <= 0) level.outsideBehind -= canceled;
  else if (model === "conservative") cancelFromBehind(level, canceled);
  else cancelProportionally(level, canceled);
  level.outside = lots;
  level.checkSum();
}

export function clearOutside(level: Level): void {
  if (level.outside === 0) return;
  for (let order = level.head; order !== null; order = order.next) order.outsideAhead = 0;
  level.outsideBehind = 0;
  level.outside = 0;
}

function cancelFromBehind(level: Level, canceled: number): void {
  let left = canceled - Math.min(canceled, level.outsideBehind);
  level.outsideBehind -= canceled - left;
  for (let order = level.tail; order !== null && left > 0; order = order.prev) {
    const lots = Math.min(left, order.outsideAhead);
    order.outsideAhead -= lots;
    left -= lots;
  }
}

/** What stands ahead of each order keeps the share of the whole that is kept, rounded up: never to our advantage. */
function cancelProportionally(level: Level, canceled: number): void {
  const kept = level.outside - canceled;
  let ahead = 0;
  let keptAhead = 0;
  for (let order: RestingOrder | null = level.head; order !== null; order = order.next) {
    ahead += order.outsideAhead;
    const share = shareUp(ahead, kept, level.outside);
    order.outsideAhead = share - keptAhead;
    keptAhead = share;
  }
  level.outsideBehind = kept - keptAhead;
}

/** value × part ÷ whole, rounded up, exactly: the product may need more than 53 bits. */
function shareUp(value: number, part: number, whole: number): number {
  const product = value * part;
  if (product <= Number.MAX_SAFE_INTEGER) {
    const rest = product % whole;
    return (product - rest) / whole + (rest > 0 ? 1 : 0);
  }
  const divisor = BigInt(whole);
  return Number((BigInt(value) * BigInt(part) + divisor - 1n) / divisor);
}
