import type { Instrument } from "../market/instrument.ts";
import type { Quote } from "../market/quote.ts";
import type { BrokerAbilities } from "../order/abilities.ts";
import type { DecimalString } from "../shared/decimal.ts";

/** What the market looked like when the command was sent: the portfolio never asks, it is told. */
export interface MarketView {
  readonly instrument: Instrument | null;
  readonly quote: Quote | null;
  readonly isStale: boolean;
  /** what the broker will charge, for the hold */
  readonly feeBps: DecimalString;
  /** where the order would go; absent: to the instrument's venue, by its own account */
  readonly route?: OrderRoute | RouteProblem;
}

export interface OrderRoute {
  readonly venue: string;
  readonly abilities: BrokerAbilities;
}

export interface RouteProblem {
  readonly problem: "VENUE_NOT_FOUND" | "BROKER_ACCOUNT_NOT_FOUND" | "BROKER_ACCOUNT_DISABLED";
  readonly message: string;
}
