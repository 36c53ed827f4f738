import { MatchingBook } from "../../../../../domain/execution/engine/matching-book.ts";
import { toLots, toTicks } from "../../../../../domain/execution/engine/units.ts";
import type { Side } from "../../../../../domain/order/new-order.ts";
import {
  type RecordedFrame,
  type RecordedLevel,
  readBinanceRecording,
} from "../../../../support/binance-recording.ts";
import { describeWith, sharedFile } from "../../../services/data/shared-data.ts";
import { type BookEvent, Recorder, limit, openBook } from "./given.ts";

const FILE = "orderbook/binance_spot_btcusdt_20240808_ws.jsonl.gz";
// Orders go by 0.00001, but some displayed sizes are older than that lot: one is 25.426189.
const GRID = { tickSize: "0.01", lotSize: "0.00000001" };
/** 0.2 */
const LOTS = 20_000_000;

function ticks(price: string): number {
  const found = toTicks(price, GRID);
  if (typeof found === "string") throw new Error(`${price}: ${found}`);
  return found;
}

function lotsOf(quantity: string): number {
  const found = toLots(quantity, GRID);
  if (typeof found === "string") throw new Error(`${quantity}: ${found}`);
  return found;
}

function level([price, quantity]: RecordedLevel): readonly [number, number] {
  return [ticks(price), lotsOf(quantity)];
}

type Step =
  | {
      readonly is: "trade";
      readonly price: number;
      readonly lots: number;
      readonly aggressor: Side;
    }
  | {
      readonly is: "snapshot" | "update";
      readonly bids: readonly (readonly [number, number])[];
      readonly asks: readonly (readonly [number, number])[];
    };

/**
 * From the exchange's own snapshot on. Binance's rule for a local book: updates that came before it are held back, and
 * those that are in it are left out.
 */
function stepsOf(frames: readonly RecordedFrame[]): readonly Step[] {
  const start = frames.find((frame) => frame.is === "snapshot");
  if (start === undefined) throw new Error("expected a snapshot, found none");
  const at = frames.indexOf(start);
  const held = frames.slice(0, at).filter((frame) => frame.is === "update");
  return [start, ...held, ...frames.slice(at + 1)].flatMap((frame): Step[] => {
    if (frame.is === "trade") {
      const { is, price, quantity, aggressor } = frame;
      return [{ is, price: ticks(price), lots: lotsOf(quantity), aggressor }];
    }
    if (frame.is === "update" && frame.lastId <= start.lastId) return [];
    return [{ is: frame.is, bids: frame.bids.map(level), asks: frame.asks.map(level) }];
  });
}

function take(book: MatchingBook, step: Step): void {
  if (step.is === "trade") return book.marketTrade(step.price, step.lots, step.aggressor);
  if (step.is === "snapshot") return book.setMarket(step.bids, step.asks);
  for (const [price, lots] of step.bids) book.setMarketLevel("buy", price, lots);
  for (const [price, lots] of step.asks) book.setMarketLevel("sell", price, lots);
}

/** The feed's book, as a map of each side. */
function displayed(steps: readonly Step[]) {
  const [bids, asks] = [new Map<number, number>(), new Map<number, number>()];
  const set = (side: Map<number, number>, [price, lots]: readonly [number, number]) =>
    lots === 0 ? side.delete(price) : side.set(price, lots);
  for (const step of steps) {
    if (step.is === "trade") continue;
    for (const bid of step.bids) set(bids, bid);
    for (const ask of step.asks) set(asks, ask);
  }
  return { bids, asks };
}

/** Where an order stands before and after each step, and what it was filled with there. */
interface Watched {
  readonly step: Step;
  readonly price: number;
  readonly before: number;
  readonly after: number | null;
  readonly filled: number;
}

/** Always one bid that joins the best price; when it is gone, or the touch has left it behind, another one. */
function follow(steps: readonly Step[], cancellations: "conservative" | "proportional") {
  const { book, events } = openBook({ cancellations });
  const watched: Watched[] = [];
  let id = 0;
  for (const step of steps) {
    const { bestBid } = book;
    const price = book.order(id)?.price;
    if (bestBid !== null && (price === undefined || price < bestBid)) {
      book.cancel(id);
      book.submit(limit(++id, "buy", bestBid, LOTS, { isPostOnly: true }));
    }
    const [at, before] = [book.order(id)?.price, book.queueAhead(id)];
    const from = events.length;
    take(book, step);
    if (at === undefined || before === null) continue;
    const filled = sumOf(events.slice(from));
    watched.push({ step, price: at, before, after: book.queueAhead(id), filled });
  }
  return { watched, orders: id, fills: events.length, filledLots: sumOf(events), book };
}

function sumOf(events: readonly BookEvent[]): number {
  return events.reduce((sum, event) => sum + (event[0] === "fill" ? event[5] : 0), 0);
}

function isThrough({ step, price }: Watched): boolean {
  if (step.is === "trade") return step.aggressor === "sell" && step.price < price;
  return step.asks.some(([ask, lots]) => lots > 0 && ask <= price);
}

describeWith([FILE], "a recorded market: six minutes of Binance's BTCUSDT", () => {
  let steps: readonly Step[] = [];

  beforeAll(() => {
    steps = stepsOf(readBinanceRecording(sharedFile(FILE)));
  });

  it("is displayed level by level as the feed tells it, though sides change one after the other", () => {
    const { book, events } = openBook();
    const frames = steps.filter((step) => step.is !== "trade");
    for (const frame of frames) take(book, frame);
    const { bids, asks } = displayed(frames);
    expect(frames.length).toBeGreaterThan(3_000);
    const seen = (side: Side) => book.depth(side, 100_000).map((l) => [l.price, l.outsideLots]);
    expect(seen("buy")).toEqual([...bids].toSorted(([a], [b]) => b - a));
    expect(seen("sell")).toEqual([...asks].toSorted(([a], [b]) => a - b));
    expect(events).toEqual([]);
  });

  describe.each(["conservative", "proportional"] as const)("with %s cancellations", (model) => {
    let run: ReturnType<typeof follow>;

    beforeAll(() => {
      run = follow(steps, model);
    });

    it("an order at the touch is filled many times, so that the following means something", () => {
      expect(run.orders).toBeGreaterThan(100);
      expect(run.fills).toBeGreaterThan(100);
    });

    it("is never filled while others are ahead of it, unless the market trades through", () => {
      const early = run.watched.filter(
        (w) => w.filled > 0 && w.after !== null && w.after > 0 && !isThrough(w),
      );
      expect(early).toEqual([]);
    });

    it("a print at its price fills it with what is left after those ahead; another step without going through, never", () => {
      const wrong = run.watched.filter((w) => {
        if (isThrough(w)) return false;
        const { step, price, before, filled } = w;
        const isHit = step.is === "trade" && step.aggressor === "sell" && step.price === price;
        return filled > (isHit ? Math.max(0, step.lots - before) : 0);
      });
      expect(wrong).toEqual([]);
    });

    it("those ahead never become more, nor a print fill more than it printed", () => {
      const wrong = run.watched.filter(
        ({ step, before, after, filled }) =>
          (after !== null && after > before) || (step.is === "trade" && filled > step.lots),
      );
      expect(wrong).toEqual([]);
    });

    it("the book at the end is restored whole from its snapshot", () => {
      const snapshot = run.book.snapshot();
      expect(MatchingBook.restore(snapshot, new Recorder()).snapshot()).toEqual(snapshot);
    });
  });

  it("the same order waits no longer when cancellations are proportional", () => {
    const [conservative, proportional] = (["conservative", "proportional"] as const).map(
      (model) => {
        const { book, events } = openBook({ cancellations: model });
        const [first, ...rest] = steps;
        if (first !== undefined) take(book, first);
        book.submit(limit(1, "buy", book.bestBid ?? 0, LOTS));
        return rest.map((step) => {
          take(book, step);
          return sumOf(events);
        });
      },
    );
    const later = proportional?.filter((filled, n) => filled < (conservative?.[n] ?? 0));
    expect(later).toEqual([]);
  });
});
