import { randomUUID } from "node:crypto";
import { Decimal, dec, text } from "../../domain/shared/decimal.ts";

/** What an order says in the words of the protocol. */
export interface BookOrder {
  readonly id: string;
  readonly client_order_id: string;
  readonly symbol: string;
  readonly side: "buy" | "sell";
  readonly qty: string;
  readonly type: string;
  readonly limit_price: string | null;
  readonly stop_price: string | null;
  readonly trail_price: string | null;
  readonly trail_percent: string | null;
  readonly replaces: string | null;
  readonly time_in_force: string;
  readonly submitted_at: string;
  status: string;
  filled_qty: string;
  updated_at: string;
  replaced_by: string | null;
}

export interface BookFill {
  readonly id: string;
  readonly activity_type: "FILL";
  readonly order_id: string;
  readonly symbol: string;
  readonly side: string;
  readonly qty: string;
  readonly price: string;
  readonly cum_qty: string;
  readonly leaves_qty: string;
  readonly transaction_time: string;
  readonly type: "fill" | "partial_fill";
}

export interface BookAnswer {
  readonly status: number;
  readonly body: unknown;
}

/** One sending of an order, whatever came of it. */
export interface Post {
  readonly clientOrderId: string;
  readonly status: number;
}

/** In which nothing can be amended. */
const FIXED = new Set(["accepted", "pending_new", "pending_cancel", "pending_replace"]);
const CLOSED = new Set(["filled", "canceled", "expired", "rejected", "replaced"]);

/**
 * The books of the account: orders by their client order id, of which each is good for one order for ever, executions and
 * positions. Orders that the market meets are filled at once where a price is set; all else happens by hand.
 */
export class AlpacaBook {
  readonly posts: Post[] = [];
  readonly orders = new Map<string, BookOrder>();
  readonly #byId = new Map<string, BookOrder>();
  readonly fills: BookFill[] = [];
  readonly positions = new Map<string, Decimal>();
  readonly prices = new Map<string, string>();
  /** cash for buys, at their limit; null: not limited */
  buyingPower: string | null = null;
  /** executions happen, and do not show among the activities yet */
  areFillsHidden = false;
  /** an amendment is taken, and settled by `settle` only; unless so, at once */
  areAmendsHeld = false;
  onUpdate: (data: Readonly<Record<string, unknown>>) => void = () => undefined;

  submit(body: Readonly<Record<string, string>>): BookAnswer {
    const answer = this.#accept(body);
    this.posts.push({ clientOrderId: body["client_order_id"] ?? "", status: answer.status });
    return answer;
  }

  byId(id: string): BookOrder | undefined {
    return this.#byId.get(id);
  }

  open(): readonly BookOrder[] {
    return [...this.orders.values()].filter(({ status }) => !CLOSED.has(status));
  }

  cancel(id: string): BookAnswer {
    const order = this.byId(id);
    if (order === undefined) return problem(404, 40410000, `order not found for ${id}`);
    if (CLOSED.has(order.status))
      return problem(422, 42210000, `order is already in "${order.status}" state`);
    this.end(order.client_order_id, "canceled");
    return { status: 204, body: null };
  }

  /**
   * Makes a new order of an order, in whose place it shall stand. https://docs.alpaca.markets/reference/patchorderbyorderid-1
   */
  replace(id: string, changes: Readonly<Record<string, string>>): BookAnswer {
    const old = this.byId(id);
    if (old === undefined) return problem(404, 40410000, `order not found for ${id}`);
    if (CLOSED.has(old.status) || FIXED.has(old.status))
      return problem(422, 42210000, `order in "${old.status}" status cannot be changed`);
    const { client_order_id: clientOrderId = randomUUID(), ...terms } = changes;
    if (this.orders.has(clientOrderId))
      return problem(422, 40010001, "client_order_id must be unique");
    const now = new Date().toISOString();
    const made: BookOrder = {
      ...old,
      ...terms,
      id: randomUUID(),
      client_order_id: clientOrderId,
      replaces: old.id,
      replaced_by: null,
      status: "accepted",
      submitted_at: now,
      updated_at: now,
    };
    this.#add(made);
    old.status = "pending_replace";
    const answer = { status: 200, body: { ...made } };
    if (!this.areAmendsHeld) this.settle(clientOrderId);
    return answer;
  }

  /** The old order gives way to the new one, or has been filled or canceled before: then the new one is rejected. */
  settle(clientOrderId: string, isRefused = false): void {
    const made = this.#order(clientOrderId);
    const old = this.byId(made.replaces ?? "");
    if (old === undefined) throw new Error(`${clientOrderId} replaces nothing`);
    if (isRefused || CLOSED.has(old.status)) {
      if (!CLOSED.has(old.status)) old.status = "new";
      this.end(clientOrderId, "rejected");
      this.#tell("order_replace_rejected", old);
      return;
    }
    old.replaced_by = made.id;
    old.status = "replaced";
    old.updated_at = new Date().toISOString();
    this.#tell("replaced", old);
    this.end(clientOrderId, dec(made.filled_qty).isZero() ? "new" : "partially_filled", "new");
    this.#meetMarket(made);
  }

  /** Executes a part of an order, all that is left of it unless told how much. */
  fill(clientOrderId: string, price: string, qty?: string): void {
    const order = this.#order(clientOrderId);
    const left = dec(order.qty).minus(order.filled_qty);
    const part = qty === undefined ? left : dec(qty);
    const cumQty = dec(order.filled_qty).plus(part);
    const isLast = cumQty.equals(order.qty);
    const now = new Date().toISOString();
    order.filled_qty = text(cumQty);
    order.status = isLast ? "filled" : CLOSED.has(order.status) ? order.status : "partially_filled";
    order.updated_at = now;
    const signed = order.side === "buy" ? part : part.negated();
    this.positions.set(order.symbol, signed.plus(this.positions.get(order.symbol) ?? 0));
    const type = isLast ? "fill" : "partial_fill";
    this.fills.push({
      id: `${now.replaceAll(/\D/g, "")}::${randomUUID()}`,
      activity_type: "FILL",
      order_id: order.id,
      symbol: order.symbol,
      side: order.side,
      qty: text(part),
      price,
      cum_qty: order.filled_qty,
      leaves_qty: text(dec(order.qty).minus(cumQty)),
      transaction_time: now,
      type,
    });
    const position = text(this.positions.get(order.symbol) ?? dec(0));
    const execution = {
      execution_id: randomUUID(),
      qty: text(part),
      price,
      position_qty: position,
    };
    this.#tell(type, order, execution);
  }

  /** Ends an order, or moves it on, to a status of the protocol with the event of the same name. */
  end(clientOrderId: string, status: string, event = status): void {
    const order = this.#order(clientOrderId);
    order.status = status;
    order.updated_at = new Date().toISOString();
    if (status === "replaced") order.replaced_by ??= randomUUID();
    this.#tell(event, order);
  }

  #accept(body: Readonly<Record<string, string>>): BookAnswer {
    const { client_order_id: clientOrderId = randomUUID() } = body;
    if (this.orders.has(clientOrderId))
      return problem(422, 40010001, "client_order_id must be unique");
    const fault = this.#faultOf(body);
    if (fault !== null) return fault;
    const now = new Date().toISOString();
    const order: BookOrder = {
      id: randomUUID(),
      client_order_id: clientOrderId,
      symbol: body["symbol"] ?? "",
      side: body["side"] === "sell" ? "sell" : "buy",
      qty: body["qty"] ?? "0",
      type: body["type"] ?? "market",
      limit_price: body["limit_price"] ?? null,
      stop_price: body["stop_price"] ?? null,
      trail_price: body["trail_price"] ?? null,
      trail_percent: body["trail_percent"] ?? null,
      replaces: null,
      time_in_force: body["time_in_force"] ?? "day",
      submitted_at: now,
      status: "pending_new",
      filled_qty: "0",
      updated_at: now,
      replaced_by: null,
    };
    this.#add(order);
    const answer = { status: 200, body: { ...order } };
    this.end(clientOrderId, "new");
    this.#meetMarket(order);
    return answer;
  }

  #add(order: BookOrder): void {
    this.orders.set(order.client_order_id, order);
    this.#byId.set(order.id, order);
  }

  #faultOf(body: Readonly<Record<string, string>>): BookAnswer | null {
    if (!body["symbol"] || !(Number(body["qty"]) > 0))
      return problem(422, 42210000, "qty must be > 0");
    const { limit_price: limit, qty = "0", side } = body;
    if (this.buyingPower === null || side !== "buy" || limit === undefined) return null;
    const cost = dec(limit).times(qty);
    if (cost.greaterThan(this.buyingPower))
      return problem(403, 40310000, "insufficient buying power");
    this.buyingPower = text(dec(this.buyingPower).minus(cost));
    return null;
  }

  #meetMarket(order: BookOrder): void {
    const price = this.prices.get(order.symbol);
    // Stops wait for a price that is set by hand here.
    if (price === undefined || order.stop_price !== null || order.type === "trailing_stop") return;
    const limit = dec(order.limit_price ?? price);
    const isMet = order.side === "buy" ? limit.gte(price) : limit.lte(price);
    if (isMet) this.fill(order.client_order_id, price);
  }

  /** what stands in the place of an order now */
  newest(clientOrderId: string): BookOrder {
    const order = this.#order(clientOrderId);
    const next = order.replaced_by === null ? undefined : this.byId(order.replaced_by);
    return next === undefined ? order : this.newest(next.client_order_id);
  }

  #order(clientOrderId: string): BookOrder {
    const order = this.orders.get(clientOrderId);
    if (order === undefined) throw new Error(`there is no order ${clientOrderId}`);
    return order;
  }

  #tell(event: string, order: BookOrder, execution: Readonly<Record<string, unknown>> = {}): void {
    this.onUpdate({ event, timestamp: order.updated_at, ...execution, order: { ...order } });
  }
}

export function problem(status: number, code: number, message: string): BookAnswer {
  return { status, body: { code, message } };
}
