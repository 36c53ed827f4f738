import type { DecimalString } from "../../shared/decimal.ts";
import type { LedgerEntry } from "../../shared/journal.ts";
import type { CurrencyTerms } from "./terms.ts";

/** Amounts of one currency by what they were. */
export interface Flows {
  readonly netDeposits: DecimalString;
  /** after tax */
  readonly dividends: DecimalString;
  /** gross of fees */
  readonly realizedPnl: DecimalString;
  readonly fees: DecimalString;
}

/**
 * What a change of money in another currency is in the base currency. Cash of a currency has a cost as a position has, by the
 * average method: what comes in costs what it is worth at the rate of the time, what goes out takes its share of the cost
 * along, and what it is worth more or less than that is realised currency profit.
 */
export interface InBase {
  readonly currency: string;
  /** units of the base currency for one, 15 significant digits */
  readonly rate: DecimalString;
  /** of the currency, after it */
  readonly cash: DecimalString;
  /** what that cash has cost, in the base currency */
  readonly cashCost: DecimalString;
  /** of this change, in the base currency: what the flows do not explain of the change at cost */
  readonly pnl: DecimalString;
  /** of this change, in the base currency */
  readonly flows: Flows;
}

/** Base currency that was converted to pay for a fill. */
export interface FillConversion {
  /** of the base currency, fee not included */
  readonly sold: DecimalString;
  /** of the fill's currency */
  readonly bought: DecimalString;
  /** in the base currency */
  readonly fee: DecimalString;
  /** units of the base currency for one of the fill's */
  readonly rate: DecimalString;
  /** of the base currency, after it */
  readonly cash: DecimalString;
}

export interface ConvertCash {
  readonly type: "ConvertCash";
  readonly from: string;
  readonly to: string;
  /** of `from`, positive */
  readonly amount: DecimalString;
  /** units of `to` for one of `from` */
  readonly rate: DecimalString;
  /** where the rate comes from, in words */
  readonly source: string;
  /** units of the base currency for one of `from`, needed where neither is the base currency */
  readonly baseRate?: DecimalString;
  readonly memo: string;
  readonly effectiveAtMs: number;
}

export interface CurrencyConverted {
  readonly type: "CurrencyConverted";
  readonly transactionId: string;
  readonly from: string;
  readonly to: string;
  /** of `from` */
  readonly sold: DecimalString;
  /** of `to`, what came in after the fee */
  readonly bought: DecimalString;
  /** of `to` */
  readonly fee: DecimalString;
  readonly rate: DecimalString;
  readonly source: string;
  /** of the base currency, signed; 0 between two others */
  readonly baseChange: DecimalString;
  /** of the fee, in the base currency where that is what is bought */
  readonly baseFee: DecimalString;
  /** of each side that is not the base currency */
  readonly inBase: readonly InBase[];
  readonly memo: string;
  readonly effectiveAtMs: number;
  readonly ledger: readonly LedgerEntry[];
}

export interface BalanceSummary extends Flows {
  readonly currency: string;
  /** as of the trade date */
  readonly cash: DecimalString;
  readonly settledCash: DecimalString;
  readonly unsettledCash: DecimalString;
  readonly reserved: DecimalString;
  readonly buyingPower: DecimalString;
  /** of the cash, in the base currency */
  readonly cashCost: DecimalString;
}

/** Of a portfolio that keeps several currencies. */
export interface CurrenciesSummary {
  readonly terms: CurrencyTerms;
  /** the base currency first, the others by name */
  readonly balances: readonly BalanceSummary[];
  /** of all currencies in the base currency, each amount at the rate of its time */
  readonly totals: Flows;
  /** realised by changes of rates, in the base currency */
  readonly fxPnl: DecimalString;
}
