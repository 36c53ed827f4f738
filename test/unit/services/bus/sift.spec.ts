import * as fc from "fast-check";
import type { OutboxEvent } from "../../../../domain/shared/journal.ts";
import { fillGaps, sift } from "../../../../services/bus/sift.ts";

const event = (id: string, version: number): OutboxEvent => ({
  ref: { type: "counter", id },
  shard: 1,
  version,
  type: "Added",
  event: { type: "Added" },
  atMs: 0,
  commandId: "c",
  hash: "",
  tx: String(version),
  pos: String(version),
});
const nameOf = ({ ref, version }: OutboxEvent) => `${ref.id}:${version}`;

describe("sifting", () => {
  it("drops what was had, and finds what should have been", () => {
    const events = [event("a", 2), event("a", 3), event("a", 3), event("b", 4), event("c", 1)];
    const known = new Map([["counter:a", 2]]);
    const { fresh, gaps, positions } = sift(events, (id) => known.get(id) ?? 0);
    expect(fresh.map(nameOf)).toEqual(["a:3", "b:4", "c:1"]);
    expect(gaps).toEqual([{ streamId: "counter:b", after: 0, before: 4 }]);
    expect([...positions]).toEqual([
      ["counter:a", 3],
      ["counter:b", 4],
      ["counter:c", 1],
    ]);
  });

  it("asks for an event that came without its content", () => {
    const { fresh, gaps } = sift([{ ...event("a", 2), event: null }], () => 1);
    expect(fresh).toEqual([]);
    expect(gaps).toEqual([{ streamId: "counter:a", after: 1, before: 3 }]);
  });

  it("leaves out what is from before one's time", () => {
    expect(sift([event("a", 7)], () => null)).toEqual({
      fresh: [],
      gaps: [],
      positions: new Map(),
    });
  });

  it("with the gaps filled hands over each version once, in order, whatever comes in which order", () => {
    const version = fc.record({ id: fc.constantFrom("a", "b"), n: fc.integer({ min: 1, max: 9 }) });
    fc.assert(
      fc.property(fc.array(fc.array(version, { maxLength: 12 }), { maxLength: 6 }), (batches) => {
        const positions = new Map<string, number>();
        const handed: OutboxEvent[] = [];
        for (const batch of batches) {
          const sifted = sift(
            batch.map(({ id, n }) => event(id, n)),
            (id) => positions.get(id) ?? 0,
          );
          const missing = sifted.gaps.flatMap(({ streamId, after, before }) =>
            Array.from({ length: before - after - 1 }, (_, i) =>
              event(streamId.slice("counter:".length), after + 1 + i),
            ),
          );
          handed.push(...fillGaps(sifted.fresh, missing));
          for (const [id, at] of sifted.positions) positions.set(id, at);
        }
        for (const id of ["a", "b"]) {
          const newest = Math.max(
            0,
            ...batches.flat().flatMap((one) => (one.id === id ? one.n : [])),
          );
          const versions = handed.filter(({ ref }) => ref.id === id).map((one) => one.version);
          expect(versions).toEqual(Array.from({ length: newest }, (_, i) => i + 1));
        }
      }),
    );
  });
});
