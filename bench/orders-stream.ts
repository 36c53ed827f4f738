import { randomUUID } from "node:crypto";
import { PAPER_FEES } from "../domain/execution/fees.ts";
import { holdCash } from "../domain/risk/hold.ts";
import { dec, Decimal, text, ZERO } from "../domain/shared/decimal.ts";
import type { DecimalString } from "../domain/shared/decimal.ts";
import { postRequest } from "./orders-load.ts";

export const SYMBOL = "SPX";
/** The sample's S&P 500 never trades near it: the orders rest, and hold their cash. */
const LOWEST_PRICE = 100;
/** Cents by which prices differ, so that no two orders in a row are alike. */
const PRICES = 100;

const prices = Array.from({ length: PRICES }, (_, cents) =>
  (LOWEST_PRICE + cents / 100).toFixed(2),
);
const holds = prices.map((price) =>
  holdCash(dec(1), {
    worstPrice: dec(price),
    multiplier: "1",
    lotSize: "1",
    feeBps: PAPER_FEES.takerBps,
    currency: "USD",
  }),
);
const holdOfAll = holds.reduce((sum, hold) => sum.plus(hold), ZERO);

export interface ExpectedPortfolio {
  readonly portfolioId: string;
  readonly orders: number;
  /** cash that its orders hold */
  readonly reserved: DecimalString;
}

/** One order of one lot after another, round robin over the portfolios, and what should have come of them. */
export class OrderStream {
  readonly #token: string;
  readonly #portfolioIds: readonly string[];
  #sent = 0;

  constructor(token: string, portfolioIds: readonly string[]) {
    this.#token = token;
    this.#portfolioIds = portfolioIds;
  }

  /** The next request as it goes over the wire. */
  readonly next = (): string => {
    const round = Math.floor(this.#sent / this.#portfolioIds.length);
    const portfolioId = this.#portfolioIds[this.#sent % this.#portfolioIds.length];
    this.#sent += 1;
    const body = JSON.stringify({
      portfolioId,
      symbol: SYMBOL,
      side: "buy",
      type: "limit",
      quantity: "1",
      price: prices[round % PRICES],
      timeInForce: "gtc",
    });
    const token = this.#token;
    return postRequest({ path: "/api/orders", token, idempotencyKey: randomUUID(), body });
  };

  expected(): readonly ExpectedPortfolio[] {
    const count = this.#portfolioIds.length;
    return this.#portfolioIds.map((portfolioId, at) => {
      const orders = Math.ceil((this.#sent - at) / count);
      return { portfolioId, orders, reserved: text(held(orders)) };
    });
  }
}

function held(orders: number): Decimal {
  const rounds = Math.floor(orders / PRICES);
  return holds
    .slice(0, orders % PRICES)
    .reduce((sum, hold) => sum.plus(hold), holdOfAll.times(rounds));
}
