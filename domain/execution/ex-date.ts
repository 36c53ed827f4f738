import { addBusinessDays, sessionOfDate } from "../market/calendars/calendars.ts";
import { instantOf } from "../market/calendars/time-zone.ts";
import { invariant } from "../shared/errors.ts";
import { calendarOf, type SettlementTerms } from "./settlement.ts";

/** An ex-date by the clocks of its exchange; epoch ms. */
export interface ExDate {
  /** the close of the last session in old units */
  readonly closedMs: number;
  /** midnight before the date */
  readonly beginsMs: number;
  /** the open of the first session in new units */
  readonly opensMs: number;
}

/** @param exDay days since 1970-01-01; one without a session counts from the next that has one */
export function exDateOf(terms: SettlementTerms, exDay: number): ExDate {
  const calendar = calendarOf(terms);
  const first = calendar.hasSession(exDay) ? exDay : addBusinessDays(calendar, exDay, 1);
  const opens = sessionOfDate(calendar, first);
  const closes = sessionOfDate(calendar, addBusinessDays(calendar, exDay, -1));
  invariant(opens !== null && closes !== null, "a business day has a session");
  return {
    closedMs: closes.closeMs,
    beginsMs: instantOf(calendar.zone, exDay, 0),
    opensMs: opens.openMs,
  };
}
