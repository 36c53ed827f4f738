/** An incoming order, a print or a newly displayed size meets the queue of one level, first come, first served. */
import type { Side } from "../../order/new-order.ts";
import { type BookSink, OUTSIDE, type SelfMatchPolicy } from "./book-types.ts";
import type { Level, RestingOrder } from "./level.ts";
import type { OrderTable } from "./order-table.ts";

/** What comes in. One object serves all of a book's operations, as they never overlap. */
export interface Taker {
  id: number;
  side: Side;
  /** 0 is nobody: trades with everybody */
  owner: number;
  /** left to trade */
  lots: number;
  /** by self-match prevention: what is left is canceled */
  isStopped: boolean;
}

export interface Matching {
  readonly orders: OrderTable;
  readonly sink: BookSink;
  readonly selfMatch: SelfMatchPolicy;
}

/** Until the taker has all, is stopped, or nothing is left on the level. */
export function sweep(level: Level, taker: Taker, matching: Matching): void {
  while (taker.lots > 0 && !taker.isStopped) {
    const maker = level.head;
    if (maker === null) {
      level.outsideBehind -= takeOutside(level, level.outsideBehind, taker, matching);
      return;
    }
    if (maker.outsideAhead > 0) {
      maker.outsideAhead -= takeOutside(level, maker.outsideAhead, taker, matching);
    } else if (taker.owner !== 0 && taker.owner === maker.owner) {
      preventSelfMatch(level, maker, taker, matching);
    } else {
      trade(level, maker, taker, matching);
    }
  }
}

/** @returns how many lots were taken. Between others it is nothing that we tell of */
function takeOutside(level: Level, available: number, taker: Taker, { sink }: Matching): number {
  const lots = Math.min(available, taker.lots);
  if (lots === 0) return 0;
  level.outside -= lots;
  taker.lots -= lots;
  const { id, side, lots: leaves } = taker;
  if (id !== OUTSIDE) sink.fill(OUTSIDE, id, side, level.price, lots, available - lots, leaves);
  return lots;
}

function trade(level: Level, maker: RestingOrder, taker: Taker, matching: Matching): void {
  const lots = Math.min(maker.shown, taker.lots);
  const { id, lots: before } = maker;
  take(level, maker, lots, matching);
  taker.lots -= lots;
  matching.sink.fill(id, taker.id, taker.side, level.price, lots, before - lots, taker.lots);
}

function preventSelfMatch(
  level: Level,
  maker: RestingOrder,
  taker: Taker,
  matching: Matching,
): void {
  switch (matching.selfMatch) {
    case "cancelNewest":
      taker.isStopped = true;
      return;
    case "cancelOldest": {
      const { id, lots } = maker;
      level.remove(maker);
      matching.orders.close(maker);
      matching.sink.canceled(id, lots, "selfMatch");
      return;
    }
    case "decrement": {
      const lots = Math.min(maker.shown, taker.lots);
      const { id, lots: before } = maker;
      take(level, maker, lots, matching);
      taker.lots -= lots;
      matching.sink.decremented(id, taker.id, lots, before - lots, taker.lots);
      return;
    }
    case "none":
      return trade(level, maker, taker, matching);
  }
}

/** Takes shown lots from an order, which then is gone, shows its next part, or stays first. */
function take(level: Level, maker: RestingOrder, lots: number, { orders }: Matching): void {
  maker.lots -= lots;
  maker.shown -= lots;
  level.shown -= lots;
  if (maker.shown > 0) return;
  if (maker.lots > 0) return level.refill(maker);
  level.remove(maker);
  orders.close(maker);
}

/**
 * How much of the level an order of `owner` would be filled with, were it large enough. `isEnd` when prevention would stop
 * it, or take a part of it without a fill, at an order of its own.
 */
export function fillable(
  level: Level,
  owner: number,
  selfMatch: SelfMatchPolicy,
): { readonly lots: number; readonly isEnd: boolean } {
  const all = level.shown + level.hidden + level.outside;
  if (owner === 0 || selfMatch === "none") return { lots: all, isEnd: false };
  if (selfMatch === "cancelOldest") return { lots: all - ownedLots(level, owner), isEnd: false };
  let ahead = 0;
  for (let order = level.head; order !== null; order = order.next) {
    ahead += order.outsideAhead;
    if (order.owner === owner) return { lots: ahead, isEnd: true };
    ahead += order.shown;
  }
  return { lots: all, isEnd: false };
}

function ownedLots(level: Level, owner: number): number {
  let lots = 0;
  for (let order = level.head; order !== null; order = order.next) {
    if (order.owner === owner) lots += order.lots;
  }
  return lots;
}
