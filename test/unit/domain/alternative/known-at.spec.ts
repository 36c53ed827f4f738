import * as fc from "fast-check";
import { asOfJoin, knownAt } from "../../../../domain/alternative/known-at.ts";
import type { Known } from "../../../../domain/alternative/known-at.ts";

const version = (id: string, publishedAtMs: number, knownAtMs: number, revision = 0): Known => ({
  id,
  publishedAtMs,
  knownAtMs,
  revision,
});

it("what was published earlier and learnt later is not seen earlier", () => {
  const late = version("a", 10, 50);
  expect(asOfJoin([10, 49, 50], [late])).toEqual([null, null, late]);
});

it("a later revision is not seen earlier", () => {
  const first = version("gdp", 10, 12);
  const revised = version("gdp", 10, 40, 1);
  expect(asOfJoin([11, 12, 39, 40], [revised, first])).toEqual([null, first, first, revised]);
});

it("the newest by its publication counts, not what was learnt last", () => {
  const newer = version("b", 30, 31);
  const older = version("a", 20, 35);
  expect(asOfJoin([32, 40], [older, newer])).toEqual([newer, newer]);
});

it("a revision that moves its date back may make room for another", () => {
  const a = version("a", 20, 20);
  const b = version("b", 30, 30);
  const moved = version("b", 10, 40, 1);
  expect(asOfJoin([35, 45], [a, b, moved])).toEqual([b, a]);
});

it("is, at every instant, what looking through everything known then finds", () => {
  const versions = fc.array(
    fc.record({
      id: fc.constantFrom("a", "b", "c"),
      publishedAtMs: fc.integer({ min: 0, max: 20 }),
      knownAtMs: fc.integer({ min: 0, max: 30 }),
    }),
    { maxLength: 12 },
  );
  fc.assert(
    fc.property(versions, (drawn) => {
      const counts = new Map<string, number>();
      const inOrder = drawn
        .toSorted((a, b) => a.knownAtMs - b.knownAtMs)
        .map((one) => {
          const revision = counts.get(one.id) ?? 0;
          counts.set(one.id, revision + 1);
          return { ...one, revision };
        });
      const instants = Array.from({ length: 32 }, (_, at) => at);
      const joined = asOfJoin(instants, inOrder);
      const best = instants.map((at) => {
        const known = knownAt(inOrder, at).toSorted(
          (a, b) => b.publishedAtMs - a.publishedAtMs || (a.id < b.id ? 1 : -1),
        );
        return known[0] ?? null;
      });
      expect(joined).toEqual(best);
    }),
  );
});
