import { readFileSync } from "node:fs";
import { join } from "node:path";
import {
  addSettlementDays,
  CALENDAR_NAMES,
  findCalendar,
  FX,
  isBusinessDay,
  sessionAt,
  sessionOfDate,
} from "../../../../../domain/market/calendars/calendars.ts";
import { dayOfIso, easterSunday } from "../../../../../domain/market/calendars/day-rules.ts";
import { XLON } from "../../../../../domain/market/calendars/xlon.ts";
import { XNYS } from "../../../../../domain/market/calendars/xnys.ts";
import type { TradingCalendar } from "../../../../../domain/market/calendars/trading-calendar.ts";

const DAY_MS = 86_400_000;
const iso = (day: number) => new Date(day * DAY_MS).toISOString().slice(0, 10);
const closedDays = (calendar: TradingCalendar, from: string, to: string) => {
  const closed: string[] = [];
  for (let day = dayOfIso(from); day <= dayOfIso(to); day += 1) {
    const weekday = new Date(day * DAY_MS).getUTCDay();
    if (weekday > 0 && weekday < 6 && !isBusinessDay(calendar, day)) closed.push(iso(day));
  }
  return closed;
};
const halfDays = (calendar: TradingCalendar, from: string, to: string) => {
  const half: string[] = [];
  for (let day = dayOfIso(from); day <= dayOfIso(to); day += 1)
    if (sessionOfDate(calendar, day)?.isHalfDay === true) half.push(iso(day));
  return half;
};
const hours = (calendar: TradingCalendar, isoDate: string) => {
  const session = sessionOfDate(calendar, dayOfIso(isoDate));
  return session && [session.openMs, session.closeMs].map((ms) => new Date(ms).toISOString());
};

describe("XNYS", () => {
  it("traded on the dates of the S&P 500's daily bars, 2000 to 2020, and on no others", () => {
    const file = join(require.resolve("vega-datasets"), "..", "..", "data", "sp500-2000.csv");
    const lines = readFileSync(file, "utf8").trim().split("\n").slice(1);
    const traded = lines.map((line) => line.slice(0, 10));
    const sessions: string[] = [];
    for (let day = dayOfIso("2000-01-03"); day <= dayOfIso("2020-04-17"); day += 1)
      if (isBusinessDay(XNYS, day)) sessions.push(iso(day));
    expect(sessions).toEqual(traded);
  });

  // NYSE Group, "2026, 2027 and 2028 Holiday and Early Closings Calendar", 2025-12-23
  it("is closed on the exchange's list of 2026 to 2028", () => {
    expect(closedDays(XNYS, "2026-01-01", "2028-12-31")).toEqual([
      "2026-01-01",
      "2026-01-19",
      "2026-02-16",
      "2026-04-03",
      "2026-05-25",
      "2026-06-19",
      "2026-07-03",
      "2026-09-07",
      "2026-11-26",
      "2026-12-25",
      "2027-01-01",
      "2027-01-18",
      "2027-02-15",
      "2027-03-26",
      "2027-05-31",
      "2027-06-18",
      "2027-07-05",
      "2027-09-06",
      "2027-11-25",
      "2027-12-24",
      "2028-01-17",
      "2028-02-21",
      "2028-04-14",
      "2028-05-29",
      "2028-06-19",
      "2028-07-04",
      "2028-09-04",
      "2028-11-23",
      "2028-12-25",
    ]);
  });

  it("was closed when nobody had planned it", () => {
    for (const day of [
      "1994-04-27",
      "2001-09-11",
      "2001-09-14",
      "2004-06-11",
      "2007-01-02",
      "2012-10-29",
      "2012-10-30",
      "2018-12-05",
      "2025-01-09",
    ])
      expect([day, isBusinessDay(XNYS, dayOfIso(day))]).toEqual([day, false]);
  });

  it("keeps Juneteenth from 2022 and Martin Luther King Day from 1998", () => {
    expect(isBusinessDay(XNYS, dayOfIso("2021-06-18"))).toBe(true);
    expect(isBusinessDay(XNYS, dayOfIso("2022-06-20"))).toBe(false);
    expect(isBusinessDay(XNYS, dayOfIso("1997-01-20"))).toBe(true);
    expect(isBusinessDay(XNYS, dayOfIso("1998-01-19"))).toBe(false);
  });

  it("closes early when the exchange says so", () => {
    // NYSE's lists of early closings, 2011 to 2016 and 2025 to 2028
    expect(halfDays(XNYS, "2011-01-01", "2016-12-31")).toEqual([
      "2011-11-25",
      "2012-07-03",
      "2012-11-23",
      "2012-12-24",
      "2013-07-03",
      "2013-11-29",
      "2013-12-24",
      "2014-07-03",
      "2014-11-28",
      "2014-12-24",
      "2015-11-27",
      "2015-12-24",
      "2016-11-25",
    ]);
    expect(halfDays(XNYS, "2025-01-01", "2028-12-31")).toEqual([
      "2025-07-03",
      "2025-11-28",
      "2025-12-24",
      "2026-11-27",
      "2026-12-24",
      "2027-11-26",
      "2028-07-03",
      "2028-11-24",
    ]);
    expect(halfDays(XNYS, "1996-01-01", "1999-12-31")).toEqual([
      "1996-07-05",
      "1996-11-29",
      "1996-12-24",
      "1997-07-03",
      "1997-11-28",
      "1997-12-24",
      "1997-12-26",
      "1998-11-27",
      "1998-12-24",
      "1999-11-26",
      "1999-12-31",
    ]);
  });

  it("trades from 9:30 to 16:00, to 13:00 on half days and to 14:00 on those before 1993", () => {
    expect(hours(XNYS, "2024-01-16")).toEqual([
      "2024-01-16T14:30:00.000Z",
      "2024-01-16T21:00:00.000Z",
    ]);
    expect(hours(XNYS, "2024-07-02")?.[0]).toBe("2024-07-02T13:30:00.000Z");
    expect(hours(XNYS, "2024-07-03")?.[1]).toBe("2024-07-03T17:00:00.000Z");
    expect(hours(XNYS, "1992-12-24")?.[1]).toBe("1992-12-24T19:00:00.000Z");
    expect(hours(XNYS, "2024-07-04")).toBeNull();
  });

  it("settles while the banks work, whether the exchange trades or not", () => {
    const isSettlementDay = (day: string) => XNYS.isSettlementDay(dayOfIso(day));
    expect(isSettlementDay("2024-10-14")).toBe(false);
    expect(isSettlementDay("2024-11-11")).toBe(false);
    expect(isSettlementDay("2023-11-10")).toBe(true);
    expect(isSettlementDay("2018-11-12")).toBe(false);
    expect(isSettlementDay("2018-12-05")).toBe(true);
    expect(isBusinessDay(XNYS, dayOfIso("2024-10-14"))).toBe(true);
    expect(iso(addSettlementDays(XNYS, dayOfIso("2024-10-11"), 1))).toBe("2024-10-15");
  });
});

describe("XLON", () => {
  // London Stock Exchange, "Business days": 2020 to 2023
  it("was closed on the bank holidays, those moved and proclaimed included", () => {
    expect(closedDays(XLON, "2020-01-01", "2023-12-31")).toEqual([
      "2020-01-01",
      "2020-04-10",
      "2020-04-13",
      "2020-05-08",
      "2020-05-25",
      "2020-08-31",
      "2020-12-25",
      "2020-12-28",
      "2021-01-01",
      "2021-04-02",
      "2021-04-05",
      "2021-05-03",
      "2021-05-31",
      "2021-08-30",
      "2021-12-27",
      "2021-12-28",
      "2022-01-03",
      "2022-04-15",
      "2022-04-18",
      "2022-05-02",
      "2022-06-02",
      "2022-06-03",
      "2022-08-29",
      "2022-09-19",
      "2022-12-26",
      "2022-12-27",
      "2023-01-02",
      "2023-04-07",
      "2023-04-10",
      "2023-05-01",
      "2023-05-08",
      "2023-05-29",
      "2023-08-28",
      "2023-12-25",
      "2023-12-26",
    ]);
  });

  it("ends at 12:30 on the last days before Christmas and the New Year", () => {
    expect(halfDays(XLON, "2021-01-01", "2024-12-31")).toEqual([
      "2021-12-24",
      "2021-12-31",
      "2022-12-23",
      "2022-12-30",
      "2023-12-22",
      "2023-12-29",
      "2024-12-24",
      "2024-12-31",
    ]);
    expect(hours(XLON, "2024-12-24")).toEqual([
      "2024-12-24T08:00:00.000Z",
      "2024-12-24T12:30:00.000Z",
    ]);
    expect(hours(XLON, "2024-07-01")).toEqual([
      "2024-07-01T07:00:00.000Z",
      "2024-07-01T15:30:00.000Z",
    ]);
  });
});

describe("FX", () => {
  const at = (isoTime: string) => sessionAt(FX, Date.parse(isoTime));

  it("opens on Sunday and closes on Friday at 17:00 New York time", () => {
    expect(at("2024-06-02T20:59:59.999Z")).toBeNull();
    expect(iso(at("2024-06-02T21:00:00Z")?.date ?? 0)).toBe("2024-06-03");
    expect(iso(at("2024-06-07T20:59:59.999Z")?.date ?? 0)).toBe("2024-06-07");
    expect(at("2024-06-07T21:00:00Z")).toBeNull();
    expect(iso(at("2024-01-08T21:59:59.999Z")?.date ?? 0)).toBe("2024-01-08");
    expect(iso(at("2024-01-08T22:00:00Z")?.date ?? 0)).toBe("2024-01-09");
  });
});

describe("a calendar", () => {
  it("that is not known is none", () => {
    expect(findCalendar("XTKS")).toBeNull();
    expect(findCalendar("toString")).toBeNull();
    expect(CALENDAR_NAMES.map((name) => findCalendar(name)?.name)).toEqual(CALENDAR_NAMES);
  });

  it("knows Easter", () => {
    // US Naval Observatory, "The Date of Easter"
    const known = ["1990-04-15", "2000-04-23", "2008-03-23", "2011-04-24", "2024-03-31"];
    expect([1990, 2000, 2008, 2011, 2024].map((year) => iso(easterSunday(year)))).toEqual(known);
    expect(iso(easterSunday(2038))).toBe("2038-04-25");
  });
});
