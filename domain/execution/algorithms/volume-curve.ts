/** Buckets of a stretch of time, all of one length but the last, which ends with the stretch. */
export interface Buckets {
  readonly startMs: number;
  readonly endMs: number;
  readonly intervalMs: number;
}

export function bucketCount({ startMs, endMs, intervalMs }: Buckets): number {
  return Math.ceil((endMs - startMs) / intervalMs);
}

/** When each bucket begins, epoch ms. */
export function bucketStarts(buckets: Buckets): readonly number[] {
  return Array.from(
    { length: bucketCount(buckets) },
    (_, index) => buckets.startMs + index * buckets.intervalMs,
  );
}

/** A bar's volume, float64: a statistic of the market. */
export interface VolumeSeen {
  readonly startMs: number;
  readonly volume: number;
}

/**
 * The volume of each bucket on earlier days.
 * @param dayStartsMs the instant of each day that corresponds to `buckets.startMs`: the caller knows the venue's time zone
 * @param bars        of any length up to the bucket's, in any order; a bar counts where it begins
 * @returns a row a day, in the order of `dayStartsMs`
 */
export function volumesByDay(
  buckets: Buckets,
  dayStartsMs: readonly number[],
  bars: readonly VolumeSeen[],
): readonly (readonly number[])[] {
  const lengthMs = buckets.endMs - buckets.startMs;
  const rows = dayStartsMs.map(() => Array.from({ length: bucketCount(buckets) }, () => 0));
  for (const { startMs, volume } of bars) {
    dayStartsMs.forEach((dayMs, day) => {
      const offsetMs = startMs - dayMs;
      if (offsetMs < 0 || offsetMs >= lengthMs) return;
      const bucket = Math.floor(offsetMs / buckets.intervalMs);
      const row = rows[day];
      if (row !== undefined) row[bucket] = (row[bucket] ?? 0) + volume;
    });
  }
  return rows;
}

/**
 * `equalDays`: the mean over days of each bucket's share of its day. `pooled`: each bucket's volume over all days, by the volume
 * of all days, where busy days count more.
 */
export const CURVE_WEIGHTINGS = ["equalDays", "pooled"] as const;
export type CurveWeighting = (typeof CURVE_WEIGHTINGS)[number];

/**
 * The share of each bucket in the volume.
 * @param days a row of bucket volumes a day; days without any volume say nothing and are left out
 * @returns shares with the sum 1, or null when no day had volume
 */
export function volumeCurve(
  days: readonly (readonly number[])[],
  weighting: CurveWeighting = "equalDays",
): readonly number[] | null {
  const traded = days.filter((day) => sum(day) > 0);
  const [first] = traded;
  if (first === undefined) return null;
  const rows = weighting === "pooled" ? traded : traded.map((day) => shares(day));
  return shares(first.map((_, bucket) => sum(rows.map((row) => row[bucket] ?? 0))));
}

/** The mean volume of each bucket over the days that traded; null when none did. */
export function meanVolumes(days: readonly (readonly number[])[]): readonly number[] | null {
  const traded = days.filter((day) => sum(day) > 0);
  const [first] = traded;
  if (first === undefined) return null;
  return first.map((_, bucket) => sum(traded.map((row) => row[bucket] ?? 0)) / traded.length);
}

function shares(values: readonly number[]): readonly number[] {
  const total = sum(values);
  return values.map((value) => value / total);
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}
