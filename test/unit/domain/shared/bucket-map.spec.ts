import * as fc from "fast-check";
import {
  type BucketMap,
  EMPTY_MAP,
  get,
  keys,
  put,
  remove,
  values,
} from "../../../../domain/shared/bucket-map.ts";

/** Few keys, so that they meet again; some of them are names that plain objects inherit. */
const key = fc.oneof(
  fc.nat(60).map((number) => `order-${number}`),
  fc.constantFrom("", "__proto__", "constructor", "toString", "1", "01", "é", "\u{1F4C8}"),
);
const change = fc.oneof(
  { weight: 3, arbitrary: fc.record({ put: key, value: fc.nat() }) },
  { weight: 2, arbitrary: fc.record({ remove: key }) },
);
const changes = fc.array(change, { maxLength: 300 });

type Change = { readonly put: string; readonly value: number } | { readonly remove: string };

function apply(map: BucketMap<number>, next: Change): BucketMap<number> {
  return "put" in next ? put(map, next.put, next.value) : remove(map, next.remove);
}

function content(map: BucketMap<number>): readonly (readonly [string, number | undefined])[] {
  return keys(map)
    .toSorted()
    .map((name) => [name, get(map, name)]);
}

function filled(count: number): BucketMap<number> {
  let map: BucketMap<number> = EMPTY_MAP;
  for (let number = 0; number < count; number += 1) map = put(map, `order-${number}`, number);
  return map;
}

describe("a bucket map", () => {
  it("holds what a Map holds after the same changes", () => {
    fc.assert(
      fc.property(changes, (all) => {
        let map: BucketMap<number> = EMPTY_MAP;
        const expected = new Map<string, number>();
        for (const next of all) {
          map = apply(map, next);
          if ("put" in next) expected.set(next.put, next.value);
          else expected.delete(next.remove);
          expect(map.size).toBe(expected.size);
        }
        expect(content(map)).toEqual([...expected].toSorted(([a], [b]) => (a < b ? -1 : 1)));
        expect(values(map)).toEqual(keys(map).map((name) => expected.get(name)));
      }),
    );
  });

  it("stays what it was when another is made from it", () => {
    fc.assert(
      fc.property(changes, change, (all, next) => {
        const map = all.reduce(apply, EMPTY_MAP);
        const before = JSON.stringify(map);
        apply(map, next);
        expect(JSON.stringify(map)).toBe(before);
      }),
    );
    expect(EMPTY_MAP).toEqual({ size: 0, buckets: [[]] });
  });

  it("goes on from its JSON as if it had never been stored", () => {
    fc.assert(
      fc.property(changes, changes, (all, more) => {
        const map = all.reduce(apply, EMPTY_MAP);
        // sound: what JSON makes of a bucket map is a bucket map, which is what is checked here
        const stored = JSON.parse(JSON.stringify(map)) as BucketMap<number>; // oxlint-disable-line typescript/no-unsafe-type-assertion -- see above
        expect(more.reduce(apply, stored)).toEqual(more.reduce(apply, map));
      }),
    );
  });

  it("is the same map when what is removed is not there", () => {
    const map = filled(3);
    expect(remove(map, "order-3")).toBe(map);
  });

  it("has few entries in each bucket, and so few buckets that a change copies little", () => {
    const { buckets } = filled(5000);
    const fullest = Math.max(...buckets.map((bucket) => bucket.length));
    expect(buckets).toHaveLength(256);
    expect(fullest).toBeLessThan(50);
  });

  it("shares all buckets but one with the map that it was made from", () => {
    const map = filled(5000);
    const [after, shorter] = [put(map, "order-7", 0), remove(map, "order-7")];
    for (const { buckets } of [after, shorter])
      expect(buckets.filter((bucket, index) => bucket !== map.buckets[index])).toHaveLength(1);
  });
});
