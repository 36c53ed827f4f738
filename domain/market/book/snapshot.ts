import type { BookLevel } from "../displayed-book.ts";

/** What a venue displays of a symbol, whole and at one time: bids fall, asks rise, no size is zero, the best do not cross. */
export interface BookSnapshot {
  readonly symbol: string;
  readonly bids: readonly BookLevel[];
  readonly asks: readonly BookLevel[];
  /** at the venue, epoch ms */
  readonly tsEventMs: number;
  /** microseconds within that millisecond, 0 to 999; absent: the venue does not say */
  readonly tsEventMicros?: number;
  /** when we learnt of it, epoch ms */
  readonly tsInitMs: number;
  /** the venue's number of the last change in it; absent: it counts nothing */
  readonly sequence?: string;
  readonly source: string;
}
