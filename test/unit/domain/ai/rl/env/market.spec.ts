import { rowsWithin, seriesWithin } from "../../../../../../domain/ai/rl/env/market.ts";
import { scalerOf } from "../../../../../../domain/ai/model/scaler.ts";
import { DAY_MS, sampleOf } from "../markets.ts";

const NAN = Number.NaN;
const returns = [NAN, 0.01, -0.02, 0.03, 0.01, -0.01, 0.02, 0.01];
const sample = sampleOf(returns, [[0, 1, 2, 3, NAN, 5, 6, 7]]);
const all = { startMs: -1, endMs: 100 * DAY_MS };
const scaler = scalerOf(sample.x, Int32Array.of(1, 2, 3));

describe("bars that can be traded through", () => {
  it("come in runs without a hole, of rows with all features and a return before them", () => {
    const runs = seriesWithin(sample, all, scaler, 0.01);
    expect(runs.map(({ closeMs }) => [...closeMs].map((ms) => ms / DAY_MS))).toEqual([
      [1, 2, 3],
      [5, 6, 7],
    ]);
    expect([...(runs[0]?.forward ?? [])]).toEqual([Math.exp(-0.02) - 1, Math.exp(0.03) - 1]);
  });

  it("opened at the range's start or later and closed at its end or before: ranges side by side share none", () => {
    const first = rowsWithin(sample, { startMs: 0, endMs: 3 * DAY_MS });
    const next = rowsWithin(sample, { startMs: 3 * DAY_MS, endMs: 6 * DAY_MS });
    expect([...first, ...next]).toEqual([1, 2, 3, 4, 5, 6]);
  });

  it("of two symbols are never one run", () => {
    const two = { ...sample, symbol: Int32Array.of(0, 0, 0, 1, 1, 1, 1, 1) };
    const runs = seriesWithin(two, all, scaler, 0.01);
    expect(runs.map(({ symbol, rows }) => [symbol, rows])).toEqual([
      [0, 2],
      [1, 3],
    ]);
  });

  it("know a deviation and a standing that nothing later changes", () => {
    const long = Array.from({ length: 60 }, (_, i) => 0.01 * Math.sin(i * 1.3) + 0.002);
    const features = [long.map((_, i) => i)];
    const other = long.map((value, i) => (i > 40 ? -5 * value : value));
    const scale = { mean: [0], factor: [1] };
    const [before] = seriesWithin(sampleOf(long, features), all, scale, 0.01);
    const [after] = seriesWithin(sampleOf(other, features), all, scale, 0.01);
    expect(after?.deviation.slice(0, 41)).toEqual(before?.deviation.slice(0, 41));
    expect(after?.zScore.slice(0, 41)).toEqual(before?.zScore.slice(0, 41));
    expect(after?.deviation.slice(41)).not.toEqual(before?.deviation.slice(41));
    expect(before?.zScore.findIndex((value) => !Number.isNaN(value))).toBe(19);
  });
});
