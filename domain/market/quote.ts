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
  /** when we learnt of it, epoch ms */
  readonly tsInitMs: number;
}

/** One print on the tape. */
export interface TradeTick {
  readonly symbol: string;
  readonly price: DecimalString;
  readonly size: DecimalString;
  readonly tsEventMs: number;
  readonly source: string;
}
