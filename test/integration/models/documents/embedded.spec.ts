import { Schema } from "mongoose";
import { type Documents, openDocuments } from "../../../../models/documents/connect.ts";
import { createPool } from "../../../../models/postgres/pool.ts";
import { toFailure } from "../../../../mixins/rest/problem.ts";
import { withDatabase } from "../../../support/database.ts";
import { eventually } from "../../../support/node-eventually.ts";
import { describeDocuments } from "./conformance.ts";
import { caught, fresh, looseModel, withDocuments } from "./fresh.ts";

describe("documents over PostgreSQL", () => {
  let documents: Documents | null = null;
  afterAll(() => documents?.close());
  const database = withDatabase();
  const connect = () => {
    if (documents === null) throw new Error("the connection exists only while tests run");
    return documents.connection;
  };
  beforeAll(async () => {
    documents = await openDocuments(
      { pool: database.pool },
      { onError: (error) => console.error(error), expireEveryMs: 1_000 },
    );
  });

  describeDocuments(connect);

  describe("what they refuse", () => {
    it.each([
      ["$text", { $text: { $search: "a" } }],
      ["$where", { $where: "true" }],
      ["$near", { at: { $near: [1, 2] } }],
      ["$geoWithin", { at: { $geoWithin: {} } }],
      ["$jsonSchema", { $jsonSchema: {} }],
      ["$function in an expression", { $expr: { $function: { body: "x", args: [], lang: "js" } } }],
    ])("%s", async (_claim, filter) => {
      const model = await withDocuments(connect, [{ a: 1 }]);
      const error = await caught(model.collection.find(filter as never).toArray());
      expect(error).toMatchObject({ name: "MongoServerError", codeName: "NotImplemented" });
    });

    it("collations, sessions, change streams and indexes of other kinds", async () => {
      const model = looseModel(connect);
      await expect(model.find().collation({ locale: "de" }).exec()).rejects.toMatchObject({
        codeName: "NotImplemented",
      });
      await expect(connect().startSession()).rejects.toMatchObject({ codeName: "NotImplemented" });
      expect(() => model.collection.watch()).toThrow("change stream");
      expect(() => model.collection.rename("other")).toThrow("rename");
      for (const kind of ["text", "2dsphere", "hashed"]) {
        expect(await caught(model.collection.createIndex({ a: kind } as never))).toMatchObject({
          codeName: "NotImplemented",
        });
      }
    });

    it("stages that write, and decimals where they would be counted as doubles", async () => {
      const model = await withDocuments(connect, [{ d: 1 }]);
      expect(await caught(model.aggregate([{ $out: "x" }]).exec())).toMatchObject({
        codeName: "NotImplemented",
      });
      await model.updateOne({ _id: 1 }, [{ $set: { e: { $multiply: ["$d", 2] } } }], {
        updatePipeline: true,
      });
      await model.collection.updateOne({ _id: 1 } as never, {
        $set: { d: new (connect().base.Types.Decimal128)("1.5") },
      });
      expect(
        await caught(model.aggregate([{ $project: { x: { $multiply: ["$d", 2] } } }]).exec()),
      ).toMatchObject({
        codeName: "NotImplemented",
      });
    });
  });

  it("a document that has expired is removed, and one whose time has not come stays", async () => {
    const schema = new Schema({ at: Date, keep: Boolean });
    schema.index({ at: 1 }, { expireAfterSeconds: 1 });
    const Model = connect().model(fresh(), schema);
    await Model.init();
    const now = Date.now();
    await Model.insertMany([
      { at: new Date(now - 5_000) },
      { at: new Date(now + 60_000) },
      { keep: true },
    ]);
    await eventually("two documents", async () =>
      (await Model.countDocuments()) === 2 ? true : null,
    );
    expect(await Model.countDocuments({ at: { $lt: new Date(now) } })).toBe(0);
  });

  it("a query by an indexed field reads by the index: its plan has no other documents", async () => {
    const model = await withDocuments(
      connect,
      Array.from({ length: 3_000 }, (_, n) => ({ n, g: n % 3 })),
    );
    await model.collection.createIndex({ g: 1, n: 1 });
    let read = 0;
    const { pool } = database;
    const query = pool.query.bind(pool);
    Object.assign(pool, {
      query: async (...args: unknown[]) => {
        // sound: the same arguments, handed on
        const result = (await Reflect.apply(query, pool, args)) as { readonly rows: unknown[] };
        read += result.rows.length;
        return result;
      },
    });
    const found = await model
      .find({ g: 1, n: { $gte: 100, $lt: 130 } })
      .sort({ n: -1 })
      .limit(5)
      .lean();
    const newest = await model.find({ g: 2 }).sort({ n: -1 }).limit(1).lean();
    Object.assign(pool, { query });
    expect(found.map(({ n }) => n)).toEqual([127, 124, 121, 118, 115]);
    expect(newest.map(({ n }) => n)).toEqual([2_999]);
    expect(read).toBeLessThan(20);
  });

  it("a process that knew the indexes before another made one writes its keys too", async () => {
    const other = await openDocuments(
      { pool: database.pool },
      { onError: () => undefined, expireEveryMs: null },
    );
    const name = fresh();
    const mine = connect().model(name, new Schema({ k: Number }, { collection: name }));
    const theirs = other.connection.model(name, new Schema({ k: Number }, { collection: name }));
    await mine.create({ k: 1 });
    await theirs.collection.createIndex({ k: 1 }, { unique: true });
    expect(await caught(mine.create({ k: 1 }))).toMatchObject({ code: 11000 });
    await mine.create({ k: [2] as never }).catch(() => undefined);
    await mine.collection.insertOne({ k: [3, 4] });
    expect(await theirs.collection.countDocuments({ k: { $gt: 3, $lt: 4 } })).toBe(1);
    await other.close();
  });

  it("a database that is gone is a store that is not there, and no defect: 503", async () => {
    const pool = createPool(database.url.replace(/:\d+\//, ":1/"), {
      max: 1,
      applicationName: "gone",
      onError: () => undefined,
    });
    const error = await caught(
      openDocuments({ pool }, { onError: () => undefined, expireEveryMs: null }),
    );
    expect(toFailure(error)).toMatchObject({ status: 503, code: "UNAVAILABLE" });
    await pool.end();
  });
});
