/**
 * A process of its own that writes documents, for tests that kill it or let it race with another. Arguments: the URL of
 * the database, what to do, and a name. It prints a line for each write that was acknowledged.
 */
import { Schema } from "mongoose";
import { openDocuments } from "../../models/documents/connect.ts";
import { createPool } from "../../models/postgres/pool.ts";

const [url = "", task = "", name = ""] = process.argv.slice(2);

const fail = (error: unknown): never => {
  process.stderr.write(`${String(error)}\n`);
  process.exit(1);
};

const pool = createPool(url, { max: 8, applicationName: `documents-${name}`, onError: fail });
const documents = await openDocuments({ pool }, { onError: fail, expireEveryMs: null });
const schema = new Schema(
  { _id: String, k: String, n: Number },
  { collection: "raced", autoIndex: false, autoCreate: false },
);
schema.index({ k: 1 }, { unique: true });
const Raced = documents.connection.model("Raced", schema);

const acknowledge = (what: string): void => void process.stdout.write(`${what}\n`);

/** Makes documents and counts in one, eight at a time, until it is killed. */
async function writeForEver(): Promise<void> {
  await Raced.createIndexes();
  await Raced.updateOne({ _id: "counter" }, { $set: { k: "counter", n: 0 } }, { upsert: true });
  const writer = async (lane: number): Promise<void> => {
    for (let i = 0; ; i += 1) {
      const id = `${name}-${lane}-${i}`;
      await Raced.create({ _id: id, k: id, n: i });
      acknowledge(id);
      await Raced.updateOne({ _id: "counter" }, { $inc: { n: 1 } });
      acknowledge("counted");
    }
  };
  await Promise.all(Array.from({ length: 8 }, (_, lane) => writer(lane)));
}

const ROUNDS = 150;

/** Counts in one document that others count in too, and makes documents whose keys others make too. */
async function race(): Promise<void> {
  const one = async (i: number): Promise<void> => {
    await Raced.updateOne({ _id: "counter" }, { $inc: { n: 1 } }, { upsert: true });
    acknowledge("counted");
    const error = await Raced.create({ _id: `${name}-${i}`, k: `key-${i}` }).then(
      () => null,
      (caught: unknown) => (caught instanceof Error ? caught : new Error("expected an Error")),
    );
    if (error === null) acknowledge(`made key-${i}`);
    else if (!error.message.includes("E11000")) fail(error);
  };
  for (let i = 0; i < ROUNDS; i += 10) {
    await Promise.all(Array.from({ length: 10 }, (_, j) => one(i + j)));
  }
  await documents.close();
  await pool.end();
}

acknowledge("ready");
for await (const _ of process.stdin) break;
await (task === "race" ? race() : writeForEver());
