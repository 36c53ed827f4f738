import { type DecimalString, add, dec } from "../../../domain/shared/decimal.ts";
import type { VenueOrder } from "../../../models/venue-orders.ts";
import { netTraded, symbolsInUse } from "../../../models/venue-trades.ts";
import type { NodeContext } from "../../context.ts";
import type { Breaks } from "./breaks.ts";
import type { CcxtApi } from "./ccxt-api.ts";
import type { CcxtFamily } from "./ccxt-families.ts";
import type { CcxtFeatures } from "./ccxt-features.ts";
import type { CcxtFills } from "./ccxt-fills.ts";
import type { CcxtOrder } from "./ccxt-messages.ts";
import {
  type OurCcxtOrder,
  cancelRefusal,
  meaningOf,
  ourOrder,
  statusReports,
} from "./ccxt-reports.ts";
import type { CcxtSymbols } from "./ccxt-symbols.ts";
import { type BookedOrder, type BrokerBooks, OPEN_STATUSES } from "./reconciliation.ts";

export interface CcxtBooksParts {
  readonly node: NodeContext;
  readonly venue: string;
  readonly api: CcxtApi;
  readonly family: CcxtFamily;
  readonly features: CcxtFeatures;
  readonly symbols: CcxtSymbols;
  readonly fills: CcxtFills;
  readonly isSpot: boolean;
}

/** @param isThorough everything there is, or only what our own open orders have come to, which costs fewer calls */
export function ccxtBooks(parts: CcxtBooksParts, isThorough: boolean): BrokerBooks {
  const { node, venue, api, family, features, symbols, fills } = parts;
  const booked = (order: CcxtOrder): readonly BookedOrder[] => {
    const ours = ourOrder(order, parts);
    fills.remember(order.id, ours?.orderId ?? null);
    return ours === null ? [] : [bookedOrder(ours)];
  };
  const wanted = async (): Promise<readonly string[] | null> => {
    if (isThorough && !features.openOrdersNeedSymbol) return null;
    const used = await symbolsInUse(node.pool, venue, OPEN_STATUSES, node.clock.now());
    return used.map((symbol) => symbols.theirs(symbol));
  };
  return {
    openOrders: async () => (await api.openOrders(await wanted())).flatMap(booked),
    find: async (ours: VenueOrder) => {
      const symbol = symbols.theirs(ours.symbol);
      const { orderId, venueOrderId, createdAtMs } = ours;
      const found =
        venueOrderId === null
          ? await api.orderByClientId(family.clientIdOf(orderId, 0), symbol, createdAtMs)
          : await api.orderById(venueOrderId, symbol);
      return found === null ? null : (booked(found)[0] ?? null);
    },
    fetchFills: (missing, sinceMs) =>
      isThorough ? fills.fetchThoroughly(sinceMs) : fills.fetch(missing, sinceMs),
    comparePositions: (breaks) => comparePositions(parts, breaks),
  };
}

function bookedOrder(ours: OurCcxtOrder): BookedOrder {
  const { order, orderId } = ours;
  const meaning = meaningOf(order);
  return {
    orderId,
    status: order.venueStatus,
    state: meaning === "live" || meaning === "unknown" ? meaning : "ended",
    isCanceling: order.status === "canceling",
    cumQty: order.filled,
    sentAtMs: order.createdAtMs ?? 0,
    reports: statusReports(ours),
    cancelRefusal: (words) =>
      cancelRefusal(ours, String(order.updatedAtMs ?? order.createdAtMs), words),
  };
}

async function comparePositions(parts: CcxtBooksParts, breaks: Breaks): Promise<void> {
  const traded = await netTraded(parts.node.pool, parts.venue);
  if (traded.length === 0) return;
  if (parts.isSpot) await compareCoins(parts, traded, breaks);
  else await compareContracts(parts, traded, breaks);
}

type Traded = Awaited<ReturnType<typeof netTraded>>;

/** A spot account may hold coins that nobody here has traded; less than was bought through us is a break. */
async function compareCoins(parts: CcxtBooksParts, traded: Traded, breaks: Breaks): Promise<void> {
  const { api, symbols } = parts;
  const held = new Map((await api.balances()).map(({ currency, total }) => [currency, total]));
  const ours = new Map<string, DecimalString>();
  for (const { symbol, quantity } of traded) {
    const { base } = await api.market(symbols.theirs(symbol));
    const coin = String(base);
    ours.set(coin, add(ours.get(coin) ?? "0", quantity));
  }
  for (const [coin, quantity] of ours) {
    const found = held.get(coin) ?? "0";
    if (dec(found).lessThan(quantity))
      breaks.suspect("positionDiffers", coin, { broker: found, ours: quantity });
  }
}

async function compareContracts(
  { api, symbols }: CcxtBooksParts,
  traded: Traded,
  breaks: Breaks,
): Promise<void> {
  const held = new Map<string, DecimalString>();
  for (const { symbol, contracts } of await api.positions()) {
    const name = symbols.ours(symbol);
    held.set(name, add(held.get(name) ?? "0", contracts));
  }
  for (const { symbol, quantity } of traded) {
    const found = held.get(symbol) ?? "0";
    if (!dec(found).equals(quantity))
      breaks.suspect("positionDiffers", symbol, { broker: found, ours: quantity });
  }
}
