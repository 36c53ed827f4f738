/**
 * One exchange of ccxt, set up for one account. ccxt's index loads all exchanges at once (0.44 s and 103 MB on the machine
 * where this was measured, against 0.11 s and 38 MB for one), so only the one that an account names is loaded, from its own
 * file. Its constructors and methods are untyped in all that matters here: what they answer is `unknown` until it is read.
 */
import { readdirSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { dec } from "../../../domain/shared/decimal.ts";
import { parseLossless } from "./ccxt-json.ts";

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

const require = createRequire(import.meta.url);
const SOURCES = join(dirname(require.resolve("ccxt")), "../js/src");

let known: ReadonlySet<string> | null = null;

/** The ids of all exchanges that ccxt has, as its own files name them. */
export function ccxtExchangeIds(): ReadonlySet<string> {
  known ??= new Set(
    readdirSync(SOURCES).flatMap((file) => /^([a-z][a-z0-9]*)\.js$/.exec(file)?.[1] ?? []),
  );
  return known;
}

/** @throws RangeError for an id that is not among ccxt's: no path is made of anything else */
export function newCcxtExchange(id: string, config: object = {}): CcxtExchange {
  if (!ccxtExchangeIds().has(id)) throw new RangeError(`ccxt has no exchange ${id}`);
  // sound: each of these files has its exchange as the default export, which a test of all ids shows
  const { default: Exchange } = require(join(SOURCES, `${id}.js`)) as {
    readonly default: ExchangeClass;
  };
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
  const { credentials, isSandbox, marketType, host, rateLimit } = setup;
  const exchange = newCcxtExchange(setup.exchange, {
    ...credentials,
    enableRateLimit: true,
    timeout: CCXT_TIMEOUT_MS,
    ...(rateLimit !== null && { rateLimit }),
    options: {
      defaultType: marketType,
      adjustForTimeDifference: true,
      recvWindow: setup.receiveMs,
      // Currencies and margins are asked for with the account's key, and nothing here needs them.
      fetchCurrencies: false,
      fetchMargins: false,
      warnOnFetchOpenOrdersWithoutSymbol: false,
      // Bybit shows the last 500 orders of an account; older ones are over, and were heard of.
      fetchOrder: { acknowledged: true },
    },
  });
  if (isSandbox) exchange.setSandboxMode(true);
  if (host !== null) exchange.urls.api = withHost(exchange.urls.api, host);
  onlyMarketsOf(exchange, marketType);
  exchange.number = String;
  exchange.fetchImplementation = setup.fetch;
  exchange.parseJson = (source) =>
    exchange.isJsonEncodedObject(source) ? parseLossless(source) : undefined;
  exactly(exchange, "amountToPrecision");
  exactly(exchange, "priceToPrecision");
  return exchange;
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

/** The same addresses on another host; a test's server stands there. */
function withHost(urls: unknown, host: string): unknown {
  if (typeof urls === "string") return urls.replace(/^https?:\/\/[^/]+/, host);
  if (typeof urls !== "object" || urls === null) return urls;
  return Object.fromEntries(
    Object.entries(urls).map(([name, value]: [string, unknown]) => [name, withHost(value, host)]),
  );
}
