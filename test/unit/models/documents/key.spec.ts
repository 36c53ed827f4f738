import mongoose from "mongoose";
import { bsonType } from "../../../../models/documents/bson.ts";
import { encodeKey } from "../../../../models/documents/key.ts";
import { add, multiply } from "../../../../models/documents/numbers.ts";
import { compare } from "../../../../models/documents/order.ts";

const { Binary, Decimal128, Long, MaxKey, MinKey, ObjectId, Timestamp } = mongoose.mongo.BSON;
const decimal = (text: string) => Decimal128.fromString(text);

/** Upwards, by "Comparison/Sort Order" of MongoDB's manual; an index has an empty array before null. */
const ASCENDING = [
  new MinKey(),
  undefined,
  null,
  Number.NaN,
  -Infinity,
  -1e300,
  -1,
  decimal("-0.1"),
  0,
  decimal("0.1"),
  0.1,
  1,
  2 ** 53,
  Long.fromString("9007199254740993"),
  decimal("1E30"),
  Infinity,
  "",
  "A",
  "a",
  "a\u0000",
  "aa",
  "é",
  "日",
  {},
  { a: 1 },
  { b: 1 },
  { a: "x" },
  [],
  [1],
  [1, 2],
  new Binary(Buffer.from([9])),
  new Binary(Buffer.from([1, 1])),
  new ObjectId("000000000000000000000001"),
  new ObjectId("ff0000000000000000000000"),
  false,
  true,
  new Date(-1),
  new Date(1),
  new Timestamp({ t: 1, i: 1 }),
  new Timestamp({ t: 1, i: 2 }),
  /a/,
  new MaxKey(),
];

describe("MongoDB's order of values", () => {
  it.each(ASCENDING.slice(1).map((value, i) => [ASCENDING[i], value]))(
    "%p stands before %p, as a value and as a key",
    (low, high) => {
      expect(compare(low, high)).toBeLessThan(0);
      expect(compare(high, low)).toBeGreaterThan(0);
      expect(Buffer.compare(encodeKey([low]), encodeKey([high]))).toBe(-1);
    },
  );

  it.each([
    [5, Long.fromNumber(5)],
    [0.5, decimal("0.500")],
    [-0, 0],
    [Long.fromString("9007199254740993"), decimal("9007199254740993.0")],
  ])("%p is %p, as a value and as a key", (a, b) => {
    expect(compare(a, b)).toBe(0);
    expect(encodeKey([a]).equals(encodeKey([b]))).toBe(true);
  });
});

describe("the arithmetic of updates", () => {
  it.each([
    [add, 1, 2, "3", undefined],
    [add, 2_147_483_647, 1, "2147483648", "Long"],
    [add, 1.5, Long.fromNumber(2), "3.5", undefined],
    [add, decimal("0.10"), decimal("0.2"), "0.30", "Decimal128"],
    [add, decimal("0.1"), 0.2, "0.3", "Decimal128"],
    [multiply, decimal("1.10"), decimal("1.1"), "1.210", "Decimal128"],
    [multiply, 100_000, 100_000, "10000000000", "Long"],
  ])("%p of %p and %p is %s", (operation, a, b, text, type) => {
    const result = operation(a, b);
    expect(String(result)).toBe(text);
    expect(bsonType(result)).toBe(type);
  });

  it("refuses what 64 bits do not hold", () => {
    expect(() => add(Long.MAX_VALUE, 1)).toThrow("64 bits");
  });
});
