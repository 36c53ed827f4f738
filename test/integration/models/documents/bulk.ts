import { type Connect, caught, looseModel, withDocuments } from "./fresh.ts";

export function describeBulk(connect: Connect): void {
  describe("a bulk", () => {
    it("in order stops at the first failure, and says what was done", async () => {
      const model = await withDocuments(connect, [{ n: 1 }]);
      const error = await caught(
        model.bulkWrite([
          { updateOne: { filter: { _id: 1 }, update: { $set: { n: 2 } } } },
          { insertOne: { document: { _id: 1 } } },
          { insertOne: { document: { _id: 2 } } },
        ]),
      );
      expect(error).toMatchObject({
        name: "MongoBulkWriteError",
        code: 11000,
        result: { modifiedCount: 1, insertedCount: 0 },
      });
      expect(
        (error as { writeErrors: { index: number }[] }).writeErrors.map(({ index }) => index),
      ).toEqual([1]);
      expect(await model.countDocuments()).toBe(1);
    });

    it("without order does all that can be done", async () => {
      const model = await withDocuments(connect, [{ n: 1 }, { n: 2 }]);
      const operations = [
        { insertOne: { document: { _id: 1 } } },
        { insertOne: { document: { _id: 3, n: 3 } } },
        { updateMany: { filter: {}, update: { $inc: { n: 10 } } } },
        { deleteOne: { filter: { _id: 2 } } },
        { replaceOne: { filter: { _id: 9 }, replacement: { n: 9 }, upsert: true } },
      ];
      const error = await caught(
        model.collection.bulkWrite(operations as never, { ordered: false }),
      );
      expect(error).toMatchObject({
        code: 11000,
        result: {
          insertedCount: 1,
          matchedCount: 3,
          modifiedCount: 3,
          deletedCount: 1,
          upsertedCount: 1,
        },
      });
      expect(await model.find().sort({ _id: 1 }).lean()).toEqual([
        { _id: 1, n: 11 },
        { _id: 3, n: 13 },
        { _id: 9, n: 9 },
      ]);
    });

    it("of inserts in order keeps those before the first that fails", async () => {
      const model = looseModel(connect);
      const error = await caught(
        model.insertMany([{ _id: 1 }, { _id: 2 }, { _id: 1 }, { _id: 3 }]),
      );
      expect(error).toMatchObject({ code: 11000, insertedDocs: [{ _id: 1 }, { _id: 2 }] });
      expect(await model.countDocuments()).toBe(2);
    });

    it("of inserts without order keeps all but those that fail, and names these", async () => {
      const model = looseModel(connect);
      await model.collection.createIndex({ k: 1 }, { unique: true });
      const documents = Array.from({ length: 600 }, (_, n) => ({
        _id: n,
        k: n % 300 === 7 ? "same" : n,
      }));
      const error = await caught(model.insertMany(documents, { ordered: false }));
      expect(
        (error as { writeErrors: { index: number }[] }).writeErrors.map(({ index }) => index),
      ).toEqual([307]);
      expect(await model.countDocuments()).toBe(599);
    });
  });

  describe("an index", () => {
    it("that is unique knows equal numbers of all types, missing fields and the elements of arrays", async () => {
      const model = looseModel(connect);
      await model.collection.createIndex({ k: 1 }, { unique: true });
      await model.insertMany([{ _id: 1, k: 5 }, { _id: 2 }, { _id: 3, k: ["a", "b", "a"] }]);
      for (const k of [5.0, "b", null]) {
        expect(await caught(model.collection.insertOne({ k }))).toMatchObject({
          code: 11000,
          keyPattern: { k: 1 },
        });
      }
      await model.updateOne({ _id: 3 }, { $pull: { k: "b" } });
      await model.collection.insertOne({ k: "b" });
      expect(await model.countDocuments()).toBe(4);
    });

    it("that is partial or sparse is unique among what it covers", async () => {
      const model = looseModel(connect);
      await model.collection.createIndex(
        { k: 1 },
        { unique: true, partialFilterExpression: { live: true } },
      );
      await model.collection.createIndex({ s: 1 }, { unique: true, sparse: true });
      await model.insertMany([
        { _id: 1, k: 1, live: true },
        { _id: 2, k: 1 },
        { _id: 3, k: 1, live: false },
      ]);
      expect(await caught(model.updateOne({ _id: 2 }, { live: true }))).toMatchObject({
        code: 11000,
      });
      await model.updateOne({ _id: 1 }, { live: false });
      expect(await model.updateOne({ _id: 2 }, { live: true })).toMatchObject({ modifiedCount: 1 });
      expect((await model.find({ k: 1 }).lean()).length).toBe(3);
      expect((await model.find({ k: 1, live: true }).lean()).map(({ _id }) => _id)).toEqual([2]);
    });

    it("cannot be made unique over what is there twice", async () => {
      const model = await withDocuments(connect, [{ k: 1 }, { k: 1 }]);
      expect(await caught(model.collection.createIndex({ k: 1 }, { unique: true }))).toMatchObject({
        code: 11000,
      });
      expect((await model.listIndexes()).map(({ name }: { name: string }) => name)).toEqual([
        "_id_",
      ]);
    });

    it("is listed, made once, and dropped", async () => {
      const model = looseModel(connect);
      expect(await model.collection.createIndex({ a: 1, b: -1 })).toBe("a_1_b_-1");
      expect(await model.collection.createIndex({ a: 1, b: -1 })).toBe("a_1_b_-1");
      await model.collection.createIndex({ t: 1 }, { name: "life", expireAfterSeconds: 60 });
      const listed = await model.listIndexes();
      expect(listed).toMatchObject([
        { name: "_id_", key: { _id: 1 } },
        { name: "a_1_b_-1", key: { a: 1, b: -1 } },
        { name: "life", key: { t: 1 }, expireAfterSeconds: 60 },
      ]);
      expect(await caught(model.collection.createIndex({ c: 1 }, { name: "life" }))).toMatchObject({
        name: "MongoServerError",
      });
      await model.collection.dropIndex("life");
      expect(await model.listIndexes()).toHaveLength(2);
      expect(await caught(model.collection.dropIndex("life"))).toMatchObject({ code: 27 });
    });
  });
}
