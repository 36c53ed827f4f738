import { FollowedBook } from "../../../domain/market/book/followed-book.ts";
import type { BookRule } from "../../../domain/market/book/continuity.ts";
import type { BookSnapshot } from "../../../domain/market/book/snapshot.ts";
import type {
  BookChange,
  BookImage,
  BookOutcome,
} from "../../../domain/market/book/synced-book.ts";
import type { Clock, Timer } from "../../../mixins/clock.ts";

/** Levels a side that are handed on. */
const TOP = 100;
const PAUSE_MIN_MS = 250;
const PAUSE_MAX_MS = 30_000;

interface BookTools {
  readonly clock: Clock;
  readonly random: () => number;
  readonly warn: (fields: object, message: string) => void;
}

interface StreamBookOptions {
  readonly symbol: string;
  readonly source: string;
  readonly rule: BookRule;
  readonly tools: BookTools;
  /** Asks the vendor for an image; null: images come by themselves. */
  readonly fetchImage: ((signal: AbortSignal) => Promise<BookImage>) | null;
  readonly onBook: (book: BookSnapshot) => void;
}

/** Follows the book of one symbol over one connection, and fetches an image whenever it wants one. */
export class StreamBook {
  readonly #options: StreamBookOptions;
  readonly #followed: FollowedBook;
  readonly #abort = new AbortController();
  #isFetching = false;
  #pause: Timer | null = null;
  #failures = 0;

  constructor(options: StreamBookOptions) {
    this.#options = options;
    this.#followed = new FollowedBook(options.rule);
  }

  take(change: BookChange): void {
    this.#heed(this.#followed.take(change));
  }

  start(image: BookImage): void {
    this.#heed(this.#followed.start(image));
  }

  end(): void {
    this.#abort.abort();
    this.#pause?.cancel();
  }

  #heed(outcome: BookOutcome): void {
    const { tools, symbol, source } = this.#options;
    if (outcome.is === "lost")
      tools.warn({ source, symbol, loss: outcome.loss }, "a book is out of step with its venue");
    if (outcome.is === "applied") this.#tell();
    if (this.#followed.wantsImage) this.#want();
  }

  #tell(): void {
    const { shown } = this.#followed;
    const top = shown.top(TOP);
    if (top === null) return;
    const { symbol, source, tools, onBook } = this.#options;
    onBook({
      symbol,
      ...top,
      tsEventMs: shown.tsEventMs,
      tsInitMs: tools.clock.now(),
      sequence: String(shown.lastId),
      source,
    });
  }

  #want(): void {
    const { fetchImage } = this.#options;
    if (fetchImage === null || this.#isFetching || this.#pause !== null) return;
    if (this.#abort.signal.aborted) return;
    this.#isFetching = true;
    void this.#fetch(fetchImage);
  }

  async #fetch(fetchImage: (signal: AbortSignal) => Promise<BookImage>): Promise<void> {
    const { tools, symbol, source } = this.#options;
    const { signal } = this.#abort;
    try {
      const image = await fetchImage(signal);
      this.#isFetching = false;
      if (signal.aborted) return;
      const outcome = this.#followed.start(image);
      if (outcome.is === "applied") this.#failures = 0;
      // The pause is set first, so that a book that wants an image again does not ask at once.
      if (this.#followed.wantsImage) this.#wait();
      this.#heed(outcome);
    } catch (err) {
      this.#isFetching = false;
      if (signal.aborted) return;
      tools.warn({ source, symbol, err }, "a book's image could not be fetched");
      this.#wait();
    }
  }

  #wait(): void {
    const { clock, random } = this.#options.tools;
    const fullMs = Math.min(PAUSE_MAX_MS, PAUSE_MIN_MS * 2 ** Math.min(this.#failures, 10));
    this.#failures += 1;
    this.#pause = clock.setTimer(fullMs * (0.5 + random() / 2), () => {
      this.#pause = null;
      if (this.#followed.wantsImage) this.#want();
    });
  }
}
