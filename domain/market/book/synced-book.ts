import type { BookLevel } from "../displayed-book.ts";
import { BookSide } from "./book-side.ts";
import { type BookRule, type ChangeIds, follows } from "./continuity.ts";
import { canonical, compareTexts } from "./level-text.ts";

/** Price and size as the venue wrote them; size `0` takes the level away. */
export type RawLevel = readonly [price: unknown, size: unknown, ...rest: readonly unknown[]];

export interface BookChange extends ChangeIds {
  readonly bids: readonly RawLevel[];
  readonly asks: readonly RawLevel[];
  /** at the venue, epoch ms */
  readonly tsEventMs: number;
}

/** A whole book at one update. */
export interface BookImage {
  readonly lastId: number;
  readonly bids: readonly RawLevel[];
  readonly asks: readonly RawLevel[];
  readonly tsEventMs: number;
  /** levels a side that were asked for: a side with fewer is whole; null: both are, however many there are */
  readonly limit: number | null;
}

/** Why a book is not shown any more and a new image is needed. Closed list, in docs/ERRORS.md. */
export const BOOK_LOSSES = [
  /** a change is missing */
  "BOOK_GAP",
  /** the best bid reaches the best ask */
  "BOOK_CROSSED",
  /** a price or size that is none */
  "BOOK_MALFORMED",
  /** the market has moved beyond what the last image held */
  "BOOK_SHALLOW",
  /** the image is older than the changes that were kept for it */
  "BOOK_IMAGE_OLD",
] as const;
export type BookLoss = (typeof BOOK_LOSSES)[number];

export type BookOutcome =
  | { readonly is: "applied" }
  /** it was known already */
  | { readonly is: "stale" }
  /** kept until there is an image */
  | { readonly is: "kept" }
  | { readonly is: "lost"; readonly loss: BookLoss };

const APPLIED: BookOutcome = { is: "applied" };
const STALE: BookOutcome = { is: "stale" };
const KEPT: BookOutcome = { is: "kept" };

/** Changes kept while an image is on its way: half a minute of a busy venue. */
const KEPT_MAX = 500;
/** A cut-off side with fewer levels is near its horizon: time for another image. */
const SHALLOW = 50;

/**
 * A book built from an image and the changes that follow it. It is shown only while every change since the image has been
 * applied in its order; otherwise it waits for another image, and keeps what comes meanwhile.
 */
export class SyncedBook {
  readonly #rule: BookRule;
  readonly #bids = new BookSide("bids");
  readonly #asks = new BookSide("asks");
  #kept: BookChange[] = [];
  #id = 0;
  #isImage = false;
  #isLive = false;
  #tsEventMs = 0;

  constructor(rule: BookRule) {
    this.#rule = rule;
  }

  /** Whether it shows what the venue showed at update `lastId`. */
  get isLive(): boolean {
    return this.#isLive;
  }

  get lastId(): number {
    return this.#id;
  }

  get tsEventMs(): number {
    return this.#tsEventMs;
  }

  /** Whether it nears the end of what its image held: true still, but a new image is due. */
  get isShallow(): boolean {
    return this.#isLive && (isNearEnd(this.#bids) || isNearEnd(this.#asks));
  }

  /** null while it is not live, as are the other looks at it */
  get bestBid(): BookLevel | null {
    return this.#isLive ? this.#bids.best : null;
  }

  get bestAsk(): BookLevel | null {
    return this.#isLive ? this.#asks.best : null;
  }

  top(
    count: number,
  ): { readonly bids: readonly BookLevel[]; readonly asks: readonly BookLevel[] } | null {
    return this.#isLive ? { bids: this.#bids.top(count), asks: this.#asks.top(count) } : null;
  }

  /** Begins anew: nothing is known until the next image. */
  reset(): void {
    this.#isLive = false;
    this.#kept = [];
    this.#bids.clear();
    this.#asks.clear();
  }

  /** Takes an image, and the changes kept for it. One that is not newer than a live book changes nothing. */
  start(image: BookImage): BookOutcome {
    const isOlder = this.#isLive && image.lastId <= this.#id;
    if (isOlder && this.#rule !== "consecutive") return STALE;
    const kept = this.#kept;
    this.reset();
    if (!this.#fill(image)) return this.#lose("BOOK_MALFORMED");
    this.#isLive = true;
    const outcome = this.#checked(APPLIED);
    return outcome.is === "applied" ? this.#applyKept(kept) : outcome;
  }

  take(change: BookChange): BookOutcome {
    if (!this.#isLive) return this.#keep(change);
    const place = { id: this.#id, isImage: this.#isImage };
    switch (follows(this.#rule, place, change)) {
      case "stale":
        return STALE;
      case "gap":
        this.#lose("BOOK_GAP");
        this.#keep(change);
        return { is: "lost", loss: "BOOK_GAP" };
      case "next":
        return this.#apply(change);
    }
  }

  #keep(change: BookChange): BookOutcome {
    if (this.#kept.length >= KEPT_MAX) this.#kept.shift();
    this.#kept.push(change);
    return KEPT;
  }

  #fill(image: BookImage): boolean {
    const isWhole = ({ length }: readonly RawLevel[]): boolean =>
      image.limit === null || length < image.limit;
    const isRead = setAll(this.#bids, image.bids) && setAll(this.#asks, image.asks);
    if (!isWhole(image.bids)) this.#bids.cutOff();
    if (!isWhole(image.asks)) this.#asks.cutOff();
    this.#id = image.lastId;
    this.#isImage = true;
    this.#tsEventMs = image.tsEventMs;
    return isRead;
  }

  #applyKept(kept: readonly BookChange[]): BookOutcome {
    for (const [index, change] of kept.entries()) {
      const outcome = this.take(change);
      if (outcome.is !== "lost") continue;
      if (outcome.loss !== "BOOK_GAP") return outcome;
      // What was kept begins after the image: the next image will be newer.
      this.#kept = kept.slice(index);
      return { is: "lost", loss: this.#isImage ? "BOOK_IMAGE_OLD" : "BOOK_GAP" };
    }
    return APPLIED;
  }

  #apply(change: BookChange): BookOutcome {
    const isRead = setAll(this.#bids, change.bids) && setAll(this.#asks, change.asks);
    if (!isRead) return this.#lose("BOOK_MALFORMED");
    this.#id = change.lastId;
    this.#isImage = false;
    this.#tsEventMs = Math.max(this.#tsEventMs, change.tsEventMs);
    return this.#checked(APPLIED);
  }

  #checked(outcome: BookOutcome): BookOutcome {
    const bid = this.#bids.best;
    const ask = this.#asks.best;
    if (bid !== null && ask !== null && compareTexts(bid.price, ask.price) >= 0)
      return this.#lose("BOOK_CROSSED");
    return isAtEnd(this.#bids) || isAtEnd(this.#asks) ? this.#lose("BOOK_SHALLOW") : outcome;
  }

  #lose(loss: BookLoss): BookOutcome {
    this.#isLive = false;
    this.#kept = [];
    return { is: "lost", loss };
  }
}

function isNearEnd(side: BookSide): boolean {
  return side.isCutOff && side.size < SHALLOW;
}

function isAtEnd(side: BookSide): boolean {
  return side.isCutOff && side.size === 0;
}

/** @returns false at the first level that cannot be read */
function setAll(side: BookSide, levels: readonly RawLevel[]): boolean {
  for (const [price, size] of levels) {
    const key = canonical(price);
    const left = canonical(size);
    if (key === null || left === null || left.startsWith("-")) return false;
    side.set(key, left);
  }
  return true;
}
