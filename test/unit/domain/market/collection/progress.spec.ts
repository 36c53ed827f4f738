import {
  begunAnew,
  ended,
  nextRunMs,
  notBegun,
  retryDelayMs,
  started,
} from "../../../../../domain/market/collection/progress.ts";
import type { Progress } from "../../../../../domain/market/collection/progress.ts";
import type { Schedule } from "../../../../../domain/market/collection/timing.ts";

const MINUTE_MS = 60_000;
const T0 = Date.UTC(2024, 4, 1, 10);
const zones = () => () => 0;
const at = (minutes: number): number => T0 + minutes * MINUTE_MS;
/** Every hour from T0. */
const HOURLY: Schedule = { timing: { kind: "every", minutes: 60 }, setAtMs: T0 };
const FAULT = { code: "SOURCE_UNAVAILABLE", message: "down" };
const FULL = { code: "RATE_LIMITED", message: "full" };

const fresh = (): Progress => begunAnew(HOURLY, null, zones);
const running = (minutes = 60): Progress => started(fresh(), "job-1", at(minutes));
const minutesOf = ({ dueAtMs, startAtMs }: Progress) =>
  [dueAtMs, startAtMs].map((ms) => (ms - T0) / MINUTE_MS);

describe("the progress of a schedule", () => {
  it("begins with its first time", () => {
    expect(minutesOf(fresh())).toEqual([60, 60]);
    expect(fresh()).toMatchObject({ attempt: 0, failuresInARow: 0, jobId: null, lastRun: null });
  });

  it("goes on to its next time once a run has succeeded", () => {
    const held = running();
    expect(held.lastRun).toEqual({
      dueAtMs: at(60),
      atMs: at(60),
      jobId: "job-1",
      status: "queued",
      error: null,
    });
    const next = ended(HOURLY, held, { status: "succeeded" }, at(61), zones);
    expect(minutesOf(next)).toEqual([120, 120]);
    expect(next).toMatchObject({ jobId: null, lastRun: { status: "succeeded", jobId: "job-1" } });
  });

  it("does once what fell due while nobody looked", () => {
    const held = started(fresh(), "job-1", at(605));
    expect(held.lastRun?.dueAtMs).toBe(at(60));
    expect(minutesOf(ended(HOURLY, held, { status: "succeeded" }, at(606), zones))).toEqual([
      660, 660,
    ]);
  });

  it("does once, after it, what fell due while a run took its time", () => {
    const next = ended(HOURLY, running(), { status: "succeeded" }, at(245), zones);
    expect(minutesOf(next)).toEqual([120, 120]);
    const late = started(next, "job-2", at(245));
    expect(minutesOf(ended(HOURLY, late, { status: "succeeded" }, at(246), zones))).toEqual([
      300, 300,
    ]);
  });

  it("tries a failed run again for the same time, later each time, until the next time comes", () => {
    let held = running();
    const seen: number[][] = [];
    for (let now = 61, i = 0; i < 7; i += 1) {
      held = ended(HOURLY, held, { status: "failed", error: FAULT }, at(now), zones);
      seen.push([...minutesOf(held), held.attempt, held.failuresInARow]);
      now = (held.startAtMs - T0) / MINUTE_MS + 1;
      held = started(held, `job-${i}`, held.startAtMs);
    }
    expect(seen).toEqual([
      [60, 62, 1, 1],
      [60, 65, 2, 2],
      [60, 70, 3, 3],
      [60, 79, 4, 4],
      [60, 96, 5, 5],
      // half an hour later would be 127
      [120, 120, 0, 6],
      [180, 180, 0, 7],
    ]);
    expect(ended(HOURLY, held, { status: "succeeded" }, at(181), zones).failuresInARow).toBe(0);
  });

  it("waits an hour at most", () => {
    expect([1, 2, 6, 7, 8, 5_000].map((count) => retryDelayMs(count) / MINUTE_MS)).toEqual([
      1, 2, 32, 60, 60, 60,
    ]);
  });

  it("asks under the same name again when no job could be had: it may be there all the same", () => {
    const failure = { status: "notStarted", error: FULL } as const;
    const held = notBegun(HOURLY, fresh(), failure, at(60), zones);
    expect([...minutesOf(held), held.attempt, held.failuresInARow]).toEqual([60, 61, 0, 1]);
    expect(held.lastRun).toMatchObject({ status: "notStarted", jobId: null, error: FULL });
  });

  it("asks for a user that may not collect at its next time only", () => {
    const failure = { status: "refused", error: FULL } as const;
    const held = notBegun(HOURLY, fresh(), failure, at(60), zones);
    expect([...minutesOf(held), held.failuresInARow]).toEqual([120, 120, 1]);
  });

  it("counts a run that was cancelled, or that nobody knows of, neither as failed nor as succeeded", () => {
    const held = { ...running(), failuresInARow: 3 };
    for (const status of ["cancelled", "unknown"] as const)
      expect(ended(HOURLY, held, { status }, at(61), zones)).toMatchObject({
        failuresInARow: 3,
        dueAtMs: at(120),
        lastRun: { status },
      });
  });

  it("follows a change that came while a run was under way", () => {
    const schedule: Schedule = { timing: { kind: "every", minutes: 10 }, setAtMs: at(61) };
    const held = begunAnew(schedule, running(), zones);
    expect([...minutesOf(held), held.jobId]).toEqual([71, 71, "job-1"]);
    expect(nextRunMs(schedule, held, zones)).toBe(at(71));
    const next = ended(schedule, held, { status: "failed", error: FAULT }, at(65), zones);
    expect([...minutesOf(next), next.jobId, next.failuresInARow]).toEqual([71, 71, null, 0]);
    expect(next.lastRun?.status).toBe("failed");
  });

  it("says of a run under way when the one after it begins", () => {
    expect(nextRunMs(HOURLY, running(), zones)).toBe(at(120));
    expect(nextRunMs(HOURLY, fresh(), zones)).toBe(at(60));
  });

  it("changes nothing when there is no run to end", () => {
    expect(ended(HOURLY, fresh(), { status: "succeeded" }, at(61), zones)).toEqual(fresh());
  });
});
