import * as fc from "fast-check";
import { START, turnOf } from "../../../integration/models/journal/turns.ts";
import { Remembered } from "../../../../mixins/actor/remembered.ts";
import { counterKind } from "../../../support/counter.ts";

const EVERY = 100;
const LIMITS = { recentMax: 8, turnMax: 8, snapshotEvery: EVERY };

/** How many events an actor takes from snapshot to snapshot while its state is a text of so many bytes as JSON. */
function* intervals(id: string, bytes: number): Generator<number, never> {
  const actor = new Remembered(counterKind(), { type: "counter", id }, LIMITS);
  const turn = turnOf(id, START);
  const state = "x".repeat(bytes - 2);
  let last = 0;
  for (let version = 1; ; version++) {
    actor.accept({ state, version, hash: "", atMs: 0 }, turn);
    if (!actor.isSnapshotDue) continue;
    actor.snapshot();
    yield version - last;
    last = version;
  }
}

describe("snapshots of an actor in memory", () => {
  it("are due every 100 events, or an event for each 128 bytes of it, or up to a fifth earlier", () => {
    fc.assert(
      fc.property(fc.uuid(), fc.integer({ min: 10, max: 200_000 }), (id, bytes) => {
        const actor = intervals(id, bytes);
        const first = actor.next().value;
        // Until there was one nobody knows how large it is.
        expect(first).toBeGreaterThanOrEqual(EVERY * 0.8);
        expect(first).toBeLessThanOrEqual(EVERY);
        const next = actor.next().value;
        const everySo = Math.max(EVERY, bytes / 128);
        expect(next).toBeGreaterThanOrEqual(everySo * 0.8);
        expect(next).toBeLessThanOrEqual(Math.ceil(everySo));
      }),
      { numRuns: 50 },
    );
  });

  it("are not due at once for actors that live in step, and not the next time either", () => {
    const actors = Array.from({ length: 200 }, (_, n) => intervals(`actor-${n}`, 100));
    for (let round = 0; round < 2; round++) {
      const atOnce = Map.groupBy(actors, (actor) => actor.next().value);
      expect(atOnce.size).toBeGreaterThan(15);
      for (const together of atOnce.values()) expect(together.length).toBeLessThan(30);
    }
  });
});
