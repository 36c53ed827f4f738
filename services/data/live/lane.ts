import type { Bar } from "../../../domain/market/bar.ts";
import type { BookSnapshot } from "../../../domain/market/book/snapshot.ts";
import type { Quote, TradeTick } from "../../../domain/market/quote.ts";
import type { MarketEvent } from "../feeds/feed.ts";

/** What a row waiting in memory is reckoned to take: measured near 300 bytes with its strings. */
const ROW_BYTES = 320;
/** Trades in one turn of the symbol's actor. */
const BATCH_MAX = 500;

type Row =
  | { readonly is: "trade"; readonly trade: TradeTick; readonly tsInitMs: number }
  | { readonly is: "bar"; readonly bar: Bar; readonly tsInitMs: number }
  | { readonly is: "clock"; readonly nowMs: number };

/** What is to be done next for a symbol. */
export type Task =
  | { readonly is: "trades"; readonly trades: readonly TradeTick[]; readonly tsInitMs: number }
  | { readonly is: "bar"; readonly bar: Bar; readonly tsInitMs: number }
  | { readonly is: "clock"; readonly nowMs: number }
  | { readonly is: "quote"; readonly quote: Quote }
  | { readonly is: "book"; readonly book: BookSnapshot };

/**
 * What waits for one symbol: trades and bars all of them and in their order, of quotes and books the newest. Bars come before
 * later trades, and all of them before the quote, which is newer than any.
 */
export class Lane {
  readonly symbol: string;
  #rows: Row[] = [];
  #quote: Quote | null = null;
  #book: BookSnapshot | null = null;
  /** quotes and books that a newer one took the place of */
  #conflated = 0;

  constructor(symbol: string) {
    this.symbol = symbol;
  }

  get waitingBytes(): number {
    return this.#rows.length * ROW_BYTES;
  }

  get waiting(): number {
    return this.#rows.length;
  }

  get conflated(): number {
    return this.#conflated;
  }

  put(event: MarketEvent, tsInitMs: number): void {
    switch (event.kind) {
      case "trade":
        this.#rows.push({ is: "trade", trade: event.trade, tsInitMs });
        return;
      case "bar":
        this.#rows.push({ is: "bar", bar: event.bar, tsInitMs });
        return;
      case "quote":
        if (this.#quote !== null) this.#conflated += 1;
        this.#quote = event.quote;
        return;
      case "book":
        if (this.#book !== null) this.#conflated += 1;
        this.#book = event.book;
        return;
    }
  }

  /** The market's clock has reached this instant, after all that was put before. */
  reach(nowMs: number): void {
    this.#rows.push({ is: "clock", nowMs });
  }

  /** What comes next, not taken out of the lane. @param isBookDue books are taken up no faster than somebody can look */
  next(isBookDue: boolean): Task | null {
    const [first] = this.#rows;
    if (first?.is === "trade") return this.#trades(first.tsInitMs);
    if (first !== undefined) return first;
    if (this.#quote !== null) return { is: "quote", quote: this.#quote };
    return this.#book !== null && isBookDue ? { is: "book", book: this.#book } : null;
  }

  get hasBook(): boolean {
    return this.#book !== null;
  }

  /** A task is done, or will never be: it does not wait any more. */
  done(task: Task): void {
    switch (task.is) {
      case "trades":
        this.#rows.splice(0, task.trades.length);
        return;
      case "bar":
      case "clock":
        this.#rows.shift();
        return;
      case "quote":
        if (this.#quote === task.quote) this.#quote = null;
        return;
      case "book":
        if (this.#book === task.book) this.#book = null;
        return;
    }
  }

  #trades(tsInitMs: number): Task {
    const trades: TradeTick[] = [];
    for (const row of this.#rows) {
      if (row.is !== "trade" || trades.length === BATCH_MAX) break;
      trades.push(row.trade);
    }
    return { is: "trades", trades, tsInitMs };
  }
}
