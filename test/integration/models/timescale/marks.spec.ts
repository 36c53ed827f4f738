import type { Bar } from "../../../../domain/market/bar.ts";
import { replaceListings } from "../../../../models/listings.ts";
import { storeBars } from "../../../../models/timescale/bars.ts";
import { closesKnownAt } from "../../../../models/timescale/marks.ts";
import { withDatabase } from "../../../support/database.ts";

const KNOWN_MS = Date.UTC(2023, 0);
const DAY_MS = 86_400_000;

function dayBar(symbol: string, startMs: number, close: string): Bar {
  return {
    symbol,
    timeframe: "1d",
    startMs,
    open: close,
    high: close,
    low: close,
    close,
    volume: "1",
    source: "test",
  };
}

const database = withDatabase();

const known = (symbols: readonly string[], knownAtMs = KNOWN_MS) =>
  closesKnownAt(database.pool, symbols, knownAtMs);

describe("the last close of an instrument", () => {
  // The social network was FB until 2022-06-08 and is META since; before 2012-05-18, and from 2022-06-09 on, FB is another's.
  const [before, first, last, since] = [
    Date.UTC(2012, 4, 17),
    Date.UTC(2012, 4, 18),
    Date.UTC(2022, 5, 8),
    Date.UTC(2022, 5, 9),
  ];

  beforeAll(async () => {
    const { pool } = database;
    const listings = [
      { ticker: "FB", symbol: "META", fromDay: first / DAY_MS, untilDay: last / DAY_MS },
      { ticker: "META", symbol: "META", fromDay: since / DAY_MS, untilDay: null },
    ];
    await replaceListings(pool, "META", listings, KNOWN_MS);
    await storeBars(pool, [dayBar("FB", before, "15"), dayBar("ACME", last, "7")], KNOWN_MS);
  });

  it("is none where only another company was traded under its ticker", async () => {
    expect(await known(["META", "NOBODY"])).toEqual({ META: null, NOBODY: null });
  });

  it("is that under the ticker it had, and then under the one it has", async () => {
    const { pool } = database;
    await storeBars(pool, [dayBar("FB", last, "196.64"), dayBar("FB", since, "3")], KNOWN_MS);
    expect(await known(["META", "ACME", "META"])).toEqual({ META: "196.64", ACME: "7" });
    await storeBars(pool, [dayBar("META", since, "184")], KNOWN_MS + 1);
    expect(await known(["META"])).toEqual({ META: "196.64" });
    expect(await known(["META"], KNOWN_MS + 1)).toEqual({ META: "184" });
  });

  it("is by a ticker that of whoever has it at the instant, whatever it is called today", async () => {
    const { pool } = database;
    await storeBars(pool, [dayBar("FB", first, "38.23")], first + 1);
    expect(await known(["FB"], last)).toEqual({ FB: "38.23" });
    // From 2022-06-09 on it is nobody's who is listed: what was before is not asked.
    expect(await known(["FB"])).toEqual({ FB: "3" });
    expect(await known(["FB"], since + DAY_MS)).toEqual({ FB: null });
  });

  it("is what was known then of a bar that was revised", async () => {
    await storeBars(database.pool, [dayBar("META", since, "184.5")], KNOWN_MS + 2);
    expect(await known(["META"], KNOWN_MS + 1)).toEqual({ META: "184" });
    expect(await known(["META"], KNOWN_MS + 2)).toEqual({ META: "184.5" });
  });
});
