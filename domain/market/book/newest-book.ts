import type { BookSnapshot } from "./snapshot.ts";

/** Deeper levels of a side are left out. */
const LEVELS_MAX = 100;

/**
 * Why a book does not take the place of the one that is known; null when it does. Within one source the venue's sequence
 * decides where both carry a number; else the event time.
 */
export function bookFault(
  known: BookSnapshot | null,
  told: BookSnapshot,
): "older" | "repeated" | null {
  if (known === null) return null;
  const order = sequenceOrder(known, told) ?? timeOrder(known, told);
  if (order < 0) return "older";
  return order === 0 && isSame(known, told) ? "repeated" : null;
}

export function bounded(book: BookSnapshot): BookSnapshot {
  const { bids, asks } = book;
  if (bids.length <= LEVELS_MAX && asks.length <= LEVELS_MAX) return book;
  return { ...book, bids: bids.slice(0, LEVELS_MAX), asks: asks.slice(0, LEVELS_MAX) };
}

const NUMBER = /^\d{1,30}$/;

/** Negative when `told` is older; null when sequences say nothing. */
function sequenceOrder(known: BookSnapshot, told: BookSnapshot): number | null {
  const [a, b] = [known.sequence, told.sequence];
  if (known.source !== told.source || a === undefined || b === undefined) return null;
  if (!NUMBER.test(a) || !NUMBER.test(b)) return null;
  const [from, to] = [BigInt(a), BigInt(b)];
  return to === from ? 0 : to < from ? -1 : 1;
}

function timeOrder(known: BookSnapshot, told: BookSnapshot): number {
  if (known.tsEventMs !== told.tsEventMs) return told.tsEventMs - known.tsEventMs;
  return (told.tsEventMicros ?? 0) - (known.tsEventMicros ?? 0);
}

function isSame(known: BookSnapshot, told: BookSnapshot): boolean {
  return textOf(known) === textOf(bounded(told));
}

function textOf({ bids, asks, source }: BookSnapshot): string {
  return JSON.stringify([bids, asks, source]);
}
