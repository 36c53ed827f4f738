/**
 * The matching book for a decider, whose state is plain JSON: the book before, something that happens to it, and the book
 * after, with all that came of it. `decide` tells of the events; `evolve` plays the same operation on the same book again
 * and finds the same. The book before stays as it was. Restoring takes time in proportion to what is on the book.
 */
import type { Side } from "../../order/new-order.ts";
import type { BookOptions, BookSink, BookSnapshot, CancelReason } from "./book-types.ts";
import { MatchingBook } from "./matching-book.ts";

/** What a BookSink hears, as values. */
export type BookEvent =
  | {
      readonly type: "filled";
      readonly makerId: number;
      readonly takerId: number;
      readonly takerSide: Side;
      readonly price: number;
      readonly lots: number;
      readonly makerLeaves: number;
      readonly takerLeaves: number;
    }
  | {
      readonly type: "canceled";
      readonly id: number;
      readonly lots: number;
      readonly reason: CancelReason;
    }
  | {
      readonly type: "decremented";
      readonly makerId: number;
      readonly takerId: number;
      readonly lots: number;
      readonly makerLeaves: number;
      readonly takerLeaves: number;
    };

export interface BookStep<Result> {
  readonly after: BookSnapshot;
  /** in the order in which they happened */
  readonly events: readonly BookEvent[];
  /** of `act` */
  readonly result: Result;
}

export function emptyBook(options: BookOptions): BookSnapshot {
  return { options, bids: [], asks: [] };
}

/** @param act one or more operations; it must not keep the book */
export function stepBook<Result>(
  before: BookSnapshot,
  act: (book: MatchingBook) => Result,
): BookStep<Result> {
  const events: BookEvent[] = [];
  const book = MatchingBook.restore(before, collector(events));
  const result = act(book);
  return { after: book.snapshot(), events, result };
}

function collector(events: BookEvent[]): BookSink {
  return {
    fill(makerId, takerId, takerSide, price, lots, makerLeaves, takerLeaves) {
      const terms = { makerId, takerId, takerSide, price, lots, makerLeaves, takerLeaves };
      events.push({ type: "filled", ...terms });
    },
    canceled(id, lots, reason) {
      events.push({ type: "canceled", id, lots, reason });
    },
    decremented(makerId, takerId, lots, makerLeaves, takerLeaves) {
      events.push({ type: "decremented", makerId, takerId, lots, makerLeaves, takerLeaves });
    },
  };
}
