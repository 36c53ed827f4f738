import * as fc from "fast-check";
import { Desk } from "./desk/desk.ts";
import { DeskLaws } from "./desk/laws.ts";
import { type Move, move, type Weather, weather } from "./desk/moves.ts";

/** The same runs each time, unless more are asked for: DESK_RUNS=5000 plays that many, and new ones. */
const asked = process.env["DESK_RUNS"];
const RUNS = asked === undefined ? { numRuns: 60, seed: 20_260_302 } : { numRuns: Number(asked) };

/** Plays it out, with the laws looked at all along. @returns how many orders are open in the end */
function openAfter(conditions: Weather, moves: readonly Move[]): number {
  const desk = new Desk(conditions);
  const laws = new DeskLaws(desk.post, conditions.isPrompt);
  for (const next of moves) {
    desk.take(next);
    laws.always();
  }
  desk.settle();
  laws.always();
  laws.atRest();
  desk.close();
  laws.always();
  laws.closed();
  return desk.openOrders;
}

describe("the whole desk, from the client's wish to the position", () => {
  test("keeps its laws whatever comes late, twice, out of order or after a crash", () => {
    fc.assert(
      fc.property(
        weather,
        fc.array(move, { minLength: 5, maxLength: 60, size: "max" }),
        (conditions, moves) => {
          expect(openAfter(conditions, moves)).toBe(0);
        },
      ),
      RUNS,
    );
  });
});
