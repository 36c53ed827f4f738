import mongoose, { type Model, type PipelineStage } from "mongoose";
import { type Connect, type Loose, caught, withDocuments } from "./fresh.ts";

const money = (text: string) => mongoose.Types.Decimal128.fromString(text);

const SALES: readonly Loose[] = [
  { item: "a", qty: 2, price: money("0.10"), at: new Date("2026-01-01"), tags: ["x", "y"] },
  { item: "b", qty: 1, price: money("5.00"), at: new Date("2026-01-02"), tags: [] },
  { item: "a", qty: 7, price: money("0.20"), at: new Date("2026-02-01"), tags: ["x"] },
  { item: "c", qty: 4, price: money("1"), at: new Date("2026-02-02") },
];

const CASES: readonly (readonly [
  claim: string,
  pipeline: readonly Loose[],
  made: readonly Loose[],
])[] = [
  [
    "$match, $sort, $skip and $limit",
    [
      { $match: { qty: { $gt: 1 } } },
      { $sort: { qty: -1 } },
      { $skip: 1 },
      { $limit: 1 },
      { $project: { qty: 1 } },
    ],
    [{ _id: 4, qty: 4 }],
  ],
  [
    "$group with $sum, $avg, $min, $max, $push and $first",
    [
      { $sort: { _id: 1 } },
      {
        $group: {
          _id: "$item",
          n: { $sum: "$qty" },
          mean: { $avg: "$qty" },
          low: { $min: "$qty" },
          high: { $max: "$qty" },
          all: { $push: "$qty" },
          one: { $first: "$_id" },
        },
      },
      { $sort: { _id: 1 } },
      { $limit: 1 },
    ],
    [{ _id: "a", n: 9, mean: 4.5, low: 2, high: 7, all: [2, 7], one: 1 }],
  ],
  [
    "$project with expressions",
    [
      { $match: { _id: 1 } },
      {
        $project: {
          _id: 0,
          item: 1,
          twice: { $multiply: ["$qty", 2] },
          big: { $gt: ["$qty", 1] },
          label: { $concat: ["$item", "!"] },
          year: { $year: "$at" },
        },
      },
    ],
    [{ item: "a", twice: 4, big: true, label: "a!", year: 2026 }],
  ],
  [
    "$unwind",
    [{ $unwind: "$tags" }, { $project: { tags: 1 } }],
    [
      { _id: 1, tags: "x" },
      { _id: 1, tags: "y" },
      { _id: 3, tags: "x" },
    ],
  ],
  [
    "$unwind that keeps what is empty",
    [{ $unwind: { path: "$tags", preserveNullAndEmptyArrays: true } }, { $count: "n" }],
    [{ n: 5 }],
  ],
  [
    "$facet",
    [
      {
        $facet: {
          count: [{ $count: "n" }],
          top: [{ $sort: { qty: -1 } }, { $limit: 1 }, { $project: { qty: 1 } }],
        },
      },
    ],
    [{ count: [{ n: 4 }], top: [{ _id: 3, qty: 7 }] }],
  ],
  [
    "$bucket",
    [{ $bucket: { groupBy: "$qty", boundaries: [0, 3, 10], output: { n: { $sum: 1 } } } }],
    [
      { _id: 0, n: 2 },
      { _id: 3, n: 2 },
    ],
  ],
  ["$sortByCount", [{ $sortByCount: "$item" }, { $limit: 1 }], [{ _id: "a", count: 2 }]],
  [
    "$addFields and $replaceRoot",
    [
      { $match: { _id: 2 } },
      { $addFields: { inner: { k: "$item", q: { $add: ["$qty", 1] } } } },
      { $replaceRoot: { newRoot: "$inner" } },
    ],
    [{ k: "b", q: 2 }],
  ],
  [
    "$setWindowFields",
    [
      {
        $setWindowFields: {
          partitionBy: "$item",
          sortBy: { at: 1 },
          output: { running: { $sum: "$qty", window: { documents: ["unbounded", "current"] } } },
        },
      },
      { $match: { item: "a" } },
      { $project: { running: 1 } },
    ],
    [
      { _id: 1, running: 2 },
      { _id: 3, running: 9 },
    ],
  ],
];

export function describeAggregation(connect: Connect): void {
  describe("an aggregation computes", () => {
    let sold: Model<Loose> | null = null;
    beforeAll(async () => {
      sold = await withDocuments(connect, SALES);
    });

    it.each(CASES)("%s", async (_claim, pipeline, made) => {
      // sound: each is a stage
      expect(await sold?.aggregate(pipeline as unknown as PipelineStage[])).toEqual(made);
    });

    it("sums of decimals exactly", async () => {
      const model = await withDocuments(connect, SALES);
      const [row] = await model.aggregate<{ total: unknown; high: unknown }>([
        { $group: { _id: null, total: { $sum: "$price" }, high: { $max: "$price" } } },
      ]);
      expect([String(row?.total), String(row?.high)]).toEqual(["6.30", "5.00"]);
    });

    it("$lookup by equal fields, and by a pipeline with variables", async () => {
      const sales = await withDocuments(connect, SALES);
      const items = await withDocuments(connect, [
        { name: "a", min: 5 },
        { name: "b", min: 0 },
      ]);
      const from = items.collection.name;
      const joined = await sales.aggregate<{ _id: number; of: readonly Loose[] }>([
        { $lookup: { from, localField: "item", foreignField: "name", as: "of" } },
        { $sort: { _id: 1 } },
      ]);
      expect(joined.map(({ of }) => of.map(({ _id }) => _id))).toEqual([[1], [2], [1], []]);
      const enough = await sales.aggregate<{ _id: number; of: readonly Loose[] }>([
        {
          $lookup: {
            from,
            let: { item: "$item", qty: "$qty" },
            pipeline: [
              {
                $match: {
                  $expr: { $and: [{ $eq: ["$name", "$$item"] }, { $lte: ["$min", "$$qty"] }] },
                },
              },
            ],
            as: "of",
          },
        },
        { $match: { of: { $ne: [] } } },
        { $sort: { _id: 1 } },
      ]);
      expect(enough.map(({ _id }) => _id)).toEqual([2, 3]);
    });

    it("nothing by a stage that does not exist", async () => {
      const model = await withDocuments(connect, SALES);
      expect(await caught(model.collection.aggregate([{ $bogus: {} }]).toArray())).toMatchObject({
        name: "MongoServerError",
      });
    });
  });
}
