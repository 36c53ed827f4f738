import { type DecimalString, add, dec } from "../../../domain/shared/decimal.ts";
import {
  type VenueOrder,
  findVenueOrder,
  venueHoldings,
  venueOrders,
} from "../../../models/venue-orders.ts";
import type { NodeContext } from "../../context.ts";
import { type AlpacaApi, alpacaSymbol } from "./alpaca-api.ts";
import type { Breaks } from "./alpaca-breaks.ts";
import type { AlpacaDesk } from "./alpaca-desk.ts";
import type { AlpacaFills } from "./alpaca-fills.ts";
import type { AlpacaOrder } from "./alpaca-messages.ts";
import { VENUE, cancelRefusal, isOurs, meaningOf } from "./alpaca-reports.ts";

/** Statuses in which we believe that the venue may have the order. */
const OPEN = [
  "pendingNew",
  "new",
  "partiallyFilled",
  "pendingCancel",
  "pendingReplace",
  "triggered",
  "unknown",
];
/** What has changed within this time may be on its way still. */
const SETTLE_MS = 60_000;

interface Parts {
  readonly node: NodeContext;
  readonly api: AlpacaApi;
  readonly desk: AlpacaDesk;
  readonly fills: AlpacaFills;
  readonly breaks: Breaks;
}

/** An order of ours beside the broker's view of it. */
interface Pair {
  readonly ours: VenueOrder;
  readonly theirs: AlpacaOrder;
}

/**
 * Compares the broker's books with ours. What has happened there without our hearing of it is made up for; what cannot be
 * explained so is a break, which a person has to look at.
 */
export async function reconcile(parts: Parts): Promise<void> {
  const { node, api, fills } = parts;
  const theirs = new Map((await api.openOrders()).map((order) => [order.clientOrderId, order]));
  const ours = await venueOrders(node.pool, VENUE, OPEN);
  const pairs = await paired(parts, ours, theirs);
  await fills.fetchThoroughly(earliestMissing(pairs));
  // Fills first: what closes an order gives back its hold, which they are to be paid from.
  for (const pair of pairs) await settle(parts, pair);
  await findMissingFills(parts, pairs);
  await findStrangers(parts, ours, theirs);
  await comparePositions(parts);
  parts.breaks.endRound();
}

/** What is not among the broker's open orders has ended there, or never came. */
async function paired(
  { node, api, breaks }: Parts,
  ours: readonly VenueOrder[],
  theirs: ReadonlyMap<string, AlpacaOrder>,
): Promise<readonly Pair[]> {
  const pairs: Pair[] = [];
  for (const order of ours) {
    const found = theirs.get(order.orderId) ?? (await api.orderByClientId(order.orderId));
    if (found !== null) pairs.push({ ours: order, theirs: found });
    else if (isOld(node, order))
      breaks.note("orderMissing", order.orderId, { ordStatus: order.status });
  }
  return pairs;
}

function isOld(node: NodeContext, { updatedAtMs }: VenueOrder): boolean {
  return node.clock.now() - updatedAtMs > SETTLE_MS;
}

/** Since when executions may have been overlooked; Infinity when the broker has no more than we know. */
function earliestMissing(pairs: readonly Pair[]): number {
  return Math.min(...pairs.filter(lacksFills).map(({ theirs }) => theirs.submittedAtMs));
}

function lacksFills({ ours, theirs }: Pair): boolean {
  return dec(theirs.filledQty).greaterThan(ours.cumQty);
}

async function settle({ node, desk, breaks }: Parts, { ours, theirs }: Pair): Promise<void> {
  const meaning = meaningOf(theirs);
  if (meaning === "unknown") breaks.note("statusUnknown", ours.orderId, { status: theirs.status });
  if (meaning === "replaced")
    breaks.note("orderReplaced", ours.orderId, { by: String(theirs.replacedBy) });
  const isHeardOf = ours.status !== "pendingNew" && ours.status !== "unknown";
  if (meaning === "live" && isHeardOf) {
    // The refusal of a cancel was missed: whoever wants it canceled has to be able to ask again.
    const isForgotten = ours.status === "pendingCancel" && theirs.status !== "pending_cancel";
    if (isForgotten && isOld(node, ours))
      await desk.tell(cancelRefusal(theirs, theirs.updatedAt, "the broker has not canceled it"));
  } else await desk.tellStatus(theirs);
}

async function findMissingFills({ node, breaks }: Parts, pairs: readonly Pair[]): Promise<void> {
  for (const { ours, theirs } of pairs.filter(lacksFills)) {
    const cumQty = (await findVenueOrder(node.pool, ours.orderId))?.cumQty ?? "0";
    if (dec(theirs.filledQty).greaterThan(cumQty))
      breaks.suspect("fillMissing", ours.orderId, { broker: theirs.filledQty, ours: cumQty });
  }
}

/** Open orders there that carry an id like ours, and that we do not believe to be open. */
async function findStrangers(
  { node, api, breaks }: Parts,
  ours: readonly VenueOrder[],
  theirs: ReadonlyMap<string, AlpacaOrder>,
): Promise<void> {
  const known = new Set(ours.map(({ orderId }) => orderId));
  for (const id of theirs.keys()) {
    if (known.has(id) || !isOurs(id)) continue;
    const order = await findVenueOrder(node.pool, id);
    if (order === null) {
      breaks.note("orderUnknown", id);
      continue;
    }
    if (OPEN.includes(order.status)) continue;
    // It may have closed between the two looks.
    const now = await api.orderByClientId(id);
    if (now !== null && meaningOf(now) === "live")
      breaks.note("orderLive", id, { ordStatus: order.status });
  }
}

/** Of the instruments that trade there: what the account holds besides is not our affair. */
async function comparePositions({ node, api, breaks }: Parts): Promise<void> {
  const theirs = new Map((await api.positions()).map(({ symbol, qty }) => [symbol, qty]));
  const ours = new Map<string, DecimalString>();
  for (const { symbol, assetClass, quantity } of await venueHoldings(node.pool, VENUE)) {
    const name = alpacaSymbol({ symbol, assetClass });
    ours.set(name, add(ours.get(name) ?? "0", quantity));
  }
  for (const [symbol, quantity] of ours) {
    // Pairs are listed without their slash among positions.
    const found = theirs.get(symbol) ?? theirs.get(symbol.replace("/", "")) ?? "0";
    if (!dec(found).equals(quantity))
      breaks.suspect("positionDiffers", symbol, { broker: found, ours: quantity });
  }
}
