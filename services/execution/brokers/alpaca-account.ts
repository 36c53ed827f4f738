import type { OrderStatus } from "../../../domain/order/messages.ts";
import type { OrderType } from "../../../domain/order/new-order.ts";
import type { AlpacaApi } from "./alpaca-api.ts";
import { AlpacaRefusal } from "./alpaca-errors.ts";
import type { AlpacaFill, AlpacaOrder } from "./alpaca-messages.ts";
import { isOurs, meaningOf } from "./alpaca-reports.ts";
import { BrokerRefused } from "./broker-errors.ts";
import type { BrokerAccountView, BrokerFill, BrokerOrder } from "./broker.ts";

/** What the account looks like from there. */
export function alpacaAccountView(api: AlpacaApi): BrokerAccountView {
  return {
    test: async () => {
      try {
        const { number, status, isBlocked } = await api.account();
        const text = `account ****${number.slice(-4)} is ${status}${isBlocked ? ", and blocked" : ""}`;
        return { isUsable: status === "ACTIVE" && !isBlocked, text };
      } catch (error) {
        if (error instanceof AlpacaRefusal) return { isUsable: false, text: error.message };
        throw error;
      }
    },
    openOrders: () => asked(async () => (await api.openOrders()).map(toOrder)),
    fillsSince: (sinceMs) => asked(() => fillsSince(api, sinceMs)),
    positions: () =>
      asked(async () =>
        (await api.positions()).map(({ symbol, qty, averagePrice }) => ({
          symbol: ourSymbol(symbol),
          quantity: qty,
          averagePrice,
        })),
      ),
    balances: () =>
      asked(async () => {
        const { currency, cash, buyingPower } = await api.account();
        return [{ currency, total: cash, available: buyingPower }];
      }),
  };
}

/** A refusal of the account itself is told apart from a broker that is ill. */
export async function asked<T>(question: () => Promise<T>): Promise<T> {
  try {
    return await question();
  } catch (error) {
    const isRefused = error instanceof AlpacaRefusal && [401, 403].includes(error.status);
    throw isRefused ? new BrokerRefused(error.message) : error;
  }
}

/** Pairs are written with a slash there. */
function ourSymbol(symbol: string): string {
  return symbol.replace("/", "-");
}

async function fillsSince(api: AlpacaApi, sinceMs: number): Promise<readonly BrokerFill[]> {
  const found: BrokerFill[] = [];
  const names = new Map<string, string | null>();
  for await (const page of api.fills(sinceMs)) {
    for (const fill of page) {
      if (!names.has(fill.orderId)) names.set(fill.orderId, await nameOf(api, fill));
      found.push(toFill(fill, names.get(fill.orderId) ?? null));
    }
  }
  return found;
}

async function nameOf(api: AlpacaApi, { orderId }: AlpacaFill): Promise<string | null> {
  const order = await api.orderById(orderId);
  return order !== null && isOurs(order.clientOrderId) ? order.clientOrderId : null;
}

function toFill(fill: AlpacaFill, clOrdId: string | null): BrokerFill {
  const { id, orderId, symbol, side, qty, price, transactTimeMs } = fill;
  return {
    execId: id,
    venueOrderId: orderId,
    clOrdId,
    symbol: ourSymbol(symbol),
    // Also `sell_short`.
    side: side === "buy" ? "buy" : "sell",
    lastQty: qty,
    lastPx: price,
    transactTimeMs,
  };
}

const TYPES: Readonly<Record<string, OrderType>> = {
  market: "market",
  limit: "limit",
  stop: "stop",
  stop_limit: "stopLimit",
  trailing_stop: "trailingStop",
};

const STATUSES: Readonly<Record<string, OrderStatus>> = {
  pending_new: "pendingNew",
  accepted: "pendingNew",
  accepted_for_bidding: "pendingNew",
  partially_filled: "partiallyFilled",
  pending_cancel: "pendingCancel",
  pending_replace: "pendingReplace",
};

function toOrder(order: AlpacaOrder): BrokerOrder {
  const { id, clientOrderId, symbol, side, type, status, qty, filledQty } = order;
  return {
    venueOrderId: id,
    clOrdId: isOurs(clientOrderId) ? clientOrderId : null,
    symbol: ourSymbol(symbol),
    side: side === "buy" ? "buy" : "sell",
    ordType: TYPES[type ?? ""] ?? null,
    ordStatus: STATUSES[status] ?? (meaningOf(order) === "live" ? "new" : "unknown"),
    // An order by amount of money has none until it is filled.
    orderQty: qty ?? filledQty,
    cumQty: filledQty,
    price: order.limitPrice,
    stopPx: order.stopPrice,
  };
}
