import mongoose, { Schema } from "mongoose";
import { type Connect, caught, fresh } from "./fresh.ts";

export function describeMongoose(connect: Connect): void {
  describe("mongoose over it", () => {
    it("validates before anything is stored", async () => {
      const Model = connect().model(
        fresh(),
        new Schema({ name: { type: String, required: true }, n: { type: Number, min: 1 } }),
      );
      expect(await caught(Model.create({ n: 0 }))).toMatchObject({
        name: "ValidationError",
        errors: { name: { kind: "required" }, n: { kind: "min" } },
      });
      expect(await Model.countDocuments()).toBe(0);
    });

    it("stamps creation and change", async () => {
      const Model = connect().model(fresh(), new Schema({ n: Number }, { timestamps: true }));
      const { _id, createdAt } = await Model.create({ n: 1 });
      await Model.updateOne({ _id }, { n: 2 });
      const found = await Model.findById(_id).orFail();
      expect(found.createdAt).toEqual(createdAt);
      expect(Number(found.updatedAt)).toBeGreaterThanOrEqual(Number(createdAt));
    });

    it("refuses to save a document that somebody has changed: VersionError", async () => {
      const Model = connect().model(
        fresh(),
        new Schema({ n: Number }, { optimisticConcurrency: true }),
      );
      const { _id } = await Model.create({ n: 1 });
      const [mine, theirs] = [
        await Model.findById(_id).orFail(),
        await Model.findById(_id).orFail(),
      ];
      await theirs.set("n", 2).save();
      expect(await caught(mine.set("n", 3).save())).toMatchObject({ name: "VersionError" });
      expect((await Model.findById(_id).orFail()).n).toBe(2);
    });

    it("populates references, virtual ones and those of several models", async () => {
      const connection = connect();
      const [author, book, comment] = [fresh(), fresh(), fresh()];
      const authors = new Schema({ name: String });
      authors.virtual("books", { ref: book, localField: "_id", foreignField: "author" });
      const Author = connection.model(author, authors);
      const Book = connection.model(
        book,
        new Schema({ title: String, author: { type: Schema.Types.ObjectId, ref: author } }),
      );
      const Comment = connection.model(
        comment,
        new Schema({ on: { type: Schema.Types.ObjectId, refPath: "kind" }, kind: String }),
      );
      const a = await Author.create({ name: "A" });
      const b = await Book.create({ title: "B", author: a.id });
      await Comment.create([
        { on: a.id, kind: author },
        { on: b.id, kind: book },
      ]);
      expect(await Book.findOne().populate("author").lean()).toMatchObject({
        title: "B",
        author: { name: "A" },
      });
      expect(await Author.findOne().populate("books").lean()).toMatchObject({
        name: "A",
        books: [{ title: "B" }],
      });
      const comments = await Comment.find().sort("_id").populate("on").lean();
      expect(comments).toMatchObject([{ on: { name: "A" } }, { on: { title: "B" } }]);
    });

    it("runs hooks, and knows discriminators by their kind", async () => {
      const base = new Schema({ at: Number }, { discriminatorKey: "kind" });
      const saved: unknown[] = [];
      base.pre("save", function note() {
        saved.push(this.get("at"));
      });
      const Event = connect().model(fresh(), base);
      const Click = Event.discriminator(fresh(), new Schema({ url: String }));
      await Event.create({ at: 1 });
      await Click.create({ at: 2, url: "/" });
      expect(saved).toEqual([1, 2]);
      expect(await Click.countDocuments()).toBe(1);
      expect((await Event.find().sort("at"))[1]).toBeInstanceOf(Click);
    });

    it("brings the indexes of a collection in line with its schema", async () => {
      const name = fresh();
      const first = new Schema({ a: Number, b: Number }, { autoIndex: false });
      first.index({ a: 1 });
      const Before = connect().model(name, first);
      await Before.createIndexes();
      connect().deleteModel(name);
      const second = new Schema({ a: Number, b: Number }, { autoIndex: false });
      second.index({ b: 1 }, { unique: true });
      const After = connect().model(name, second);
      expect(await After.diffIndexes()).toMatchObject({ toDrop: ["a_1"], toCreate: [{ b: 1 }] });
      expect(await After.syncIndexes()).toEqual(["a_1"]);
      expect((await After.listIndexes()).map((index: { name: string }) => index.name)).toEqual([
        "_id_",
        "b_1",
      ]);
    });

    it("saves arrays and maps of a document by what has changed in them", async () => {
      const Model = connect().model(
        fresh(),
        new Schema({ list: [{ n: Number }], map: { type: Map, of: String } }),
      );
      const made = await Model.create({ list: [{ n: 1 }, { n: 2 }], map: { a: "x" } });
      made.list.push({ n: 3 });
      made.list[0]?.set("n", 10);
      made.map?.set("b", "y");
      await made.save();
      const found = await Model.findById(made.id).orFail();
      expect(found.list.map(({ n }) => n)).toEqual([10, 2, 3]);
      expect(Object.fromEntries(found.map ?? [])).toEqual({ a: "x", b: "y" });
    });

    it("casts what it is asked by the schema: an id from text, a decimal from text", async () => {
      const Model = connect().model(fresh(), new Schema({ price: Schema.Types.Decimal128 }));
      const { _id } = await Model.create({ price: "1.10" });
      expect(await Model.findOne({ _id: String(_id), price: "1.1" as never })).not.toBeNull();
      expect(await caught(Model.findById("no id").exec())).toMatchObject({ name: "CastError" });
      expect(new mongoose.Types.ObjectId(String(_id))).toEqual(_id);
    });

    it("lists and drops collections", async () => {
      const name = fresh();
      const Model = connect().model(name, new Schema({ n: Number }, { collection: name }));
      await Model.create({ n: 1 });
      const names = async () =>
        (await connect().listCollections()).map((collection) => collection.name);
      expect(await names()).toContain(name);
      await connect().dropCollection(name);
      expect(await names()).not.toContain(name);
      await Model.create({ n: 2 });
      expect(await Model.countDocuments()).toBe(1);
    });
  });
}
