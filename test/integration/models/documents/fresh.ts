import { randomBytes } from "node:crypto";
import { type Connection, type Model, Schema } from "mongoose";

/** A connection to a database of the test's own. */
export type Connect = () => Connection;

/** The name of a collection that nobody has used yet. */
export function fresh(): string {
  return `c${randomBytes(6).toString("hex")}`;
}

export type Loose = Record<string, unknown>;

/** A model that takes whatever it is given, so that a test can show what the store does with it. */
export function looseModel(connect: Connect): Model<Loose> {
  const schema = new Schema<Loose>(
    { _id: Schema.Types.Mixed },
    { strict: false, minimize: false, versionKey: false },
  );
  return connect().model<Loose>(fresh(), schema);
}

/** A loose model with documents that are numbered from 1. */
export async function withDocuments(
  connect: Connect,
  documents: readonly Loose[],
): Promise<Model<Loose>> {
  const model = looseModel(connect);
  await model.insertMany(documents.map((document, i) => ({ _id: i + 1, ...document })));
  return model;
}

export async function caught(work: Promise<unknown>): Promise<unknown> {
  try {
    await work;
  } catch (error) {
    return error;
  }
  throw new Error("expected a refusal, found none");
}
