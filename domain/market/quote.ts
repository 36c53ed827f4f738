import type { DecimalString } from "../shared/decimal.ts";

/** The last that is known of a symbol's price. A side that was never seen is null. */
export interface Quote {
  readonly symbol: string;
  readonly bid: DecimalString | null;
  readonly ask: DecimalString | null;
  readonly bidSize: DecimalString | null;
  readonly askSize: DecimalString | null;
  readonly last: DecimalString | null;
  readonly lastSize: DecimalString | null;
  /** at the venue, epoch ms */
  readonly tsEventMs: number;
  /** microseconds within that millisecond, 0 to 999; absent: the venue does not say */
  readonly tsEventMicros?: number;
  /** when we learnt of it, epoch ms */
  readonly tsInitMs: number;
}

/** One print on the tape. */
export interface TradeTick {
  readonly symbol: string;
  readonly price: DecimalString;
  readonly size: DecimalString;
  readonly tsEventMs: number;
  /** microseconds within that millisecond, 0 to 999; absent: the venue does not say */
  readonly tsEventMicros?: number;
  readonly source: string;
  /** the venue's, by which a repeat is known; absent: it has none */
  readonly tradeId?: string;
  /** the side of the order that took; absent: the venue does not say */
  readonly aggressor?: "buy" | "sell";
}
