import { CALENDAR_NAMES } from "../../../domain/market/calendars/calendars.ts";
import type { Timing } from "../../../domain/market/collection/timing.ts";
import { unprocessable } from "../../../mixins/rest/rest-error.ts";
import type { ActionMap } from "../../../mixins/rest/routes/index.ts";
import type { CollectionTarget } from "../../../models/collection-schedules.ts";
import { isTimeZone } from "../files/date-format.ts";

type Asked = Pick<
  ActionMap["collection-schedules.update"]["params"],
  "marketData" | "alternativeData" | "everyMinutes" | "dailyAt"
>;

/** What is to be collected; null: the request does not say. */
export function targetOf({ marketData, alternativeData }: Asked): CollectionTarget | null {
  if (marketData !== undefined) {
    const { source, symbols, timeframe, lookbackDays = null } = marketData;
    return { kind: "marketData", source, symbols: unique(symbols), timeframe, lookbackDays };
  }
  if (alternativeData === undefined) return null;
  const {
    source,
    symbols = [],
    series = [],
    query = null,
    knownAt,
    lookbackDays,
  } = alternativeData;
  return {
    kind: "alternativeData",
    source,
    symbols: unique(symbols),
    series: unique(series),
    query,
    knownAt,
    lookbackDays,
  };
}

function unique(names: readonly string[]): readonly string[] {
  return [...new Set(names)];
}

/** When; null: the request does not say. @throws RestError 422 for a zone or a calendar that is not known */
export function timingOf({ everyMinutes, dailyAt }: Asked): Timing | null {
  if (everyMinutes !== undefined) return { kind: "every", minutes: everyMinutes };
  if (dailyAt === undefined) return null;
  const { time = "", timeZone = "", weekdays, calendar, afterCloseMinutes = 0 } = dailyAt;
  if (calendar !== undefined) {
    if (!CALENDAR_NAMES.includes(calendar))
      throw refused("calendar", `must be one of ${CALENDAR_NAMES.join(", ")}`);
    return { kind: "afterClose", calendar, minutes: afterCloseMinutes };
  }
  if (!isTimeZone(timeZone))
    throw refused("timeZone", "must be a time zone such as America/New_York");
  const [hour = 0, minute = 0] = time.split(":").map(Number);
  return {
    kind: "daily",
    minuteOfDay: hour * 60 + minute,
    timeZone,
    weekdays: weekdays === undefined ? null : [...new Set(weekdays)],
  };
}

function refused(field: string, message: string) {
  return unprocessable([{ path: `dailyAt.${field}`, code: "UNSUPPORTED_VALUE", message }]);
}
