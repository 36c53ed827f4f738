import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { Schema } from "mongoose";
import { type Documents, openDocuments } from "../../../../models/documents/connect.ts";
import { withDatabase } from "../../../support/database.ts";

const CHILD = join(__dirname, "../../../support/documents-child.ts");

interface Writer {
  readonly child: ChildProcess;
  /** what was acknowledged so far */
  readonly lines: string[];
  /** Waits until so many lines were printed. */
  until(count: number): Promise<void>;
  /** the end, and all lines */
  readonly ended: Promise<void>;
}

function spawnWriter(url: string, task: string, name: string): Writer {
  const child = spawn(process.execPath, [CHILD, url, task, name], {
    stdio: ["pipe", "pipe", "inherit"],
  });
  const lines: string[] = [];
  const waiting: { readonly count: number; readonly done: () => void }[] = [];
  const reader = createInterface(child.stdout);
  reader.on("line", (line) => {
    lines.push(line);
    for (const { count, done } of waiting) if (lines.length >= count) done();
  });
  return {
    child,
    lines,
    until: (count) =>
      lines.length >= count
        ? Promise.resolve()
        : new Promise((done, fail) => {
            waiting.push({ count, done });
            void once(child, "exit").then(() =>
              fail(new Error(`ended after ${lines.length} of ${count} lines`)),
            );
          }),
    ended: once(reader, "close").then(() => undefined),
  };
}

describe("documents in PostgreSQL", () => {
  let documents: Documents | null = null;
  const writers: Writer[] = [];
  afterAll(async () => {
    for (const { child } of writers) child.kill("SIGKILL");
    await documents?.close();
  });
  const database = withDatabase();
  const open = async () => {
    documents ??= await openDocuments(
      { pool: database.pool },
      { onError: (error) => console.error(error), expireEveryMs: null },
    );
    return documents.connection;
  };
  const raced = async () => {
    const connection = await open();
    const schema = new Schema(
      { _id: String, k: String, n: Number },
      { collection: "raced", autoIndex: false, autoCreate: false },
    );
    schema.index({ k: 1 }, { unique: true });
    return connection.model("Raced", schema, undefined, { overwriteModels: true });
  };
  const start = async (task: string, name: string): Promise<Writer> => {
    const writer = spawnWriter(database.url, task, name);
    writers.push(writer);
    await writer.until(1);
    return writer;
  };
  it("are all there after the process that wrote them was killed, each with its keys", async () => {
    const writer = await start("write", "a");
    writer.child.stdin?.end();
    await writer.until(400);
    writer.child.kill("SIGKILL");
    await writer.ended;
    const acknowledged = writer.lines.filter((line) => line.startsWith("a-"));
    const counted = writer.lines.filter((line) => line === "counted").length;
    const Raced = await raced();
    expect(acknowledged.length).toBeGreaterThan(100);
    const found = await Raced.find({ k: { $in: acknowledged } }).lean();
    expect(found).toHaveLength(acknowledged.length);
    // A write that was under way when the process died may or may not have come to be: eight were at most.
    const { n } = await Raced.findById("counter").orFail().lean<{ n: number }>();
    expect(n).toBeGreaterThanOrEqual(counted);
    expect(n).toBeLessThanOrEqual(counted + 8);
    const { rows } = await database.pool.query<{ documents: number; keys: number }>(
      "SELECT (SELECT count(*) FROM doc.document) AS documents, (SELECT count(*) FROM doc.unique_key) AS keys",
    );
    expect(rows[0]?.keys).toBe(rows[0]?.documents);
  });

  it("are counted in and made by two processes at once without a loss or a second one", async () => {
    const Raced = await raced();
    await Raced.deleteMany({});
    await Raced.createIndexes();
    const both = await Promise.all([start("race", "b"), start("race", "c")]);
    for (const { child } of both) child.stdin?.end();
    await Promise.all(both.map(({ ended }) => ended));
    const lines = both.flatMap((writer) => writer.lines);
    expect(lines.filter((line) => line === "counted")).toHaveLength(300);
    expect((await Raced.findById("counter").orFail().lean<{ n: number }>()).n).toBe(300);
    const made = lines.filter((line) => line.startsWith("made"));
    expect(made).toHaveLength(150);
    expect(new Set(made).size).toBe(150);
    expect(await Raced.countDocuments({ k: /^key-/ })).toBe(150);
  });
});
