import type { Instrument } from "../market/instrument.ts";
import type { Quote } from "../market/quote.ts";
import type { BrokerAbilities } from "../order/abilities.ts";
import type { DecimalString } from "../shared/decimal.ts";
import type { LiveView } from "../risk/live/live-view.ts";
import type { Marks } from "./valuation.ts";

/** What the market looked like when the command was sent: the portfolio never asks, it is told. */
export interface MarketView {
  readonly instrument: Instrument | null;
  readonly quote: Quote | null;
  readonly isStale: boolean;
  /** what the broker will charge, for the hold */
  readonly feeBps: DecimalString;
  /** where the order would go; absent: to the instrument's venue, by its own account */
  readonly route?: OrderRoute | RouteProblem;
  /** of what else the portfolio holds; absent: nobody has looked, and a rule that needs it denies */
  readonly board?: RiskBoard;
  /** of the instrument's currency; absent: it is the portfolio's base currency, or nobody knows */
  readonly exchange?: ExchangeRate;
  /** what the limits that need it are checked by; put beside the command at its turn, and in no message. Absent: they deny */
  readonly live?: LiveView;
}

/**
 * What a portfolio's other holdings are worth at the time of the turn: put beside a command by the node whose turn it is, from
 * the prices that it follows. It is part of no message and of no event.
 */
export interface RiskBoard {
  /** when it was read, epoch ms */
  readonly asOfMs: number;
  /** by symbol, in the instrument's currency; null or absent: not known, or too old to go by */
  readonly marks: Marks;
  /** by currency: units of the base currency for one of it; null or absent: not known. The base currency itself is not in it */
  readonly rates: { readonly [currency: string]: DecimalString | null };
}

/** What a currency is worth in a portfolio's base currency. */
export interface ExchangeRate {
  readonly currency: string;
  /** units of the base currency for one, between bid and ask */
  readonly rate: DecimalString;
  /** what one costs to buy */
  readonly ask: DecimalString;
  /** too old to trade on */
  readonly isStale: boolean;
}

export interface OrderRoute {
  readonly venue: string;
  readonly abilities: BrokerAbilities;
}

export interface RouteProblem {
  readonly problem: "VENUE_NOT_FOUND" | "BROKER_ACCOUNT_NOT_FOUND" | "BROKER_ACCOUNT_DISABLED";
  readonly message: string;
}
