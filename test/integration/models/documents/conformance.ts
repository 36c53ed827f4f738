import mongoose, { Schema } from "mongoose";
import { describeAggregation } from "./aggregation.ts";
import { describeBulk } from "./bulk.ts";
import { type Connect, fresh } from "./fresh.ts";
import { describeMongoose } from "./mongoose.ts";
import { describeQueries } from "./queries.ts";
import { describeUpdates } from "./updates.ts";

/**
 * What documents do, whichever store is under them. Written from MongoDB's manual; `npm run test:mongo` puts the same
 * questions to a MongoDB.
 */
export function describeDocuments(connect: Connect): void {
  describeCrud(connect);
  describeQueries(connect);
  describeUpdates(connect);
  describeBulk(connect);
  describeAggregation(connect);
  describeMongoose(connect);
}

function describeCrud(connect: Connect): void {
  describe("reading and writing", () => {
    it("keeps every type of value as it was given", async () => {
      const { Types } = mongoose;
      const schema = new Schema(
        {
          text: String,
          int: Number,
          double: Number,
          decimal: Schema.Types.Decimal128,
          big: BigInt,
          flag: Boolean,
          day: Date,
          bytes: Buffer,
          ref: Schema.Types.ObjectId,
          map: { type: Map, of: Number },
          nested: [[Number]],
          mixed: Schema.Types.Mixed,
          nothing: { type: Schema.Types.Mixed, default: null },
        },
        { minimize: false },
      );
      const Model = connect().model(fresh(), schema);
      const ref = new Types.ObjectId();
      const given = {
        text: "größer\u0000than 日本",
        int: 2_147_483_647,
        double: 0.1,
        decimal: Types.Decimal128.fromString("12345678901234567890.123456789012"),
        big: 9_007_199_254_740_993n,
        flag: false,
        day: new Date("1969-07-20T20:17:40.123Z"),
        bytes: Buffer.from([0, 255, 1]),
        ref,
        map: new Map([["a", 1.5]]),
        nested: [[1, 2], [], [3]],
        mixed: { list: [{ deep: [null, true] }], empty: {}, none: [] },
      };
      const { _id } = await Model.create(given);
      const found = await Model.findById(_id).orFail();
      expect(found.text).toBe(given.text);
      expect([found.int, found.double, found.flag]).toEqual([given.int, given.double, false]);
      expect(found.decimal?.toString()).toBe("12345678901234567890.123456789012");
      expect(found.big).toBe(given.big);
      expect(found.day).toEqual(given.day);
      expect(found.bytes?.equals(given.bytes)).toBe(true);
      expect(found.ref).toEqual(ref);
      expect(found.map?.get("a")).toBe(1.5);
      expect(found.toObject().nested).toEqual(given.nested);
      expect(found.toObject({ minimize: false }).mixed).toEqual({
        list: [{ deep: [null, true] }],
        empty: {},
        none: [],
      });
      expect(found.nothing).toBeNull();
    });

    it("finds by sort, skip and limit, and counts", async () => {
      const Model = connect().model(fresh(), new Schema({ n: Number, g: String }));
      await Model.insertMany([5, 3, 1, 4, 2].map((n) => ({ n, g: n % 2 ? "odd" : "even" })));
      const found = await Model.find({ n: { $gte: 2 } })
        .sort("-n")
        .skip(1)
        .limit(2)
        .lean();
      expect(found.map(({ n }) => n)).toEqual([4, 3]);
      expect(await Model.countDocuments({ g: "odd" })).toBe(3);
      expect(await Model.estimatedDocumentCount()).toBe(5);
      expect((await Model.distinct("g")).toSorted()).toEqual(["even", "odd"]);
    });

    it("upserts with what the filter asks for and what is set on insert", async () => {
      const Model = connect().model(fresh(), new Schema({ k: String, n: Number, made: Number }));
      const upsert = () =>
        Model.updateOne(
          { k: "a" },
          { $inc: { n: 1 }, $setOnInsert: { made: 7 } },
          { upsert: true },
        );
      const first = await upsert();
      expect(first).toMatchObject({ matchedCount: 0, modifiedCount: 0, upsertedCount: 1 });
      expect(await upsert()).toMatchObject({
        matchedCount: 1,
        modifiedCount: 1,
        upsertedCount: 0,
        upsertedId: null,
      });
      expect(await Model.findOne({ k: "a" }).lean()).toMatchObject({
        _id: first.upsertedId,
        k: "a",
        n: 2,
        made: 7,
      });
    });

    it("refuses a second document with the key of a unique index, as E11000", async () => {
      const schema = new Schema({ symbol: String, venue: String });
      schema.index({ symbol: 1, venue: 1 }, { unique: true });
      const Model = connect().model(fresh(), schema);
      await Model.init();
      await Model.create({ symbol: "SPX", venue: "X" });
      await Model.create({ symbol: "SPX", venue: "Y" });
      const error: unknown = await Model.create({ symbol: "SPX", venue: "X" }).catch(
        (caught: unknown) => caught,
      );
      expect(error).toMatchObject({
        name: "MongoServerError",
        code: 11000,
        keyPattern: { symbol: 1, venue: 1 },
        keyValue: { symbol: "SPX", venue: "X" },
      });
      await expect(Model.updateOne({ venue: "Y" }, { venue: "X" })).rejects.toMatchObject({
        code: 11000,
      });
      await Model.deleteOne({ venue: "X" });
      expect(await Model.updateOne({ venue: "Y" }, { venue: "X" })).toMatchObject({
        modifiedCount: 1,
      });
    });
  });
}
