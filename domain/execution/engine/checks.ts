/** What is no order, lot or tick is refused at the door: a book that holds half a lot is wrong for ever. */
import { invariant } from "../../shared/errors.ts";
import { type BookOrder, OUTSIDE } from "./book-types.ts";

// The messages are made only when they are needed: making them costs more than an operation.

export function checkOrder({ id, price, lots, displayLots, owner }: BookOrder): void {
  if (!isCount(id) || id === OUTSIDE) invariant(false, `expected an order id from 1, found ${id}`);
  checkLots(id, lots);
  if (price !== null) checkPrice(id, price);
  if (displayLots !== null) checkLots(id, displayLots);
  if (!isCount(owner)) invariant(false, `order ${id}: expected an owner ≥ 0, found ${owner}`);
}

export function checkLots(id: number, lots: number): void {
  if (isCount(lots) && lots > 0) return;
  invariant(false, `${nameOf(id)}: expected whole lots > 0, found ${lots}`);
}

export function checkPrice(id: number, price: number): void {
  if (Number.isSafeInteger(price)) return;
  invariant(false, `${nameOf(id)}: expected whole ticks, found ${price}`);
}

function nameOf(id: number): string {
  return id === OUTSIDE ? "market" : `order ${id}`;
}

export function isCount(value: number): boolean {
  return Number.isSafeInteger(value) && value >= 0;
}
