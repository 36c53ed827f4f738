import {
  sentimentOverBars,
  type SentimentVersion,
  valuesKnownAt,
} from "../../../../domain/alternative/bar-features.ts";

const closes = [10, 20, 30, 40];

const news = (
  id: string,
  knownAtMs: number,
  score: number | null,
  more: Partial<SentimentVersion> = {},
): SentimentVersion => ({
  id,
  publishedAtMs: 0,
  knownAtMs,
  revision: 0,
  firstKnownAtMs: knownAtMs,
  score,
  ...more,
});

describe("the sentiment of news over bars", () => {
  it("is the mean of what became known within the bars up to the close, the close included", () => {
    const versions = [news("a", 20, 1), news("b", 21, -0.5), news("c", 30, 0)];
    expect([...sentimentOverBars(closes, 1, versions)]).toEqual([Number.NaN, 1, -0.25, Number.NaN]);
    expect([...sentimentOverBars(closes, 2, versions)]).toEqual([
      Number.NaN,
      Number.NaN,
      1 / 6,
      -0.25,
    ]);
  });

  it("is not there before there are so many bars", () => {
    expect([...sentimentOverBars(closes, 4, [news("a", 5, 1)])]).toEqual(Array(4).fill(Number.NaN));
  });

  it("sees a revision from when it became known, and does not take it for news", () => {
    const versions = [
      news("a", 11, 1),
      news("a", 25, -1, { revision: 1, firstKnownAtMs: 11 }),
      news("a", 35, 0.5, { revision: 2, firstKnownAtMs: 11 }),
    ];
    expect([...sentimentOverBars(closes, 2, versions)].slice(2)).toEqual([-1, Number.NaN]);
  });

  it("leaves out what has no sentiment", () => {
    expect(sentimentOverBars(closes, 1, [news("a", 15, null), news("b", 16, 0.4)])[1]).toBe(0.4);
  });
});

describe("the values of a series", () => {
  const observed = (
    id: string,
    period: number,
    knownAtMs: number,
    value: number,
    revision = 0,
  ) => ({
    id,
    publishedAtMs: period,
    knownAtMs,
    revision,
    value,
  });

  it("are those of the latest period that was known, as it was known then", () => {
    const versions = [
      observed("q1", 1, 12, 100),
      observed("q2", 2, 22, 110),
      // The first quarter is revised after the second was published.
      observed("q1", 1, 31, 101, 1),
      observed("q2", 2, 32, 111, 1),
    ];
    expect([...valuesKnownAt(closes, versions)]).toEqual([Number.NaN, 100, 110, 111]);
  });
});
