/** The comparison of an account's books at its broker with ours, for every adapter whose broker can be asked for orders. */
import type { ExecutionReport } from "../../../domain/order/execution-report.ts";
import { type DecimalString, dec } from "../../../domain/shared/decimal.ts";
import { type VenueOrder, findVenueOrder, venueOrders } from "../../../models/venue-orders.ts";
import type { NodeContext } from "../../context.ts";
import type { BrokerBreak, Breaks } from "./breaks.ts";
import type { Desk } from "./desk.ts";

/** Statuses in which we believe that the venue may have the order. */
export const OPEN_STATUSES = [
  "pendingNew",
  "new",
  "partiallyFilled",
  "pendingCancel",
  "pendingReplace",
  "triggered",
  "unknown",
] as const;

/** What has changed within this time may be on its way still. */
const SETTLE_MS = 60_000;

/** An order of ours as the broker shows it. */
export interface BookedOrder {
  readonly orderId: string;
  /** the broker's own word for how it stands */
  readonly status: string;
  readonly state: "live" | "ended" | "unknown";
  readonly isCanceling: boolean;
  /** the quantity that is filled of it; null when the broker does not say */
  readonly cumQty: DecimalString | null;
  readonly sentAtMs: number;
  /** that it was taken, and how it ended if it did */
  readonly reports: readonly ExecutionReport[];
  /** The word that it is not canceled, although we asked. */
  cancelRefusal(words: string): ExecutionReport;
}

/** What an adapter can ask its broker. Each throws when there is no answer. */
export interface BrokerBooks {
  /** those that carry an id of ours */
  openOrders(): Promise<readonly BookedOrder[]>;
  /** one that is not among them: null when the broker does not have it */
  find(ours: VenueOrder): Promise<BookedOrder | null>;
  /** Tells the orders what was executed. @param sinceMs for those of which something is missing; Infinity: of none */
  fetchFills(missing: readonly VenueOrder[], sinceMs: number): Promise<void>;
  /** Notes what is held otherwise than our trades say. */
  comparePositions(breaks: Breaks): Promise<void>;
}

export interface Comparison {
  readonly node: NodeContext;
  /** what the account's reports call themselves */
  readonly venue: string;
  readonly books: BrokerBooks;
  readonly desk: Desk;
  readonly breaks: Breaks;
}

/**
 * Whether an order that the broker speaks of was placed through another account of ours: one with the same keys, or one that
 * was here before this one. It is followed there, or over.
 */
export function isOfAnother(order: VenueOrder | null, venue: string): boolean {
  return order !== null && order.venue !== venue;
}

interface Pair {
  readonly ours: VenueOrder;
  readonly theirs: BookedOrder;
}

/**
 * Makes up for what has happened at the broker without our hearing of it; what cannot be explained so is a break, which a
 * person has to look at.
 * @returns what was found in this round, suspicions too
 */
export async function reconcileBooks(comparison: Comparison): Promise<readonly BrokerBreak[]> {
  const { ours, theirs, pairs } = await follow(comparison);
  await findMissingFills(comparison, pairs);
  await findStrangers(comparison, ours, theirs);
  await comparison.books.comparePositions(comparison.breaks);
  return comparison.breaks.endRound();
}

/** The first half of it: what our own open orders have come to. */
export async function follow(comparison: Comparison) {
  const { node, venue, books } = comparison;
  const theirs = new Map((await books.openOrders()).map((order) => [order.orderId, order]));
  const ours = await venueOrders(node.pool, venue, OPEN_STATUSES);
  const pairs = await paired(comparison, ours, theirs);
  const lacking = pairs.filter(lacksFills);
  const sinceMs = Math.min(...lacking.map(({ theirs: { sentAtMs } }) => sentAtMs));
  // Fills first: what closes an order gives back its hold, which they are to be paid from.
  await books.fetchFills(
    lacking.map((pair) => pair.ours),
    sinceMs,
  );
  for (const pair of pairs) await settle(comparison, pair);
  return { ours, theirs, pairs };
}

/** What is not among the broker's open orders has ended there, or never came. */
async function paired(
  { node, books, breaks }: Comparison,
  ours: readonly VenueOrder[],
  theirs: ReadonlyMap<string, BookedOrder>,
): Promise<readonly Pair[]> {
  const pairs: Pair[] = [];
  for (const order of ours) {
    const found = theirs.get(order.orderId) ?? (await books.find(order));
    if (found !== null) pairs.push({ ours: order, theirs: found });
    else if (isOld(node, order))
      breaks.note("orderMissing", order.orderId, { ordStatus: order.status });
  }
  return pairs;
}

function isOld(node: NodeContext, { updatedAtMs }: VenueOrder): boolean {
  return node.clock.now() - updatedAtMs > SETTLE_MS;
}

function lacksFills({ ours, theirs }: Pair): boolean {
  return theirs.cumQty !== null && dec(theirs.cumQty).greaterThan(ours.cumQty);
}

async function settle({ node, desk, breaks }: Comparison, { ours, theirs }: Pair): Promise<void> {
  if (theirs.state === "unknown")
    breaks.note("statusUnknown", ours.orderId, { status: theirs.status });
  // Whoever asked for the amendment says what came of it: that the one before is canceled is a part of that.
  if (ours.status === "pendingReplace" && !isOld(node, ours)) return;
  const isHeardOf = ours.status !== "pendingNew" && ours.status !== "unknown";
  if (theirs.state === "live" && isHeardOf) {
    // The refusal of a cancel was missed: whoever wants it canceled has to be able to ask again.
    const isForgotten = ours.status === "pendingCancel" && !theirs.isCanceling;
    if (isForgotten && isOld(node, ours))
      await desk.tell(theirs.cancelRefusal("the venue has not canceled it"));
    const news = theirs.reports.filter(({ execType }) => execType === "triggered");
    if (ours.status !== "triggered") await desk.tellAll(news);
  } else await desk.tellAll(theirs.reports);
}

async function findMissingFills(
  { node, breaks }: Comparison,
  pairs: readonly Pair[],
): Promise<void> {
  for (const { ours, theirs } of pairs.filter(lacksFills)) {
    const cumQty = (await findVenueOrder(node.pool, ours.orderId))?.cumQty ?? "0";
    if (theirs.cumQty !== null && dec(theirs.cumQty).greaterThan(cumQty))
      breaks.suspect("fillMissing", ours.orderId, { broker: theirs.cumQty, ours: cumQty });
  }
}

/** Open orders there that carry an id like ours, and that we do not believe to be open. */
async function findStrangers(
  { node, venue, books, breaks }: Comparison,
  ours: readonly VenueOrder[],
  theirs: ReadonlyMap<string, BookedOrder>,
): Promise<void> {
  const known = new Set(ours.map(({ orderId }) => orderId));
  for (const id of theirs.keys()) {
    if (known.has(id)) continue;
    const order = await findVenueOrder(node.pool, id);
    if (order === null || order.venue !== venue) {
      breaks.note("orderUnknown", id);
      continue;
    }
    if (OPEN_STATUSES.some((status) => status === order.status)) continue;
    // It may have closed between the two looks.
    const now = await books.find(order);
    if (now?.state === "live") breaks.note("orderLive", id, { ordStatus: order.status });
  }
}
