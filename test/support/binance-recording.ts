import { readFileSync } from "node:fs";
import { gunzipSync } from "node:zlib";

/** Price and quantity as the exchange writes them. */
export type RecordedLevel = readonly [price: string, quantity: string];

/** What a recording of Binance's streams says of the book; the rest of it (bookTicker) is left out. */
export type RecordedFrame =
  | RecordedSnapshot
  | {
      readonly is: "update";
      readonly firstId: number;
      readonly lastId: number;
      readonly bids: readonly RecordedLevel[];
      readonly asks: readonly RecordedLevel[];
    }
  | {
      readonly is: "trade";
      readonly price: string;
      readonly quantity: string;
      readonly aggressor: "buy" | "sell";
    };

export interface RecordedSnapshot {
  readonly is: "snapshot";
  readonly lastId: number;
  readonly bids: readonly RecordedLevel[];
  readonly asks: readonly RecordedLevel[];
}

interface RawFrame {
  readonly lastUpdateId?: number;
  readonly bids?: readonly RecordedLevel[];
  readonly asks?: readonly RecordedLevel[];
  readonly data?: {
    readonly e?: string;
    readonly U: number;
    readonly u: number;
    readonly b: readonly RecordedLevel[];
    readonly a: readonly RecordedLevel[];
    readonly p: string;
    readonly q: string;
    readonly m: boolean;
  };
}

/** One gzipped line a frame: the local time in ns, a space, and the frame as it came. Read in place, in order of arrival. */
export function readBinanceRecording(path: string): readonly RecordedFrame[] {
  const lines = gunzipSync(readFileSync(path)).toString("utf8").split("\n");
  return lines.flatMap((line) => {
    const json = line.slice(line.indexOf(" ") + 1);
    // sound: the exchange's documented frames; a field that is absent fails the test that reads it
    return json === "" ? [] : framesOf(JSON.parse(json) as RawFrame);
  });
}

function framesOf({ lastUpdateId, bids = [], asks = [], data }: RawFrame): RecordedFrame[] {
  if (lastUpdateId !== undefined) return [{ is: "snapshot", lastId: lastUpdateId, bids, asks }];
  switch (data?.e) {
    case "depthUpdate":
      return [{ is: "update", firstId: data.U, lastId: data.u, bids: data.b, asks: data.a }];
    case "trade":
      // m: the buyer was the maker
      return [{ is: "trade", price: data.p, quantity: data.q, aggressor: data.m ? "sell" : "buy" }];
    case undefined:
    case "bookTicker":
      return [];
  }
  throw new Error(`expected a frame of the book, found ${data?.e}`);
}
