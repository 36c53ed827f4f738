import { readFileSync } from "node:fs";
import { gunzipSync } from "node:zlib";
import type { BookChange, BookImage, RawLevel } from "../../domain/market/book/synced-book.ts";

interface RecordedTicker {
  readonly id: number;
  readonly bid: readonly [price: string, size: string];
  readonly ask: readonly [price: string, size: string];
}

export type BookFrame =
  | { readonly is: "image"; readonly image: BookImage }
  | { readonly is: "change"; readonly change: BookChange };

/** What one of Binance's recordings says of a book, in the order in which it came. */
export interface RecordedBook {
  readonly frames: readonly BookFrame[];
  /** the exchange's own best bids and asks, in the order of their ids */
  readonly tickers: readonly RecordedTicker[];
  /** of every kind, trades included */
  readonly frameCount: number;
  /** event time less time of arrival, ms: above 0 where the exchange's clock is ahead of ours */
  readonly aheadMs: readonly number[];
}

interface Raw {
  readonly lastUpdateId?: number;
  readonly bids?: readonly RawLevel[];
  readonly asks?: readonly RawLevel[];
  readonly data?: {
    readonly e?: string;
    readonly E: number;
    readonly U: number;
    readonly u: number;
    readonly pu?: number;
    readonly b: unknown;
    readonly B: string;
    readonly a: unknown;
    readonly A: string;
  };
}

/** Each line: the local time in ns, a space, and the frame as it came. */
export function readRecordedBook(path: string): RecordedBook {
  const lines = gunzipSync(readFileSync(path)).toString("utf8").split("\n").filter(Boolean);
  const frames: BookFrame[] = [];
  const tickers: RecordedTicker[] = [];
  const aheadMs: number[] = [];
  for (const line of lines) {
    const space = line.indexOf(" ");
    // sound: the exchange's documented frames
    const raw = JSON.parse(line.slice(space + 1)) as Raw;
    const image = imageOf(raw);
    if (image !== null) frames.push({ is: "image", image });
    else if (raw.data?.e === "depthUpdate") {
      frames.push({ is: "change", change: changeOf(raw.data) });
      aheadMs.push(raw.data.E - Number(line.slice(0, space - 6)));
    } else if (raw.data !== undefined && (raw.data.e ?? "bookTicker") === "bookTicker")
      tickers.push(tickerOf(raw.data));
  }
  tickers.sort((a, b) => a.id - b.id);
  return { frames, tickers, frameCount: lines.length, aheadMs };
}

function imageOf({ lastUpdateId, bids = [], asks = [] }: Raw): BookImage | null {
  if (lastUpdateId === undefined) return null;
  return { lastId: lastUpdateId, bids, asks, tsEventMs: 0, limit: 1_000 };
}

type Data = NonNullable<Raw["data"]>;

function changeOf({ U, u, pu, b, a, E }: Data): BookChange {
  return {
    firstId: U,
    lastId: u,
    previousId: pu ?? null,
    // sound: a depth frame has levels there
    bids: b as readonly RawLevel[],
    asks: a as readonly RawLevel[],
    tsEventMs: E,
  };
}

function tickerOf({ u, b, B, a, A }: Data): RecordedTicker {
  return { id: u, bid: [String(b), B], ask: [String(a), A] };
}
