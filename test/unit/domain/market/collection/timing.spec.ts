import { nextTime } from "../../../../../domain/market/collection/timing.ts";
import type { Schedule, Timing } from "../../../../../domain/market/collection/timing.ts";
import { zoneOffsets } from "../../../../../services/data/feeds/read-time.ts";

const SET_AT_MS = Date.UTC(2024, 0, 1);

function after(timing: Timing, time: string, setAtMs = SET_AT_MS): string {
  const schedule: Schedule = { timing, setAtMs };
  return new Date(nextTime(schedule, Date.parse(time), zoneOffsets)).toISOString();
}

function following(timing: Timing, time: string, count: number): readonly string[] {
  const times: string[] = [];
  for (let at = time; times.length < count; times.push(at)) at = after(timing, at);
  return times;
}

const daily = (time: string, timeZone: string, weekdays: Daily["weekdays"] = null): Daily => {
  const [hour = 0, minute = 0] = time.split(":").map(Number);
  return { kind: "daily", minuteOfDay: hour * 60 + minute, timeZone, weekdays };
};
type Daily = Extract<Timing, { kind: "daily" }>;

describe("the next time of a schedule", () => {
  it("counts intervals from when it was set, the first one whole", () => {
    const every: Timing = { kind: "every", minutes: 15 };
    const setAtMs = Date.parse("2024-05-01T10:07:00Z");
    expect(after(every, "2024-05-01T10:07:00Z", setAtMs)).toBe("2024-05-01T10:22:00.000Z");
    expect(after(every, "2024-05-01T10:22:00Z", setAtMs)).toBe("2024-05-01T10:37:00.000Z");
    expect(after(every, "2024-05-01T13:00:00Z", setAtMs)).toBe("2024-05-01T13:07:00.000Z");
    expect(after(every, "2024-05-01T09:00:00Z", setAtMs)).toBe("2024-05-01T10:22:00.000Z");
  });

  it("keeps a daily time by the clocks of its zone, summer and winter", () => {
    const close = daily("17:30", "America/New_York");
    expect(following(close, "2024-03-08T23:00:00Z", 3)).toEqual([
      "2024-03-09T22:30:00.000Z",
      "2024-03-10T21:30:00.000Z",
      "2024-03-11T21:30:00.000Z",
    ]);
    expect(after(daily("09:00", "Asia/Kolkata"), "2024-01-01T00:00:00Z")).toBe(
      "2024-01-01T03:30:00.000Z",
    );
  });

  it("puts off what the clocks skip by as much as they were put forward", () => {
    // 2:30 does not exist on 10 March: 3:30 EDT it is
    expect(following(daily("02:30", "America/New_York"), "2024-03-09T08:00:00Z", 2)).toEqual([
      "2024-03-10T07:30:00.000Z",
      "2024-03-11T06:30:00.000Z",
    ]);
    // by half an hour, on Lord Howe Island
    expect(after(daily("02:15", "Australia/Lord_Howe"), "2024-10-05T12:00:00Z")).toBe(
      "2024-10-05T15:45:00.000Z",
    );
  });

  it("takes the first of what the clocks show twice, and that alone", () => {
    expect(following(daily("01:30", "America/New_York"), "2024-11-02T12:00:00Z", 2)).toEqual([
      "2024-11-03T05:30:00.000Z",
      "2024-11-04T06:30:00.000Z",
    ]);
    expect(following(daily("01:30", "Europe/London"), "2024-10-26T12:00:00Z", 2)).toEqual([
      "2024-10-27T00:30:00.000Z",
      "2024-10-28T01:30:00.000Z",
    ]);
  });

  it("does a date that the clocks leave out with the one after it", () => {
    // Samoa had no 30 December 2011.
    expect(following(daily("12:00", "Pacific/Apia"), "2011-12-29T00:00:00Z", 3)).toEqual([
      "2011-12-29T22:00:00.000Z",
      "2011-12-30T22:00:00.000Z",
      "2011-12-31T22:00:00.000Z",
    ]);
  });

  it("takes weekdays by the date of the zone, not of UTC", () => {
    const evenings = daily("20:00", "America/New_York", ["friday"]);
    // Saturday already in UTC
    expect(following(evenings, "2024-06-03T00:00:00Z", 2)).toEqual([
      "2024-06-08T00:00:00.000Z",
      "2024-06-15T00:00:00.000Z",
    ]);
  });

  it("follows the sessions of a calendar: half days close early, holidays not at all", () => {
    const closes: Timing = { kind: "afterClose", calendar: "XNYS", minutes: 30 };
    // Thanksgiving was on 28 November; the day after closes at 13:00, and so does 24 December
    expect(following(closes, "2024-11-27T12:00:00Z", 3)).toEqual([
      "2024-11-27T21:30:00.000Z",
      "2024-11-29T18:30:00.000Z",
      "2024-12-02T21:30:00.000Z",
    ]);
    expect(following(closes, "2024-12-23T22:00:00Z", 2)).toEqual([
      "2024-12-24T18:30:00.000Z",
      "2024-12-26T21:30:00.000Z",
    ]);
    // the clocks change between them
    expect(following(closes, "2024-03-08T12:00:00Z", 2)).toEqual([
      "2024-03-08T21:30:00.000Z",
      "2024-03-11T20:30:00.000Z",
    ]);
  });

  it("takes what is due a day after a close on its day, though the next session is over then", () => {
    const late: Timing = { kind: "afterClose", calendar: "XNYS", minutes: 1_440 };
    expect(following(late, "2024-11-29T18:30:00Z", 2)).toEqual([
      "2024-11-30T18:00:00.000Z",
      "2024-12-03T21:00:00.000Z",
    ]);
    expect(
      after({ kind: "afterClose", calendar: "24x7", minutes: 0 }, "2024-01-05T00:00:00Z"),
    ).toBe("2024-01-06T00:00:00.000Z");
  });
});
