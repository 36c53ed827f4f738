import type { OrderTerms } from "../load/history.ts";

/** A birth of an order on record. The key is the client's. */
export interface Placement {
  readonly key: string;
  readonly portfolioId: string;
  readonly orderId: string;
  readonly order: Pick<OrderTerms, "symbol" | "side" | "quantity">;
}

export interface Amendment {
  readonly orderId: string;
  readonly amendId: string;
  readonly quantity: string;
  readonly price: string | null;
}

export interface Fill {
  readonly execId: string;
  readonly orderId: string;
  readonly portfolioId: string;
  readonly symbol: string;
  readonly side: "buy" | "sell";
  readonly quantity: string;
  readonly price: string;
  readonly fees: string;
}

/** A portfolio as the system itself says that it stands. */
export interface Standing {
  readonly portfolioId: string;
  readonly initialCash: string;
  readonly cash: string;
  readonly positions: readonly { readonly symbol: string; readonly quantity: string }[];
}

/** One statement's worth of doubt about the books, each in words. */
export type Fault = string;

/** What stores and broker say after the run, however they keep it. */
export interface Evidence {
  /** every birth, so that two of one key show */
  readonly placements: readonly Placement[];
  /** keys whose order is on record as denied */
  readonly deniedKeys: ReadonlySet<string>;
  /** orders on whose record a wish to cancel is */
  readonly cancelWishes: ReadonlySet<string>;
  /** every amendment that an order's actor has sent, or answered that it would not */
  readonly amendments: readonly Amendment[];
  /** the broker's own log: each change of an order's terms that we asked for */
  readonly brokerAmendments: readonly { readonly orderId: string; readonly revision: number }[];
  /** the broker's own log: the client id of each order that it took as a new one */
  readonly brokerOrders: readonly string[];
  /** the broker's own log: what it filled */
  readonly brokerFills: readonly Omit<Fill, "portfolioId">[];
  /** what was booked */
  readonly trades: readonly Fill[];
  readonly standings: readonly Standing[];
  /** commits by somebody who no longer owned what he wrote */
  readonly staleCommits: readonly Fault[];
  /** sums that do not balance, ledger accounts that differ from their portfolio */
  readonly ledgerFaults: readonly Fault[];
  /** gaps, broken hash chains */
  readonly recordFaults: readonly Fault[];
  /** what is still not done although everything is well again */
  readonly unfinished: readonly Fault[];
}
