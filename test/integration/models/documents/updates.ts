import mongoose from "mongoose";
import { type Connect, type Loose, caught, looseModel, withDocuments } from "./fresh.ts";

const { Decimal128, Long } = { Decimal128: mongoose.Types.Decimal128, Long: mongoose.mongo.Long };

interface UpdateOptions {
  readonly filter?: Loose;
  readonly arrayFilters?: Loose[];
}

/** An update of one document, by MongoDB's manual of update operators. */
type Case = readonly [
  claim: string,
  before: Loose,
  update: unknown,
  after: Loose,
  options?: UpdateOptions,
];

const CASES: readonly Case[] = [
  ["$set, making what is on the way", { a: 1 }, { $set: { "b.c": 2 } }, { a: 1, b: { c: 2 } }],
  [
    "$set of an element by its index, with nulls before it",
    { l: [1] },
    { $set: { "l.3": 9 } },
    { l: [1, null, null, 9] },
  ],
  [
    "$unset, which leaves null in an array",
    { a: 1, l: [1, 2] },
    { $unset: { a: "", "l.0": "" } },
    { l: [null, 2] },
  ],
  [
    "$inc of what is there and of what is not",
    { a: 1.5 },
    { $inc: { a: 1, b: -2 } },
    { a: 2.5, b: -2 },
  ],
  ["$mul", { a: 3 }, { $mul: { a: 1.5, b: 2 } }, { a: 4.5, b: 0 }],
  ["$min and $max", { a: 5, b: 5 }, { $min: { a: 3 }, $max: { b: 4, c: 1 } }, { a: 3, b: 5, c: 1 }],
  ["$rename", { a: { b: 1 }, c: 2 }, { $rename: { c: "a.d" } }, { a: { b: 1, d: 2 } }],
  ["$push of one", { l: [1] }, { $push: { l: [2] } }, { l: [1, [2]] }],
  [
    "$push with $each, $position, $sort and $slice",
    { l: [{ v: 5 }, { v: 1 }] },
    { $push: { l: { $each: [{ v: 3 }, { v: 4 }], $sort: { v: -1 }, $slice: 3 } } },
    { l: [{ v: 5 }, { v: 4 }, { v: 3 }] },
  ],
  [
    "$push at a $position",
    { l: [1, 4] },
    { $push: { l: { $each: [2, 3], $position: 1 } } },
    { l: [1, 2, 3, 4] },
  ],
  [
    "$push with a negative $slice",
    { l: [1, 2] },
    { $push: { l: { $each: [3], $slice: -2 } } },
    { l: [2, 3] },
  ],
  [
    "$addToSet, each once",
    { l: [1, { a: 1 }] },
    { $addToSet: { l: { $each: [1, 2, { a: 1 }, 2] } } },
    { l: [1, { a: 1 }, 2] },
  ],
  [
    "$pop at both ends",
    { l: [1, 2, 3], m: [1, 2] },
    { $pop: { l: 1, m: -1 } },
    { l: [1, 2], m: [2] },
  ],
  ["$pull by a condition", { l: [1, 5, 9] }, { $pull: { l: { $gte: 5 } } }, { l: [1] }],
  [
    "$pull by the fields of elements",
    { l: [{ a: 1, b: 2 }, { a: 2 }] },
    { $pull: { l: { a: 1 } } },
    { l: [{ a: 2 }] },
  ],
  ["$pullAll", { l: [1, 2, 1, 3] }, { $pullAll: { l: [1, 3] } }, { l: [2] }],
  [
    "the element that the filter matched, by $",
    { l: [{ k: 1 }, { k: 2 }] },
    { $set: { "l.$.v": "x" } },
    { l: [{ k: 1 }, { k: 2, v: "x" }] },
    { filter: { "l.k": 2 } },
  ],
  [
    "every element, by $[]",
    { l: [{ n: 1 }, { n: 2 }] },
    { $inc: { "l.$[].n": 10 } },
    { l: [{ n: 11 }, { n: 12 }] },
  ],
  [
    "elements by arrayFilters",
    { l: [{ n: 1 }, { n: 8 }] },
    { $set: { "l.$[big].hit": true } },
    { l: [{ n: 1 }, { n: 8, hit: true }] },
    { arrayFilters: [{ "big.n": { $gt: 5 } }] },
  ],
  ["$bit", { a: 13 }, { $bit: { a: { and: 10 } } }, { a: 8 }],
  [
    "a pipeline, from the document itself",
    { a: 2, b: 3 },
    [{ $set: { c: { $add: ["$a", "$b"] } } }, { $unset: "b" }],
    { a: 2, c: 5 },
  ],
];

export function describeUpdates(connect: Connect): void {
  describe("an update changes", () => {
    it.each(CASES.map(([claim, ...told]) => [claim, told] as const))("%s", async (_claim, told) => {
      const [before, update, after, options = {}] = told;
      const model = await withDocuments(connect, [before]);
      const { filter = {}, ...rest } = options;
      const result = await model.collection.updateOne(
        { _id: 1, ...filter } as never,
        update as never,
        rest,
      );
      expect(result).toMatchObject({ acknowledged: true, matchedCount: 1, modifiedCount: 1 });
      expect(await model.findById(1).lean()).toEqual({ _id: 1, ...after });
    });

    it("$currentDate to the time of the store", async () => {
      const model = await withDocuments(connect, [{}]);
      const before = Date.now();
      await model.collection.updateOne({ _id: 1 } as never, { $currentDate: { at: true } });
      const at = Number((await model.findById(1).lean())?.["at"]);
      expect(Math.abs(at - before)).toBeLessThan(10_000);
    });

    it("numbers in their own types: decimals by 34 digits, integers beyond 32 bits to 64", async () => {
      const model = await withDocuments(connect, [
        {
          d: Decimal128.fromString("0.10"),
          i: 2_147_483_647,
          l: Long.fromString("9007199254740993"),
        },
      ]);
      await model.collection.updateOne({ _id: 1 } as never, {
        $inc: { d: Decimal128.fromString("0.2"), i: 1, l: 1 },
      });
      const found = await model.collection.findOne({ _id: 1 } as never, { promoteLongs: false });
      expect(found?.["d"]?.toString()).toBe("0.30");
      expect(String(found?.["i"])).toBe("2147483648");
      expect(await model.collection.countDocuments({ i: { $type: "long" } })).toBe(1);
      expect(
        await model.collection.countDocuments({ l: Long.fromString("9007199254740994") }),
      ).toBe(1);
    });
  });

  describe("an update", () => {
    it("that changes nothing says so", async () => {
      const model = await withDocuments(connect, [{ a: 1 }]);
      expect(await model.collection.updateOne({ a: 1 }, { $set: { a: 1 } })).toMatchObject({
        matchedCount: 1,
        modifiedCount: 0,
      });
      expect(await model.collection.updateOne({ a: 9 }, { $set: { a: 1 } })).toMatchObject({
        matchedCount: 0,
        modifiedCount: 0,
      });
    });

    it("of many changes all that match", async () => {
      const model = await withDocuments(
        connect,
        Array.from({ length: 700 }, (_, n) => ({ n })),
      );
      expect(await model.updateMany({ n: { $lt: 600 } }, { $inc: { n: 1_000 } })).toMatchObject({
        matchedCount: 600,
        modifiedCount: 600,
      });
      expect(await model.countDocuments({ n: { $gte: 1_000 } })).toBe(600);
      expect(await model.deleteMany({ n: { $gte: 1_000 } })).toMatchObject({ deletedCount: 600 });
    });

    it.each([
      ["a number to a text", { $inc: { s: 1 } }, 14],
      ["two changes of one path", { $set: { a: 1 }, $inc: { a: 1 } }, 40],
      ["another _id", { $set: { _id: 2 } }, 66],
      ["a field of a number", { $set: { "n.x": 1 } }, 28],
      ["an unknown operator", { $bogus: { a: 1 } }, 9],
    ])("with %s is refused", async (_claim, update, code) => {
      const model = await withDocuments(connect, [{ s: "x", n: 1 }]);
      expect(
        await caught(model.collection.updateOne({ _id: 1 } as never, update as never)),
      ).toMatchObject({ code });
      expect(await model.findById(1).lean()).toEqual({ _id: 1, s: "x", n: 1 });
    });

    it("replaces a whole document but its _id", async () => {
      const model = await withDocuments(connect, [{ a: 1, b: 2 }]);
      expect(await model.replaceOne({ a: 1 }, { c: 3 })).toMatchObject({
        matchedCount: 1,
        modifiedCount: 1,
      });
      expect(await model.findById(1).lean()).toEqual({ _id: 1, c: 3 });
    });

    it("finds and changes in one step, and gives the document before or after", async () => {
      const model = await withDocuments(connect, [{ n: 1 }, { n: 2 }, { n: 3 }]);
      const after = { returnDocument: "after" } as const;
      expect(
        await model.findOneAndUpdate({}, { $inc: { n: 10 } }, { sort: { n: -1 } }).lean(),
      ).toEqual({ _id: 3, n: 3 });
      expect(await model.findOneAndUpdate({ n: 13 }, { $inc: { n: 1 } }, after).lean()).toEqual({
        _id: 3,
        n: 14,
      });
      expect(await model.findOneAndReplace({ n: 1 }, { m: 1 }, after).lean()).toEqual({
        _id: 1,
        m: 1,
      });
      expect(await model.findOneAndDelete({}, { sort: { n: -1 } }).lean()).toEqual({
        _id: 3,
        n: 14,
      });
      expect(await model.findOneAndUpdate({ n: 99 }, { $set: { n: 0 } }).lean()).toBeNull();
      const made = await model
        .findOneAndUpdate({ _id: 7 }, { $set: { n: 7 } }, { ...after, upsert: true })
        .lean();
      expect(made).toEqual({ _id: 7, n: 7 });
    });

    it("of one counter by 200 at once counts to 200", async () => {
      const model = await withDocuments(connect, [{ n: 0 }]);
      await Promise.all(
        Array.from({ length: 200 }, () => model.updateOne({ _id: 1 }, { $inc: { n: 1 } })),
      );
      expect((await model.findById(1).lean())?.["n"]).toBe(200);
    });

    it("that upserts a unique key from 20 at once makes one document", async () => {
      const model = looseModel(connect);
      await model.collection.createIndex({ k: 1 }, { unique: true });
      const upsert = () => model.updateOne({ k: "a" }, { $inc: { n: 1 } }, { upsert: true });
      await Promise.all(Array.from({ length: 20 }, upsert));
      expect(await model.find().lean()).toEqual([expect.objectContaining({ k: "a", n: 20 })]);
    });
  });
}
