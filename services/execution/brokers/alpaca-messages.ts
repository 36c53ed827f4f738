/**
 * What Alpaca's Trading API says, read from JSON. Every number becomes the text that it was sent as, so that no price or
 * quantity passes through binary floating point, whether the broker sends it as a string (it does) or as a number.
 * https://docs.alpaca.markets/reference/postorder, /reference/getaccountactivitiesbyactivitytype, /docs/websocket-streaming
 */
import { type DecimalString, dec, text } from "../../../domain/shared/decimal.ts";

export interface AlpacaOrder {
  readonly id: string;
  readonly clientOrderId: string;
  readonly symbol: string;
  readonly side: string | null;
  readonly type: string | null;
  readonly status: string;
  /** null for an order by amount of money */
  readonly qty: DecimalString | null;
  readonly filledQty: DecimalString;
  readonly limitPrice: DecimalString | null;
  readonly stopPrice: DecimalString | null;
  readonly submittedAtMs: number;
  /** as it was sent: it names a state of the order */
  readonly updatedAt: string;
  readonly updatedAtMs: number;
  /** the order that stands in its place */
  readonly replacedBy: string | null;
  /** the order in whose place it stands */
  readonly replaces: string | null;
}

export interface AlpacaAccountState {
  readonly number: string;
  readonly status: string;
  readonly isBlocked: boolean;
  readonly currency: string;
  readonly cash: DecimalString;
  readonly buyingPower: DecimalString;
}

/** An account activity of type FILL: one execution. */
export interface AlpacaFill {
  readonly id: string;
  readonly orderId: string;
  readonly symbol: string;
  readonly side: string;
  readonly qty: DecimalString;
  readonly price: DecimalString;
  /** of the order, this execution included */
  readonly cumQty: DecimalString;
  readonly transactTimeMs: number;
}

export interface AlpacaPosition {
  readonly symbol: string;
  /** negative when short */
  readonly qty: DecimalString;
  readonly averagePrice: DecimalString | null;
}

export interface AlpacaError {
  readonly code: string | null;
  readonly message: string;
}

export type StreamMessage =
  | { readonly kind: "authorization"; readonly isAuthorized: boolean }
  | { readonly kind: "listening"; readonly streams: readonly string[] }
  | { readonly kind: "error"; readonly message: string }
  | {
      readonly kind: "update";
      readonly event: string;
      /** as it was sent */
      readonly timestamp: string | null;
      readonly order: AlpacaOrder;
    }
  | { readonly kind: "other" };

/** The broker said something that is not in its documentation: nothing may be concluded from it. */
export class UnreadableAnswer extends Error {
  constructor(what: string, found: unknown) {
    super(`expected ${what} from Alpaca, found ${JSON.stringify(found)?.slice(0, 200)}`);
    this.name = "UnreadableAnswer";
  }
}

type Fields = Readonly<Record<string, unknown>>;

/** JSON in which numbers stay as they are written. @throws SyntaxError */
export function parseExact(source: string): unknown {
  // sound: ES2025 hands the source of a primitive to the reviver; the typings of ES2024 do not know it yet
  const parse = JSON.parse as (
    source: string,
    revive: (key: string, value: unknown, context: { readonly source?: string }) => unknown,
  ) => unknown;
  return parse(source, (_key, value, context) =>
    typeof value === "number" ? (context.source ?? String(value)) : value,
  );
}

/** @throws UnreadableAnswer */
export function readOrder(value: unknown): AlpacaOrder {
  const fields = fieldsOf(value, "an order");
  const submittedAt = optionalWord(fields, "submitted_at") ?? word(fields, "created_at");
  const updatedAt = optionalWord(fields, "updated_at") ?? submittedAt;
  return {
    id: word(fields, "id"),
    clientOrderId: word(fields, "client_order_id"),
    symbol: word(fields, "symbol"),
    side: optionalWord(fields, "side"),
    type: optionalWord(fields, "type"),
    status: word(fields, "status"),
    qty: optionalDecimal(fields, "qty"),
    filledQty: decimal(fields, "filled_qty"),
    limitPrice: optionalDecimal(fields, "limit_price"),
    stopPrice: optionalDecimal(fields, "stop_price"),
    submittedAtMs: timeOf(submittedAt),
    updatedAt,
    updatedAtMs: timeOf(updatedAt),
    replacedBy: optionalWord(fields, "replaced_by"),
    replaces: optionalWord(fields, "replaces"),
  };
}

/** @throws UnreadableAnswer */
export function readFill(value: unknown): AlpacaFill {
  const fields = fieldsOf(value, "a FILL activity");
  return {
    id: word(fields, "id"),
    orderId: word(fields, "order_id"),
    symbol: word(fields, "symbol"),
    side: word(fields, "side"),
    qty: decimal(fields, "qty"),
    price: decimal(fields, "price"),
    cumQty: decimal(fields, "cum_qty"),
    transactTimeMs: timeOf(word(fields, "transaction_time")),
  };
}

/** @throws UnreadableAnswer */
export function readPosition(value: unknown): AlpacaPosition {
  const fields = fieldsOf(value, "a position");
  const qty = dec(decimal(fields, "qty"));
  // Shorts are negative by the documentation; older answers had the sign in `side` alone.
  const isShort = fields["side"] === "short" && qty.isPositive();
  return {
    symbol: word(fields, "symbol"),
    qty: text(isShort ? qty.negated() : qty),
    averagePrice: optionalDecimal(fields, "avg_entry_price"),
  };
}

/** @throws UnreadableAnswer */
export function readAccount(value: unknown): AlpacaAccountState {
  const fields = fieldsOf(value, "an account");
  const isBlocked = ["trading_blocked", "account_blocked", "trade_suspended_by_user"].some(
    (name) => fields[name] === true,
  );
  return {
    number: word(fields, "account_number"),
    status: word(fields, "status"),
    isBlocked,
    currency: word(fields, "currency"),
    cash: decimal(fields, "cash"),
    buyingPower: decimal(fields, "buying_power"),
  };
}

/** @throws UnreadableAnswer */
export function readList<T>(value: unknown, read: (item: unknown) => T): readonly T[] {
  if (!Array.isArray(value)) throw new UnreadableAnswer("a list", value);
  return value.map((item: unknown) => read(item));
}

/** Null when it is not an error of the broker's own: a proxy in between has other words. */
export function readError(value: unknown): AlpacaError | null {
  if (!isFields(value) || typeof value["message"] !== "string") return null;
  return { code: optionalWord(value, "code"), message: value["message"] };
}

/** @throws UnreadableAnswer */
export function readStreamMessage(value: unknown): StreamMessage {
  const fields = fieldsOf(value, "a message of the stream");
  const data = isFields(fields["data"]) ? fields["data"] : {};
  if (fields["action"] === "error") {
    return { kind: "error", message: optionalWord(data, "error_message") ?? "no reason given" };
  }
  switch (fields["stream"]) {
    case "authorization":
      return { kind: "authorization", isAuthorized: data["status"] === "authorized" };
    case "listening":
      return { kind: "listening", streams: readList(data["streams"] ?? [], String) };
    case "trade_updates":
      return {
        kind: "update",
        event: word(data, "event"),
        timestamp: optionalWord(data, "timestamp"),
        order: readOrder(data["order"]),
      };
    default:
      return { kind: "other" };
  }
}

function isFields(value: unknown): value is Fields {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function fieldsOf(value: unknown, what: string): Fields {
  if (!isFields(value)) throw new UnreadableAnswer(what, value);
  return value;
}

function word(fields: Fields, name: string): string {
  const found = optionalWord(fields, name);
  if (found === null) throw new UnreadableAnswer(`a field ${name}`, fields);
  return found;
}

function optionalWord(fields: Fields, name: string): string | null {
  const value = fields[name];
  return typeof value === "string" && value !== "" ? value : null;
}

function optionalDecimal(fields: Fields, name: string): DecimalString | null {
  return optionalWord(fields, name) === null ? null : decimal(fields, name);
}

function decimal(fields: Fields, name: string): DecimalString {
  const found = word(fields, name);
  if (!/^-?\d+(\.\d+)?([eE][+-]?\d+)?$/.test(found))
    throw new UnreadableAnswer(`a number in ${name}`, fields);
  return text(dec(found));
}

/** Epoch ms; what the broker knows below the millisecond is cut off. */
function timeOf(stamp: string): number {
  const ms = Date.parse(stamp);
  if (!Number.isFinite(ms)) throw new UnreadableAnswer("a time", stamp);
  return ms;
}
