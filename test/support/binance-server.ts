import { createHmac } from "node:crypto";
import { once } from "node:events";
import { type IncomingMessage, type Server, type ServerResponse, createServer } from "node:http";
import { text as readText } from "node:stream/consumers";
import { setTimeout as sleep } from "node:timers/promises";
import { dec } from "../../domain/shared/decimal.ts";
import { BinanceAccountStream } from "./binance-account-stream.ts";
import { answerContracts, contractMarkets } from "./binance-contracts.ts";
import { BinanceBook, type BinanceAnswer, type BinanceSymbol, problem } from "./binance-book.ts";

/** What befalls calls. `dropBefore` is cut before anything was done, `dropAfter` after it was. */
export interface BinanceFault {
  /** of those calls whose method and path begin so, as in `POST /api/v3/order` */
  readonly on: string;
  /** so many calls; unless given, all */
  readonly times?: number;
  readonly kind: "dropBefore" | "dropAfter" | "delayAfter" | "status" | "statusAfter";
  readonly delayMs?: number;
  readonly status?: number;
  readonly code?: number;
  readonly message?: string;
  readonly headers?: Readonly<Record<string, string>>;
  /** instead of JSON, as a proxy in between would answer */
  readonly page?: string;
}

export interface BinanceServerOptions {
  readonly port?: number;
  readonly apiKey?: string;
  readonly secret?: string;
  readonly symbols?: readonly BinanceSymbol[];
  /** of a server that was closed: its account goes on */
  readonly book?: BinanceBook;
}

export const ACME: BinanceSymbol = {
  symbol: "ACMEUSD",
  baseAsset: "ACME",
  quoteAsset: "USD",
  tickSize: "0.01",
  stepSize: "0.001",
};

const DAY_MS = 86_400_000;

/** Speaks as much of Binance's spot REST API as orders need, on this machine, and misbehaves when told to. */
export class BinanceServer {
  readonly book: BinanceBook;
  readonly apiKey: string;
  readonly secret: string;
  /** every call, as `POST /api/v3/order` */
  readonly calls: string[] = [];
  /** how executions are told */
  manners: { readonly isTwice?: true; readonly isReversed?: true } = {};
  /** how far its clock is ahead of this machine's */
  skewMs = 0;
  readonly stream: BinanceAccountStream;
  readonly listenKeys = new Set<string>();
  readonly #http: Server;
  #faults: { readonly fault: BinanceFault; left: number }[] = [];

  private constructor(options: BinanceServerOptions) {
    const { apiKey = "test-api-key", secret = "test-secret-key", symbols = [ACME] } = options;
    this.book = options.book ?? new BinanceBook(symbols);
    this.apiKey = apiKey;
    this.secret = secret;
    this.stream = new BinanceAccountStream(this);
    this.#http = createServer((request, response) => {
      this.#serve(request, response).catch(() => response.destroy());
    });
    this.#http.on("upgrade", (request, socket, head) => this.stream.upgrade(request, socket, head));
  }

  static async start(options: BinanceServerOptions = {}): Promise<BinanceServer> {
    const server = new BinanceServer(options);
    server.#http.listen(options.port ?? 0, "127.0.0.1");
    await once(server.#http, "listening");
    return server;
  }

  get port(): number {
    const address = this.#http.address();
    return typeof address === "object" && address !== null ? address.port : 0;
  }

  get url(): string {
    return `http://127.0.0.1:${this.port}`;
  }

  /** Replaces those before; none with nothing. */
  fault(...faults: readonly BinanceFault[]): void {
    this.#faults = faults.map((fault) => ({ fault, left: fault.times ?? Infinity }));
  }

  /** How often an order was sent under a client order id. */
  sendings(clientOrderId: string): number {
    return this.book.posts.filter((post) => post.clientOrderId === clientOrderId).length;
  }

  /** Every connection is cut; the account stays in `book`. */
  async close(): Promise<void> {
    await this.stream.close();
    this.#http.closeAllConnections();
    this.#http.close();
    await once(this.#http, "close");
  }

  async #serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const url = new URL(request.url ?? "/", this.url);
    const name = `${request.method} ${url.pathname}`;
    this.calls.push(name);
    const body = await readText(request);
    const fault = this.#faultFor(name);
    if (fault?.kind === "dropBefore") {
      response.destroy();
      return;
    }
    if (fault?.kind === "status") {
      send(response, refusal(fault), fault);
      return;
    }
    const answer = this.#answer(request, url, body);
    if (fault?.kind === "delayAfter") await sleep(fault.delayMs ?? 0);
    if (fault?.kind === "dropAfter") response.destroy();
    else if (fault?.kind === "statusAfter") send(response, refusal(fault), fault);
    else send(response, answer);
  }

  #faultFor(name: string): BinanceFault | null {
    const found = this.#faults.find(({ fault, left }) => left > 0 && name.startsWith(fault.on));
    if (found === undefined) return null;
    found.left -= 1;
    return found.fault;
  }

  #answer(request: IncomingMessage, url: URL, body: string): BinanceAnswer {
    const { pathname } = url;
    if (pathname === "/api/v3/time" || pathname === "/fapi/v1/time")
      return { status: 200, body: { serverTime: Date.now() + this.skewMs } };
    if (pathname === "/api/v3/exchangeInfo") return { status: 200, body: this.#exchangeInfo() };
    if (pathname === "/fapi/v1/exchangeInfo")
      return { status: 200, body: contractMarkets(this.book) };
    // No contract is margined in coins.
    if (pathname === "/dapi/v1/exchangeInfo") return { status: 200, body: { symbols: [] } };
    const source = [url.search.slice(1), body].filter((part) => part !== "").join("&");
    const params = Object.fromEntries(new URLSearchParams(source));
    return (
      this.#checkSignature(request, pathname, source, params) ??
      this.#signed(request, pathname, params)
    );
  }

  /** https://developers.binance.com/docs/binance-spot-api-docs/rest-api/request-security */
  #checkSignature(
    { headers }: IncomingMessage,
    pathname: string,
    source: string,
    params: Readonly<Record<string, string>>,
  ): BinanceAnswer | null {
    if (headers["x-mbx-apikey"] !== this.apiKey)
      return problem(401, -2015, "Invalid API-key, IP, or permissions for action.");
    // The key alone is asked for (USER_STREAM).
    if (pathname === "/fapi/v1/listenKey") return null;
    const payload = source.replace(/&signature=[^&]*$/, "");
    const expected = createHmac("sha256", this.secret).update(payload).digest("hex");
    if (params["signature"] !== expected)
      return problem(400, -1022, "Signature for this request is not valid.");
    const { timestamp = "0", recvWindow = "5000" } = params;
    const ageMs = Date.now() + this.skewMs - Number(timestamp);
    if (ageMs > Number(recvWindow) || ageMs < -1_000)
      return problem(400, -1021, "Timestamp for this request is outside of the recvWindow.");
    return null;
  }

  #signed(
    { method }: IncomingMessage,
    pathname: string,
    params: Readonly<Record<string, string>>,
  ): BinanceAnswer {
    switch (`${method} ${pathname}`) {
      case "POST /api/v3/order":
        return this.book.submit(params);
      case "POST /api/v3/order/cancelReplace":
        return this.book.replace(params);
      case "DELETE /api/v3/order":
        return this.book.cancel(params);
      case "GET /api/v3/order": {
        const order = this.book.find(params);
        return order === undefined
          ? problem(400, -2013, "Order does not exist.")
          : { status: 200, body: order };
      }
      case "GET /api/v3/openOrders":
        return { status: 200, body: this.book.open(params["symbol"] ?? null) };
      case "GET /api/v3/myTrades":
        return this.#myTrades(params);
      case "GET /api/v3/account":
        return { status: 200, body: this.#account() };
      default:
        return (
          answerContracts(`${method} ${pathname}`, params, this.book, this.listenKeys) ??
          problem(404, -1000, "no such endpoint")
        );
    }
  }

  /** Oldest first; a day at most between the two ends. */
  #myTrades(params: Readonly<Record<string, string>>): BinanceAnswer {
    const { symbol, startTime = "0", endTime = String(Date.now() + DAY_MS), limit } = params;
    if (params["endTime"] !== undefined && Number(endTime) - Number(startTime) > DAY_MS)
      return problem(400, -1127, "More than 24 hours between startTime and endTime.");
    const trades = this.book.trades.filter(
      (trade) =>
        trade.symbol === symbol && trade.time >= Number(startTime) && trade.time <= Number(endTime),
    );
    const page = trades.slice(0, Number(limit ?? 500));
    const told = this.manners.isTwice ? [...page, ...page] : page;
    return { status: 200, body: this.manners.isReversed ? told.toReversed() : told };
  }

  #account(): unknown {
    const held = [...this.book.balances];
    const balances = held.map(([asset, free]) => ({ asset, free: free.toFixed(), locked: "0" }));
    return { canTrade: true, accountType: "SPOT", updateTime: Date.now(), balances };
  }

  #exchangeInfo(): unknown {
    const symbols = this.book.symbols.map((symbol) => ({
      symbol: symbol.symbol,
      status: "TRADING",
      baseAsset: symbol.baseAsset,
      baseAssetPrecision: 8,
      quoteAsset: symbol.quoteAsset,
      quotePrecision: 8,
      quoteAssetPrecision: 8,
      orderTypes: [
        "LIMIT",
        "LIMIT_MAKER",
        "MARKET",
        "STOP_LOSS",
        "STOP_LOSS_LIMIT",
        "TAKE_PROFIT",
        "TAKE_PROFIT_LIMIT",
      ],
      icebergAllowed: true,
      isSpotTradingAllowed: true,
      isMarginTradingAllowed: false,
      filters: [
        {
          filterType: "PRICE_FILTER",
          minPrice: symbol.tickSize,
          maxPrice: "1000000",
          tickSize: symbol.tickSize,
        },
        {
          filterType: "LOT_SIZE",
          minQty: symbol.stepSize,
          maxQty: "9000000",
          stepSize: symbol.stepSize,
        },
      ],
      permissions: ["SPOT"],
      permissionSets: [["SPOT"]],
    }));
    return { timezone: "UTC", serverTime: Date.now() + this.skewMs, rateLimits: [], symbols };
  }
}

function refusal({ status = 500, code, message = "Internal error." }: BinanceFault): BinanceAnswer {
  return problem(status, code ?? (status === 429 || status === 418 ? -1003 : -1000), message);
}

function send(
  response: ServerResponse,
  { status, body }: BinanceAnswer,
  { headers = {}, page }: Partial<BinanceFault> = {},
): void {
  response.writeHead(status, {
    "content-type": page === undefined ? "application/json" : "text/html",
    ...headers,
  });
  response.end(page ?? written(body));
}

/** Order ids are numbers there, larger than a double can be trusted with. */
function written(body: unknown): string {
  return JSON.stringify(body, (_key, value: unknown) =>
    typeof value === "number" && value > 1e15 ? dec(value).toFixed() : value,
  ).replaceAll(/"orderId":"(\d+)"/g, '"orderId":$1');
}
