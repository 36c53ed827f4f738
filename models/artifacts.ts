import { createHash } from "node:crypto";
import { setImmediate } from "node:timers/promises";
import { type Connection, type Model, Schema } from "mongoose";

/** To hash a chunk, or to hand it to the database, takes a millisecond or two; then others have their turn. */
const CHUNK_BYTES = 262_144;
/** Of what was stored before that. */
const FORMER_CHUNK_BYTES = 1_048_576;
/** Beyond it nothing is stored: a model of this size is a mistake. */
const ARTIFACT_BYTES_MAX = 268_435_456;

interface StoredChunk {
  /** `sha256/number` */
  readonly _id: string;
  /** of the whole */
  readonly sha256: string;
  readonly number: number;
  /** of chunks in the whole */
  readonly count: number;
  readonly bytes: Buffer;
}

const chunkSchema = new Schema<StoredChunk>(
  {
    _id: String,
    sha256: { type: String, required: true },
    number: { type: Number, required: true },
    count: { type: Number, required: true },
    bytes: { type: Buffer, required: true },
  },
  { collection: "ai_artifacts", versionKey: false },
).index({ sha256: 1, number: 1 });

/** What was stored is not what is read: nothing may be decided by it. */
export class ArtifactBroken extends Error {
  override readonly name = "ArtifactBroken";
}

/** Bytes by their sha256, in chunks. They are never changed and never deleted: what refers to them may be older than any list. */
export class ArtifactStore {
  readonly #chunks: Model<StoredChunk>;

  constructor(connection: Connection) {
    const { AiArtifact } = connection.models;
    // sound: the model of that name is the one that is made here
    this.#chunks =
      (AiArtifact as Model<StoredChunk> | undefined) ??
      connection.model<StoredChunk>("AiArtifact", chunkSchema);
  }

  /** Waits until the index is there. */
  async ready(): Promise<void> {
    await this.#chunks.init();
  }

  /**
   * Stores them, all durable when it answers. The same bytes again write the same chunks.
   * @returns their sha256, in hex
   * @throws RangeError beyond `ARTIFACT_BYTES_MAX`
   */
  async put(bytes: Uint8Array): Promise<string> {
    if (bytes.length > ARTIFACT_BYTES_MAX)
      throw new RangeError(`expected at most ${ARTIFACT_BYTES_MAX} bytes, found ${bytes.length}`);
    const sha256 = await sha256Of(bytes);
    const size = await this.#chunkSize(sha256, bytes.length);
    const count = chunksOf(bytes.length, size);
    for (let number = 0; number < count; number++) {
      const part = bytes.subarray(number * size, (number + 1) * size);
      await this.#putChunk({ sha256, number, count, bytes: Buffer.from(part) });
    }
    return sha256;
  }

  /** What is there already is written as it is, so that it stays whole if this is cut off. */
  async #chunkSize(sha256: string, length: number): Promise<number> {
    const first = await this.#chunks
      .findOne({ _id: `${sha256}/0` }, { count: 1 })
      .lean<Pick<StoredChunk, "count">>();
    const isFormer = first !== null && first.count === chunksOf(length, FORMER_CHUNK_BYTES);
    return isFormer ? FORMER_CHUNK_BYTES : CHUNK_BYTES;
  }

  async #putChunk(chunk: Omit<StoredChunk, "_id">): Promise<void> {
    const key = { _id: `${chunk.sha256}/${chunk.number}` };
    await this.#chunks.replaceOne(key, { ...key, ...chunk }, { upsert: true });
  }

  /**
   * @returns null when nothing of them is there
   * @throws ArtifactBroken when they are not whole, or are not what was stored
   */
  async get(sha256: string): Promise<Uint8Array<ArrayBuffer> | null> {
    const first = await this.#chunk(sha256, 0);
    if (first === null) return null;
    const parts = [first.bytes];
    for (let number = 1; number < first.count; number += 1) {
      const next = await this.#chunk(sha256, number);
      if (next === null || next.count !== first.count)
        throw new ArtifactBroken(
          `artefact ${sha256}: expected ${first.count} chunks, found ${number}`,
        );
      parts.push(next.bytes);
    }
    const bytes = await joined(parts);
    const found = await sha256Of(bytes);
    if (found === sha256) return bytes;
    throw new ArtifactBroken(`artefact ${sha256}: expected that sha256, found ${found}`);
  }

  /** By itself: all at once would be taken from the database in one go. */
  async #chunk(
    sha256: string,
    number: number,
  ): Promise<{ readonly count: number; readonly bytes: Uint8Array } | null> {
    const chunk = await this.#chunks
      .findOne({ _id: `${sha256}/${number}` })
      .lean<Pick<StoredChunk, "count" | "bytes">>();
    return chunk === null ? null : { count: chunk.count, bytes: bytesOf(chunk.bytes) };
  }
}

function chunksOf(length: number, size: number): number {
  return Math.max(1, Math.ceil(length / size));
}

/** In hexadecimal. Others have their turns meanwhile, and the bytes must not change. */
export async function sha256Of(bytes: Uint8Array): Promise<string> {
  const hash = createHash("sha256");
  for (let at = 0; at < bytes.length; at += CHUNK_BYTES) {
    hash.update(bytes.subarray(at, at + CHUNK_BYTES));
    if (at + CHUNK_BYTES < bytes.length) await setImmediate();
  }
  return hash.digest("hex");
}

/** What is read lean is BSON's own type, which holds the bytes as its `buffer`. */
function bytesOf(read: unknown): Uint8Array {
  if (read instanceof Uint8Array) return read;
  const buffer: unknown =
    typeof read === "object" && read !== null ? Reflect.get(read, "buffer") : null;
  if (buffer instanceof Uint8Array) return buffer;
  throw new ArtifactBroken("an artefact's chunk holds no bytes");
}

async function joined(parts: readonly Uint8Array[]): Promise<Uint8Array<ArrayBuffer>> {
  const whole = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    if (at > 0) await setImmediate();
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}
