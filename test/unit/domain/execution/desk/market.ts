import type { Instrument } from "../../../../../domain/market/instrument.ts";
import type { OrderType } from "../../../../../domain/order/new-order.ts";
import type { MarketView } from "../../../../../domain/portfolio/messages.ts";
import { type Decimal, dec, text } from "../../../../../domain/shared/decimal.ts";

const FEE_BPS = "10";

const shared = { venue: "PAPER", currency: "USD", tickSize: "0.01", multiplier: "1" } as const;
export const INSTRUMENTS = [
  {
    ...shared,
    symbol: "ACME",
    name: "Acme",
    assetClass: "equity",
    lotSize: "1",
    shortable: false,
    calendar: "XNYS",
  },
  {
    ...shared,
    symbol: "COIN-USD",
    name: "Coin",
    assetClass: "crypto",
    lotSize: "0.05",
    shortable: false,
    calendar: "24x7",
  },
] as const satisfies readonly Instrument[];
export const SYMBOLS = INSTRUMENTS.map(({ symbol }) => symbol);

/** What the instruments are worth; symbols by their place among SYMBOLS. */
export class Market {
  readonly #prices = [dec("100"), dec("800")];

  pricesOf(symbol: number, ordType: OrderType, away: number) {
    const near = text(this.at(symbol, away));
    const far = text(this.at(symbol, away + 40));
    switch (ordType) {
      case "market":
        return {};
      case "limit":
        return { price: near };
      case "stop":
      case "marketIfTouched":
        return { stopPx: near };
      case "stopLimit":
      case "limitIfTouched":
        return { stopPx: near, price: far };
      case "trailingStop":
        return { trail: { bps: String(Math.abs(away) + 1) } };
    }
  }

  at(symbol: number, bps: number): Decimal {
    return (this.#prices[symbol] ?? dec(1))
      .times(10_000 + bps)
      .dividedBy(10_000)
      .toDecimalPlaces(2);
  }

  move(symbol: number, bps: number): void {
    this.#prices[symbol] = this.at(symbol, bps);
  }

  instrument(symbol: string): Instrument {
    return INSTRUMENTS.find((one) => one.symbol === symbol) ?? INSTRUMENTS[0];
  }

  view(symbol: string, nowMs: number): MarketView {
    const mid = this.at(
      SYMBOLS.findIndex((one) => one === symbol),
      0,
    );
    return {
      instrument: this.instrument(symbol),
      quote: {
        symbol,
        bid: text(mid.minus("0.01")),
        ask: text(mid.plus("0.01")),
        bidSize: null,
        askSize: null,
        last: text(mid),
        lastSize: null,
        tsEventMs: nowMs,
        tsInitMs: nowMs,
      },
      isStale: false,
      feeBps: FEE_BPS,
    };
  }
}
