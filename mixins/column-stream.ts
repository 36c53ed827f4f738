import { Readable } from "node:stream";
import type { Json } from "../domain/shared/json.ts";

/** Numbers that cross from node to node: a head in JSON, and columns of float64 in the byte order of all machines that Node runs on. */
export interface ColumnMessage {
  readonly head: Json;
  readonly columns: readonly Float64Array[];
}

/** Of one chunk: under what a message of NATS may have. */
const CHUNK_BYTES = 262_144;
const LENGTHS_BYTES = 4;

/** What streams that were made in this process carry. */
const carried = new WeakMap<Readable, ColumnMessage>();

/** As bytes, a piece at a time; the columns are not copied and must never change. */
export function toStream(message: ColumnMessage): Readable {
  const stream = Readable.from(chunksOf(message), { objectMode: false });
  carried.set(stream, message);
  return stream;
}

function* chunksOf({ head, columns }: ColumnMessage): Generator<Buffer, void, void> {
  const text = Buffer.from(JSON.stringify({ head, lengths: columns.map(({ length }) => length) }));
  const length = Buffer.alloc(LENGTHS_BYTES);
  length.writeUInt32LE(text.length);
  yield length;
  yield text;
  for (const { buffer, byteOffset, byteLength } of columns)
    for (let at = 0; at < byteLength; at += CHUNK_BYTES)
      yield Buffer.from(buffer, byteOffset + at, Math.min(CHUNK_BYTES, byteLength - at));
}

/**
 * What a stream carries. One that was made in this process gives the very columns that went into it, without a copy.
 * @throws Error when the stream breaks off, or is of something else
 */
export async function fromStream(stream: unknown): Promise<ColumnMessage> {
  if (!(stream instanceof Readable)) throw new Error("expected a stream of columns");
  const message = carried.get(stream);
  if (message !== undefined) {
    stream.destroy();
    return message;
  }
  const reader = new ColumnReader();
  for await (const chunk of stream) {
    // sound: byte streams give buffers
    reader.push(chunk as Buffer);
  }
  return reader.finish();
}

/** Puts bytes where they belong as they come: a matrix of many megabytes is never moved in one go. */
class ColumnReader {
  #start = Buffer.alloc(0);
  #message: ColumnMessage | null = null;
  /** of the columns together */
  #missing = 0;
  /** the column that is being filled, as bytes from its first empty one, and those after it */
  #parts: Uint8Array[] = [];

  push(chunk: Buffer): void {
    if (this.#message !== null) return this.#fill(chunk);
    this.#start = Buffer.concat([this.#start, chunk]);
    if (this.#start.length < LENGTHS_BYTES) return;
    const end = LENGTHS_BYTES + this.#start.readUInt32LE();
    if (this.#start.length < end) return;
    this.#message = messageOf(this.#start.toString("utf8", LENGTHS_BYTES, end));
    this.#parts = this.#message.columns.map(({ buffer }) => new Uint8Array(buffer));
    this.#missing = this.#parts.reduce((sum, { length }) => sum + length, 0);
    this.#fill(this.#start.subarray(end));
  }

  finish(): ColumnMessage {
    if (this.#message === null || this.#missing > 0)
      throw new Error("a stream of columns broke off");
    if (this.#missing < 0) throw new Error(`a stream of columns has ${-this.#missing} bytes more`);
    return this.#message;
  }

  #fill(chunk: Buffer): void {
    this.#missing -= chunk.length;
    let rest = chunk;
    for (let part = this.#parts[0]; part !== undefined && rest.length > 0; part = this.#parts[0]) {
      const taken = rest.subarray(0, part.length);
      part.set(taken);
      rest = rest.subarray(taken.length);
      if (taken.length === part.length) this.#parts.shift();
      else this.#parts[0] = part.subarray(taken.length);
    }
  }
}

function messageOf(text: string): ColumnMessage {
  // sound: what `toStream` wrote
  const { head, lengths } = JSON.parse(text) as {
    readonly head: Json;
    readonly lengths: readonly number[];
  };
  return { head, columns: lengths.map((length) => new Float64Array(length)) };
}
