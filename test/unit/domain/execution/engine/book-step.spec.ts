import * as fc from "fast-check";
import { emptyBook, stepBook } from "../../../../../domain/execution/engine/book-step.ts";
import type { Json } from "../../../../../domain/shared/json.ts";
import { PLAIN, apply, limit, openBook, options, sequences } from "./given.ts";

describe("the book as a decider's state", () => {
  it("step by step is what a book in one piece is, event by event", () => {
    fc.assert(
      fc.property(options, sequences(), (chosen, operations) => {
        const { book, events } = openBook(chosen);
        let state = emptyBook(chosen);
        for (const operation of operations) {
          const from = events.length;
          const step = stepBook(state, (stepped) => apply(stepped, operation));
          expect(step.result).toEqual(apply(book, operation));
          expect(step.after).toEqual(book.snapshot());
          const values = step.events.map(({ type, ...terms }) => [
            type === "filled" ? "fill" : type,
            ...Object.values(terms),
          ]);
          expect(values).toEqual(events.slice(from));
          state = step.after;
        }
      }),
    );
  });

  it("a step leaves the book before as it was, so that it can be played again", () => {
    const { after: before } = stepBook(emptyBook(PLAIN), (book) =>
      book.submit(limit(1, "sell", 101, 5)),
    );
    const text = JSON.stringify(before);
    const play = () => stepBook(before, (book) => book.submit(limit(2, "buy", 101, 5)));
    expect(play()).toEqual(play());
    expect(JSON.stringify(before)).toBe(text);
    expect(play()).toMatchObject({ result: "filled", after: { asks: [] } });
  });

  it("is Json for the compiler too", () => {
    const state: Json = emptyBook(PLAIN);
    expect(state).toEqual({ options: PLAIN, bids: [], asks: [] });
  });
});
