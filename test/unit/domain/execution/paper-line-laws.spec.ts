import * as fc from "fast-check";
import type { PaperVenueCommand } from "../../../../domain/execution/paper-messages.ts";
import type { Line } from "../../../../domain/execution/venue-rules.ts";
import { books } from "./books.ts";
import { type Prices, OPENED, onBar, onQuote, payload, run, submit } from "./given.ts";

const PLAIN: Line = {
  seed: "7",
  reportMs: 0,
  jitterMs: 0,
  duplicate: 0,
  reorder: 0,
  delay: { probability: 0, ms: 0 },
};
const FLAT: Prices = ["100", "101", "99", "100"];

function over(line: Partial<Line>, ...commands: readonly PaperVenueCommand[]) {
  return run(...commands.map((command) => ({ ...command, line: { ...PLAIN, ...line } })));
}

/** The kinds of what each command told the orders. */
function toldBy({ decisions }: ReturnType<typeof run>): readonly (readonly string[])[] {
  return decisions.map(({ effects = [] }) =>
    effects.map((effect) => {
      const command = "command" in effect ? effect.command : { type: "none" };
      // sound: the venue tells orders of reports only
      return (
        (command as { readonly report?: { readonly execType: string } }).report?.execType ?? ""
      );
    }),
  );
}

describe("the line of a paper account", () => {
  const fill = [OPENED, submit(payload()), onQuote(1, "99", "100")] as const;

  it("that is plain tells every report at once", () => {
    expect(toldBy(over({}, ...fill))).toEqual([[], ["new"], ["trade"]]);
  });

  it("tells reports with the first quote or bar after their time, and not before", () => {
    const late = over(
      { reportMs: 100 },
      ...fill,
      onQuote(50, "99", "100"),
      onQuote(101, "9", "10"),
    );
    expect(toldBy(late)).toEqual([[], [], [], [], ["new", "trade"]]);
    expect(late.decisions[2]?.reply).toMatchObject({ openOrders: 0, heldReports: 2 });
    expect(late.state.held).toEqual([]);
  });

  it("tells some twice, under one execId", () => {
    const twice = over({ duplicate: 1 }, ...fill, onBar(1, FLAT));
    expect(toldBy(twice).flat()).toEqual(["new", "new", "trade", "trade"]);
    const ids = twice.decisions.flatMap(({ effects = [] }) =>
      effects.map((e) => JSON.stringify(e)),
    );
    expect(new Set(ids).size).toBe(2);
  });

  it("lets reports be overtaken by those of the next quote", () => {
    const order = payload({ orderQty: "20" });
    const quotes = [1, 2, 3, 4, 5, 6].map((ms) => onQuote(ms, "99", "100", { askSize: "3" }));
    const { decisions } = over({ reorder: 0.5, seed: "3" }, OPENED, submit(order), ...quotes);
    const times = decisions.flatMap(({ effects = [] }) =>
      effects.map((each) => Number(/"transactTimeMs":(\d+)/.exec(JSON.stringify(each))?.[1])),
    );
    expect(times).not.toEqual(times.toSorted((a, b) => a - b));
  });

  it("loses nothing, invents nothing, and decides the same again", () => {
    const lines = fc.record({
      seed: fc.string({ maxLength: 5 }),
      reportMs: fc.constantFrom(0, 1_000),
      jitterMs: fc.constantFrom(0, 90_000),
      duplicate: fc.constantFrom(0, 0.3),
      reorder: fc.constantFrom(0, 0.3),
      delay: fc.record({ probability: fc.constantFrom(0, 0.3), ms: fc.constant(600_000) }),
    });
    fc.assert(
      fc.property(books, lines, (commands, line) => {
        const idsOf = ({ decisions }: ReturnType<typeof run>) =>
          decisions.flatMap(({ effects = [] }) =>
            effects.map((each) => /"execId":"([^"]+)"/.exec(JSON.stringify(each))?.[1] ?? ""),
          );
        const delayed = over(line, ...commands);
        const held = delayed.state.held.map(({ report }) => report.execId);
        const plain = run(...commands);
        expect(new Set([...idsOf(delayed), ...held])).toEqual(new Set(idsOf(plain)));
        expect(delayed.state.open).toEqual(plain.state.open);
        expect(over(line, ...commands)).toEqual(delayed);
      }),
      { numRuns: 60 },
    );
  });
});
