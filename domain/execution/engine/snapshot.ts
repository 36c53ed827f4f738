/** What is to be seen of a book, and a book as plain JSON and back. Empty levels, pools and tables are not part of what a book is. */
import { invariant } from "../../shared/errors.ts";
import type { DepthLevel, LevelSnapshot, OrderView, QueuedOrder } from "./book-types.ts";
import { isCount } from "./checks.ts";
import type { Ladder } from "./ladder.ts";
import type { Level, RestingOrder } from "./level.ts";
import type { OrderTable } from "./order-table.ts";

export function snapshotOf(ladder: Ladder): readonly LevelSnapshot[] {
  return bestOf(ladder, ladder.size).map((level) => ({
    price: level.price,
    orders: ordersOf(level).map(queued),
    outsideBehind: level.outsideBehind,
  }));
}

/** The best `count` levels, best first. */
export function depthOf(ladder: Ladder, count: number): readonly DepthLevel[] {
  return bestOf(ladder, count).map(({ price, shown, outside }) => ({
    price,
    lots: shown + outside,
    outsideLots: outside,
  }));
}

function bestOf(ladder: Ladder, count: number): readonly Level[] {
  const length = Math.min(count, ladder.size);
  return Array.from({ length }, (_, n) => ladder.at(ladder.size - 1 - n)).filter(
    (level) => level !== undefined,
  );
}

function ordersOf(level: Level): readonly RestingOrder[] {
  const orders: RestingOrder[] = [];
  for (let order = level.head; order !== null; order = order.next) orders.push(order);
  return orders;
}

function queued(order: RestingOrder): QueuedOrder {
  const { id, lots, shown, isPostOnly, owner, outsideAhead } = order;
  return {
    id,
    lots,
    shownLots: shown,
    displayLots: displayOf(order),
    isPostOnly,
    owner,
    outsideAhead,
  };
}

export function viewOf(order: RestingOrder): OrderView {
  const { id, lots, shown, isPostOnly, owner, level } = order;
  const displayLots = displayOf(order);
  const { side, price } = level;
  return { id, side, price, lots, shownLots: shown, displayLots, isPostOnly, owner };
}

function displayOf(order: RestingOrder): number | null {
  return order.display === Infinity ? null : order.display;
}

/** @throws Error when the levels are not what `snapshotOf` makes of a book */
export function restoreSide(
  ladder: Ladder,
  levels: readonly LevelSnapshot[],
  table: OrderTable,
): void {
  // The worst first: so each is added at the end, where nothing has to make way.
  for (const { price, orders, outsideBehind } of levels.toReversed()) {
    const level = ladder.findOrAdd(price);
    invariant(level.isEmpty, `${ladder.side} ${price}: expected one level, found two`);
    for (const order of orders) restoreOrder(level, order, table);
    invariant(
      isCount(outsideBehind),
      `level ${price}: expected outside lots, found ${outsideBehind}`,
    );
    level.outsideBehind = outsideBehind;
    level.outside += outsideBehind;
    invariant(!level.isEmpty, `level ${price}: expected lots, found none`);
  }
}

function restoreOrder(level: Level, queuedOrder: QueuedOrder, table: OrderTable): void {
  const { id, lots, shownLots, displayLots, isPostOnly, owner, outsideAhead } = queuedOrder;
  const isSound =
    isCount(outsideAhead) && isCount(lots) && shownLots > 0 && shownLots <= lots && id > 0;
  invariant(isSound, `order ${id}: expected lots > 0, found ${shownLots} of ${lots}`);
  invariant(table.find(id) === undefined, `order ${id}: expected one, found two`);
  const order = table.open(id);
  order.owner = owner;
  order.lots = lots;
  order.shown = shownLots;
  order.display = displayLots ?? Infinity;
  order.isPostOnly = isPostOnly;
  order.outsideAhead = outsideAhead;
  level.outside += outsideAhead;
  level.link(order);
}
