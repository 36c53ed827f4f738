import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import * as fc from "fast-check";
import { BookSide } from "../../../../../domain/market/book/book-side.ts";
import type { BookRule } from "../../../../../domain/market/book/continuity.ts";
import { FollowedBook } from "../../../../../domain/market/book/followed-book.ts";
import { canonical, compareTexts } from "../../../../../domain/market/book/level-text.ts";
import { SyncedBook } from "../../../../../domain/market/book/synced-book.ts";
import type { BookImage, RawLevel } from "../../../../../domain/market/book/synced-book.ts";
import { readRecordedBook } from "../../../../support/recorded-books.ts";
import type { BookFrame, RecordedBook } from "../../../../support/recorded-books.ts";
import { describeWith, sharedFile } from "../../../services/data/shared-data.ts";

const SPOT_BTC = "orderbook/binance_spot_btcusdt_20240808_ws.jsonl.gz";
const SPOT_ETH = "orderbook/binance_spot_ethusdt_20240808_ws.jsonl.gz";
const FUTURES = "orderbook/binance_usdm_futures_btcusdt_20240808_ws.jsonl.gz";
const BYBIT = "orderbook/bybit_xrpusdt_ob500_20241201.zip";
const DEPTH = [
  "orderbook/binance_btcusdt_depth_snap.csv",
  "orderbook/binance_btcusdt_depth_update.csv",
];
const TARDIS = "orderbook/tardis_binance-futures_book_snapshot_25_BTCUSDT.csv";

/** Without its end: all that the image and the changes since have told. */
function wholeBook(rule: BookRule): FollowedBook {
  return new FollowedBook(rule);
}

function endless(frame: BookFrame): BookFrame {
  return frame.is === "image" ? { is: "image", image: { ...frame.image, limit: null } } : frame;
}

function feed(book: FollowedBook, frame: BookFrame): string {
  const outcome = frame.is === "image" ? book.start(frame.image) : book.take(frame.change);
  return outcome.is === "lost" ? outcome.loss : outcome.is;
}

/**
 * Best bid and ask, prices and sizes, after each applied frame with last id u, against the newest of the exchange's own best
 * bids and asks with an id ≤ u: it tells each change of them, so that one stands until the next.
 */
function compare({ frames, tickers }: RecordedBook, rule: BookRule) {
  const book = wholeBook(rule);
  const counts = { compared: 0, equal: 0, lost: 0, levels: 0 };
  let at = 0;
  for (const frame of frames.map(endless)) {
    const outcome = feed(book, frame);
    if (outcome.startsWith("BOOK")) counts.lost += 1;
    if (outcome !== "applied") continue;
    const { shown } = book;
    while (at < tickers.length && (tickers[at]?.id ?? 0) <= shown.lastId) at += 1;
    const ticker = tickers[at - 1];
    if (ticker === undefined) continue;
    counts.compared += 1;
    const told = [...ticker.bid, ...ticker.ask].map(canonical);
    const { bestBid, bestAsk } = shown;
    const ours = [bestBid?.price, bestBid?.size, bestAsk?.price, bestAsk?.size];
    if (told.every((text, index) => text === ours[index])) counts.equal += 1;
  }
  return counts;
}

describe.each([
  [SPOT_BTC, "binance-spot", 41_249, 3_449],
  [SPOT_ETH, "binance-spot", 33_618, 3_433],
  [FUTURES, "binance-futures", 93_954, 6_546],
] as const)("%s", (file, rule, frameCount, comparable) => {
  describeWith([file], "a recording of Binance", () => {
    const recorded = readRecordedBook(sharedFile(file));

    test("is rebuilt without a gap, and equals the exchange's own best bid and ask at every comparable id", () => {
      expect(recorded.frameCount).toBe(frameCount);
      const { compared, equal, lost } = compare(recorded, rule);
      expect({ compared, equal, lost }).toEqual({
        compared: comparable,
        equal: comparable,
        lost: 0,
      });
    });

    test("is of an exchange whose clock is a second ahead, which is nothing to a book", () => {
      expect(Math.min(...recorded.aheadMs)).toBeGreaterThan(0);
      expect(Math.max(...recorded.aheadMs)).toBeLessThan(5_000);
    });

    test("dropped, repeated and reordered frames are noticed: no wrong book is ever shown", () => {
      for (const seed of [1, 2]) {
        const told = playWithFaults(recorded, rule, seed);
        expect(told.wrong).toBe(0);
        expect(told.faults).toBeGreaterThan(50);
        expect(told.losses).toBeGreaterThan(10);
        expect(told.shown).toBeGreaterThan(recorded.frames.length / 2);
        expect(told.isLiveAtLast).toBe(true);
      }
    });
  });
});

/**
 * The server's own book goes through every frame; the line loses, repeats and swaps some, and the image that is asked for
 * arrives three frames later. What is shown is held against the server's book of the same id, five levels deep.
 */
function playWithFaults({ frames }: RecordedBook, rule: BookRule, seed: number) {
  const server = wholeBook(rule);
  const truth = new Map<number, string>();
  const follower = new FollowedBook(rule);
  const random = seeded(seed);
  const told = { wrong: 0, shown: 0, faults: 0, losses: 0, isLiveAtLast: false };
  let due: { at: number; image: BookImage } | null = null;
  let held: BookFrame | null = null;
  const changes = frames.map(endless);
  for (const [at, frame] of changes.entries()) {
    feed(server, frame);
    if (server.shown.isLive) truth.set(server.shown.lastId, topOf(server.shown));
    if (frame.is === "image") continue;
    const isQuiet = at > changes.length - 100;
    const chance = isQuiet ? 1 : random();
    const toGive: BookFrame[] = [];
    if (chance < 0.01) told.faults += 1;
    else if (chance < 0.02) toGive.push(frame, frame);
    else if (chance < 0.03 && held === null) {
      held = frame;
      continue;
    } else toGive.push(frame);
    if (held !== null) {
      toGive.push(held);
      held = null;
      told.faults += 1;
    }
    for (const given of toGive) {
      if (feed(follower, given).startsWith("BOOK")) told.losses += 1;
      judge();
    }
    if (due !== null && due.at <= at) {
      follower.start(due.image);
      due = null;
      judge();
    }
    if (due === null && follower.wantsImage && server.shown.isLive)
      due = { at: at + 3, image: imageOf(server.shown) };
  }
  told.isLiveAtLast = follower.shown.isLive;
  return told;

  function judge(): void {
    if (!follower.shown.isLive) return;
    const expected = truth.get(follower.shown.lastId);
    told.shown += 1;
    if (expected !== topOf(follower.shown)) told.wrong += 1;
  }
}

function topOf(book: SyncedBook): string {
  return JSON.stringify(book.top(5));
}

function imageOf(book: SyncedBook): BookImage {
  const { bids = [], asks = [] } = book.top(1_000) ?? {};
  const raw = (levels: typeof bids): readonly RawLevel[] =>
    levels.map(({ price, size }) => [price, size]);
  return { lastId: book.lastId, bids: raw(bids), asks: raw(asks), tsEventMs: 0, limit: 1_000 };
}

/** Mulberry32. */
function seeded(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

describeWith([BYBIT], "Bybit's level 500", () => {
  interface Bybit {
    readonly type: "snapshot" | "delta";
    readonly cts: number;
    readonly data: { readonly b: RawLevel[]; readonly a: RawLevel[]; readonly u: number };
  }

  test("is followed through all 50 frames, with 500 levels a side after each", () => {
    const lines = unzip(sharedFile(BYBIT)).split("\n").filter(Boolean);
    const book = new SyncedBook("consecutive");
    for (const line of lines) {
      // sound: Bybit's documented frames
      const { type, cts, data } = JSON.parse(line) as Bybit;
      const sides = { bids: data.b, asks: data.a, tsEventMs: cts };
      const outcome =
        type === "snapshot"
          ? book.start({ lastId: data.u, ...sides, limit: null })
          : book.take({ firstId: data.u, lastId: data.u, previousId: null, ...sides });
      expect(outcome).toEqual({ is: "applied" });
      expect(book.top(1_000)?.bids).toHaveLength(500);
      expect(book.top(1_000)?.asks).toHaveLength(500);
    }
    expect(lines).toHaveLength(50);
  });
});

describeWith(DEPTH, "a snapshot and an update as rows", () => {
  test("an update of a later day is not taken for the snapshot's next", () => {
    const [snapshot = [], update = []] = DEPTH.map((file) => csv(sharedFile(file)));
    const book = new SyncedBook("binance-futures");
    const side = (rows: typeof snapshot, name: string): readonly RawLevel[] =>
      rows.filter((row) => row["side"] === name).map((row) => [row["price"], row["qty"]]);
    const [first] = snapshot;
    const [next] = update;
    const image = { bids: side(snapshot, "b"), asks: side(snapshot, "a") };
    const started = book.start({
      lastId: Number(first?.["last_update_id"]),
      ...image,
      tsEventMs: Number(first?.["timestamp"]),
      limit: null,
    });
    expect(started).toEqual({ is: "applied" });
    expect(book.top(1_000)?.bids.length).toBe(image.bids.length);
    const taken = book.take({
      firstId: Number(next?.["first_update_id"]),
      lastId: Number(next?.["last_update_id"]),
      previousId: Number(next?.["pu"]),
      bids: side(update, "b"),
      asks: side(update, "a"),
      tsEventMs: Number(next?.["timestamp"]),
    });
    expect(taken).toEqual({ is: "lost", loss: "BOOK_GAP" });
  });
});

describeWith([TARDIS], "snapshots of 25 levels", () => {
  test("each is taken as a whole and shown as it was written", () => {
    const book = new SyncedBook("consecutive");
    const rows = csv(sharedFile(TARDIS));
    for (const [index, row] of rows.entries()) {
      const side = (name: string): readonly RawLevel[] =>
        Array.from({ length: 25 }, (_, level) => [
          row[`${name}[${String(level)}].price`],
          row[`${name}[${String(level)}].amount`],
        ]);
      const [bids, asks] = [side("bids"), side("asks")];
      const tsEventMs = Math.floor(Number(row["timestamp"]) / 1_000);
      book.start({ lastId: index, bids, asks, tsEventMs, limit: null });
      const shown = book.top(25);
      expect(shown?.bids.map(({ price, size }) => [price, size])).toEqual(texts(bids));
      expect(shown?.asks.map(({ price, size }) => [price, size])).toEqual(texts(asks));
    }
    expect(rows).toHaveLength(10);
  });
});

function texts(levels: readonly RawLevel[]) {
  return levels.map(([price, size]) => [canonical(price), canonical(size)]);
}

function csv(path: string): readonly Readonly<Record<string, string>>[] {
  const [header = "", ...lines] = readFileSync(path, "utf8").trim().split("\n");
  const names = header.split(",");
  return lines.map((line) =>
    Object.fromEntries(line.split(",").map((cell, index) => [names[index] ?? "", cell])),
  );
}

function unzip(path: string): string {
  // Packed with Deflate64, which zlib does not have.
  return spawnSync("unzip", ["-p", path], { encoding: "utf8" }).stdout;
}

test("any changes leave a side as a sorted map of them would be", () => {
  const level = fc.tuple(fc.integer({ min: -30, max: 30 }), fc.integer({ min: 0, max: 3 }));
  fc.assert(
    fc.property(fc.array(level, { maxLength: 300 }), fc.boolean(), (changes, isBid) => {
      const side = new BookSide(isBid ? "bids" : "asks");
      const model = new Map<string, string>();
      for (const [tenths, size] of changes) {
        const price = canonical((tenths / 10).toFixed(1)) ?? "";
        side.set(price, String(size));
        if (size === 0) model.delete(price);
        else model.set(price, String(size));
      }
      const sorted = [...model].toSorted(([a], [b]) => compareTexts(a, b) * (isBid ? -1 : 1));
      expect(side.top(1_000).map(({ price, size }) => [price, size])).toEqual(sorted);
    }),
  );
});
