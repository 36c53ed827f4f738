/** What ccxt says that an exchange can do on a kind of market (https://docs.ccxt.com/#/?id=features). */
import { type CcxtExchange } from "./ccxt-exchange.ts";

export interface CcxtFeatures {
  readonly ioc: boolean;
  readonly fok: boolean;
  readonly postOnly: boolean;
  /** the longest stretch of executions that one question may cover, ms; null: no bound is known */
  readonly tradeWindowMs: number | null;
  readonly tradesPerPage: number;
  readonly openOrdersNeedSymbol: boolean;
}

const DAY_MS = 86_400_000;
const PAGE = 100;

/** What is not said is not there. */
export function ccxtFeatures({ features }: CcxtExchange, marketType: string): CcxtFeatures {
  const kind = at(features, marketType === "spot" ? "spot" : marketType);
  const market = at(kind, "linear") ?? kind;
  const times = at(at(market, "createOrder"), "timeInForce");
  const trades = at(market, "fetchMyTrades");
  const days = at(trades, "untilDays");
  const limit = at(trades, "limit");
  return {
    ioc: at(times, "IOC") === true,
    fok: at(times, "FOK") === true,
    postOnly: at(times, "PO") === true,
    tradeWindowMs: typeof days === "number" && days > 0 && days <= 30 ? days * DAY_MS : null,
    tradesPerPage: typeof limit === "number" && limit > 0 ? Math.min(limit, 1_000) : PAGE,
    openOrdersNeedSymbol: at(at(market, "fetchOpenOrders"), "symbolRequired") === true,
  };
}

function at(value: unknown, name: string): unknown {
  return typeof value === "object" && value !== null ? Reflect.get(value, name) : undefined;
}
