import mongoose, { type Model } from "mongoose";
import { type Connect, type Loose, caught, looseModel, withDocuments } from "./fresh.ts";

const { Decimal128, ObjectId } = mongoose.Types;

/** Filters, what they find of `DOCUMENTS`, by MongoDB's manual of query operators. */
const DOCUMENTS: readonly Loose[] = [
  { n: 1, s: "alpha", tags: ["x", "y"], at: { b: 1 }, maybe: null },
  {
    n: 2,
    s: "Beta",
    tags: ["y"],
    at: { b: 2 },
    rows: [
      { k: "a", v: 5 },
      { k: "b", v: 1 },
    ],
  },
  { n: 3.5, s: "gamma", tags: [], at: [{ b: 3 }, { b: 4 }], maybe: 1 },
  { n: Decimal128.fromString("4.5"), s: "delta\nalpha", tags: [["x"]], rows: [{ k: "a", v: 1 }] },
  { n: "5", s: "", tags: "x", at: { c: 1 }, maybe: [null, 2] },
];

const CASES: readonly (readonly [claim: string, filter: Loose, found: readonly number[]])[] = [
  ["equality, also of an element of an array", { tags: "x" }, [1, 5]],
  ["equality of a whole array", { tags: ["x", "y"] }, [1]],
  ["equality of an array within an array", { tags: ["x"] }, [4]],
  ["equality of an embedded document", { at: { b: 1 } }, [1]],
  ["null, which is also what is missing", { maybe: null }, [1, 2, 4, 5]],
  ["$ne null", { maybe: { $ne: null } }, [3]],
  ["$exists true, also of null", { maybe: { $exists: true } }, [1, 3, 5]],
  ["$exists false", { maybe: { $exists: false } }, [2, 4]],
  ["a dotted path, through arrays too", { "at.b": { $gte: 2 } }, [2, 3]],
  ["a dotted path with an index", { "at.1.b": 4 }, [3]],
  ["null at the end of a dotted path", { "at.b": null }, [4, 5]],
  ["$gt among numbers of any type, and no string", { n: { $gt: 3 } }, [3, 4]],
  ["a range", { n: { $gte: 2, $lt: 4.5 } }, [2, 3]],
  ["$lt of a string among strings", { s: { $lt: "b" } }, [1, 2, 5]],
  ["$in, with a regular expression among values", { s: { $in: [/^al/, "Beta"] } }, [1, 2]],
  ["$nin", { tags: { $nin: ["x", "y"] } }, [3, 4]],
  ["$in of null", { maybe: { $in: [null] } }, [1, 2, 4, 5]],
  ["$or", { $or: [{ n: 1 }, { s: "gamma" }] }, [1, 3]],
  [
    "$and with $nor",
    { $and: [{ n: { $type: "number" } }, { $nor: [{ n: 1 }, { n: 2 }] }] },
    [3, 4],
  ],
  ["$not", { n: { $not: { $gt: 1 } } }, [1, 5]],
  ["$not of a regular expression", { s: { $not: /a/ } }, [5]],
  ["$type by its name", { n: { $type: "decimal" } }, [4]],
  ["$type by its number, of several", { n: { $type: [2, "double"] } }, [3, 5]],
  ["$type array", { tags: { $type: "array" } }, [1, 2, 3, 4]],
  ["$size", { tags: { $size: 0 } }, [3]],
  ["$all", { tags: { $all: ["y", "x"] } }, [1]],
  [
    "$elemMatch on the fields of one element",
    { rows: { $elemMatch: { k: "a", v: { $gt: 2 } } } },
    [2],
  ],
  ["conditions on several elements without it", { "rows.k": "b", "rows.v": 5 }, [2]],
  ["$elemMatch on elements themselves", { maybe: { $elemMatch: { $gt: 1 } } }, [5]],
  [
    "$all with $elemMatch",
    { rows: { $all: [{ $elemMatch: { k: "a" } }, { $elemMatch: { k: "b" } }] } },
    [2],
  ],
  ["$mod", { n: { $mod: [2, 0] } }, [2, 4]],
  ["$regex with options", { s: { $regex: "^ALPHA$", $options: "im" } }, [1, 4]],
  ["$expr", { $expr: { $eq: ["$at.b", "$n"] } }, [1, 2]],
  ["everything", {}, [1, 2, 3, 4, 5]],
];

export function describeQueries(connect: Connect): void {
  describe.each([
    ["a filter finds", []],
    [
      "with an index on each field, the same filter finds",
      ["n", "s", "tags", "maybe", "at.b", "rows.k"],
    ],
  ])("%s", (_claim, indexed) => {
    let model: Model<Loose> | null = null;
    beforeAll(async () => {
      model = await withDocuments(connect, DOCUMENTS);
      for (const field of indexed) await model.collection.createIndex({ [field]: 1 });
    });

    it.each(CASES)("%s", async (_name, filter, found) => {
      const documents = (await model?.collection.find(filter as never).toArray()) ?? [];
      expect(documents.map(({ _id }) => Number(_id)).toSorted((a, b) => a - b)).toEqual(found);
    });
  });

  describe("a query", () => {
    it("sorts values of all types in MongoDB's order, and arrays by their least or greatest", async () => {
      const id = new ObjectId();
      const values = [
        null,
        Number.NaN,
        -Infinity,
        -1,
        Decimal128.fromString("0.5"),
        2,
        "",
        "B",
        "a",
        { a: 1 },
        Buffer.from([1]),
        id,
        false,
        true,
        new Date(5),
      ];
      const model = await withDocuments(connect, values.map((v) => ({ v })).toReversed());
      const sorted = await model.collection.find({}, { sort: { v: 1 } }).toArray();
      expect(sorted.map(({ _id }) => Number(_id))).toEqual(values.map((_, i) => values.length - i));
      const arrays = await withDocuments(connect, [
        { v: [2, 9] },
        { v: 3 },
        { v: [] },
        { v: [1, 4] },
      ]);
      const up = await arrays.collection.find({}, { sort: { v: 1 } }).toArray();
      const down = await arrays.collection.find({}, { sort: { v: -1 } }).toArray();
      expect([up, down].map((found) => found.map(({ _id }) => Number(_id)))).toEqual([
        [3, 4, 1, 2],
        [1, 4, 2, 3],
      ]);
    });

    it("projects fields in and out, slices, and shows the element that matched", async () => {
      const model = await withDocuments(connect, [
        {
          a: { x: 1, y: 2 },
          list: [
            { k: 1, v: "a" },
            { k: 2, v: "b" },
            { k: 3, v: "c" },
          ],
          z: 9,
        },
      ]);
      const show = (projection: Loose, filter: Loose = {}) =>
        model.findOne(filter, projection as never).lean();
      expect(await show({ "a.x": 1, _id: 0 })).toEqual({ a: { x: 1 } });
      expect(await show({ list: 0, a: 0 })).toEqual({ _id: 1, z: 9 });
      expect(await show({ "list.v": 1, _id: 0 })).toEqual({
        list: [{ v: "a" }, { v: "b" }, { v: "c" }],
      });
      expect(await show({ list: { $slice: [-2, 1] }, a: 0, z: 0 })).toEqual({
        _id: 1,
        list: [{ k: 2, v: "b" }],
      });
      expect(await show({ list: { $elemMatch: { k: { $gt: 1 } } } })).toEqual({
        _id: 1,
        list: [{ k: 2, v: "b" }],
      });
      expect(await show({ "list.$": 1 }, { "list.k": 3 })).toEqual({
        _id: 1,
        list: [{ k: 3, v: "c" }],
      });
    });

    it("is read document by document, in an order that holds across batches", async () => {
      const model = await withDocuments(
        connect,
        Array.from({ length: 2_500 }, (_, n) => ({ n, even: n % 2 === 0 })),
      );
      const seen: unknown[] = [];
      for await (const { n } of model
        .find({ even: true })
        .sort({ _id: -1 })
        .lean()
        .cursor({ batchSize: 100 }))
        seen.push(n);
      expect(seen).toEqual(Array.from({ length: 1_250 }, (_, i) => 2_498 - 2 * i));
      await model.collection.createIndex({ n: 1 });
      const page = await model
        .find({ n: { $gte: 100 } })
        .sort({ n: 1 })
        .skip(1_200)
        .limit(3)
        .lean();
      expect(page.map(({ n }) => n)).toEqual([1_300, 1_301, 1_302]);
    });

    it("counts distinct values once, those of arrays by their elements", async () => {
      const model = await withDocuments(connect, [
        { v: [1, 2] },
        { v: 2 },
        { v: Decimal128.fromString("2") },
        {},
      ]);
      expect((await model.distinct("v")).map(String).toSorted()).toEqual(["1", "2"]);
    });

    it("with an operator that does not exist is refused", async () => {
      const model = looseModel(connect);
      await model.create({ _id: 1 });
      expect(await caught(model.collection.find({ a: { $near: 1 } }).toArray())).toMatchObject({
        name: "MongoServerError",
      });
      expect(await caught(model.collection.find({ $bogus: 1 }).toArray())).toMatchObject({
        name: "MongoServerError",
      });
    });
  });
}
