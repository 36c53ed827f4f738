import type { ReceivedEvent } from "./event-message.ts";

/** Which version of each stream was the last one told, as far as memory goes: the longest untouched are forgotten first. */
export class Seen {
  readonly #last = new Map<string, { readonly version: number; readonly tx: bigint }>();
  readonly #capacity: number;
  #floorTx: bigint;

  /** @param floorTx events of older transactions count as told */
  constructor(capacity: number, floorTx: string) {
    this.#capacity = capacity;
    this.#floorTx = BigInt(floorTx);
  }

  /** Of unknown streams nothing older is new: it is from before the beginning, or forgotten. */
  get floorTx(): string {
    return String(this.#floorTx);
  }

  /** Null: it counts as told, although its stream is not known. */
  positionOf(streamId: string, { tx }: ReceivedEvent): number | null {
    const version = this.#last.get(streamId)?.version;
    if (version !== undefined) return version;
    return BigInt(tx) < this.#floorTx ? null : 0;
  }

  mark(streamId: string, version: number, tx: string): void {
    this.#last.delete(streamId);
    this.#last.set(streamId, { version, tx: BigInt(tx) });
    if (this.#last.size > this.#capacity) this.#forgetOne();
  }

  #forgetOne(): void {
    for (const [streamId, { tx }] of this.#last) {
      this.#last.delete(streamId);
      if (tx >= this.#floorTx) this.#floorTx = tx + 1n;
      return;
    }
  }
}
