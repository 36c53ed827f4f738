import { type DecimalString, add, dec } from "../../../domain/shared/decimal.ts";
import { type Holding, tradedHoldings, venueHoldings } from "../../../models/venue-orders.ts";
import type { NodeContext } from "../../context.ts";
import { type AlpacaApi, alpacaSymbol } from "./alpaca-api.ts";
import { newestOf } from "./alpaca-desk.ts";
import type { AlpacaFills } from "./alpaca-fills.ts";
import type { AlpacaOrder } from "./alpaca-messages.ts";
import { cancelRefusal, meaningOf, statusReports } from "./alpaca-reports.ts";
import type { Breaks } from "./breaks.ts";
import { orderIdOf } from "./client-ids.ts";
import type { BookedOrder, BrokerBooks } from "./reconciliation.ts";

interface AlpacaBooksParts {
  readonly node: NodeContext;
  readonly api: AlpacaApi;
  readonly fills: AlpacaFills;
  readonly breaks: Breaks;
}

/** Alpaca's books, for the comparison with ours. */
export function alpacaBooks({ node, api, fills, breaks }: AlpacaBooksParts): BrokerBooks {
  const { venue } = breaks;
  return {
    openOrders: async () => {
      const theirs = new Map<string, BookedOrder>();
      // Newest first: what stands in the place of an order, rather than the order.
      for (const order of await api.openOrders()) {
        const orderId = orderIdOf(order.clientOrderId);
        if (orderId !== null && !theirs.has(orderId))
          theirs.set(orderId, bookedOrder(venue, orderId, order));
      }
      return [...theirs.values()];
    },
    find: async ({ orderId }) => {
      const first = await api.orderByClientId(orderId);
      if (first === null) return null;
      const order = await newestOf(api, first);
      // By others: what we amend ourselves is followed to what stands in its place.
      if (meaningOf(order) === "replaced")
        breaks.note("orderReplaced", orderId, { by: String(order.replacedBy) });
      return bookedOrder(venue, orderId, order);
    },
    fetchFills: (_missing, sinceMs) => fills.fetchThoroughly(sinceMs),
    comparePositions: () => comparePositions(node, api, breaks),
  };
}

function bookedOrder(venue: string, orderId: string, order: AlpacaOrder): BookedOrder {
  const meaning = meaningOf(order);
  return {
    orderId,
    status: order.status,
    state: meaning === "live" || meaning === "unknown" ? meaning : "ended",
    isCanceling: order.status === "pending_cancel",
    cumQty: order.filledQty,
    sentAtMs: order.submittedAtMs,
    reports: statusReports(venue, order),
    cancelRefusal: (words) => cancelRefusal(venue, order, order.updatedAt, words),
  };
}

/** Of the venue's own account what all portfolios hold of its instruments, of another what went through it. */
function holdings({ pool }: NodeContext, venue: string): Promise<readonly Holding[]> {
  return venue.includes(":") ? tradedHoldings(pool, venue) : venueHoldings(pool, venue);
}

/** Of the instruments that trade there: what the account holds besides is not our affair. */
async function comparePositions(node: NodeContext, api: AlpacaApi, breaks: Breaks): Promise<void> {
  const theirs = new Map((await api.positions()).map(({ symbol, qty }) => [symbol, qty]));
  const ours = new Map<string, DecimalString>();
  for (const { symbol, assetClass, quantity } of await holdings(node, breaks.venue)) {
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
