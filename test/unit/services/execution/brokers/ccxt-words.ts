import { generateKeyPairSync } from "node:crypto";
import type { SubmitPayload } from "../../../../../domain/order/messages.ts";
import { openCcxtExchange } from "../../../../../services/execution/brokers/ccxt-exchange.ts";
import type { CcxtExchange } from "../../../../../services/execution/brokers/ccxt-exchange.ts";

export const ORDER_ID = "0b0e7a3c-6a51-5d0e-9d0e-0a4a3f0c9b11";

export function payload(changes: Partial<SubmitPayload> = {}): SubmitPayload {
  return {
    clOrdId: ORDER_ID,
    orderId: ORDER_ID,
    venue: "CCXT:1",
    symbol: "BTC-USDT",
    side: "buy",
    ordType: "limit",
    orderQty: "0.5",
    price: "40000.1",
    timeInForce: "gtc",
    worstPrice: "40000.1",
    currency: "USDT",
    multiplier: "1",
    lotSize: "0.001",
    assetClass: "crypto",
    ...changes,
  };
}

/** Coinbase signs with an EC key. */
const EC_KEY = generateKeyPairSync("ec", { namedCurve: "P-256" })
  .privateKey.export({ type: "sec1", format: "pem" })
  .toString();

/** What one call left this process with. */
export interface Sent {
  readonly method: string;
  readonly path: string;
  readonly params: Readonly<Record<string, unknown>>;
}

/** A market as ccxt describes it, in its mode of tick sizes. */
export function market(changes: Readonly<Record<string, unknown>> = {}) {
  return {
    id: "BTCUSDT",
    symbol: "BTC/USDT",
    base: "BTC",
    quote: "USDT",
    baseId: "BTC",
    quoteId: "USDT",
    type: "spot",
    spot: true,
    contract: false,
    active: true,
    precision: { amount: "0.001", price: "0.1" },
    limits: {},
    info: {
      orderTypes: ["LIMIT", "LIMIT_MAKER", "MARKET", "STOP_LOSS", "STOP_LOSS_LIMIT", "TAKE_PROFIT"],
    },
    ...changes,
  };
}

/** An exchange with one market that sends to nobody: every call is kept, and answered with `answer` or what it gives. */
export function silentExchange(
  id: string,
  answer: unknown,
  marketChanges: Readonly<Record<string, unknown>> = {},
): { readonly exchange: CcxtExchange; readonly sent: Sent[] } {
  const sent: Sent[] = [];
  const exchange = openCcxtExchange({
    exchange: id,
    credentials: {
      apiKey: "key-of-a-test",
      secret: id === "coinbase" ? EC_KEY : "c2VjcmV0LW9mLWEtdGVzdA==",
      password: "word",
    },
    isSandbox: false,
    marketType: "spot",
    host: "http://127.0.0.1:9",
    rateLimit: null,
    receiveMs: 5_000,
    fetch: (url, { method, body }) => {
      const { pathname, searchParams } = new URL(url);
      const call = { method, path: pathname, params: paramsOf(searchParams, body) };
      sent.push(call);
      const told: unknown = typeof answer === "function" ? answer(call) : answer;
      return Promise.resolve({
        status: 200,
        statusText: "OK",
        headers: {},
        text: () => Promise.resolve(JSON.stringify(told)),
      });
    },
  });
  // sound: a method of every exchange, which only tests need
  const { setMarkets } = exchange as unknown as {
    setMarkets: (markets: readonly object[]) => void;
  };
  setMarkets.call(exchange, [market(marketChanges)]);
  return { exchange, sent };
}

function paramsOf(query: URLSearchParams, body: string | undefined): Sent["params"] {
  const given = Object.fromEntries(query);
  if (body === undefined || body === "") return given;
  if (!/^[[{]/.test(body)) return { ...given, ...Object.fromEntries(new URLSearchParams(body)) };
  // sound: the exchange wrote it; OKX sends a list of orders, here of one
  const fields = [JSON.parse(body)].flat() as readonly Sent["params"][];
  return { ...given, ...fields[0] };
}
