/**
 * How venues name orders by our ids, and what else differs between them. Each row was read from ccxt's own source of the
 * exchange (`createOrder`, `fetchOrder`, `editOrder`), the rules of ids from the venue's documentation.
 */
import type { OrderType } from "../../../domain/order/new-order.ts";
import { clientIdOf, orderIdOf, orderIdOfShort, shortIdOf } from "./client-ids.ts";

export interface CcxtFamily {
  /** the parameter of `createOrder` that carries the client order id all the way */
  readonly idParam: "clientOrderId" | "client_order_id" | "client_id";
  /** @throws RangeError for a revision that the venue's ids have no room for */
  readonly clientIdOf: (orderId: string, revision: number) => string;
  /** null for an id that is not of our making */
  readonly orderIdOf: (clientId: string) => string | null;
  /** `direct`: `fetchOrder` takes a client order id; `scan`: the open and the closed orders have to be looked through */
  readonly ask: "direct" | "scan";
  /**
   * `cancelReplace`: the venue cancels the one and places another, of a new id, in one step. `amend`: the order stays the one
   * it was.
   */
  readonly edit: "cancelReplace" | "amend" | "none";
  /** those that wait for a trigger, where ccxt's parameters mean on this venue what the names say; spot only */
  readonly triggered: readonly OrderType[];
  readonly hasTrailingBps: boolean;
  readonly hasDisplayQty: boolean;
  /** that what was found nowhere is not there: the venue shows the client's id with every order */
  readonly showsClientIds: boolean;
  /**
   * that ccxt reads orders and executions of the venue's stream as it reads the answers to questions, to the last fact and
   * the same ids; elsewhere the stream only says when to ask
   */
  readonly streamsReports: boolean;
}

/**
 * The safe reading of a venue that nobody has looked into: nothing special is offered, what is not found is doubted, and the
 * id is 22 letters and digits, which fit the strictest rule of those that were read (docs/adr/0022).
 */
const UNVERIFIED: CcxtFamily = {
  idParam: "clientOrderId",
  clientIdOf: (orderId, revision) => onlyFirst(orderId, revision, shortIdOf),
  orderIdOf: orderIdOfShort,
  ask: "scan",
  edit: "none",
  triggered: [],
  hasTrailingBps: false,
  hasDisplayQty: false,
  showsClientIds: false,
  streamsReports: false,
};

/** Where 36 characters are known to be taken, dashes among them. */
const LONG: CcxtFamily = { ...UNVERIFIED, clientIdOf, orderIdOf };

/**
 * `newClientOrderId`, at most 36 of `[.A-Za-z0-9:/_-]`, unique among open orders only; asked for as `origClientOrderId`
 * (https://developers.binance.com/docs/binance-spot-api-docs/rest-api/trading-endpoints).
 */
const BINANCE: CcxtFamily = {
  ...LONG,
  ask: "direct",
  edit: "cancelReplace",
  triggered: ["stop", "stopLimit", "marketIfTouched", "limitIfTouched", "trailingStop"],
  hasTrailingBps: true,
  hasDisplayQty: true,
  showsClientIds: true,
  streamsReports: true,
};

/** Futures change an order in place, but only limit orders, and their stops are another kind of order with ids of its own. */
const BINANCE_FUTURES: CcxtFamily = {
  ...BINANCE,
  edit: "none",
  triggered: [],
  hasTrailingBps: false,
  hasDisplayQty: false,
};

/** `clOrdId`, at most 32 letters and digits; `amend-order` keeps it (https://www.okx.com/docs-v5/en/#order-book-trading-trade). */
const OKX: CcxtFamily = {
  ...UNVERIFIED,
  clientIdOf: compactIdOf,
  orderIdOf: orderIdOfCompact,
  ask: "direct",
  edit: "amend",
  showsClientIds: true,
};

/**
 * `orderLinkId`, at most 36 letters, digits, dashes and underscores (https://bybit-exchange.github.io/docs/v5/order/create-order);
 * ccxt's `fetchOrder` takes the venue's id alone.
 */
const BYBIT: CcxtFamily = {
  ...LONG,
  edit: "amend",
  showsClientIds: true,
};

/**
 * `cl_ord_id`, a UUID, unique among open orders (https://docs.kraken.com/api/docs/guides/spot-clordid). ccxt's `fetchOrder`
 * would ask by `userref`, which is another thing.
 */
const KRAKEN: CcxtFamily = { ...LONG, showsClientIds: true };

/**
 * `client_order_id`; a repeated one is answered with the order that has it
 * (https://docs.cdp.coinbase.com/api-reference/advanced-trade-api/rest-api/orders/create-order). ccxt drops `clientOrderId`,
 * and would make up an id.
 */
const COINBASE: CcxtFamily = { ...LONG, idParam: "client_order_id", showsClientIds: true };

/**
 * `text`, `t-` and at most 28 of `[0-9A-Za-z._-]` (https://www.gate.com/docs/developers/apiv4/en/#create-an-order). An order that
 * is over can be asked for by it for an hour only, so that orders are looked through.
 */
const GATE: CcxtFamily = {
  ...UNVERIFIED,
  clientIdOf: (orderId, revision) => `t-${onlyFirst(orderId, revision, shortIdOf)}`,
  orderIdOf: (clientId) => (clientId.startsWith("t-") ? orderIdOfShort(clientId.slice(2)) : null),
  showsClientIds: true,
};

/**
 * `c`, 128 bits as `0x` and 32 digits (https://hyperliquid.gitbook.io/hyperliquid-docs/for-developers/api/exchange-endpoint):
 * an order's id to the bit, with no room for a revision.
 */
const HYPERLIQUID: CcxtFamily = {
  ...UNVERIFIED,
  clientIdOf: (orderId, revision) => `0x${compactIdOf(orderId, revision)}`,
  orderIdOf: (clientId) => (clientId.startsWith("0x") ? orderIdOfCompact(clientId.slice(2)) : null),
};

/** `client_order_id` (https://api.hitbtc.com/#create-new-spot-order); ccxt would leave `clientOrderId` as it is. */
const HITBTC: CcxtFamily = { ...UNVERIFIED, idParam: "client_order_id" };

/** `client_id` (https://docs.coinex.com/api/v2/spot/order/http/put-order); ccxt would send `clientOrderId` beside it. */
const COINEX: CcxtFamily = { ...UNVERIFIED, idParam: "client_id" };

const SPOT: Readonly<Record<string, CcxtFamily>> = {
  binance: BINANCE,
  binanceus: BINANCE,
  okx: OKX,
  okxus: OKX,
  myokx: OKX,
  bybit: BYBIT,
  bybiteu: BYBIT,
  kraken: KRAKEN,
  coinbase: COINBASE,
  gate: GATE,
  gateeu: GATE,
  hyperliquid: HYPERLIQUID,
  hitbtc: HITBTC,
  coinex: COINEX,
};

const CONTRACTS: Readonly<Record<string, CcxtFamily>> = {
  binance: BINANCE_FUTURES,
  binanceusdm: BINANCE_FUTURES,
  okx: OKX,
  bybit: BYBIT,
  gate: GATE,
  hyperliquid: HYPERLIQUID,
  hitbtc: HITBTC,
  coinex: COINEX,
};

/**
 * Venues whose ids have no room for ours: an order there could not be told from any other. Why no smaller number stands for an
 * order's id is in docs/adr/0022.
 */
const UNUSABLE: Readonly<Record<string, string>> = {
  bitfinex: "its client order ids are numbers of 45 bits, which orders would come to share",
};

/** @param marketType `spot`, or a kind of contract */
export function ccxtFamily(exchange: string, marketType: string): CcxtFamily {
  return (marketType === "spot" ? SPOT : CONTRACTS)[exchange] ?? UNVERIFIED;
}

/** Why orders cannot be sent to a venue; null: nothing is known against it. */
export function whyUnusable(exchange: string): string | null {
  return UNUSABLE[exchange] ?? null;
}

function compactIdOf(orderId: string, revision: number): string {
  return onlyFirst(orderId, revision, (id) => clientIdOf(id, 0).replaceAll("-", ""));
}

function onlyFirst(orderId: string, revision: number, idOf: (orderId: string) => string): string {
  if (revision !== 0) throw new RangeError("an order keeps its client order id here");
  return idOf(orderId);
}

function orderIdOfCompact(clientId: string): string | null {
  // A revision's id is the same digits with an ending.
  return /^[0-9a-f]{32}$/.test(clientId) ? orderIdOf(`${clientId}r1`) : null;
}
