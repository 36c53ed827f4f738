import { nextRunMs } from "../../../domain/market/collection/progress.ts";
import type { Timing } from "../../../domain/market/collection/timing.ts";
import type { CollectionScheduleView } from "../../../mixins/rest/routes/collection-schedules.ts";
import { isoTime } from "../../../mixins/rest/views.ts";
import type {
  CollectionTarget,
  StoredCollectionSchedule,
} from "../../../models/collection-schedules.ts";
import { zoneOffsets } from "../feeds/read-time.ts";

export function toScheduleView(schedule: StoredCollectionSchedule): CollectionScheduleView {
  const { scheduleId, name, isEnabled, failuresInARow } = schedule;
  return {
    scheduleId,
    name,
    isEnabled,
    ...targetView(schedule.target),
    ...timingView(schedule.timing),
    createdBy: { userId: schedule.ownerId, role: schedule.ownerRole },
    nextRunAt: isEnabled ? isoTime(nextRunMs(schedule, schedule, zoneOffsets)) : null,
    lastRun: lastRunView(schedule),
    failuresInARow,
    createdAt: isoTime(schedule.createdAtMs),
    updatedAt: isoTime(schedule.updatedAtMs),
  };
}

function targetView(
  target: CollectionTarget,
): Pick<CollectionScheduleView, "marketData" | "alternativeData"> {
  const { source, symbols } = target;
  if (target.kind === "marketData") {
    const { timeframe, lookbackDays } = target;
    const marketData = { source, symbols, timeframe };
    return { marketData: { ...marketData, ...(lookbackDays !== null && { lookbackDays }) } };
  }
  const { series, query, knownAt, lookbackDays } = target;
  return {
    alternativeData: {
      source,
      ...(symbols.length > 0 && { symbols }),
      ...(series.length > 0 && { series }),
      ...(query !== null && { query }),
      knownAt,
      lookbackDays,
    },
  };
}

function timingView(timing: Timing): Pick<CollectionScheduleView, "everyMinutes" | "dailyAt"> {
  switch (timing.kind) {
    case "every":
      return { everyMinutes: timing.minutes };
    case "daily": {
      const { timeZone, weekdays } = timing;
      const time = timeOf(timing.minuteOfDay);
      return { dailyAt: { time, timeZone, ...(weekdays !== null && { weekdays }) } };
    }
    case "afterClose":
      return { dailyAt: { calendar: timing.calendar, afterCloseMinutes: timing.minutes } };
  }
}

function timeOf(minuteOfDay: number): string {
  return `${twoDigits(Math.floor(minuteOfDay / 60))}:${twoDigits(minuteOfDay % 60)}`;
}

function twoDigits(value: number): string {
  return String(value).padStart(2, "0");
}

/** What its job says now counts until the schedule has taken note of its end. */
function lastRunView(schedule: StoredCollectionSchedule): CollectionScheduleView["lastRun"] {
  const { lastRun, jobId, jobStatus, jobError } = schedule;
  if (lastRun === null) return null;
  const isFollowed = jobId !== null && jobId === lastRun.jobId && jobStatus !== null;
  return {
    dueAt: isoTime(lastRun.dueAtMs),
    at: isoTime(lastRun.atMs),
    jobId: lastRun.jobId,
    status: isFollowed ? jobStatus : lastRun.status,
    error: isFollowed ? jobError : lastRun.error,
  };
}
