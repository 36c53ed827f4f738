import type { BookRule } from "./continuity.ts";
import { SyncedBook } from "./synced-book.ts";
import type { BookChange, BookImage, BookOutcome } from "./synced-book.ts";

/**
 * A venue's book as it goes on: when the one that is shown nears the end of its image, its successor is built beside it from a
 * new image, and takes its place once it has caught up. Whoever feeds it gets an image whenever one is wanted.
 */
export class FollowedBook {
  readonly #rule: BookRule;
  #shown: SyncedBook;
  #next: SyncedBook | null = null;

  constructor(rule: BookRule) {
    this.#rule = rule;
    this.#shown = new SyncedBook(rule);
  }

  get shown(): SyncedBook {
    return this.#shown;
  }

  get wantsImage(): boolean {
    return !this.#shown.isLive || this.#next !== null;
  }

  /** The line was lost: whatever comes next follows nothing that was there before. */
  reset(): void {
    this.#shown.reset();
    this.#next = null;
  }

  take(change: BookChange): BookOutcome {
    const outcome = this.#shown.take(change);
    this.#next?.take(change);
    if (outcome.is === "lost" && this.#next !== null) this.#promote(this.#next);
    else if (this.#shown.isShallow) this.#next ??= new SyncedBook(this.#rule);
    return outcome;
  }

  start(image: BookImage): BookOutcome {
    if (this.#next === null) return this.#shown.start(image);
    const outcome = this.#next.start(image);
    const hasCaughtUp = this.#next.isLive && this.#next.lastId >= this.#shown.lastId;
    if (hasCaughtUp || !this.#shown.isLive) this.#promote(this.#next);
    return outcome;
  }

  #promote(next: SyncedBook): void {
    this.#shown = next;
    this.#next = null;
  }
}
