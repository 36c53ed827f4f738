import { dec, text, type Decimal } from "../../domain/shared/decimal.ts";

/** An order in the words of https://developers.binance.com/docs/binance-spot-api-docs/rest-api/trading-endpoints. */
export interface BinanceOrder {
  readonly symbol: string;
  readonly orderId: number;
  readonly orderListId: -1;
  readonly clientOrderId: string;
  readonly price: string;
  readonly origQty: string;
  executedQty: string;
  cummulativeQuoteQty: string;
  status: string;
  readonly timeInForce: string;
  readonly type: string;
  readonly side: "BUY" | "SELL";
  readonly stopPrice: string;
  readonly icebergQty: string;
  readonly time: number;
  updateTime: number;
  isWorking: boolean;
}

export interface BinanceTrade {
  readonly symbol: string;
  readonly id: number;
  readonly orderId: number;
  readonly price: string;
  readonly qty: string;
  readonly quoteQty: string;
  readonly commission: string;
  readonly commissionAsset: string;
  readonly time: number;
  readonly isBuyer: boolean;
  readonly isMaker: boolean;
  readonly isBestMatch: true;
}

export interface BinanceSymbol {
  /** `BTCUSDT` */
  readonly symbol: string;
  readonly baseAsset: string;
  readonly quoteAsset: string;
  readonly tickSize: string;
  readonly stepSize: string;
}

export interface BinanceAnswer {
  readonly status: number;
  readonly body: unknown;
}

/** What happened to an order, as it stands after it. */
export interface BinanceEvent {
  readonly kind: "NEW" | "TRADE" | "CANCELED" | "EXPIRED" | "REJECTED";
  readonly order: BinanceOrder;
  readonly trade?: BinanceTrade;
  readonly timeMs: number;
}

/** One sending of an order, whatever came of it. */
export interface BinancePost {
  readonly clientOrderId: string;
  readonly status: number;
}

type Params = Readonly<Record<string, string>>;

const OPEN = new Set(["NEW", "PARTIALLY_FILLED"]);
const TYPES = new Set([
  "LIMIT",
  "LIMIT_MAKER",
  "MARKET",
  "STOP_LOSS",
  "STOP_LOSS_LIMIT",
  "TAKE_PROFIT",
  "TAKE_PROFIT_LIMIT",
]);

/**
 * The books of one account: orders whose client ids are unique among the open ones alone, executions, balances. Nothing is
 * matched: all that happens to an order happens by hand.
 */
export class BinanceBook {
  readonly symbols: readonly BinanceSymbol[];
  readonly posts: BinancePost[] = [];
  readonly orders: BinanceOrder[] = [];
  readonly trades: BinanceTrade[] = [];
  readonly balances = new Map<string, Decimal>();
  /** what fees are taken in, and how much of the quote's amount; `base` as Binance does unless it is paid in BNB */
  commission: { readonly rate: string; readonly asset: string } = { rate: "0", asset: "" };
  /** are told of everything at once */
  readonly listeners = new Set<(event: BinanceEvent) => void>();
  isCancelRefused = false;
  isReplaceRefused = false;

  constructor(symbols: readonly BinanceSymbol[]) {
    this.symbols = symbols;
    for (const { quoteAsset } of symbols) this.balances.set(quoteAsset, dec("1000000"));
  }

  submit(params: Params): BinanceAnswer {
    const answer = this.#accept(params);
    const clientOrderId = params["newClientOrderId"] ?? "";
    this.posts.push({ clientOrderId, status: answer.status });
    return answer;
  }

  open(symbol: string | null): readonly BinanceOrder[] {
    return this.orders.filter(
      (order) => OPEN.has(order.status) && (symbol === null || order.symbol === symbol),
    );
  }

  find({ symbol, orderId, origClientOrderId }: Params): BinanceOrder | undefined {
    return this.orders.findLast(
      (order) =>
        order.symbol === symbol &&
        (orderId === undefined
          ? order.clientOrderId === origClientOrderId
          : String(order.orderId) === orderId),
    );
  }

  cancel(params: Params): BinanceAnswer {
    const order = this.find(params);
    if (order === undefined || !OPEN.has(order.status) || this.isCancelRefused)
      return problem(400, -2011, "Unknown order sent.");
    this.end(order, "CANCELED");
    return { status: 200, body: { ...order, origClientOrderId: order.clientOrderId } };
  }

  /** STOP_ON_FAILURE: without the cancel there is no new order. */
  replace(params: Params): BinanceAnswer {
    const { cancelOrderId: orderId = "", symbol = "", cancelReplaceMode } = params;
    if (cancelReplaceMode !== "STOP_ON_FAILURE") return problem(400, -1102, "cancelReplaceMode");
    const old = this.find({ symbol, orderId });
    const isTouched = params["cancelRestrictions"] === "ONLY_NEW" && old?.status !== "NEW";
    if (old === undefined || !OPEN.has(old.status) || isTouched || this.isReplaceRefused) {
      const refusal = { code: -2011, msg: "Unknown order sent." };
      return replaceFailed(400, -2022, {
        cancelResult: "FAILURE",
        newOrderResult: "NOT_ATTEMPTED",
        cancelResponse: refusal,
        newOrderResponse: null,
      });
    }
    this.end(old, "CANCELED");
    const { status, body } = this.submit(params);
    if (status === 200)
      return {
        status,
        body: {
          cancelResult: "SUCCESS",
          newOrderResult: "SUCCESS",
          cancelResponse: old,
          newOrderResponse: body,
        },
      };
    return replaceFailed(409, -2021, {
      cancelResult: "SUCCESS",
      newOrderResult: "FAILURE",
      cancelResponse: old,
      newOrderResponse: body,
    });
  }

  /** All that is left of it unless told how much. */
  fill(order: BinanceOrder, price: string, quantity?: string): void {
    const left = dec(order.origQty).minus(order.executedQty);
    const qty = quantity === undefined ? left : dec(quantity);
    order.executedQty = text(dec(order.executedQty).plus(qty));
    order.cummulativeQuoteQty = text(dec(order.cummulativeQuoteQty).plus(qty.times(price)));
    order.status = qty.equals(left) ? "FILLED" : "PARTIALLY_FILLED";
    order.updateTime = Date.now();
    const { rate, asset } = this.commission;
    const { baseAsset, quoteAsset } = this.#symbol(order.symbol);
    const commissionAsset = asset === "" ? quoteAsset : asset;
    const paid = commissionAsset === baseAsset ? qty : qty.times(price);
    const commission = paid.times(rate);
    const trade: BinanceTrade = {
      symbol: order.symbol,
      id: 28_000 + this.trades.length,
      orderId: order.orderId,
      price,
      qty: text(qty),
      quoteQty: text(qty.times(price)),
      commission: text(commission),
      commissionAsset,
      time: Date.now(),
      isBuyer: order.side === "BUY",
      isMaker: true,
      isBestMatch: true,
    };
    this.trades.push(trade);
    const sign = order.side === "BUY" ? 1 : -1;
    this.#move(baseAsset, qty.times(sign));
    this.#move(quoteAsset, qty.times(price).times(-sign));
    this.#move(commissionAsset, commission.negated());
    this.#tell("TRADE", order, trade);
  }

  end(order: BinanceOrder, status: "CANCELED" | "EXPIRED" | "REJECTED"): void {
    order.status = status;
    order.updateTime = Date.now();
    this.#tell(status, order);
  }

  #tell(kind: BinanceEvent["kind"], order: BinanceOrder, trade?: BinanceTrade): void {
    // A copy: the order goes on.
    const event = { kind, order: { ...order }, timeMs: order.updateTime, ...(trade && { trade }) };
    for (const listener of this.listeners) listener(event);
  }

  #accept(params: Params): BinanceAnswer {
    const { symbol = "", side, type = "", quantity = "", price = "0", newClientOrderId } = params;
    const market = this.symbols.find((known) => known.symbol === symbol);
    if (market === undefined) return problem(400, -1121, "Invalid symbol.");
    if (newClientOrderId === undefined || !/^[.A-Z:/a-z0-9_-]{1,36}$/.test(newClientOrderId))
      return problem(400, -1100, "Illegal characters found in parameter 'newClientOrderId'.");
    if (side !== "BUY" && side !== "SELL") return problem(400, -1117, "Invalid side.");
    if (!TYPES.has(type)) return problem(400, -1116, "Invalid orderType.");
    const hasTime = params["timeInForce"] !== undefined;
    if (hasTime && !type.endsWith("LIMIT"))
      return problem(400, -1106, "Parameter 'timeInForce' sent when not required.");
    if (!dec(quantity).modulo(market.stepSize).isZero())
      return problem(400, -1013, "Filter failure: LOT_SIZE");
    if (!dec(price).modulo(market.tickSize).isZero())
      return problem(400, -1013, "Filter failure: PRICE_FILTER");
    if (this.open(symbol).some((order) => order.clientOrderId === newClientOrderId))
      return problem(400, -2010, "Duplicate order sent.");
    const asset = side === "BUY" ? market.quoteAsset : market.baseAsset;
    const needed = side === "BUY" ? dec(quantity).times(price) : dec(quantity);
    if (needed.greaterThan(this.balances.get(asset) ?? "0"))
      return problem(400, -2010, "Account has insufficient balance for requested action.");
    const order = this.#enter(params, newClientOrderId, side);
    return { status: 200, body: { ...order, transactTime: order.time, fills: [] } };
  }

  #enter(params: Params, clientOrderId: string, side: "BUY" | "SELL"): BinanceOrder {
    const { symbol = "", type = "", quantity = "", price = "0", stopPrice = "0" } = params;
    const nowMs = Date.now();
    const order: BinanceOrder = {
      symbol,
      orderId: 9_007_199_254_000_000 + this.orders.length,
      orderListId: -1,
      clientOrderId,
      price,
      origQty: quantity,
      executedQty: "0",
      cummulativeQuoteQty: "0",
      status: "NEW",
      timeInForce: params["timeInForce"] ?? "GTC",
      type,
      side,
      stopPrice,
      icebergQty: params["icebergQty"] ?? "0",
      time: nowMs,
      updateTime: nowMs,
      isWorking: dec(stopPrice).isZero(),
    };
    this.orders.push(order);
    this.#tell("NEW", order);
    return order;
  }

  #symbol(name: string): BinanceSymbol {
    const found = this.symbols.find(({ symbol }) => symbol === name);
    if (found === undefined) throw new Error(`the book has no symbol ${name}`);
    return found;
  }

  #move(asset: string, by: Decimal): void {
    this.balances.set(asset, (this.balances.get(asset) ?? dec("0")).plus(by));
  }
}

export function problem(status: number, code: number, msg: string): BinanceAnswer {
  return { status, body: { code, msg } };
}

function replaceFailed(status: number, code: number, data: object): BinanceAnswer {
  const msg =
    status === 409 ? "Order cancel-replace partially failed." : "Order cancel-replace failed.";
  return { status, body: { code, msg, data } };
}
