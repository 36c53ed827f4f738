import * as fc from "fast-check";
import mongoose from "mongoose";
import { behind, encodeKey } from "../../../../models/documents/key.ts";
import { compare } from "../../../../models/documents/order.ts";

const { Decimal128, Long, ObjectId, Binary } = mongoose.mongo.BSON;

const integers = fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n });
const numbers = fc.oneof(
  fc.double(),
  fc.integer(),
  integers.map((value) => Long.fromBigInt(value)),
  fc
    .tuple(
      fc.bigInt({ min: -(10n ** 34n) + 1n, max: 10n ** 34n - 1n }),
      fc.integer({ min: -60, max: 60 }),
    )
    .map(([digits, exponent]) => Decimal128.fromString(`${digits}E${exponent}`)),
  // Neighbours, where two types of numbers are nearly equal.
  fc.integer({ min: -5, max: 5 }).map((near) => Long.fromBigInt(2n ** 53n + BigInt(near))),
  fc.integer({ min: -5, max: 5 }).map((near) => 2 ** 53 + near),
  fc.constantFrom(
    0.1,
    -0.1,
    -0,
    Number.NaN,
    Infinity,
    Decimal128.fromString("0.1"),
    Decimal128.fromString("0.10"),
  ),
);
const scalars = fc.oneof(
  { weight: 4, arbitrary: numbers },
  fc.string({ unit: "binary", maxLength: 6 }),
  fc.constantFrom("", "\u0000", "a", "a\u0000", "a\u0000b", "a\u0001", "\uffff", "\u{10000}"),
  fc.constant(null),
  fc.boolean(),
  fc.date({ noInvalidDate: true }),
  fc.uint8Array({ maxLength: 4 }).map((bytes) => new Binary(bytes)),
  fc.uint8Array({ minLength: 12, maxLength: 12 }).map((bytes) => new ObjectId(bytes)),
);
const values = fc.letrec((tie) => ({
  value: fc.oneof(
    { depthSize: "small", withCrossShrink: true },
    scalars,
    fc.array(tie("value"), { maxLength: 3 }),
    fc.dictionary(fc.constantFrom("a", "b", "ab", ""), tie("value"), { maxKeys: 3 }),
  ),
})).value;

const runs = { numRuns: 3_000 };

describe("the bytes of an index key", () => {
  it("stand in the order of the values, equal for equal ones", () => {
    fc.assert(
      fc.property(values, values, (a, b) => {
        expect(Math.sign(Buffer.compare(encodeKey([a]), encodeKey([b])))).toBe(
          Math.sign(compare(a, b)),
        );
      }),
      runs,
    );
  });

  it("of several values sort by the first, then by the next", () => {
    fc.assert(
      fc.property(values, values, values, values, (a, b, c, d) => {
        const expected = Math.sign(compare(a, c)) || Math.sign(compare(b, d));
        expect(Math.sign(Buffer.compare(encodeKey([a, b]), encodeKey([c, d])))).toBe(expected);
      }),
      runs,
    );
  });

  it("of a whole begin with those of its first value, and stand before what is behind them", () => {
    fc.assert(
      fc.property(values, values, (a, b) => {
        const [prefix, whole] = [encodeKey([a]), encodeKey([a, b])];
        expect(whole.subarray(0, prefix.length).equals(prefix)).toBe(true);
        expect(Buffer.compare(whole, behind(prefix) ?? Buffer.alloc(0))).toBeLessThan(0);
      }),
      runs,
    );
  });
});

describe("the order of values", () => {
  it("is total: it can be turned around, and it is transitive", () => {
    fc.assert(
      fc.property(values, values, values, (a, b, c) => {
        expect(Math.sign(compare(a, b)) + Math.sign(compare(b, a))).toBe(0);
        const [low, middle, high] = [a, b, c].toSorted(compare);
        expect(
          compare(low, middle) <= 0 && compare(middle, high) <= 0 && compare(low, high) <= 0,
        ).toBe(true);
      }),
      runs,
    );
  });
});
