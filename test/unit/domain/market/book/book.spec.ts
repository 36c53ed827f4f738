import { BookSide } from "../../../../../domain/market/book/book-side.ts";
import { FollowedBook } from "../../../../../domain/market/book/followed-book.ts";
import { canonical, compareTexts } from "../../../../../domain/market/book/level-text.ts";
import { SyncedBook } from "../../../../../domain/market/book/synced-book.ts";
import type {
  BookChange,
  BookImage,
  RawLevel,
} from "../../../../../domain/market/book/synced-book.ts";

const ONE_EACH: Pick<BookImage, "bids" | "asks"> = { bids: [["99", "1"]], asks: [["101", "1"]] };

function image(lastId: number, sides: Partial<BookImage> = {}): BookImage {
  return { lastId, ...ONE_EACH, tsEventMs: 0, limit: null, ...sides };
}

function change(
  firstId: number,
  lastId: number,
  previousId: number | null = null,
  bids: readonly RawLevel[] = [],
  asks: readonly RawLevel[] = [],
): BookChange {
  return { firstId, lastId, previousId, bids, asks, tsEventMs: lastId };
}

describe("the text of a level", () => {
  test.each([
    ["61837.63000000", "61837.63"],
    ["100", "100"],
    ["100.000", "100"],
    ["007.10", "7.1"],
    ["0.00000000", "0"],
    ["-0.0", "0"],
    ["-37.630", "-37.63"],
  ])("of %s is %s", (written, text) => expect(canonical(written)).toBe(text));

  test.each(["", "1e5", "NaN", "1.", ".5", "+1", " 1", "1,5", 5, null, "9".repeat(21)])(
    "%p is none",
    (written) => expect(canonical(written)).toBeNull(),
  );

  test("texts compare by value, where doubles would be equal too", () => {
    const rising = ["-10", "-9.5", "-0.1", "0", "0.1", "9", "10", "10.000000000000000001", "10.1"];
    expect(rising.toReversed().toSorted(compareTexts)).toEqual(rising);
  });
});

describe("a side of a book", () => {
  test("keeps prices apart that are one double", () => {
    const asks = new BookSide("asks");
    asks.set("10.000000000000000002", "2");
    asks.set("10.000000000000000001", "1");
    expect(asks.best).toMatchObject({ price: "10.000000000000000001", size: "1" });
    asks.set("10.000000000000000001", "0");
    expect(asks.best).toMatchObject({ price: "10.000000000000000002", size: "2" });
  });

  test("that was cut off takes nothing in from beyond its worst price", () => {
    const bids = new BookSide("bids");
    bids.set("10", "1");
    bids.set("9", "1");
    bids.cutOff();
    bids.set("8", "1");
    bids.set("9.5", "1");
    expect(bids.top(9).map(({ price }) => price)).toEqual(["10", "9.5", "9"]);
  });

  test("keeps a bounded number of levels and is cut off where it forgets", () => {
    const bids = new BookSide("bids");
    for (let price = 1; price <= 30_000; price += 1) bids.set(String(price), "1");
    expect(bids.size).toBeLessThanOrEqual(11_000);
    expect(bids.isCutOff).toBe(true);
    expect(bids.best?.price).toBe("30000");
  });
});

describe("Binance's rules of the spot market", () => {
  test("changes that came before the image and are in it are dropped; the first may straddle it", () => {
    const book = new SyncedBook("binance-spot");
    book.take(change(1, 5, null, [["98", "7"]]));
    book.take(change(6, 12, null, [["99", "2"]]));
    expect(book.start(image(10))).toEqual({ is: "applied" });
    expect(book.lastId).toBe(12);
    expect(book.top(9)?.bids).toEqual([{ price: "99", size: "2" }]);
    expect(book.take(change(13, 13)).is).toBe("applied");
  });

  test("an image older than what was kept is not enough, and the next one is", () => {
    const book = new SyncedBook("binance-spot");
    book.take(change(20, 25));
    expect(book.start(image(10))).toEqual({ is: "lost", loss: "BOOK_IMAGE_OLD" });
    expect(book.isLive).toBe(false);
    expect(book.start(image(22)).is).toBe("applied");
    expect(book.lastId).toBe(25);
  });

  test("a missing change takes the book away until there is another image", () => {
    const book = new SyncedBook("binance-spot");
    book.start(image(10));
    expect(book.take(change(12, 13))).toEqual({ is: "lost", loss: "BOOK_GAP" });
    expect([book.bestBid, book.bestAsk, book.top(5)]).toEqual([null, null, null]);
    expect(book.take(change(14, 15)).is).toBe("kept");
    expect(book.start(image(13)).is).toBe("applied");
    expect(book.lastId).toBe(15);
  });

  test("a repeated change is known", () => {
    const book = new SyncedBook("binance-spot");
    book.start(image(10));
    book.take(change(11, 12));
    expect(book.take(change(11, 12)).is).toBe("stale");
  });
});

describe("Binance's rules of futures", () => {
  test("the first change holds the image's id, each later one names the one before", () => {
    const book = new SyncedBook("binance-futures");
    book.start(image(10));
    expect(book.take(change(2, 9, 1)).is).toBe("stale");
    expect(book.take(change(8, 15, 5)).is).toBe("applied");
    expect(book.take(change(30, 40, 15)).is).toBe("applied");
    expect(book.take(change(30, 40, 15)).is).toBe("stale");
    expect(book.take(change(41, 50, 41))).toEqual({ is: "lost", loss: "BOOK_GAP" });
  });

  test("a change that begins after the image does not follow it", () => {
    const book = new SyncedBook("binance-futures");
    book.start(image(10));
    expect(book.take(change(11, 15, 9))).toEqual({ is: "lost", loss: "BOOK_GAP" });
  });
});

describe("rules of venues that count", () => {
  test("Bybit's image with number 1 begins anew, though its number is lower", () => {
    const book = new SyncedBook("consecutive");
    book.start(image(100));
    book.take(change(101, 101));
    expect(book.start(image(1, { bids: [["50", "1"]], asks: [["51", "1"]] })).is).toBe("applied");
    expect(book.bestBid).toMatchObject({ price: "50" });
    expect(book.take(change(2, 2)).is).toBe("applied");
  });
});

describe("a book that cannot be right is not shown", () => {
  test.each([
    ["crossed", [["101.5", "1"]], "BOOK_CROSSED"],
    ["locked", [["101", "1"]], "BOOK_CROSSED"],
    ["with a price that is none", [["NaN", "1"]], "BOOK_MALFORMED"],
    ["with a negative size", [["98", "-1"]], "BOOK_MALFORMED"],
  ] as const)("%s", (_name, bids, loss) => {
    const book = new SyncedBook("consecutive");
    book.start(image(1));
    expect(book.take(change(2, 2, null, bids))).toEqual({ is: "lost", loss });
    expect(book.bestBid).toBeNull();
  });

  test("nor one whose market has left what its image held", () => {
    const book = new SyncedBook("consecutive");
    book.start(image(1, { limit: 1 }));
    expect(book.isShallow).toBe(true);
    expect(book.take(change(2, 2, null, [["99", "0"]]))).toEqual({
      is: "lost",
      loss: "BOOK_SHALLOW",
    });
  });

  test("and what is kept for an image is bounded", () => {
    const book = new SyncedBook("consecutive");
    for (let id = 2; id < 2_000; id += 1) book.take(change(id, id));
    expect(book.start(image(1))).toEqual({ is: "lost", loss: "BOOK_IMAGE_OLD" });
  });
});

test("a book near the end of its image is shown until its successor has caught up", () => {
  const followed = new FollowedBook("binance-spot");
  followed.start(image(1, { limit: 1 }));
  followed.take(change(2, 2));
  expect(followed.wantsImage).toBe(true);
  expect(followed.shown.lastId).toBe(2);
  followed.take(change(3, 3, null, [["98", "5"]]));
  followed.take(change(4, 4));
  followed.start(
    image(3, {
      bids: [
        ["99", "1"],
        ["98", "5"],
      ],
    }),
  );
  expect(followed.wantsImage).toBe(false);
  expect(followed.shown.lastId).toBe(4);
  expect(followed.shown.top(5)?.bids).toHaveLength(2);
});
