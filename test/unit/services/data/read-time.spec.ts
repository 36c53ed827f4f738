import { readUtc, readZoned } from "../../../../services/data/feeds/read-time.ts";

const newYork = readZoned("America/New_York");
const shown = (read: ReturnType<typeof readUtc>) =>
  "ms" in read ? new Date(read.ms).toISOString() : read.refused.reason;

describe("timestamps in UTC", () => {
  it.each([
    ["2017-12-17T00:01:00Z", "2017-12-17T00:01:00.000Z"],
    ["2021-12-31 23:01:00.000000", "2021-12-31T23:01:00.000Z"],
    ["2013-01-01 22:00:00.295000+00:00", "2013-01-01T22:00:00.295Z"],
    ["2013-10-08T04:00:00.64", "2013-10-08T04:00:00.640Z"],
    ["2013-10-08T04:00:00.640999", "2013-10-08T04:00:00.640Z"],
  ])("%s is %s", (text, iso) => {
    expect(shown(readUtc(text))).toBe(iso);
  });

  it.each([
    "",
    "yesterday",
    "2013-02-30T00:00:00",
    "2013-13-01T00:00:00",
    "2013-01-01T24:00:00",
    "2013-01-01T23:60:00",
    "2013-01-01T10:00:00+02:00",
    "2013-01-01",
    "20130101 100000",
  ])("%j is no time", (text) => {
    expect(shown(readUtc(text))).toBe("TIME_UNREADABLE");
  });
});

describe("New York time", () => {
  it.each([
    ["2013-10-08T09:30:00", "2013-10-08T13:30:00.000Z"],
    ["2014-01-06T09:30:00", "2014-01-06T14:30:00.000Z"],
    ["2014-03-09T01:59:59.999", "2014-03-09T06:59:59.999Z"],
    ["2014-03-09T03:00:00", "2014-03-09T07:00:00.000Z"],
    ["2013-11-03T00:59:59", "2013-11-03T04:59:59.000Z"],
    ["2013-11-03T02:00:00", "2013-11-03T07:00:00.000Z"],
    // Before 2007 summer time began in April.
    ["2006-03-20T09:30:00", "2006-03-20T14:30:00.000Z"],
  ])("%s is %s", (text, iso) => {
    expect(shown(newYork(text))).toBe(iso);
  });

  it("has an hour that does not exist and one that is there twice: both are refused", () => {
    expect(shown(newYork("2014-03-09T02:30:00"))).toBe("TIME_SKIPPED");
    expect(shown(newYork("2013-11-03T01:30:00"))).toBe("TIME_AMBIGUOUS");
    expect(shown(newYork("noon"))).toBe("TIME_UNREADABLE");
  });

  it("agrees with the platform for every hour of two years", () => {
    const format = new Intl.DateTimeFormat("sv-SE", {
      timeZone: "America/New_York",
      dateStyle: "short",
      timeStyle: "medium",
    });
    const from = Date.parse("2013-01-01T05:00:00Z");
    const hours = Array.from({ length: 2 * 365 * 24 }, (_, hour) => from + hour * 3_600_000);
    const wrong = hours.filter((utcMs) => {
      const read = newYork(format.format(utcMs));
      return "ms" in read ? read.ms !== utcMs : read.refused.reason !== "TIME_AMBIGUOUS";
    });
    expect(wrong).toEqual([]);
  });
});

it("London's winter is plain GMT", () => {
  expect(shown(readZoned("Europe/London")("2013-12-01T12:00:00"))).toBe("2013-12-01T12:00:00.000Z");
  expect(shown(readZoned("Asia/Kolkata")("2013-12-01T12:00:00"))).toBe("2013-12-01T06:30:00.000Z");
});
