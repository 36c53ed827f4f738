import { dayOfIso } from "../../../../domain/market/calendars/day-rules.ts";
import { holderOf, type Listing, overlapOf, tickerOn } from "../../../../domain/market/listing.ts";

const day = dayOfIso;
const listing = (
  ticker: string,
  symbol: string,
  from: string,
  until: string | null = null,
): Listing => ({
  ticker,
  symbol,
  fromDay: day(from),
  untilDay: until === null ? null : day(until),
});

const LISTINGS = [
  listing("QQQ", "QQQ", "1999-03-10", "2004-11-30"),
  listing("QQQQ", "QQQ", "2004-12-01", "2011-03-22"),
  listing("QQQ", "QQQ", "2011-03-23"),
  listing("FB", "FB", "2012-05-18"),
  listing("OLD", "OLD", "1998-01-02", "2005-06-30"),
  listing("WM", "WM.1", "1998-12-09", "2008-09-26"),
  listing("WM", "WM", "2009-08-05"),
];
const holder = (ticker: string, on: string | null = null) =>
  holderOf(
    ticker,
    LISTINGS.filter((one) => one.ticker === ticker),
    (symbol) => LISTINGS.filter((one) => one.symbol === symbol),
    on === null ? null : day(on),
  );
const tickersOf = (found: ReturnType<typeof holder>) => found?.spans.map(({ ticker }) => ticker);

describe("the holder of a ticker", () => {
  it("today is the instrument that has it, with the days of its former tickers", () => {
    expect(holder("QQQ")?.symbol).toBe("QQQ");
    expect(tickersOf(holder("QQQ"))).toEqual(["QQQ", "QQQQ", "QQQ"]);
  });

  it("on a former day is the instrument that had it then", () => {
    expect(holder("QQQQ", "2005-06-01")).toEqual(holder("QQQ"));
    expect(holder("WM", "2008-01-02")?.symbol).toBe("WM.1");
    expect(holder("WM")?.symbol).toBe("WM");
  });

  it("is nobody today where the ticker was given up and names no instrument", () => {
    expect(holder("QQQQ")).toBeNull();
  });

  it("is the instrument of that name where it was delisted", () => {
    expect(holder("OLD")).toEqual({
      symbol: "OLD",
      spans: [{ ticker: "OLD", fromDay: day("1998-01-02"), untilDay: day("2005-06-30") }],
    });
  });

  it("before the first listing is an unknown company, up to the day before it", () => {
    expect(holder("FB", "2005-01-03")).toEqual({
      symbol: null,
      spans: [{ ticker: "FB", fromDay: null, untilDay: day("2012-05-17") }],
    });
  });

  it("between two listings is an unknown company, on the days between them", () => {
    expect(holder("WM", "2009-01-02")).toEqual({
      symbol: null,
      spans: [{ ticker: "WM", fromDay: day("2008-09-27"), untilDay: day("2009-08-04") }],
    });
  });

  it("of what has no listing has every bar of that name", () => {
    expect(holder("SPX")).toEqual({
      symbol: "SPX",
      spans: [{ ticker: "SPX", fromDay: null, untilDay: null }],
    });
    expect(holder("SPX", "1950-01-03")).toEqual(holder("SPX"));
  });

  it("no day of a ticker belongs to two holders", () => {
    const shared: string[] = [];
    for (let on = day("1997-01-01"); on < day("2013-01-01"); on += 1) {
      const date = new Date(on * 86_400_000).toISOString().slice(0, 10);
      const found = holder("WM", date);
      const others = ["2008-01-02", "2009-01-02", "2010-01-04", "1998-01-02"]
        .map((other) => holder("WM", other))
        .filter((other) => JSON.stringify(other) !== JSON.stringify(found));
      const sharing = others.filter((other) =>
        other?.spans.some(
          ({ fromDay, untilDay }) => (fromDay ?? on) <= on && (untilDay ?? on) >= on,
        ),
      );
      if (sharing.length > 0) shared.push(date);
    }
    expect(shared).toEqual([]);
  });

  it("a series knows under which ticker it traded on a day", () => {
    const found = holder("QQQ");
    expect(found && tickerOn(found, day("2005-06-01"))).toBe("QQQQ");
    expect(found && tickerOn(found, day("1990-01-02"))).toBeNull();
  });
});

describe("listings overlap", () => {
  it("when one instrument has two tickers on a day, or two instruments one", () => {
    const fb = listing("FB", "FB", "2012-05-18", "2022-06-08");
    expect(overlapOf([fb, listing("META", "FB", "2022-06-09")])).toBeNull();
    expect(overlapOf([fb, listing("META", "FB", "2022-06-08")])).not.toBeNull();
    expect(overlapOf([fb, listing("FB", "X", "2022-01-01")])).not.toBeNull();
    expect(overlapOf([fb, listing("FB", "X", "2022-06-09")])).toBeNull();
  });
});
