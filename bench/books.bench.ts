import { SyncedBook } from "../domain/market/book/synced-book.ts";
import type { BookChange, BookImage, RawLevel } from "../domain/market/book/synced-book.ts";
import type { BenchReport } from "./run.ts";
import { round } from "./support.ts";

const LEVELS = 5_000;
const CHANGES_PER_FRAME = 20;
const ROUNDS = 4;

/** Mulberry32: the same market in every run. */
function seeded(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

const priceText = (cents: number): string => (cents / 100).toFixed(2);

interface Market {
  readonly image: BookImage;
  readonly changes: readonly BookChange[];
}

/** A book of thousands of levels whose changes lie mostly near its middle, as those of real books do. */
function market(frames: number): Market {
  const random = seeded(7);
  const middle = 3_000_000;
  const side = (sign: 1 | -1): RawLevel[] =>
    Array.from({ length: LEVELS }, (_, at) => [priceText(middle + sign * (at + 1)), "1.5"]);
  const changes = Array.from({ length: frames }, (_, at) => {
    const levels = (sign: 1 | -1): RawLevel[] =>
      Array.from({ length: CHANGES_PER_FRAME / 2 }, () => {
        const away = Math.floor(random() ** 4 * LEVELS) + 1;
        const isGone = random() < 0.3 && away > 1;
        return [priceText(middle + sign * away), isGone ? "0.000" : (random() * 5).toFixed(3)];
      });
    const id = at + 2;
    return {
      firstId: id,
      lastId: id,
      previousId: null,
      bids: levels(-1),
      asks: levels(1),
      tsEventMs: at,
    };
  });
  const image = { lastId: 1, bids: side(-1), asks: side(1), tsEventMs: 0, limit: null };
  return { image, changes };
}

/** Ours: checked for continuity, exact, in order, and asked for its best after each frame. */
function follow({ image, changes }: Market): { readonly ms: number; readonly best: string } {
  const book = new SyncedBook("consecutive");
  book.start(image);
  let best = "";
  const startMs = performance.now();
  for (const change of changes) {
    const outcome = book.take(change);
    if (outcome.is !== "applied") throw new Error(`expected a change, found ${outcome.is}`);
    best = book.top(1)?.bids[0]?.price ?? "";
  }
  return { ms: performance.now() - startMs, best };
}

/** The least that any book has to do: keep each level under its price, in no order and unchecked. */
function keep({ image, changes }: Market): { readonly ms: number; readonly best: string } {
  const bids = new Map<unknown, unknown>(image.bids.map(([price, size]) => [price, size]));
  const asks = new Map<unknown, unknown>(image.asks.map(([price, size]) => [price, size]));
  const startMs = performance.now();
  for (const change of changes) {
    for (const [price, size] of change.bids) put(bids, price, size);
    for (const [price, size] of change.asks) put(asks, price, size);
  }
  const ms = performance.now() - startMs;
  const best = [...bids.keys()].reduce<number>((most, price) => Math.max(most, Number(price)), 0);
  return { ms, best: best.toFixed(2) };
}

function put(side: Map<unknown, unknown>, price: unknown, size: unknown): void {
  if (size === "0.000") side.delete(price);
  else side.set(price, size);
}

export async function run({ isQuick }: { readonly isQuick: boolean }): Promise<BenchReport> {
  const frames = isQuick ? 5_000 : 50_000;
  const made = market(frames);
  const levels = frames * CHANGES_PER_FRAME;
  const best = { ours: Infinity, reference: Infinity };
  for (let at = 0; at < ROUNDS; at += 1) {
    const [ours, reference] = [follow(made), keep(made)];
    if (Number(ours.best) !== Number(reference.best))
      throw new Error(`best bid: expected ${reference.best}, found ${ours.best}`);
    best.ours = Math.min(best.ours, ours.ms);
    best.reference = Math.min(best.reference, reference.ms);
  }
  const perSecond = (ms: number): number => Math.round((levels / ms) * 1_000);
  const [ours, reference] = [perSecond(best.ours), perSecond(best.reference)];
  console.log(
    `${levels} changed levels, books of ${LEVELS} a side: ${ours}/s, unordered map ${reference}/s`,
  );
  return Promise.resolve({
    name: "books",
    figures: { levelsASide: LEVELS, changedLevelsPerSecond: ours, target: 300_000 },
    reference: { what: "a map of levels, unordered and unchecked", perSecond: reference },
    ratio: round(ours / reference),
  });
}
