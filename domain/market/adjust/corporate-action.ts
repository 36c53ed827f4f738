import type { DecimalString } from "../../shared/decimal.ts";

/** So many new units for so many old ones. A stock dividend is a split; a reverse split has fewer new units than old. */
export interface Split {
  readonly kind: "split";
  /** the first date on which it trades without, as days since 1970-01-01 */
  readonly exDay: number;
  readonly newUnits: DecimalString;
  readonly oldUnits: DecimalString;
}

/** Cash for each unit that was held before the ex-date, in units of that time: a split on the same date comes after it. */
export interface CashDividend {
  readonly kind: "dividend";
  readonly exDay: number;
  readonly amount: DecimalString;
  readonly currency: string;
  /** the raw close before the ex-date, where whoever reported the dividend said it; null: that of the stored bars */
  readonly referencePrice: DecimalString | null;
}

export type CorporateAction = Split | CashDividend;
