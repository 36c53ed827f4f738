/** The words of the matching book. Prices are whole ticks and quantities whole lots; units.ts converts them. */
import type { Side } from "../../order/new-order.ts";

/** Stands for everybody else where an order id is expected: what the market displays, and whoever made a print. */
export const OUTSIDE = 0;

/**
 * What happens when an order would trade with a resting order of the same owner.
 * - cancelNewest: what is left of the incoming order is canceled; what it had filled stands
 * - cancelOldest: the resting order is canceled, and the incoming one goes on
 * - decrement: both lose the quantity that would have traded, without a trade; what reaches 0 is gone
 * - none: they trade
 */
export type SelfMatchPolicy = "cancelNewest" | "cancelOldest" | "decrement" | "none";

/**
 * Whose orders they were when a displayed size falls by more than was traded.
 * - conservative: the newest ones. The queue ahead of an order gets shorter only when nobody is left behind
 * - proportional: of everybody alike, by size; the queue ahead is rounded up
 */
export type CancellationModel = "conservative" | "proportional";

/** A type alias, so that it is assignable to Json. */
export type BookOptions = {
  readonly selfMatch: SelfMatchPolicy;
  readonly cancellations: CancellationModel;
};

export interface BookOrder {
  /** the caller's number of the order, from 1; free again once the order has left the book */
  readonly id: number;
  readonly side: Side;
  /** ticks, of any sign; null is a market order, which never rests */
  readonly price: number | null;
  /** from 1 */
  readonly lots: number;
  readonly timeInForce: "gtc" | "ioc" | "fok";
  readonly isPostOnly: boolean;
  /** the most that is shown at a time, from 1; null shows everything. Only what is shown stands in the queue */
  readonly displayLots: number | null;
  /** orders of one owner do not trade with each other, as `selfMatch` says; 0 is nobody's and trades with everybody */
  readonly owner: number;
}

/**
 * - rests: on the book, perhaps after fills
 * - filled: gone, and `decrement` may have taken a part of it
 * - canceled: gone with lots unfilled, of which the sink was told
 * - wouldCross: a post-only order that would have taken; nothing has changed
 */
export type SubmitOutcome = "rests" | "filled" | "canceled" | "wouldCross";

/** - kept: in its place in the queue · - unknown: no such order on the book */
export type ReplaceOutcome = SubmitOutcome | "kept" | "unknown";

/**
 * - notFillable: fok · - unfilled: what ioc and market orders left over · - selfMatch: prevented, with cancelNewest or
 *   cancelOldest
 */
export type CancelReason = "notFillable" | "unfilled" | "selfMatch";

/**
 * Hears what happens, in order, while it happens. Numbers only, so that nothing is allocated. It must not call the book.
 * "Leaves" are the lots an order has left, hidden ones included; those of OUTSIDE are what is left of the displayed size
 * ahead, of the print or of the newly displayed size.
 */
export interface BookSink {
  /** A trade at the maker's price. An order whose leaves are 0 is gone. */
  fill(
    makerId: number,
    takerId: number,
    takerSide: Side,
    price: number,
    lots: number,
    makerLeaves: number,
    takerLeaves: number,
  ): void;
  /** An order has ended with `lots` unfilled, by a rule of the book. Not told of `cancel`, which answers its caller. */
  canceled(id: number, lots: number, reason: CancelReason): void;
  /** Both orders of one owner have lost `lots` without a trade. One whose leaves are 0 is gone. */
  decremented(
    makerId: number,
    takerId: number,
    lots: number,
    makerLeaves: number,
    takerLeaves: number,
  ): void;
}

/** An order on the book. */
export interface OrderView {
  readonly id: number;
  readonly side: Side;
  readonly price: number;
  /** what is left of it, hidden lots included */
  readonly lots: number;
  readonly shownLots: number;
  readonly displayLots: number | null;
  readonly isPostOnly: boolean;
  readonly owner: number;
}

/** What is to be seen at one price. */
export interface DepthLevel {
  readonly price: number;
  /** displayed in all; hidden lots are not in it */
  readonly lots: number;
  /** of them everybody else's */
  readonly outsideLots: number;
}

/** Price and lots of a displayed level. */
export type MarketLevel = readonly [price: number, lots: number];

/** All that a book is, as plain JSON: a restored book goes on exactly as this one would have. */
export type BookSnapshot = {
  readonly options: BookOptions;
  /** best first */
  readonly bids: readonly LevelSnapshot[];
  /** best first */
  readonly asks: readonly LevelSnapshot[];
};

export type LevelSnapshot = {
  readonly price: number;
  /** first in the queue first */
  readonly orders: readonly QueuedOrder[];
  /** the others' lots behind the last order */
  readonly outsideBehind: number;
};

export type QueuedOrder = {
  readonly id: number;
  readonly lots: number;
  readonly shownLots: number;
  readonly displayLots: number | null;
  readonly isPostOnly: boolean;
  readonly owner: number;
  /** the others' lots between the order before it and this one */
  readonly outsideAhead: number;
};
