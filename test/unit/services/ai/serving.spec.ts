import { barsAhead } from "../../../../services/ai/predictions/bars-ahead.ts";
import { ownRows } from "../../../../services/ai/serving/own-rows.ts";

const iso = (ms: number | undefined): string => new Date(ms ?? Number.NaN).toISOString();

describe("the bars that a prediction is about", () => {
  it("are the next ones of the market's calendar: after a Friday's close, those of the next week", () => {
    const fridayClose = Date.UTC(2020, 0, 17, 21);
    const ahead = barsAhead("XNYS", "1d", fridayClose, 5);
    // Monday the 20th is Martin Luther King's day.
    expect(iso(ahead?.bars.startMs)).toBe("2020-01-21T00:00:00.000Z");
    expect(iso(ahead?.bars.endMs)).toBe("2020-01-27T21:00:00.000Z");
    expect(iso(ahead?.staleFromMs)).toBe("2020-01-22T21:00:00.000Z");
  });

  it("of one bar are that bar", () => {
    const closeMs = Date.UTC(2020, 0, 14, 15);
    expect(barsAhead("24x7", "1h", closeMs, 1)?.bars).toEqual({
      startMs: closeMs,
      endMs: closeMs + 3_600_000,
    });
  });

  it("are not known of a calendar that nobody knows", () => {
    expect(barsAhead(null, "1d", 0, 1)).toBeNull();
    expect(barsAhead("XMARS", "1d", 0, 1)).toBeNull();
  });
});

describe("rows of a client's own", () => {
  it("are a sample in which none comes before another", () => {
    const sample = ownRows(
      [
        [1, null],
        [3, 4],
      ],
      ["a", "b"],
    );
    expect([...sample.x.data]).toEqual([1, Number.NaN, 3, 4]);
    expect([...sample.symbol]).toEqual([0, 1]);
  });

  it("of another width are refused, naming the first", () => {
    expect(() => ownRows([[1, 2], [3]], ["a", "b"])).toThrow(
      /rows\[1\] must have 2 values \(a, b\), found 1/,
    );
  });
});
