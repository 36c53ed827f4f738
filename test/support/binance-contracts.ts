import type { BinanceAnswer, BinanceBook, BinanceOrder } from "./binance-book.ts";

type Params = Readonly<Record<string, string>>;

/**
 * The USD-M API (https://developers.binance.com/docs/derivatives/usds-margined-futures) over the same books: quantities are of
 * the base coin, and what is held of it is the position.
 * @returns null for what is not part of it
 */
export function answerContracts(
  call: string,
  params: Params,
  book: BinanceBook,
  listenKeys: Set<string>,
): BinanceAnswer | null {
  switch (call) {
    case "POST /fapi/v1/order":
      return told(book.submit(params));
    case "DELETE /fapi/v1/order":
      return told(book.cancel(params));
    case "GET /fapi/v1/order": {
      const order = book.find(params);
      if (order !== undefined) return { status: 200, body: contractOrder(order) };
      return { status: 400, body: { code: -2013, msg: "Order does not exist." } };
    }
    case "GET /fapi/v1/openOrders":
      return { status: 200, body: book.open(params["symbol"] ?? null).map(contractOrder) };
    case "GET /fapi/v1/userTrades":
      return { status: 200, body: tradesOf(book, params) };
    case "GET /fapi/v1/leverageBracket":
      return {
        status: 200,
        body: book.symbols.map(({ symbol }) => ({ symbol, brackets: [BRACKET] })),
      };
    case "GET /fapi/v3/positionRisk":
      return { status: 200, body: positionsOf(book) };
    case "GET /fapi/v3/balance":
    case "GET /fapi/v3/account":
      return { status: 200, body: call.endsWith("balance") ? assetsOf(book) : accountOf(book) };
    case "POST /fapi/v1/listenKey": {
      const listenKey = `listen-key-${listenKeys.size + 1}`;
      listenKeys.add(listenKey);
      return { status: 200, body: { listenKey } };
    }
    default:
      return null;
  }
}

const BRACKET = {
  bracket: 1,
  initialLeverage: 10,
  notionalCap: 1_000_000,
  notionalFloor: 0,
  maintMarginRatio: 0.01,
  cum: 0,
};

export function contractMarkets(book: BinanceBook): unknown {
  const symbols = book.symbols.map(({ symbol, baseAsset, quoteAsset, tickSize, stepSize }) => ({
    symbol,
    pair: symbol,
    contractType: "PERPETUAL",
    deliveryDate: 4_133_404_800_000,
    onboardDate: 1_569_398_400_000,
    status: "TRADING",
    baseAsset,
    quoteAsset,
    marginAsset: quoteAsset,
    pricePrecision: 2,
    quantityPrecision: 3,
    filters: [
      { filterType: "PRICE_FILTER", minPrice: tickSize, maxPrice: "1000000", tickSize },
      { filterType: "LOT_SIZE", minQty: stepSize, maxQty: "9000000", stepSize },
      { filterType: "MARKET_LOT_SIZE", minQty: stepSize, maxQty: "9000000", stepSize },
    ],
    orderTypes: ["LIMIT", "MARKET", "STOP", "STOP_MARKET"],
    timeInForce: ["GTC", "IOC", "FOK", "GTX"],
  }));
  return { timezone: "UTC", serverTime: Date.now(), rateLimits: [], symbols };
}

function told({ status, body }: BinanceAnswer): BinanceAnswer {
  // sound: the book answers with an order, or with a problem under another status
  return status === 200 ? { status, body: contractOrder(body as BinanceOrder) } : { status, body };
}

function contractOrder(order: BinanceOrder): object {
  const { type: origType, cummulativeQuoteQty: cumQuote } = order;
  return {
    ...order,
    cumQuote,
    avgPrice: "0",
    reduceOnly: false,
    closePosition: false,
    positionSide: "BOTH",
    origType,
  };
}

function tradesOf(book: BinanceBook, { symbol, startTime = "0" }: Params): readonly object[] {
  return book.trades
    .filter((trade) => trade.symbol === symbol && trade.time >= Number(startTime))
    .map((trade) => ({
      ...trade,
      buyer: trade.isBuyer,
      maker: trade.isMaker,
      side: trade.isBuyer ? "BUY" : "SELL",
      positionSide: "BOTH",
      realizedPnl: "0",
    }));
}

function positionsOf(book: BinanceBook): readonly object[] {
  return book.symbols.map(({ symbol, baseAsset, quoteAsset }) => ({
    symbol,
    positionSide: "BOTH",
    positionAmt: book.balances.get(baseAsset)?.toFixed() ?? "0",
    entryPrice: "99",
    breakEvenPrice: "99",
    markPrice: "100",
    unRealizedProfit: "0",
    liquidationPrice: "0",
    isolatedMargin: "0",
    notional: "100",
    marginAsset: quoteAsset,
    isolatedWallet: "0",
    initialMargin: "10",
    maintMargin: "1",
    positionInitialMargin: "10",
    openOrderInitialMargin: "0",
    adl: 0,
    bidNotional: "0",
    askNotional: "0",
    updateTime: Date.now(),
  }));
}

function assetsOf(book: BinanceBook): readonly object[] {
  const coins = new Set(book.symbols.map(({ quoteAsset }) => quoteAsset));
  return [...book.balances]
    .filter(([asset]) => coins.has(asset))
    .map(([asset, held]) => ({
      asset,
      balance: held.toFixed(),
      walletBalance: held.toFixed(),
      marginBalance: held.toFixed(),
      availableBalance: held.toFixed(),
    }));
}

function accountOf(book: BinanceBook): object {
  return { assets: assetsOf(book), positions: [] };
}
