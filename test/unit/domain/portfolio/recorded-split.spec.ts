import * as fc from "fast-check";
import type { ActionOfSplit } from "../../../../domain/portfolio/after-trade-messages.ts";
import type { PortfolioSummary } from "../../../../domain/portfolio/messages.ts";
import { summarize } from "../../../../domain/portfolio/state.ts";
import { dec } from "../../../../domain/shared/decimal.ts";
import { Refusal } from "../../../../domain/shared/errors.ts";
import { fill, holding, type LivePortfolio, opened } from "./given.ts";
import { Laws } from "./laws.ts";
import { split } from "./split-command.ts";

const DAY_MS = 86_400_000;
const EX_DAY = 100;

const holdingOf = (quantity: string) => holding(opened(), "AAPL", quantity, "100");

const summaryOf = ({ state }: LivePortfolio): PortfolioSummary => {
  const summary = summarize(state);
  if (summary === null) throw new Error("expected a portfolio");
  return summary;
};

describe("the stored action of a split", () => {
  function action(live: LivePortfolio, changes: Partial<ActionOfSplit> = {}): ActionOfSplit {
    const { positions } = summaryOf(live);
    return { actionId: "action-1", exDay: EX_DAY, positions, ...changes };
  }

  const apply = (
    live: LivePortfolio,
    newUnits: number,
    oldUnits: number,
    of = action(live),
  ): string => {
    const effectiveAtMs = of.exDay * DAY_MS;
    try {
      live.when(split(newUnits, oldUnits, {}, { action: of, effectiveAtMs, cashInLieuPrice: "1" }));
    } catch (error) {
      if (error instanceof Refusal) return error.code;
      throw error;
    }
    return "done";
  };
  const quantity = (live: LivePortfolio) => summaryOf(live).positions[0]?.quantity ?? "0";

  it("is on record once, however often and from however many sources it comes", () => {
    fc.assert(
      fc.property(
        fc.array(fc.tuple(fc.constantFrom("a", "b", "c"), fc.integer({ min: -4, max: 4 }))),
        fc.constantFrom([7, 1] as const, [4, 1] as const, [1, 8] as const, [3, 2] as const),
        (repeats, [newUnits, oldUnits]) => {
          const live = holdingOf("16");
          apply(live, newUnits, oldUnits);
          const after = summaryOf(live);
          for (const [actionId, days] of repeats) {
            const again = action(live, { actionId, exDay: EX_DAY + days });
            expect(apply(live, newUnits, oldUnits, again)).toBe("done");
          }
          expect(summaryOf(live)).toEqual(after);
          new Laws(live).check({ isOrderly: true });
          expect(quantity(live)).toBe(dec(16).times(newUnits).dividedBy(oldUnits).toFixed());
        },
      ),
    );
  });

  it("is the one that was recorded by hand about its date, at the same ratio", () => {
    const live = holdingOf("10");
    live.when(split(4, 2, {}, { effectiveAtMs: (EX_DAY - 3) * DAY_MS }));
    expect(apply(live, 2, 1)).toBe("done");
    expect(quantity(live)).toBe("20");
  });

  it("is in doubt after another split about its date or since", () => {
    for (const days of [-4, 0, 4, 300]) {
      const live = holdingOf("10");
      live.when(split(3, 1, {}, { effectiveAtMs: (EX_DAY + days) * DAY_MS }));
      expect(apply(live, 2, 1)).toBe("CORPORATE_ACTION_AMBIGUOUS");
      expect(quantity(live)).toBe("30");
    }
  });

  it("comes after an earlier one, as 4 for 1 in 2020 after 7 for 1 in 2014", () => {
    const live = holdingOf("10");
    apply(live, 7, 1, action(live, { actionId: "2014", exDay: 16_230 }));
    expect(apply(live, 4, 1, action(live, { actionId: "2020", exDay: 18_505 }))).toBe("done");
    expect(quantity(live)).toBe("280");
  });

  it("is in doubt when whoever looked says so, unless it is on record: then also when all of it is sold", () => {
    const doubt = "who knows";
    const live = holdingOf("10");
    expect(apply(live, 2, 1, action(live, { doubt }))).toBe("CORPORATE_ACTION_AMBIGUOUS");
    expect(quantity(live)).toBe("10");
    const seen = action(live, { doubt });
    apply(live, 2, 1, action(live));
    expect(apply(live, 2, 1, seen)).toBe("done");
    live.when(fill({ orderId: "sale", execId: "sale", side: "sell", quantity: "20" }));
    expect(quantity(live)).toBe("0");
    expect(apply(live, 2, 1, action(live, { doubt }))).toBe("done");
    const other = action(live, { actionId: "later", exDay: EX_DAY + 300, doubt });
    expect(apply(live, 3, 1, other)).toBe("CORPORATE_ACTION_AMBIGUOUS");
  });

  it("waits when the position is not the one that was looked at", () => {
    const live = holdingOf("10");
    const seen = action(live);
    live.when(split(2, 1, {}, { effectiveAtMs: 0 }));
    expect(apply(live, 2, 1, seen)).toBe("POSITION_CHANGED");
    expect(quantity(live)).toBe("20");
  });
});
