/**
 * What ccxt's unified structures say (https://docs.ccxt.com/#/?id=order-structure, #/?id=trade-structure), read from
 * `unknown`: they are made from an exchange's answers, and any field may be missing.
 */
import { type DecimalString, dec, text } from "../../../domain/shared/decimal.ts";
import type { Side } from "../../../domain/order/new-order.ts";

export interface CcxtOrder {
  readonly id: string;
  readonly clientId: string | null;
  /** in ccxt's words: `BTC/USDT`, `BTC/USDT:USDT` */
  readonly symbol: string;
  readonly side: Side;
  /** `market` or `limit`, also of an order that waits for a trigger */
  readonly type: string | null;
  readonly status: CcxtOrderStatus;
  /** the venue's own word */
  readonly venueStatus: string;
  readonly amount: DecimalString | null;
  /** null when the venue does not say, which is not nothing */
  readonly filled: DecimalString | null;
  readonly price: DecimalString | null;
  readonly triggerPrice: DecimalString | null;
  /** false for one that waits; null when the venue does not say */
  readonly isWorking: boolean | null;
  readonly createdAtMs: number | null;
  readonly updatedAtMs: number | null;
}

export type CcxtOrderStatus =
  | "open"
  | "closed"
  | "canceled"
  | "canceling"
  | "expired"
  | "rejected"
  | "unknown";

export interface CcxtTrade {
  readonly id: string;
  readonly orderId: string;
  readonly symbol: string;
  readonly side: Side;
  readonly amount: DecimalString;
  readonly price: DecimalString;
  /** null when the venue does not say */
  readonly isMaker: boolean | null;
  readonly fees: readonly CcxtFee[];
  readonly timestampMs: number;
}

export interface CcxtFee {
  readonly currency: string;
  readonly cost: DecimalString;
}

export interface CcxtPosition {
  readonly symbol: string;
  /** negative when short */
  readonly contracts: DecimalString;
  readonly entryPrice: DecimalString | null;
}

export interface CcxtBalance {
  readonly currency: string;
  readonly total: DecimalString;
  readonly free: DecimalString;
}

/** The exchange, or ccxt, said something that its manual does not have: nothing may be concluded from it. */
export class UnreadableStructure extends Error {
  constructor(what: string, found: unknown) {
    super(`expected ${what} from ccxt, found ${JSON.stringify(found)?.slice(0, 200)}`);
    this.name = "UnreadableStructure";
  }
}

type Fields = Readonly<Record<string, unknown>>;

/** @throws UnreadableStructure */
export function readCcxtOrder(value: unknown): CcxtOrder {
  const fields = fieldsOf(value, "an order");
  const info = isFields(fields["info"]) ? fields["info"] : {};
  const createdAtMs = time(fields, "timestamp");
  return {
    id: word(fields, "id"),
    clientId: optionalWord(fields, "clientOrderId"),
    symbol: word(fields, "symbol"),
    side: sideOf(fields),
    type: optionalWord(fields, "type"),
    status: statusOf(fields["status"]),
    venueStatus: optionalWord(info, "status") ?? String(fields["status"]),
    amount: decimal(fields, "amount"),
    filled: decimal(fields, "filled"),
    price: positive(decimal(fields, "price")),
    triggerPrice: positive(
      decimal(fields, "triggerPrice") ??
        decimal(fields, "stopLossPrice") ??
        decimal(fields, "takeProfitPrice"),
    ),
    isWorking: typeof info["isWorking"] === "boolean" ? info["isWorking"] : null,
    createdAtMs,
    updatedAtMs:
      time(fields, "lastUpdateTimestamp") ?? time(fields, "lastTradeTimestamp") ?? createdAtMs,
  };
}

/** The id that an accepted order has there. What else the answer says of it is often next to nothing. */
export function readCcxtOrderId(value: unknown): string {
  return word(fieldsOf(value, "an order"), "id");
}

/** @throws UnreadableStructure */
export function readCcxtTrade(value: unknown): CcxtTrade {
  const fields = fieldsOf(value, "a trade");
  const maker = fields["takerOrMaker"];
  return {
    id: word(fields, "id"),
    orderId: word(fields, "order"),
    symbol: word(fields, "symbol"),
    side: sideOf(fields),
    amount: need(decimal(fields, "amount"), "an amount", fields),
    price: need(decimal(fields, "price"), "a price", fields),
    isMaker: maker === "maker" ? true : maker === "taker" ? false : null,
    fees: feesOf(fields),
    timestampMs: need(time(fields, "timestamp"), "a time", fields),
  };
}

/** @throws UnreadableStructure */
export function readCcxtPosition(value: unknown): CcxtPosition {
  const fields = fieldsOf(value, "a position");
  const contracts = dec(need(decimal(fields, "contracts"), "contracts", fields)).abs();
  const isShort = fields["side"] === "short";
  if (!isShort && fields["side"] !== "long" && !contracts.isZero())
    throw new UnreadableStructure("a side of the position", fields);
  return {
    symbol: word(fields, "symbol"),
    contracts: text(isShort ? contracts.negated() : contracts),
    entryPrice: positive(decimal(fields, "entryPrice")),
  };
}

/** @throws UnreadableStructure */
export function readCcxtBalances(value: unknown): readonly CcxtBalance[] {
  const fields = fieldsOf(value, "balances");
  const totals = fieldsOf(fields["total"], "totals of balances");
  const free = isFields(fields["free"]) ? fields["free"] : {};
  return Object.keys(totals).map((currency) => {
    const total = need(decimal(totals, currency), `a balance of ${currency}`, totals);
    return { currency, total, free: decimal(free, currency) ?? total };
  });
}

/** @throws UnreadableStructure */
export function readCcxtList<T>(value: unknown, read: (item: unknown) => T): readonly T[] {
  if (!Array.isArray(value)) throw new UnreadableStructure("a list", value);
  return value.map((item: unknown) => read(item));
}

const STATUSES: readonly CcxtOrderStatus[] = [
  "open",
  "closed",
  "canceled",
  "canceling",
  "expired",
  "rejected",
];

function statusOf(value: unknown): CcxtOrderStatus {
  return STATUSES.find((status) => status === value) ?? "unknown";
}

function sideOf(fields: Fields): Side {
  const side = fields["side"];
  if (side !== "buy" && side !== "sell") throw new UnreadableStructure("a side", fields);
  return side;
}

/** `fees` has them all; `fee` is the only one. */
function feesOf(fields: Fields): readonly CcxtFee[] {
  const list: unknown = fields["fees"];
  const fees: readonly unknown[] =
    Array.isArray(list) && list.length > 0 ? list : [fields["fee"]].filter(isFields);
  return fees.flatMap((value) => {
    const fee = fieldsOf(value, "a fee");
    const cost = decimal(fee, "cost");
    const currency = optionalWord(fee, "currency");
    if (cost === null || dec(cost).isZero()) return [];
    if (currency === null) throw new UnreadableStructure("a currency of the fee", fields);
    return [{ currency, cost }];
  });
}

function isFields(value: unknown): value is Fields {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function fieldsOf(value: unknown, what: string): Fields {
  if (!isFields(value)) throw new UnreadableStructure(what, value);
  return value;
}

function word(fields: Fields, name: string): string {
  return need(optionalWord(fields, name), `a field ${name}`, fields);
}

function optionalWord(fields: Fields, name: string): string | null {
  const value = fields[name];
  return typeof value === "string" && value !== "" ? value : null;
}

/** ccxt was told to make strings of its numbers; a few exchanges hand on numbers of their own. */
function decimal(fields: Fields, name: string): DecimalString | null {
  const value = fields[name];
  if (value === undefined || value === null) return null;
  const source = typeof value === "number" ? String(value) : value;
  if (typeof source !== "string" || !/^-?\d+(\.\d*)?([eE][+-]?\d+)?$/.test(source))
    throw new UnreadableStructure(`a number in ${name}`, fields);
  return text(dec(source));
}

function positive(value: DecimalString | null): DecimalString | null {
  return value === null || dec(value).isZero() ? null : value;
}

function time(fields: Fields, name: string): number | null {
  const value = fields[name];
  return typeof value === "number" && Number.isSafeInteger(value) ? value : null;
}

function need<T>(value: T | null, what: string, found: unknown): T {
  if (value === null) throw new UnreadableStructure(what, found);
  return value;
}
