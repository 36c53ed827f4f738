import { refused } from "./errors.ts";

/** What mongoose needs of a cursor: one document after the other, while they are read. */
export class DocumentCursor {
  readonly #open: () => AsyncGenerator<unknown, void, undefined>;
  #reading: AsyncGenerator<unknown, void, undefined> | null = null;
  #peeked: { readonly document: unknown } | null = null;
  #isClosed = false;

  constructor(open: () => AsyncGenerator<unknown, void, undefined>) {
    this.#open = open;
  }

  get closed(): boolean {
    return this.#isClosed;
  }

  /** @returns null at the end */
  async next(): Promise<unknown> {
    if (this.#peeked !== null) {
      const { document } = this.#peeked;
      this.#peeked = null;
      return document;
    }
    if (this.#isClosed) return null;
    this.#reading ??= this.#open();
    const { value, done } = await this.#reading.next();
    if (done !== true) return value;
    await this.close();
    return null;
  }

  async hasNext(): Promise<boolean> {
    this.#peeked ??= { document: await this.next() };
    if (this.#peeked.document !== null) return true;
    this.#peeked = null;
    return false;
  }

  async toArray(): Promise<unknown[]> {
    const documents: unknown[] = [];
    for await (const document of this) documents.push(document);
    return documents;
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<unknown, void, undefined> {
    for (;;) {
      const document = await this.next();
      if (document === null) return;
      yield document;
    }
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    await this.#reading?.return();
  }

  rewind(): void {
    this.#reading = null;
    this.#peeked = null;
    this.#isClosed = false;
  }

  addCursorFlag(flag: string, value: boolean): this {
    if (value && flag !== "noCursorTimeout") throw refused(`the cursor flag ${flag}`);
    return this;
  }

  explain(): never {
    throw refused("explain");
  }
}
