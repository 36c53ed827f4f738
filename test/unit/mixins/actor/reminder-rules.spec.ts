import * as fc from "fast-check";
import type { Misfire } from "../../../../domain/shared/decider.ts";
import type { StoredReminder } from "../../../../domain/shared/journal.ts";
import { firingOf } from "../../../../mixins/actor/reminder-scheduler.ts";

const reminder = (everyMs: number | null, misfire: Misfire): StoredReminder => ({
  ref: { type: "counter", id: "a" },
  name: "slice",
  dueMs: 1_000,
  everyMs,
  misfire,
  command: { type: "Tick" },
});

describe("the firing of a reminder", () => {
  it("on time stands for itself alone, whatever the rule", () => {
    for (const misfire of ["fireAll", "fireOnce", { skipAfterMs: 50 }] as const) {
      expect(firingOf(reminder(100, misfire), 1_000)).toEqual({
        name: "slice",
        dueMs: 1_000,
        lateMs: 0,
        missed: 0,
        isSkipped: false,
        nextDueMs: 1_100,
      });
    }
  });

  it("of one that does not recur is the last, late or not", () => {
    for (const misfire of ["fireAll", "fireOnce", { skipAfterMs: 50 }] as const)
      expect(firingOf(reminder(null, misfire), 1_350)).toMatchObject({
        lateMs: 350,
        missed: 0,
        nextDueMs: null,
      });
  });

  it("under fireAll leads to the very next occurrence, though that is past too", () => {
    expect(firingOf(reminder(100, "fireAll"), 1_350)).toMatchObject({
      lateMs: 350,
      missed: 0,
      isSkipped: false,
      nextDueMs: 1_100,
    });
  });

  it("under fireOnce stands for all that were missed and leads into the future", () => {
    expect(firingOf(reminder(100, "fireOnce"), 1_350)).toMatchObject({
      missed: 3,
      isSkipped: false,
      nextDueMs: 1_400,
    });
  });

  it("under a skip rule is flagged when it is later than allowed, and only then", () => {
    const skip = { skipAfterMs: 50 };
    expect(firingOf(reminder(100, skip), 1_050)).toMatchObject({ isSkipped: false, missed: 0 });
    expect(firingOf(reminder(100, skip), 1_051)).toMatchObject({ isSkipped: true, missed: 0 });
    expect(firingOf(reminder(null, skip), 1_051)).toMatchObject({
      isSkipped: true,
      nextDueMs: null,
    });
  });

  it("exactly at a later occurrence counts that one among the missed", () => {
    expect(firingOf(reminder(100, "fireOnce"), 1_200)).toMatchObject({
      missed: 2,
      nextDueMs: 1_300,
    });
  });

  it("that recurs keeps to its grid and, except under fireAll, leads beyond now", () => {
    const every = fc.integer({ min: 1, max: 100_000 });
    const late = fc.integer({ min: 0, max: 10_000_000 });
    const rule = fc.constantFrom<Misfire>("fireAll", "fireOnce", { skipAfterMs: 500 });
    fc.assert(
      fc.property(every, late, rule, (everyMs, lateMs, misfire) => {
        const { nextDueMs, missed } = firingOf(reminder(everyMs, misfire), 1_000 + lateMs);
        expect(nextDueMs).toBe(1_000 + (missed + 1) * everyMs);
        const isAhead = (nextDueMs ?? 0) > 1_000 + lateMs;
        expect(isAhead || misfire === "fireAll").toBe(true);
      }),
    );
  });
});
