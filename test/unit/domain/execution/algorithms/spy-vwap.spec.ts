import { readFileSync } from "node:fs";
import { gunzipSync } from "node:zlib";
import {
  volumeCurve,
  volumesByDay,
} from "../../../../../domain/execution/algorithms/volume-curve.ts";
import { vwapSchedule } from "../../../../../domain/execution/algorithms/vwap.ts";
import { describeWith, sharedFile } from "../../../services/data/shared-data.ts";

const FILE = "minute/SPY_trade_1m.csv.gz";
const MINUTE_MS = 60_000;

interface Minute {
  readonly startMs: number;
  readonly price: number;
  readonly volume: number;
}

/** New York's clock read as if it were UTC: the five days have one offset, so that shifts of whole days are right. */
function minutes(): readonly Minute[] {
  const rows = gunzipSync(readFileSync(sharedFile(FILE)))
    .toString()
    .trim()
    .split("\n")
    .slice(1);
  return rows.map((row) => {
    const [at = "", , high = "", low = "", close = "", volume = ""] = row.split(",");
    return {
      startMs: Date.parse(`${at}Z`),
      price: (Number(high) + Number(low) + Number(close)) / 3,
      volume: Number(volume),
    };
  });
}

const opens = (day: string) => Date.parse(`2013-10-${day}T09:30:00Z`);

describeWith([FILE], "SPY, 2013-10-07 to 11", () => {
  const bars = minutes();
  const startMs = opens("11");
  const endMs = startMs + 390 * MINUTE_MS;
  const day = bars.filter((bar) => bar.startMs >= startMs && bar.startMs < endMs);
  const turnover = day.reduce((sum, { price, volume }) => sum + price * volume, 0);
  const vwap = turnover / day.reduce((sum, { volume }) => sum + volume, 0);
  const priceAt = new Map(day.map(({ startMs: atMs, price }) => [atMs, price]));

  it.each(["equalDays", "pooled"] as const)(
    "a VWAP by the volume of four days, weighted %s, is within 1 bp of the fifth day's",
    (weighting) => {
      const buckets = { startMs, endMs, intervalMs: MINUTE_MS };
      const earlier = ["07", "08", "09", "10"].map(opens);
      const curve = volumeCurve(volumesByDay(buckets, earlier, bars), weighting) ?? [];
      const plan = vwapSchedule({
        quantity: "1000000",
        lotSize: "1",
        buckets,
        curve,
        expectedVolumes: null,
      });
      const paid = plan.slices.reduce(
        (sum, { atMs, quantity }) => sum + Number(quantity) * (priceAt.get(atMs) ?? Number.NaN),
        0,
      );
      expect(plan.unscheduled).toBe("0");
      expect(day).toHaveLength(390);
      expect(Math.abs(paid / 1e6 / vwap - 1) * 1e4).toBeLessThan(1);
    },
  );
});
