import { RUN_STATUSES } from "../../../domain/market/collection/progress.ts";
import { WEEKDAYS } from "../../../domain/market/collection/timing.ts";
import { ROLES } from "../permissions.ts";
import { route } from "../route.ts";
import { s } from "../schema.ts";
import type { CrossCheck, Infer } from "../schema.ts";
import { alternativeSource, seriesId } from "./alternative-data.ts";
import { id, pageOf, paging, symbol, timeframe } from "./common.ts";

const DAYS = { min: 1, max: 3_650 };

const marketData = s.describe(
  s.object({
    source: s.describe(s.string({ min: 1, max: 64 }), "a source, or `auto`"),
    symbols: s.array(symbol(), { min: 1, max: 100 }),
    timeframe: s.defaulted(timeframe, "1d"),
    lookbackDays: s.optional(
      s.describe(
        s.integer(DAYS),
        "before the time that is due; when absent, each symbol goes on where its stored bars end, " +
          "one that has none 30 days before",
      ),
    ),
  }),
  "bars, as POST /api/market-data/collect does it",
);
const alternativeData = s.describe(
  s.object({
    source: alternativeSource(),
    symbols: s.optional(s.array(symbol(), { min: 1, max: 100 })),
    series: s.optional(s.array(seriesId, { min: 1, max: 100 })),
    query: s.optional(s.string({ min: 1, max: 400 })),
    knownAt: s.defaulted(s.enum(["now", "published"]), "now"),
    lookbackDays: s.defaulted(s.describe(s.integer(DAYS), "before the time that is due"), 7),
  }),
  "documents, as POST /api/alternative-data/{source}/collect does it",
);

const time = s.describe(
  s.string({
    min: 5,
    max: 5,
    pattern: /^(?:[01]\d|2[0-3]):[0-5]\d$/,
    hint: "must be a time of day such as 17:30",
    example: "17:30",
  }),
  "by the clocks of `timeZone`: one that they skip comes as much later as they are put forward, of one that they show twice the first counts",
);
const timeZone = s.string({ min: 1, max: 64, example: "America/New_York" });
const weekday = s.enum(WEEKDAYS);
const calendar = s.string({ min: 1, max: 50, example: "XNYS" });
const afterCloseMinutes = s.describe(
  s.integer({ min: 0, max: 1_440 }),
  "after the close of each session of `calendar`, half days as they close; none on holidays",
);

const takesOneForm: CrossCheck = (given) => {
  const isThere = (field: string): boolean => given[field] !== undefined;
  const bySessions = ["calendar", "afterCloseMinutes"];
  const byClock = ["time", "timeZone", "weekdays"];
  const hasSessions = bySessions.some(isThere);
  const extra = hasSessions ? byClock.find(isThere) : undefined;
  if (extra !== undefined)
    return [{ path: extra, code: "UNSUPPORTED_VALUE", message: "does not go with a calendar" }];
  return (hasSessions ? bySessions : ["time", "timeZone"])
    .filter((field) => !isThere(field))
    .map((path) => ({ path, code: "REQUIRED", message: "is required" }));
};

const dailyAt = s.describe(
  s.object(
    {
      time: s.optional(time),
      timeZone: s.optional(timeZone),
      weekdays: s.optional(
        s.describe(
          s.array(weekday, { min: 1, max: 7 }),
          "by the date of `timeZone`; all when absent",
        ),
      ),
      calendar: s.optional(calendar),
      afterCloseMinutes: s.optional(afterCloseMinutes),
    },
    takesOneForm,
  ),
  "`time` and `timeZone`, or `calendar` and `afterCloseMinutes`",
);
const everyMinutes = s.describe(
  s.integer({ min: 1, max: 43_200 }),
  "from when it was set, the first time after one interval",
);
const name = s.string({ min: 1, max: 100 });

const lastRun = s.object({
  dueAt: s.isoTime(),
  at: s.describe(s.isoTime(), "when it was begun, or was to be"),
  jobId: s.nullable(id()),
  status: s.describe(
    s.enum(RUN_STATUSES),
    "that of its job; `notStarted`: none could be had and it is tried again, `refused`: its user may not collect, " +
      "`unknown`: its job is not on record any more",
  ),
  error: s.nullable(s.object({ code: s.string(), message: s.string() })),
});

const schedule = s.named(
  "CollectionSchedule",
  s.object({
    scheduleId: id(),
    name: s.string(),
    isEnabled: s.boolean(),
    marketData: s.optional(marketData),
    alternativeData: s.optional(alternativeData),
    everyMinutes: s.optional(everyMinutes),
    dailyAt: s.optional(dailyAt),
    createdBy: s.describe(
      s.object({ userId: s.string(), role: s.enum(ROLES) }),
      "on whose behalf it collects, with the role that they had then",
    ),
    nextRunAt: s.describe(
      s.nullable(s.isoTime()),
      "null: it is paused. While a run is under way none is begun, and what falls due meanwhile is done after it",
    ),
    lastRun: s.nullable(lastRun),
    failuresInARow: s.describe(s.integer(), "since a run succeeded"),
    createdAt: s.isoTime(),
    updatedAt: s.isoTime(),
  }),
);
export type CollectionScheduleView = Infer<typeof schedule>;
const schedulePage = pageOf("CollectionSchedulePage", schedule);
export type CollectionSchedulePage = Infer<typeof schedulePage>;

const TARGETS = ["marketData", "alternativeData"];
const TIMES = ["everyMinutes", "dailyAt"];

const exactlyOneOf =
  (names: readonly string[]): CrossCheck =>
  (given) => {
    const [first = "", ...others] = names;
    if (names.some((each) => given[each] !== undefined)) return atMostOneOf(names)(given);
    const message = `is required, or ${others.join(" or ")}`;
    return [{ path: first, code: "REQUIRED", message }];
  };

const atMostOneOf =
  (names: readonly string[]): CrossCheck =>
  (given) => {
    const [first, second] = names.filter((each) => given[each] !== undefined);
    if (second === undefined) return [];
    const message = `does not go with ${first ?? ""}`;
    return [{ path: second, code: "UNSUPPORTED_VALUE", message }];
  };

const scheduleId = { scheduleId: id() };
const terms = { area: "data" } as const;
const manage = { ...terms, permission: "market-data.collect" } as const;
const problems = ["NOT_FOUND", "CONFLICT"] as const;

export const createCollectionSchedule = route({
  ...manage,
  method: "POST",
  path: "/api/collection-schedules",
  action: "collection-schedules.create",
  summary: "Have bars or alternative data collected by themselves",
  description:
    "Exactly one of `marketData` and `alternativeData`, and of `everyMinutes` and `dailyAt`. Each run is a job of its user. What " +
    "fell due while nobody looked is done once. A run that fails is tried again after 1, 2, 4 … 60 minutes, until the next " +
    "time. A user that is gone or may not collect any more collects nothing.",
  body: {
    name,
    isEnabled: s.defaulted(s.boolean(), true),
    marketData: s.optional(marketData),
    alternativeData: s.optional(alternativeData),
    everyMinutes: s.optional(everyMinutes),
    dailyAt: s.optional(dailyAt),
  },
  check: (given) => [...exactlyOneOf(TARGETS)(given), ...exactlyOneOf(TIMES)(given)],
  response: schedule,
  status: 201,
  isIdempotent: true,
  problems: ["CONFLICT", "IDEMPOTENCY_KEY_REUSED"],
});

export const listCollectionSchedules = route({
  ...terms,
  permission: "jobs.read",
  method: "GET",
  path: "/api/collection-schedules",
  action: "collection-schedules.list",
  summary: "Your schedules of collection, newest first; with oversight those of the tenant",
  query: { isEnabled: s.optional(s.boolean()), ...paging },
  response: schedulePage,
});

export const getCollectionSchedule = route({
  ...terms,
  permission: "jobs.read",
  method: "GET",
  path: "/api/collection-schedules/{scheduleId}",
  action: "collection-schedules.get",
  summary: "A schedule of collection: when it runs next, and how its last run went",
  params: scheduleId,
  response: schedule,
  problems: ["NOT_FOUND"],
});

export const updateCollectionSchedule = route({
  ...manage,
  method: "PATCH",
  path: "/api/collection-schedules/{scheduleId}",
  action: "collection-schedules.update",
  summary: "Change, pause or resume a schedule of collection",
  description:
    "What is absent stays as it is; what is there replaces all of its field, and `alternativeData` replaces `marketData`, " +
    "`dailyAt` replaces `everyMinutes`. Other terms than a name begin anew: what was due before is not made up for. A run under way goes on.",
  params: scheduleId,
  body: {
    name: s.optional(name),
    isEnabled: s.optional(s.boolean()),
    marketData: s.optional(marketData),
    alternativeData: s.optional(alternativeData),
    everyMinutes: s.optional(everyMinutes),
    dailyAt: s.optional(dailyAt),
  },
  check: (given) => [...atMostOneOf(TARGETS)(given), ...atMostOneOf(TIMES)(given)],
  response: schedule,
  problems,
});

export const deleteCollectionSchedule = route({
  ...manage,
  method: "DELETE",
  path: "/api/collection-schedules/{scheduleId}",
  action: "collection-schedules.remove",
  summary: "End a schedule of collection; a run under way goes on, what was collected stays",
  params: scheduleId,
  response: null,
  status: 204,
  problems: ["NOT_FOUND"],
});
