import { setImmediate } from "node:timers/promises";
import type { Connection, Submittable } from "pg";

/** Of one chunk, unless a single row has more: some 800 bars. */
const CHUNK_BYTES = 65_536;
/**
 * A query that is given what COPY … TO STDOUT sends, in chunks that end between two rows. PostgreSQL sends each row as a message of its own:
 * to make a buffer of each leaves a million of them for the garbage collector, which holds up everybody. Between two chunks others have
 * their turn: whoever reads them is not ahead of the network for long, and a socket gives two megabytes in one go.
 */
export class CopyOut implements Submittable, AsyncIterable<Buffer> {
  readonly #text: string;
  readonly #waiting: Buffer[] = [];
  #chunk: Buffer = Buffer.allocUnsafeSlow(CHUNK_BYTES);
  /** one that has been read: a million bars would else leave hundreds for the garbage collector */
  #spare: Buffer | null = null;
  #length = 0;
  #connection: Connection | null = null;
  #wake: (() => void) | null = null;
  #end: { readonly error: Error | null } | null = null;

  constructor(text: string) {
    this.#text = text;
  }

  /** A chunk is good until the next is asked for. @throws what the database said */
  async *[Symbol.asyncIterator](): AsyncGenerator<Buffer, void, undefined> {
    for (;;) {
      const chunk = this.#waiting.shift();
      if (chunk !== undefined) {
        yield chunk;
        this.#spare = chunk;
      } else if (this.#end === null) await this.#more();
      else if (this.#end.error === null) return;
      else throw this.#end.error;
    }
  }

  async #more(): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#wake = resolve;
    await setImmediate();
    this.#connection?.stream.resume();
    await promise;
  }

  /* What `pg` calls. */

  submit(connection: Connection): void {
    this.#connection = connection;
    connection.query(this.#text);
  }

  /** The bytes are the connection's, which uses them again. */
  handleCopyData({ chunk }: { readonly chunk: Buffer }): void {
    if (this.#length + chunk.length > this.#chunk.length) this.#pass(chunk.length);
    this.#chunk.set(chunk, this.#length);
    this.#length += chunk.length;
  }

  handleCommandComplete(): void {
    this.#pass(0);
  }

  handleReadyForQuery(): void {
    this.#finish(null);
  }

  handleError(error: Error): void {
    this.#finish(error);
  }

  /** @param next bytes that must find room afterwards */
  #pass(next: number): void {
    if (this.#length > 0) {
      this.#waiting.push(this.#chunk.subarray(0, this.#length));
      this.#chunk = this.#emptyChunk();
      this.#length = 0;
    }
    if (next > this.#chunk.length) this.#chunk = Buffer.allocUnsafeSlow(next);
    this.#connection?.stream.pause();
    this.#wakeReader();
  }

  #emptyChunk(): Buffer {
    const spare = this.#spare;
    this.#spare = null;
    if (spare === null || spare.buffer.byteLength < CHUNK_BYTES)
      return Buffer.allocUnsafeSlow(CHUNK_BYTES);
    return Buffer.from(spare.buffer, 0, CHUNK_BYTES);
  }

  #finish(error: Error | null): void {
    // After an error the database says that it is ready, too.
    this.#end ??= { error };
    // Whoever has the connection next waits for its answers.
    this.#connection?.stream.resume();
    this.#wakeReader();
  }

  #wakeReader(): void {
    this.#wake?.();
    this.#wake = null;
  }
}
