import type { Instrument } from "../../../../domain/market/instrument.ts";
import {
  getInstrument,
  listInstruments,
  upsertInstrument,
} from "../../../../models/instruments.ts";
import { withDatabase } from "../../../support/database.ts";

const apple: Instrument = {
  symbol: "AAPL",
  name: "Apple Inc.",
  assetClass: "equity",
  venue: "XNAS",
  currency: "USD",
  tickSize: "0.01",
  lotSize: "1",
  multiplier: "1",
  shortable: true,
  calendar: "XNYS",
};
const others: Instrument[] = [
  { ...apple, symbol: "BTC-USD", name: "Bitcoin", assetClass: "crypto", calendar: "24x7" },
  { ...apple, symbol: "SPY", name: "SPDR S&P 500 100% ETF", assetClass: "etf" },
  { ...apple, symbol: "^GSPC", name: "S&P 500", assetClass: "index", shortable: false },
  { ...apple, symbol: "aapl_x", name: "lower case", assetClass: "equity" },
];

describe("instruments", () => {
  const database = withDatabase();
  const symbols = async (query: Omit<Parameters<typeof listInstruments>[1], "limit">) =>
    (await listInstruments(database.pool, { ...query, limit: 10 })).data.map(
      ({ symbol }) => symbol,
    );

  beforeAll(async () => {
    for (const instrument of [apple, ...others]) await upsertInstrument(database.pool, instrument);
  });

  it("come back as they were described, their decimals canonical", async () => {
    await upsertInstrument(database.pool, { ...apple, symbol: "TMP", tickSize: "0.0100" });
    expect(await getInstrument(database.pool, "TMP")).toEqual({ ...apple, symbol: "TMP" });
    await database.pool.query("DELETE FROM md.instrument WHERE symbol = 'TMP'");
  });

  it("are described anew under their symbol", async () => {
    const renamed = { ...apple, name: "Apple" };
    expect(await upsertInstrument(database.pool, renamed)).toBe(false);
    expect(await getInstrument(database.pool, "AAPL")).toEqual(renamed);
    expect(await upsertInstrument(database.pool, apple)).toBe(false);
  });

  it("that nobody described are null", async () => {
    expect(await getInstrument(database.pool, "MSFT")).toBeNull();
  });

  it("are listed in the byte order of their symbols, page by page", async () => {
    const first = await listInstruments(database.pool, { limit: 3 });
    expect(first.data.map(({ symbol }) => symbol)).toEqual(["AAPL", "BTC-USD", "SPY"]);
    expect(first.next).toBe("SPY");
    const second = await listInstruments(database.pool, { limit: 3, after: "SPY" });
    expect(second.data.map(({ symbol }) => symbol)).toEqual(["^GSPC", "aapl_x"]);
    expect(second.next).toBeNull();
  });

  it("have no next page when the page is exactly full", async () => {
    expect((await listInstruments(database.pool, { limit: 5 })).next).toBeNull();
  });

  it("are found by a part of symbol or name, upper and lower case alike", async () => {
    expect(await symbols({ search: "aap" })).toEqual(["AAPL", "aapl_x"]);
    expect(await symbols({ search: "s&p 500" })).toEqual(["SPY", "^GSPC"]);
    expect(await symbols({ search: "s&p 500", assetClass: "index" })).toEqual(["^GSPC"]);
    expect(await symbols({ assetClass: "future" })).toEqual([]);
  });

  it("are searched for the text itself: no wildcards, no SQL", async () => {
    expect(await symbols({ search: "%" })).toEqual(["SPY"]);
    expect(await symbols({ search: "_" })).toEqual(["aapl_x"]);
    expect(await symbols({ search: "' OR true --" })).toEqual([]);
  });

  it("without a positive tick size are refused", async () => {
    await expect(upsertInstrument(database.pool, { ...apple, tickSize: "0" })).rejects.toThrow(
      "check",
    );
  });
});
