import {
  settlementDate,
  tradeDateAt,
  tradeDateOfBar,
} from "../../../../domain/execution/settlement.ts";
import { dayOfIso } from "../../../../domain/market/calendars/day-rules.ts";

type AssetClass = Parameters<typeof settlementDate>[0]["assetClass"];

const settles = (assetClass: AssetClass, traded: string, calendar?: string) =>
  settlementDate({ assetClass, calendar }, dayOfIso(traded));

describe("settlement of US shares", () => {
  it.each([
    ["T+5 before 1995-06-07", "1995-06-01", "1995-06-08"],
    ["T+3 before September 2017", "2017-08-28", "2017-08-31"],
    ["T+3 over a weekend", "2017-08-17", "2017-08-22"],
    ["T+3 over Labor Day", "2017-09-01", "2017-09-07"],
    ["T+2 from 2017-09-05", "2017-09-05", "2017-09-07"],
    ["T+2 before Memorial Day", "2024-05-22", "2024-05-24"],
    ["T+1 from 2024-05-28", "2024-05-28", "2024-05-29"],
    ["T+1 over a weekend", "2024-05-31", "2024-06-03"],
  ])("is %s", (_name, traded, expected) => {
    expect(settles("equity", traded)).toBe(expected);
    expect(settles("etf", traded, "XNYS")).toBe(expected);
    expect(settles("index", traded, "XNYS")).toBe(expected);
  });

  // SEC, "New T+1 Settlement Cycle", investor bulletin of 2024-03-27
  it("of the last day of T+2 and the first of T+1 is on one date", () => {
    expect(settles("equity", "2024-05-24")).toBe("2024-05-29");
    expect(settles("equity", "2024-05-28")).toBe("2024-05-29");
  });

  // NASD Notices to Members 92-54, 95-77, 99-83 and 99-94: the tables of trade and settlement dates
  it.each([
    ["1992-11-03", "1992-11-10"],
    ["1992-11-04", "1992-11-12"],
    ["1992-11-10", "1992-11-18"],
    ["1992-11-11", "1992-11-18"],
    ["1992-11-18", "1992-11-25"],
    ["1992-11-19", "1992-11-27"],
    ["1995-10-03", "1995-10-06"],
    ["1995-10-04", "1995-10-10"],
    ["1995-10-06", "1995-10-12"],
    ["1995-10-09", "1995-10-12"],
    ["1995-10-10", "1995-10-13"],
    ["1999-10-05", "1999-10-08"],
    ["1999-10-06", "1999-10-12"],
    ["1999-10-11", "1999-10-14"],
    ["1999-12-20", "1999-12-23"],
    ["1999-12-21", "1999-12-27"],
    ["1999-12-27", "1999-12-30"],
  ])("of %s was on %s", (traded, expected) => {
    expect(settles("equity", traded)).toBe(expected);
  });

  // NASD Member Alert of 2004-06-09: the exchanges close, the depository settles.
  it("goes on while the exchange mourns", () => {
    expect(settles("equity", "2004-06-08")).toBe("2004-06-11");
    expect(settles("equity", "2018-12-03")).toBe("2018-12-05");
  });

  it("does not depend on a calendar that is not of an exchange", () => {
    expect(settles("equity", "2024-05-31", "24x7")).toBe("2024-06-03");
    expect(settles("equity", "2024-05-31", "XXXX")).toBe("2024-06-03");
  });
});

describe("settlement of others", () => {
  it.each([
    ["crypto", "2024-06-01", "2024-06-01"],
    ["fx", "2024-05-30", "2024-06-03"],
    ["future", "2024-05-30", "2024-05-31"],
    ["commodity", "2024-05-31", "2024-06-03"],
  ] as const)("of %s has a cycle of its own", (assetClass, traded, expected) => {
    expect(settles(assetClass, traded)).toBe(expected);
  });

  it("of London shares counts London's days", () => {
    // 2024-05-27 is the Spring Bank Holiday there, too; 2024-08-26 is a holiday in London alone.
    expect(settles("equity", "2024-08-22", "XLON")).toBe("2024-08-27");
    expect(settles("equity", "2024-08-22", "XNYS")).toBe("2024-08-23");
    expect(settles("equity", "2014-10-03", "XLON")).toBe("2014-10-08");
    expect(settles("equity", "2027-10-11", "XLON")).toBe("2027-10-12");
  });
});

describe("the date of a trade", () => {
  const on = (isoDate: string) => dayOfIso(isoDate);

  it("is the exchange's, not that of UTC", () => {
    const evening = Date.parse("2024-05-29T01:00:00Z");
    expect(tradeDateAt({ assetClass: "equity" }, evening)).toBe(on("2024-05-28"));
    expect(tradeDateAt({ assetClass: "crypto" }, evening)).toBe(on("2024-05-29"));
    expect(tradeDateAt({ assetClass: "equity", calendar: "XLON" }, evening)).toBe(on("2024-05-29"));
  });

  it("of spot fx is the next from 17:00 New York on", () => {
    const before = Date.parse("2024-05-28T20:59:59.999Z");
    expect(tradeDateAt({ assetClass: "fx" }, before)).toBe(on("2024-05-28"));
    expect(tradeDateAt({ assetClass: "fx" }, before + 1)).toBe(on("2024-05-29"));
  });

  it("of a daily bar is the date that it is stamped with, of a shorter one the exchange's", () => {
    const startMs = Date.parse("2024-05-28T00:00:00Z");
    const terms = { assetClass: "equity", calendar: "XNYS" } as const;
    const day = { startMs, endMs: startMs + 86_400_000 };
    expect(tradeDateOfBar(terms, day)).toBe(on("2024-05-28"));
    expect(tradeDateOfBar(terms, { startMs, endMs: startMs + 60_000 })).toBe(on("2024-05-27"));
  });
});
