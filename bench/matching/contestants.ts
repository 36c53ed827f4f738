import * as hft from "hft-limit-order-book";
import * as nodejs from "nodejs-order-book";
import type { BookSink } from "../../domain/execution/engine/book-types.ts";
import { MatchingBook } from "../../domain/execution/engine/matching-book.ts";
import type { Side } from "../../domain/order/new-order.ts";
import { ADD, CANCEL, MARKET, REPLACE, type Stream, orderOf } from "./stream.ts";

/** What came of a stream: all contestants must agree on it. */
export interface Result {
  readonly fills: number;
  readonly tradedLots: number;
  readonly bestBid: number | null;
  readonly bestAsk: number | null;
}

/** A book of its own at each start. */
export interface Contestant {
  readonly name: string;
  start(stream: Stream): Player;
}

interface Player {
  /** Operations `from` to `to`, the latter not included. */
  play(from: number, to: number): void;
  result(): Result;
}

class Counter implements BookSink {
  fills = 0;
  tradedLots = 0;

  fill(_m: number, _t: number, _s: Side, _p: number, lots: number): void {
    this.fills++;
    this.tradedLots += lots;
  }

  canceled(): void {}

  decremented(): void {}
}

export const OURS: Contestant = {
  name: "quantumalpha",
  start({ kinds, ids, sides, prices, lots }) {
    const counter = new Counter();
    const book = new MatchingBook({ selfMatch: "none", cancellations: "conservative" }, counter);
    return {
      play(from, to) {
        for (let n = from; n < to; n++) {
          const id = ids[n] ?? 0;
          switch (kinds[n] ?? ADD) {
            case ADD:
              book.submit(orderOf(id, sides[n] ?? 0, prices[n] ?? 0, lots[n] ?? 0));
              break;
            case CANCEL:
              book.cancel(id);
              break;
            case REPLACE:
              book.replace(id, prices[n] ?? 0, lots[n] ?? 0);
              break;
            case MARKET:
              book.submit(orderOf(id, sides[n] ?? 0, null, lots[n] ?? 0));
              break;
          }
        }
      },
      result: () => {
        const { fills, tradedLots } = counter;
        const { bestBid, bestAsk } = book;
        return { fills, tradedLots, bestBid, bestAsk };
      },
    };
  },
};

/** What the two libraries have in common, and is used here. */
interface PeerBook {
  limit(order: { id: string; side: string; size: number; price: number }): PeerReport;
  market(order: { side: string; size: number }): PeerReport;
  modify(id: string, update: { price: number; size: number }): PeerReport;
  cancel(id: string): unknown;
  depth(): [asks: [number, number][], bids: [number, number][]];
}

interface PeerReport {
  readonly done: readonly { readonly id: string }[];
  readonly partial: { readonly id: string } | null;
  readonly quantityLeft: number;
  readonly err: Error | null;
}

// sound: their sides are enums whose values are the texts "buy" and "sell"
const PEERS: readonly (readonly [string, () => PeerBook])[] = [
  ["nodejs-order-book", () => new nodejs.OrderBook() as unknown as PeerBook],
  ["hft-limit-order-book", () => new hft.OrderBook() as unknown as PeerBook],
];

export const THEIRS: readonly Contestant[] = PEERS.map(([name, create]) => ({
  name,
  start: (stream) => startPeer(create(), stream),
}));

function startPeer(book: PeerBook, { kinds, ids, sides, prices, lots, highestId }: Stream): Player {
  // Their ids are texts: made before the clock runs.
  const names = Array.from({ length: highestId + 1 }, (_, id) => `o${id}`);
  let fills = 0;
  let tradedLots = 0;
  const count = (report: PeerReport, id: string, size: number) => {
    if (report.err !== null) throw report.err;
    tradedLots += size - report.quantityLeft;
    for (const order of report.done) if (order.id !== id) fills++;
    if (report.partial !== null && report.partial.id !== id) fills++;
  };
  return {
    play(from, to) {
      for (let n = from; n < to; n++) {
        const id = names[ids[n] ?? 0] ?? "";
        const side = sides[n] === 0 ? "buy" : "sell";
        const size = lots[n] ?? 0;
        switch (kinds[n] ?? ADD) {
          case ADD:
            count(book.limit({ id, side, size, price: prices[n] ?? 0 }), id, size);
            break;
          case CANCEL:
            book.cancel(id);
            break;
          case REPLACE:
            count(book.modify(id, { price: prices[n] ?? 0, size }), id, size);
            break;
          case MARKET:
            count(book.market({ side, size }), id, size);
            break;
        }
      }
    },
    result: () => {
      const [asks, bids] = book.depth();
      const [bestBid, bestAsk] = [bids[0]?.[0] ?? null, asks[0]?.[0] ?? null];
      return { fills, tradedLots, bestBid, bestAsk };
    },
  };
}
