import * as fc from "fast-check";
import { refusalOf } from "../../../../domain/alternative/document.ts";
import type { DocumentContent, DocumentVersion } from "../../../../domain/alternative/document.ts";
import { revise, versionAt } from "../../../../domain/alternative/revise.ts";

const content = (title: string, publishedAtMs = 0): DocumentContent => ({
  kind: "news",
  publishedAtMs,
  symbols: ["B", "A"],
  title,
  body: null,
  url: null,
  language: null,
  seriesId: null,
  period: null,
  value: null,
  sentiment: null,
});

function take(
  held: readonly DocumentVersion[],
  title: string,
  knownAtMs: number | null,
  nowMs: number,
): readonly DocumentVersion[] {
  const revised = revise(held, content(title), knownAtMs, nowMs);
  return "version" in revised ? [...held, revised.version] : held;
}

describe("a document that comes again", () => {
  const [first] = take([], "a", null, 100);
  const held = first === undefined ? [] : [first];

  it("is its first version, known now and numbered 0", () => {
    expect(first).toMatchObject({
      revision: 0,
      knownAtMs: 100,
      storedAtMs: 100,
      symbols: ["A", "B"],
    });
  });

  it("with the same content is nothing new, in whatever order its symbols are", () => {
    const same = { ...content("a"), symbols: ["A", "B"] };
    expect(revise(held, same, null, 200).outcome).toBe("duplicate");
  });

  it("with another is the next version, and not earlier than the last though a clock is behind", () => {
    const revised = revise(held, content("b"), null, 50);
    expect(revised).toMatchObject({ outcome: "revised", version: { revision: 1, knownAtMs: 100 } });
  });

  it("is not put before what is on record", () => {
    expect(revise(held, content("b"), 99, 200)).toMatchObject({
      outcome: "refused",
      refused: { reason: "KNOWN_OUT_OF_ORDER" },
    });
  });

  it("that says what was believed then is nothing new, though a newer version is on record", () => {
    const two = take(held, "b", 150, 200);
    expect(revise(two, content("a"), 120, 300).outcome).toBe("duplicate");
    expect(revise(two, content("a"), 160, 300).outcome).toBe("revised");
  });
});

describe("whatever comes in whatever order", () => {
  const arrivals = fc.array(
    fc.record({
      title: fc.constantFrom("a", "b", "c"),
      knownAtMs: fc.option(fc.integer({ min: 0, max: 50 })),
    }),
    { maxLength: 12 },
  );

  it("what was known before the newest version never changes", () => {
    fc.assert(
      fc.property(arrivals, fc.nat(60), (given, atMs) => {
        let held: readonly DocumentVersion[] = [];
        for (const [index, { title, knownAtMs }] of given.entries()) {
          const newestMs = held.at(-1)?.knownAtMs ?? Infinity;
          const before = versionAt(held, atMs);
          held = take(held, title, knownAtMs, index);
          if (atMs < newestMs && newestMs < Infinity) expect(versionAt(held, atMs)).toBe(before);
        }
        // Whatever came, the past is made of what is on record.
        expect(held).toEqual(held.toSorted((a, b) => a.revision - b.revision));
      }),
      { numRuns: 200 },
    );
  });

  it("versions are numbered without a gap, and rise in when they were known", () => {
    fc.assert(
      fc.property(arrivals, (given) => {
        const held = given.reduce<readonly DocumentVersion[]>(
          (so, { title, knownAtMs }, index) => take(so, title, knownAtMs, index),
          [],
        );
        expect(held.map(({ revision }) => revision)).toEqual(held.map((_, index) => index));
        const known = held.map(({ knownAtMs }) => knownAtMs);
        expect(known).toEqual(known.toSorted((a, b) => a - b));
      }),
      { numRuns: 200 },
    );
  });

  it("all of it once more changes nothing", () => {
    fc.assert(
      fc.property(arrivals, (given) => {
        const dated = given.map(({ title, knownAtMs }, index) => ({
          title,
          knownAtMs: knownAtMs ?? index,
        }));
        const once = dated.reduce<readonly DocumentVersion[]>(
          (so, { title, knownAtMs }) => take(so, title, knownAtMs, 100),
          [],
        );
        const inOrder = once.map(({ title, knownAtMs }) => ({ title: title ?? "", knownAtMs }));
        const unique = new Set(inOrder.map(({ knownAtMs }) => knownAtMs)).size === inOrder.length;
        fc.pre(unique);
        const twice = inOrder.reduce<readonly DocumentVersion[]>(
          (so, { title, knownAtMs }) => take(so, title, knownAtMs, 200),
          once,
        );
        expect(twice).toEqual(once);
      }),
      { numRuns: 200 },
    );
  });
});

describe("no document", () => {
  const now = Date.parse("2024-01-10");
  it.each([
    ["NOTHING_SAID", { title: null }, null],
    ["TIME_IN_FUTURE", { publishedAtMs: now + 60_001 }, null],
    ["TIME_IN_FUTURE", { publishedAtMs: 5 }, now + 60_001],
    ["KNOWN_BEFORE_PUBLISHED", { publishedAtMs: 5 }, 4],
  ])("is %s", (reason, fault, knownAtMs) => {
    expect(refusalOf({ ...content("a"), ...fault }, knownAtMs, now)?.reason).toBe(reason);
  });

  it("is refused for a clock that is a minute ahead", () => {
    expect(refusalOf(content("a", now + 60_000), now + 60_000, now)).toBeNull();
  });
});
