import type { OrderStatus } from "../../../domain/order/messages.ts";
import type { OrderType } from "../../../domain/order/new-order.ts";
import { dec } from "../../../domain/shared/decimal.ts";
import { netTraded, symbolsInUse } from "../../../models/venue-trades.ts";
import type { NodeContext } from "../../context.ts";
import { BrokerRefused } from "./broker-errors.ts";
import type {
  BrokerAccountView,
  BrokerFill,
  BrokerOrder,
  BrokerPosition,
  BrokerTest,
} from "./broker.ts";
import type { CcxtApi } from "./ccxt-api.ts";
import { CcxtFailure } from "./ccxt-errors.ts";
import type { CcxtFamily } from "./ccxt-families.ts";
import type { CcxtFeatures } from "./ccxt-features.ts";
import { type CcxtOrder, type CcxtTrade, UnreadableStructure } from "./ccxt-messages.ts";
import { meaningOf, tradeExecId } from "./ccxt-reports.ts";
import type { CcxtSymbols } from "./ccxt-symbols.ts";
import { OPEN_STATUSES } from "./reconciliation.ts";

export interface CcxtAccountParts {
  readonly node: NodeContext;
  readonly venue: string;
  readonly api: CcxtApi;
  readonly family: CcxtFamily;
  readonly features: CcxtFeatures;
  readonly symbols: CcxtSymbols;
  readonly isSpot: boolean;
  readonly credentials: Readonly<Record<string, string>>;
}

/**
 * The account as the exchange keeps it. Executions can be asked for by market
 * alone at most exchanges: they are those of the markets in which this account has had orders through us since.
 */
export function ccxtAccountView(parts: CcxtAccountParts): BrokerAccountView {
  const { node, venue, api, features, symbols, isSpot } = parts;
  const inUse = async (sinceMs: number): Promise<readonly string[]> => {
    const used = await symbolsInUse(node.pool, venue, OPEN_STATUSES, sinceMs);
    return used.map((symbol) => symbols.theirs(symbol));
  };
  const openOrders = async (): Promise<readonly BrokerOrder[]> => {
    const wanted = features.openOrdersNeedSymbol ? await inUse(node.clock.now()) : null;
    return (await api.openOrders(wanted)).map((order) => brokerOrder(order, parts));
  };
  const fillsSince = async (sinceMs: number): Promise<readonly BrokerFill[]> => {
    const found = new Map<string, CcxtTrade>();
    for (const symbol of await inUse(sinceMs))
      for await (const page of api.trades(symbol, sinceMs))
        for (const trade of page) found.set(tradeExecId(trade), trade);
    return Promise.all([...found].map(([execId, trade]) => brokerFill(execId, trade, parts)));
  };
  return {
    test: () => test(parts),
    openOrders: () => refusing(openOrders),
    fillsSince: (sinceMs) => refusing(() => fillsSince(sinceMs)),
    positions: () => refusing(() => (isSpot ? coins(parts) : contracts(parts))),
    balances: () =>
      refusing(async () => {
        const held = (await api.balances()).filter(({ total }) => !dec(total).isZero());
        return held.map(({ currency, total, free: available }) => ({ currency, total, available }));
      }),
  };
}

async function contracts({ api, symbols }: CcxtAccountParts): Promise<readonly BrokerPosition[]> {
  const held = (await api.positions()).filter((position) => !dec(position.contracts).isZero());
  return held.map((position) => ({
    symbol: symbols.ours(position.symbol),
    quantity: position.contracts,
    averagePrice: position.entryPrice,
  }));
}

/**
 * A spot account has coins and no positions: the coins of the markets that were traded through us, whoever bought them. One
 * that several markets trade in is shown under the first of them by name.
 */
async function coins(parts: CcxtAccountParts): Promise<readonly BrokerPosition[]> {
  const { node, venue, api, symbols } = parts;
  const held = new Map((await api.balances()).map(({ currency, total }) => [currency, total]));
  const found = new Map<string, BrokerPosition>();
  for (const { symbol } of await netTraded(node.pool, venue)) {
    const coin = String((await api.market(symbols.theirs(symbol)))["base"]);
    const quantity = held.get(coin) ?? "0";
    if (!found.has(coin) && !dec(quantity).isZero())
      found.set(coin, { symbol, quantity, averagePrice: null });
  }
  return [...found.values()];
}

/** @throws BrokerRefused for what the exchange itself refuses */
export async function refusing<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (error instanceof CcxtFailure && error.verdict.verdict === "rejected")
      throw new BrokerRefused(error.message);
    throw error;
  }
}

/** Balances are behind the key of every exchange, and change nothing. */
async function test({ api, credentials }: CcxtAccountParts): Promise<BrokerTest> {
  const key = `key ${masked(credentials["apiKey"] ?? credentials["walletAddress"] ?? "")}`;
  try {
    const held = (await api.balances()).filter(({ total }) => !dec(total).isZero());
    return { isUsable: true, text: `${key}: balances in ${held.length} currencies` };
  } catch (error) {
    if (!(error instanceof CcxtFailure) || error.verdict.verdict !== "rejected") throw error;
    return { isUsable: false, text: `${key}: ${error.message}` };
  }
}

function masked(key: string): string {
  return key.length > 8 ? `…${key.slice(-4)}` : "…";
}

function brokerOrder(order: CcxtOrder, { family, symbols }: CcxtAccountParts): BrokerOrder {
  const { id, clientId, symbol, side, amount, filled, price, triggerPrice } = order;
  if (amount === null) throw new UnreadableStructure("an amount of the order", id);
  return {
    venueOrderId: id,
    clOrdId: clientId === null ? null : family.orderIdOf(clientId),
    symbol: symbols.ours(symbol),
    side,
    ordType: typeOf(order),
    ordStatus: statusOf(order),
    orderQty: amount,
    cumQty: filled ?? "0",
    price,
    stopPx: triggerPrice,
  };
}

/** ccxt does not tell in which direction a trigger waits. */
function typeOf({ type, triggerPrice }: CcxtOrder): OrderType | null {
  if (triggerPrice !== null) return null;
  return type === "market" || type === "limit" ? type : null;
}

function statusOf(order: CcxtOrder): OrderStatus {
  const meaning = meaningOf(order);
  if (meaning !== "live") return meaning;
  if (order.status === "canceling") return "pendingCancel";
  return dec(order.filled ?? "0").isZero() ? "new" : "partiallyFilled";
}

async function brokerFill(
  execId: string,
  trade: CcxtTrade,
  { api, family, symbols }: CcxtAccountParts,
): Promise<BrokerFill> {
  const { orderId: venueOrderId, symbol, side, amount, price, timestampMs } = trade;
  const clientId = (await api.orderById(venueOrderId, symbol))?.clientId ?? null;
  return {
    execId,
    venueOrderId,
    clOrdId: clientId === null ? null : family.orderIdOf(clientId),
    symbol: symbols.ours(symbol),
    side,
    lastQty: amount,
    lastPx: price,
    transactTimeMs: timestampMs,
  };
}
