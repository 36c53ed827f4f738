/**
 * One exchange of ccxt, set up for one account. Its constructors and methods are untyped in all that matters here: what they
 * answer is `unknown` until it is read.
 */
import { dec } from "../../../domain/shared/decimal.ts";
import { ccxtExchangeClass } from "../../../mixins/ccxt-library.ts";
import { parseLossless } from "../../../mixins/lossless-json.ts";

export type CcxtParams = Readonly<Record<string, string | number | boolean>>;

/** Of a market only what orders need; the rest is read where it is used. */
export type CcxtMarket = Readonly<Record<string, unknown>>;

export type CcxtFetch = (
  url: string,
  init: {
    readonly method: string;
    readonly headers: Readonly<Record<string, string>>;
    readonly body?: string;
  },
) => Promise<CcxtHttpAnswer>;

/** As much of a Response as ccxt looks at. */
export interface CcxtHttpAnswer {
  readonly status: number;
  readonly statusText: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly text: () => Promise<string>;
}

/** The part of ccxt's unified API that is used (https://docs.ccxt.com). */
export interface CcxtExchange {
  readonly id: string;
  readonly has: Readonly<Record<string, unknown>>;
  readonly features: unknown;
  readonly requiredCredentials: Readonly<Record<string, boolean>>;
  readonly precisionMode: number;
  urls: { api?: unknown; test?: unknown };
  options: Record<string, unknown>;
  fetchImplementation: unknown;
  number: unknown;
  timeout: number;
  parseJson: (source: string) => unknown;
  amountToPrecision: (symbol: string, amount: string) => string;
  priceToPrecision: (symbol: string, price: string) => string;
  setSandboxMode(isOn: boolean): void;
  isJsonEncodedObject(source: unknown): boolean;
  loadMarkets(isReload?: boolean): Promise<unknown>;
  loadTimeDifference(): Promise<unknown>;
  market(symbol: string): CcxtMarket;
  createOrder(
    symbol: string,
    type: string,
    side: string,
    amount: string,
    price: string | undefined,
    params: CcxtParams,
  ): Promise<unknown>;
  editOrder(
    id: string,
    symbol: string,
    type: string,
    side: string,
    amount: string,
    price: string | undefined,
    params: CcxtParams,
  ): Promise<unknown>;
  cancelOrder(id: string, symbol: string, params?: CcxtParams): Promise<unknown>;
  fetchOrder(id: string | undefined, symbol: string, params?: CcxtParams): Promise<unknown>;
  fetchOrders: FetchOrders;
  fetchOpenOrders: FetchOrders;
  fetchClosedOrders: FetchOrders;
  fetchCanceledOrders: FetchOrders;
  fetchMyTrades: FetchOrders;
  fetchPositions(symbols?: readonly string[]): Promise<unknown>;
  fetchBalance(params?: CcxtParams): Promise<unknown>;
}

type FetchOrders = (
  symbol?: string,
  since?: number,
  limit?: number,
  params?: CcxtParams,
) => Promise<unknown>;

type ExchangeClass = new (config: object) => CcxtExchange;

/** @throws RangeError for an id that is not among ccxt's */
export function newCcxtExchange(id: string, config: object = {}): CcxtExchange {
  // sound: as much of an exchange's class as is used here
  const Exchange = ccxtExchangeClass(id) as ExchangeClass;
  return new Exchange(config);
}

export interface CcxtSetup {
  readonly exchange: string;
  readonly credentials: Readonly<Record<string, string>>;
  readonly isSandbox: boolean;
  readonly marketType: string;
  /** takes the place of scheme, host and port in every address of the exchange */
  readonly host: string | null;
  /** ms between calls of weight one; null: the exchange's own */
  readonly rateLimit: number | null;
  /** how long after it was signed a venue may take a call, where it asks; ms */
  readonly receiveMs: number;
  readonly fetch: CcxtFetch;
}

/** Longer than a call may take: the caller's own deadline comes first, and says which one it was. */
const CCXT_TIMEOUT_MS = 60_000;

/** An exchange that speaks decimals as strings, keeps to its limit of calls, and calls through `fetch` alone. */
export function openCcxtExchange(setup: CcxtSetup): CcxtExchange {
  const exchange = newCcxtExchange(setup.exchange, configOf(setup));
  setUp(exchange, setup);
  return exchange;
}

/** What an exchange is made with. */
export function configOf({ credentials, marketType, rateLimit, receiveMs }: CcxtSetup): object {
  return {
    ...credentials,
    enableRateLimit: true,
    timeout: CCXT_TIMEOUT_MS,
    ...(rateLimit !== null && { rateLimit }),
    options: {
      defaultType: marketType,
      adjustForTimeDifference: true,
      recvWindow: receiveMs,
      // Currencies and margins are asked for with the account's key, and nothing here needs them.
      fetchCurrencies: false,
      fetchMargins: false,
      warnOnFetchOpenOrdersWithoutSymbol: false,
      // Bybit shows the last 500 orders of an account; older ones are over, and were heard of.
      fetchOrder: { acknowledged: true },
    },
  };
}

export function setUp(exchange: CcxtExchange, setup: CcxtSetup): void {
  const { isSandbox, marketType, host } = setup;
  if (isSandbox) exchange.setSandboxMode(true);
  if (host !== null) exchange.urls.api = withHost(exchange.urls.api, host);
  onlyMarketsOf(exchange, marketType);
  exchange.number = String;
  exchange.fetchImplementation = setup.fetch;
  exchange.parseJson = (source) =>
    exchange.isJsonEncodedObject(source) ? parseLossless(source) : undefined;
  exactly(exchange, "amountToPrecision");
  exactly(exchange, "priceToPrecision");
}

/** A value that the exchange's rules of precision would change. */
export class OffStep extends Error {
  constructor(what: string, given: string, rounded: string) {
    super(`${what} ${given} is off the exchange's steps; the next would be ${rounded}`);
    this.name = "OffStep";
  }
}

/** The exchange's own rule judges; what is sent is what was given, digit for digit, or nothing. */
function exactly(exchange: CcxtExchange, rule: "amountToPrecision" | "priceToPrecision"): void {
  const round = exchange[rule].bind(exchange);
  exchange[rule] = (symbol, value) => {
    const rounded = round(symbol, value);
    if (!dec(rounded).equals(value))
      throw new OffStep(rule === "amountToPrecision" ? "quantity" : "price", value, rounded);
    return dec(value).toFixed();
  };
}

/** Families with several kinds of markets load all of them unless they are told. */
function onlyMarketsOf(exchange: CcxtExchange, marketType: string): void {
  const options: unknown = exchange.options["fetchMarkets"];
  if (typeof options !== "object" || options === null || !("types" in options)) return;
  const { types } = options;
  if (!Array.isArray(types)) return;
  const wanted = marketType === "spot" ? ["spot"] : types.filter((type) => type !== "spot");
  if (wanted.every((type) => types.includes(type))) Object.assign(options, { types: wanted });
}

/** The same addresses on another host, those of WebSockets too; a test's server stands there. */
function withHost(urls: unknown, host: string): unknown {
  if (typeof urls === "string")
    return urls
      .replace(/^https?:\/\/[^/]+/, host)
      .replace(/^wss?:\/\/[^/]+/, host.replace(/^http/, "ws"));
  if (typeof urls !== "object" || urls === null) return urls;
  return Object.fromEntries(
    Object.entries(urls).map(([name, value]: [string, unknown]) => [name, withHost(value, host)]),
  );
}
