/**
 * One price: a queue in which our orders stand between the lots of everybody else. Each order knows how many of the others'
 * lots stand between its predecessor and itself, and the level how many stand behind the last order. So an order's place
 * among the others needs no node for each of theirs.
 */
import type { Side } from "../../order/new-order.ts";
import { invariant } from "../../shared/errors.ts";

export class Level {
  side: Side = "buy";
  price = 0;
  head: RestingOrder | null = null;
  tail: RestingOrder | null = null;
  /** of our orders */
  shown = 0;
  /** of our orders */
  hidden = 0;
  /** of everybody else, all together */
  outside = 0;
  /** of everybody else, behind the last order */
  outsideBehind = 0;

  get isEmpty(): boolean {
    return this.head === null && this.outside === 0;
  }

  /** At the back of the queue. */
  append(order: RestingOrder): void {
    order.level = this;
    order.outsideAhead = this.outsideBehind;
    this.outsideBehind = 0;
    this.link(order);
  }

  /** Behind the last order, with `outsideAhead` as it is. */
  link(order: RestingOrder): void {
    order.level = this;
    order.prev = this.tail;
    order.next = null;
    if (this.tail === null) this.head = order;
    else this.tail.next = order;
    this.tail = order;
    this.shown += order.shown;
    this.hidden += order.lots - order.shown;
    this.checkSum();
  }

  /** Two doubles add up exactly only as long as the sum is a safe integer. */
  checkSum(): void {
    const lots = this.shown + this.hidden + this.outside;
    if (lots <= Number.MAX_SAFE_INTEGER) return;
    invariant(false, `level ${this.price}: expected lots below 2^53, found ${lots}`);
  }

  /** The others' lots that stood before the order now stand before its successor. */
  remove(order: RestingOrder): void {
    const { prev, next } = order;
    if (next === null) {
      this.outsideBehind += order.outsideAhead;
      this.tail = prev;
    } else {
      next.outsideAhead += order.outsideAhead;
      next.prev = prev;
    }
    if (prev === null) this.head = next;
    else prev.next = next;
    this.shown -= order.shown;
    this.hidden -= order.lots - order.shown;
  }

  /** Takes from the reserve first: the place in the queue belongs to what is shown. */
  reduce(order: RestingOrder, lots: number): void {
    const fromHidden = Math.min(order.lots - lots, order.lots - order.shown);
    const fromShown = order.lots - lots - fromHidden;
    order.lots = lots;
    order.shown -= fromShown;
    this.hidden -= fromHidden;
    this.shown -= fromShown;
  }

  /** Shows the next part of an order of which nothing is shown, at the back of the queue. */
  refill(order: RestingOrder): void {
    this.remove(order);
    order.shown = Math.min(order.display, order.lots);
    this.append(order);
  }
}

const NOWHERE = new Level();

/** An order on the book. Nodes are pooled: one that has left the book soon is another order. */
export class RestingOrder {
  id = 0;
  owner = 0;
  /** left, hidden lots included */
  lots = 0;
  shown = 0;
  /** the most that is shown at a time; infinite without a display quantity */
  display = Infinity;
  isPostOnly = false;
  /** the others' lots between the order before it in the queue and this one */
  outsideAhead = 0;
  level: Level = NOWHERE;
  prev: RestingOrder | null = null;
  next: RestingOrder | null = null;
}
