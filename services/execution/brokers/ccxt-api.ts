import type { Clock } from "../../../mixins/clock.ts";
import { CcxtFailure, ccxtFailure } from "./ccxt-errors.ts";
import type { CcxtExchange, CcxtMarket, CcxtParams } from "./ccxt-exchange.ts";
import type { CcxtFamily } from "./ccxt-families.ts";
import type { CcxtFeatures } from "./ccxt-features.ts";
import type { CcxtHttp } from "./ccxt-http.ts";
import {
  type CcxtBalance,
  type CcxtOrder,
  type CcxtPosition,
  type CcxtTrade,
  readCcxtBalances,
  readCcxtList,
  readCcxtOrder,
  readCcxtOrderId,
  readCcxtPosition,
  readCcxtTrade,
} from "./ccxt-messages.ts";
import type { Editing } from "./ccxt-editing.ts";
import type { Placing } from "./ccxt-placing.ts";

/** Steps and sizes of markets change now and then. */
const MARKETS_MS = 3_600_000;
const MARKETS_RETRY_MS = 60_000;
/** A venue's window of calls is often over within a second. */
const LIMITED_WAIT_MS = 500;
/** How far clocks may differ when orders are looked for by time. */
const SKEW_MS = 60_000;
/** Further pages than these in one go are a sign that a cursor does not move. */
const PAGES_MAX = 1_000;

export interface CcxtParts {
  readonly exchange: CcxtExchange;
  readonly http: CcxtHttp;
  readonly family: CcxtFamily;
  readonly features: CcxtFeatures;
  readonly clock: Clock;
  readonly secrets: readonly string[];
  /** when the exchange's markets were loaded, by the monotonic clock; shared by all that speak to it */
  readonly loaded: { atMs: number | null };
}

/** The part of ccxt that orders need, in our types. What does not come to a good end is thrown as `CcxtFailure`. */
export class CcxtApi {
  readonly #parts: CcxtParts;
  readonly #until: () => AbortSignal | undefined;

  /** @param until ends what merely looks, when it is aborted */
  constructor(parts: CcxtParts, until: () => AbortSignal | undefined = () => undefined) {
    this.#parts = parts;
    this.#until = until;
  }

  get precisionMode(): number {
    return this.#parts.exchange.precisionMode;
  }

  /** @throws CcxtFailure for a symbol that the exchange does not have */
  market(symbol: string): Promise<CcxtMarket> {
    return this.#ask((exchange) => Promise.resolve(exchange.market(symbol)));
  }

  /** Resolves when the exchange's markets are known. */
  async ready(): Promise<void> {
    await this.#loadMarkets();
  }

  /** By when what is asked for now is sent, or not at all. */
  turnByMs(): number {
    return this.#parts.http.turnByMs();
  }

  /** @returns the order's id there */
  async create(
    { symbol, type, side, amount, price, params }: Placing,
    sendByMs: number,
  ): Promise<string> {
    const answer = await this.#ask(
      (exchange) => exchange.createOrder(symbol, type, side, amount, price, params),
      sendByMs,
    );
    return readCcxtOrderId(answer);
  }

  /** @returns the id of the order that stands in its place, which may be its own */
  async edit(id: string, { symbol, type, side, amount, price, params }: Editing): Promise<string> {
    const answer = await this.#ask((exchange) =>
      exchange.editOrder(id, symbol, type, side, amount, price, params),
    );
    return readCcxtOrderId(answer);
  }

  async cancel(id: string, symbol: string): Promise<void> {
    await this.#ask((exchange) => exchange.cancelOrder(id, symbol));
  }

  /** Null when the venue does not have it, or not yet. */
  orderById(id: string, symbol: string): Promise<CcxtOrder | null> {
    return this.#orderOrNull((exchange) => exchange.fetchOrder(id, symbol));
  }

  /** @param sinceMs before which the order was not there */
  async orderByClientId(
    clientId: string,
    symbol: string,
    sinceMs: number,
  ): Promise<CcxtOrder | null> {
    const { ask } = this.#parts.family;
    if (ask === "direct") {
      const params = { clientOrderId: clientId };
      return this.#orderOrNull((exchange) => exchange.fetchOrder(undefined, symbol, params));
    }
    const all = await this.ordersSince(symbol, sinceMs);
    return all.find((order) => order.clientId === clientId) ?? null;
  }

  /** Open ones, and those that ended after an instant, as far as the venue tells of them. */
  async ordersSince(symbol: string, sinceMs: number): Promise<readonly CcxtOrder[]> {
    const { exchange } = this.#parts;
    const fromMs = sinceMs - SKEW_MS;
    const lists = [this.openOrders([symbol])];
    for (const name of closedLists(exchange))
      lists.push(this.#orders((at) => at[name](symbol, fromMs)));
    return (await Promise.all(lists)).flat();
  }

  /** @param symbols of which; null: of all */
  async openOrders(symbols: readonly string[] | null): Promise<readonly CcxtOrder[]> {
    if (symbols === null) return this.#orders(allOpenOrders);
    const found: CcxtOrder[] = [];
    for (const symbol of symbols)
      found.push(...(await this.#orders((exchange) => exchange.fetchOpenOrders(symbol))));
    return found;
  }

  /** Executions after an instant, oldest first, a page at a time. */
  async *trades(symbol: string, sinceMs: number): AsyncGenerator<readonly CcxtTrade[]> {
    const { clock, features } = this.#parts;
    const { tradeWindowMs, tradesPerPage } = features;
    const endMs = clock.now() + SKEW_MS;
    let fromMs = sinceMs;
    for (let pages = 0; pages < PAGES_MAX && fromMs < endMs; pages++) {
      const untilMs = tradeWindowMs === null ? null : fromMs + tradeWindowMs;
      const page = await this.#trades(symbol, fromMs, untilMs);
      yield page;
      const lastMs = page.at(-1)?.timestampMs ?? fromMs;
      // A full page may have cut a millisecond in two, so that the next begins with it again.
      if (page.length >= tradesPerPage && lastMs > fromMs) fromMs = lastMs;
      else if (page.length >= tradesPerPage)
        throw new Error(`more than ${tradesPerPage} executions within one millisecond`);
      else if (untilMs === null) return;
      else fromMs = untilMs;
    }
    if (fromMs < endMs) throw new Error(`more than ${PAGES_MAX} pages of executions`);
  }

  async positions(): Promise<readonly CcxtPosition[]> {
    return readCcxtList(await this.#ask((exchange) => exchange.fetchPositions()), readCcxtPosition);
  }

  async balances(): Promise<readonly CcxtBalance[]> {
    return readCcxtBalances(await this.#ask((exchange) => exchange.fetchBalance()));
  }

  async #trades(
    symbol: string,
    fromMs: number,
    untilMs: number | null,
  ): Promise<readonly CcxtTrade[]> {
    const { tradesPerPage } = this.#parts.features;
    const params: CcxtParams = untilMs === null ? {} : { until: untilMs };
    const answer = await this.#ask((exchange) =>
      exchange.fetchMyTrades(symbol, fromMs, tradesPerPage, params),
    );
    return readCcxtList(answer, readCcxtTrade).toSorted((a, b) => a.timestampMs - b.timestampMs);
  }

  async #orders(ask: (exchange: CcxtExchange) => Promise<unknown>): Promise<readonly CcxtOrder[]> {
    return readCcxtList(await this.#ask(ask), readCcxtOrder);
  }

  async #orderOrNull(ask: (exchange: CcxtExchange) => Promise<unknown>): Promise<CcxtOrder | null> {
    try {
      return readCcxtOrder(await this.#ask(ask));
    } catch (error) {
      if (isNotFound(error)) return null;
      throw error;
    }
  }

  /**
   * What was refused for the number of calls, or for their time, was not looked at, so that it may be repeated whatever it is:
   * until its turn would come too late, and by the venue's clock.
   */
  async #ask<T>(
    work: (exchange: CcxtExchange) => Promise<T>,
    sendByMs = this.#parts.http.turnByMs(),
  ): Promise<T> {
    const { clock, http } = this.#parts;
    await this.#loadMarkets();
    for (let tries = 1; ; tries++) {
      try {
        return await this.#run(work, sendByMs);
      } catch (error) {
        const verdict = error instanceof CcxtFailure ? error.verdict.verdict : null;
        const isClock = verdict === "clock" && tries === 1;
        const waitMs = isClock ? 0 : Math.max(http.limitedForMs, LIMITED_WAIT_MS * tries);
        const isTooLate = clock.monotonicMs() + waitMs > sendByMs;
        if (isTooLate || !(isClock || verdict === "limited")) throw error;
        if (isClock) await this.#run((exchange) => exchange.loadTimeDifference(), sendByMs);
        await clock.sleep(waitMs, this.#until());
      }
    }
  }

  async #run<T>(work: (exchange: CcxtExchange) => Promise<T>, sendByMs: number): Promise<T> {
    const { exchange, http, secrets } = this.#parts;
    const until = this.#until();
    const { trace, done } = http.traced(async () => work(exchange), sendByMs, until);
    try {
      return await done;
    } catch (error) {
      until?.throwIfAborted();
      throw ccxtFailure(error, trace, secrets);
    }
  }

  /** ccxt keeps a failure of its first loading for ever, so that loading is asked for by name. */
  async #loadMarkets(): Promise<void> {
    const { clock, loaded } = this.#parts;
    const nowMs = clock.monotonicMs();
    const isFirst = loaded.atMs === null;
    if (loaded.atMs !== null && nowMs - loaded.atMs < MARKETS_MS) return;
    try {
      await this.#run((exchange) => exchange.loadMarkets(true), this.#parts.http.turnByMs());
      loaded.atMs = nowMs;
    } catch (error) {
      // What was loaded before serves for a while.
      if (isFirst) throw error;
      loaded.atMs = nowMs - MARKETS_MS + MARKETS_RETRY_MS;
    }
  }
}

/** Without a market's name Binance is asked for the orders of its spot markets, whatever `defaultType` says. */
function allOpenOrders(exchange: CcxtExchange): Promise<unknown> {
  const type = exchange.options["defaultType"];
  if (typeof type !== "string" || type === "spot") return exchange.fetchOpenOrders();
  return exchange.fetchOpenOrders(undefined, undefined, undefined, { type });
}

type ClosedList = "fetchOrders" | "fetchClosedOrders" | "fetchCanceledOrders";

/** How a venue can be asked for orders that are over: all at once, or each kind by itself. */
export function closedLists({ has }: CcxtExchange): readonly ClosedList[] {
  if (has["fetchOrders"] === true) return ["fetchOrders"];
  const kinds = ["fetchClosedOrders", "fetchCanceledOrders"] as const;
  return kinds.filter((kind) => has[kind] === true || has[kind] === "emulated");
}

function isNotFound(error: unknown): boolean {
  return error instanceof CcxtFailure && error.verdict.verdict === "notFound";
}
