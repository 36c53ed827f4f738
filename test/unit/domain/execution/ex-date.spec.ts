import { exDateOf } from "../../../../domain/execution/ex-date.ts";

const dayOf = (date: string) => Date.parse(date) / 86_400_000;
const iso = (terms: Parameters<typeof exDateOf>[0], date: string) => {
  const { closedMs, beginsMs, opensMs } = exDateOf(terms, dayOf(date));
  return [closedMs, beginsMs, opensMs].map((ms) => new Date(ms).toISOString().slice(0, 16));
};

describe("an ex-date", () => {
  it("begins at midnight in New York, after the close of Friday, before the open of Monday", () => {
    expect(iso({ assetClass: "equity", calendar: "XNYS" }, "2020-08-31")).toEqual([
      "2020-08-28T20:00",
      "2020-08-31T04:00",
      "2020-08-31T13:30",
    ]);
  });

  it("without a session opens with the next that has one, and closes early before a holiday", () => {
    expect(iso({ assetClass: "equity" }, "2020-11-28")).toEqual([
      "2020-11-27T18:00",
      "2020-11-28T05:00",
      "2020-11-30T14:30",
    ]);
  });

  it("of a market that never closes is its day", () => {
    expect(iso({ assetClass: "crypto" }, "2020-08-31")).toEqual([
      "2020-08-31T00:00",
      "2020-08-31T00:00",
      "2020-08-31T00:00",
    ]);
  });
});
