import { execFile } from "node:child_process";
import { freemem } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { withSession } from "../../../../models/timescale/session.ts";
import { withDatabase } from "../../../support/database.ts";
import { AGGREGATES, answer, DAYS, MINUTES } from "./claims.ts";
import type { Answers } from "./on-pglite.ts";

/** PGlite with TimescaleDB was seen to take 0.6 GB. */
const isRoomy = freemem() > 2e9;
if (!isRoomy) console.warn("SKIPPED: the TimescaleDB body needs 2 GB of free memory to be tested");
const describeWhenRoomy = isRoomy ? describe : describe.skip;

/** The script prints nothing but the answers. */
const parse: (stdout: string) => Answers = (stdout) => JSON.parse(stdout);

async function answerOfPglite(): Promise<Answers> {
  const script = join(import.meta.dirname, "on-pglite.ts");
  const { stdout } = await promisify(execFile)(process.execPath, [script], {
    maxBuffer: 64 * 2 ** 20,
  });
  return parse(stdout);
}

describe("bars on native partitions", () => {
  const database = withDatabase();
  let native: Answers;

  beforeAll(async () => {
    native = await withSession(database.pool, (session) =>
      answer(session, () => Promise.resolve(0)),
    );
  });

  it("are on native partitions", () => {
    expect(native.body).toEqual({ isHypertable: false, functions: "md" });
  });

  it("are stored once, however often and in whatever order they come", () => {
    const { ingest } = native;
    expect(ingest.many).toEqual({ inserted: MINUTES.length, revised: 0, duplicates: 0 });
    expect(ingest.manyAgain).toEqual({ inserted: 0, revised: 0, duplicates: MINUTES.length });
    expect(ingest.few).toEqual({ inserted: 10, revised: 0, duplicates: 0 });
    expect(ingest.rest).toEqual({ inserted: DAYS.length - 10, revised: 0, duplicates: 10 });
    expect(native.ingestAfterSettling).toMatchObject({ inserted: 0, revised: 0 });
    expect(ingest.nothing).toEqual({ inserted: 0, revised: 0, duplicates: 0 });
  });

  it("are told as they were believed at any instant", () => {
    const first = DAYS.slice(0, 12).map((bar) => Number(bar.open));
    const revisedOpen = (from: number, until: number) =>
      first.map((open, day) =>
        day >= from && day < until ? Number(`${DAYS[day]?.open ?? ""}1`) : open,
      );
    expect(native.asOf.first.days).toEqual(first);
    expect(native.asOf.revised.days).toEqual(revisedOpen(5, 8));
    expect(native.asOf.now.days).toEqual(revisedOpen(6, 8));
    expect(native.asOf.before).toEqual({ days: [], weeks: [], months: [] });
  });

  it("are the same bars when only the writing of their numbers differs", () => {
    expect(native.ingest.rescaled).toEqual({ inserted: 0, revised: 0, duplicates: 10 });
  });

  it("mean in one batch what they would mean one after another", () => {
    expect(native.ingest.twiceInOneBatch).toEqual({ inserted: 2, revised: 1, duplicates: 1 });
  });

  it("come back as they were given, in canonical decimals", () => {
    const canonical = DAYS.map((bar) => ({
      ...bar,
      open: String(Number(bar.open)),
      high: String(Number(bar.high)),
      low: String(Number(bar.low)),
      close: String(Number(bar.close)),
      vwap: String(Number(bar.vwap)),
    }));
    expect(native.read.days).toEqual(canonical);
    expect(native.read.backwards).toEqual(canonical.toReversed().slice(0, 7));
    expect(native.read.inRange.map((bar) => new Date(bar.startMs).toISOString())).toEqual([
      "2020-02-28T00:00:00.000Z",
      "2020-02-29T00:00:00.000Z",
      "2020-03-01T00:00:00.000Z",
    ]);
  });

  it("answer as before when their days are rolled up, and each day is rolled up once", () => {
    expect(native.rollups.days).toBe(4);
    expect(native.rollups.again).toBe(0);
    expect(native.rollups.read).toEqual(native.read);
  });

  it("answer with what was revised, before its days are rolled up again and after", () => {
    const { revisedAggregates, rolledUpAgain, read } = native;
    // 1,500 minutes were revised: a day and an hour.
    expect(rolledUpAgain.days).toBe(2);
    expect(revisedAggregates["1d"]).not.toEqual(read.aggregated["1d"]);
    expect(rolledUpAgain.aggregated).toEqual(revisedAggregates);
    const revised = aggregate("1h", MINUTES, 1_500);
    expect(revisedAggregates["1h"]).toEqual(revised);
    expect(rolledUpAgain.hours.open).toEqual(revised.map((bar) => Number(bar.open)));
  });

  it("answer with what retention left, before the days across the cutoff are rolled up and after", () => {
    const { retained, aggregated } = native.retention;
    expect(retained.days).toBe(1);
    expect(aggregated).toEqual(retained.due);
  });

  it("come in pages that join to the whole", () => {
    expect(native.read.pagesAscending.flat()).toEqual(native.read.aggregated["1h"]);
    expect(native.read.pagesAscending[0]).toHaveLength(7);
    expect(native.read.pagesDescending.flat()).toEqual(native.read.days.toReversed());
  });

  it("come as columns that hold the same numbers", () => {
    const { columns, minutes, hourColumns, aggregated, noColumns } = native.read;
    expect(columns.startMs).toEqual(minutes.map((bar) => bar.startMs));
    expect(columns.high).toEqual(minutes.map((bar) => Number(bar.high)));
    expect(columns.volume).toEqual(minutes.map((bar) => Number(bar.volume)));
    expect(hourColumns.startMs).toHaveLength(120);
    expect(hourColumns.startMs).toEqual(starts(aggregated["1h"]));
    expect(noColumns.close).toEqual([]);
  });

  it("keep every earlier version with the time at which it became known", () => {
    const { revise } = native;
    expect(revise.changed).toEqual({ inserted: 0, revised: 3, duplicates: 0 });
    expect(revise.changedAgain).toEqual({ inserted: 0, revised: 1, duplicates: 0 });
    expect(revise.revisions).toHaveLength(4);
    expect(revise.revisions.slice(0, 2)).toMatchObject([
      { revision: 0, knownAtMs: Date.UTC(2020, 5, 1) },
      { revision: 1, knownAtMs: Date.UTC(2020, 5, 1) + 10 },
    ]);
    expect(revise.now.map((bar) => bar.source)).toEqual(["primary", "revision", "revision"]);
    expect(revise.manyChanged).toEqual({ inserted: 0, revised: 1500, duplicates: 0 });
    expect(revise.kept).toBe(1500);
  });

  it("do not go back to an older version that arrives late", () => {
    expect(native.revise.olderVersion).toEqual({ inserted: 0, revised: 0, duplicates: 1 });
  });

  it("are gone before the cutoff of a retention, and only there", () => {
    const cutoff = Date.UTC(2020, 1, 1);
    const { retention } = native;
    expect(retention.minutes).toMatchObject([{ firstMs: cutoff, lastMs: MINUTES.at(-1)?.startMs }]);
    expect(retention.days).toMatchObject([{ firstMs: cutoff, lastMs: DAYS.at(-1)?.startMs }]);
    expect(retention.gone).toEqual([]);
    expect(retention.firstDay).toMatchObject([{ startMs: cutoff }]);
    expect(retention.firstMinute).toMatchObject([{ startMs: cutoff }]);
    expect(retention.revisions).toBe(0);
    expect(retention.stored).toEqual([{ n: 3 * 1440 + 55 }]);
    expect(retention.again).toEqual({ inserted: 3, revised: 0, duplicates: 0 });
  });

  describeWhenRoomy("and bars on a TimescaleDB hypertable", () => {
    let hypertable: Answers;

    beforeAll(async () => {
      hypertable = await answerOfPglite();
    });

    it("are on a hypertable whose policy compressed every old chunk", () => {
      expect(hypertable.body).toEqual({ isHypertable: true, functions: "md" });
      expect(hypertable.settledChunks).toBeGreaterThanOrEqual(4);
    });

    it.each([
      "ingest",
      "read",
      "rollups",
      "afterSettling",
      "ingestAfterSettling",
      "revise",
      "asOf",
      "revisedAggregates",
      "rolledUpAgain",
      "handWritten",
      "retention",
    ] as const)("give the same answers to the byte: %s", (part) => {
      expect(JSON.stringify(hypertable[part])).toBe(JSON.stringify(native[part]));
    });

    it("do not change their answers when they are compressed", () => {
      expect(hypertable.afterSettling).toEqual(hypertable.read);
    });
  });

  it.each(AGGREGATES)("aggregate minutes to %s as the definition says", (timeframe) => {
    expect(native.read.aggregated[timeframe]).toEqual(aggregate(timeframe));
  });
});

function starts(bars: unknown): unknown {
  return Array.isArray(bars) ? bars.map(({ startMs }: { startMs: number }) => startMs) : bars;
}

/** Buckets by plain calendar arithmetic, sums in BigInt: nothing in common with the SQL. */
function aggregate(timeframe: (typeof AGGREGATES)[number], minutes = MINUTES, revised = 0) {
  const believed = minutes.map((bar, i) =>
    i < revised ? { ...bar, open: `${bar.open}1`, source: "revision" } : bar,
  );
  const groups = Map.groupBy(believed, (bar) => bucket(timeframe, bar.startMs));
  return [...groups].map(([startMs, bars]) => {
    const volume = bars.reduce((sum, bar) => sum + BigInt(bar.volume), 0n);
    // vwaps have at most 8 digits after the point
    const turnover = bars.reduce((sum, bar) => sum + units(bar.vwap) * BigInt(bar.volume), 0n);
    return {
      symbol: "MIN",
      timeframe,
      startMs,
      open: String(Number(bars[0]?.open)),
      high: String(Math.max(...bars.map((bar) => Number(bar.high)))),
      low: String(Math.min(...bars.map((bar) => Number(bar.low)))),
      close: String(Number(bars.at(-1)?.close)),
      volume: String(volume),
      vwap: volume === 0n ? undefined : ratio(turnover, volume),
      tradeCount: bars.reduce((sum, bar) => sum + (bar.tradeCount ?? 0), 0),
      source: new Set(bars.map((bar) => bar.source)).size > 1 ? "mixed" : bars[0]?.source,
    };
  });
}

function bucket(timeframe: (typeof AGGREGATES)[number], atMs: number): number {
  const at = new Date(atMs);
  const [year, month, day] = [at.getUTCFullYear(), at.getUTCMonth(), at.getUTCDate()];
  if (timeframe === "1mo") return Date.UTC(year, month);
  if (timeframe === "1w") return Date.UTC(year, month, day - ((at.getUTCDay() + 6) % 7));
  const minutes = { "5m": 5, "15m": 15, "30m": 30, "1h": 60, "4h": 240, "1d": 1440 }[timeframe];
  const minute = at.getUTCHours() * 60 + at.getUTCMinutes();
  return Date.UTC(year, month, day, 0, minute - (minute % minutes));
}

function units(price = "0"): bigint {
  const [whole = "0", fraction = ""] = price.split(".");
  return BigInt(whole + fraction.padEnd(8, "0"));
}

/** turnover in units of 1e-8 over volume, to ten digits after the point, half to even */
function ratio(turnover: bigint, volume: bigint): string {
  const scaled = turnover * 100n;
  const [quotient, rest] = [scaled / volume, (scaled % volume) * 2n];
  const isUp = rest > volume || (rest === volume && quotient % 2n === 1n);
  const digits = String(quotient + (isUp ? 1n : 0n)).padStart(11, "0");
  return `${digits.slice(0, -10)}.${digits.slice(-10)}`.replace(/\.?0+$/u, "");
}
