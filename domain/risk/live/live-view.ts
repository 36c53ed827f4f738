import type { Decimal } from "../../shared/decimal.ts";
import type { LiveBook, LiveFacts } from "./live-book.ts";

/**
 * The market of all that a portfolio holds at the time of its turn, from the memory of the node whose turn it is. It is put
 * beside a command as that is decided: part of no message and of no event.
 */
export interface LiveView {
  readonly book: LiveBook;
  readonly facts: LiveFacts;
  /** of the tenant's other portfolios; null: nobody has looked, or it is too long ago */
  readonly others: TenantOthers | null;
}

/** What the tenant's other portfolios come to together, in the portfolio's base currency. */
export interface TenantOthers {
  readonly gross: Decimal;
  /** since the day began (UTC), of those that lose and gain together; negative: a gain */
  readonly dayLoss: Decimal;
}
