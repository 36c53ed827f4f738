import type { TimeZone } from "./time-zone.ts";

export type CalendarName = "XNYS" | "XLON" | "FX" | "24x7";

/** When a market trades. Local times are ms since midnight by the clock of the zone, on the session's date. */
export interface TradingCalendar {
  readonly name: CalendarName;
  readonly zone: TimeZone;
  /** below 0: the session opens on the day before its date */
  readonly opensAtMs: number;
  readonly closesAtMs: number;
  /** whether a session has this date, days since 1970-01-01 */
  readonly hasSession: (day: number) => boolean;
  /** the close of a half day; null when the day, if it has a session, has a whole one */
  readonly earlyCloseMs: (day: number) => number | null;
  /** whether trades can settle on the date: a market may trade while the banks are closed, and rest while they are open */
  readonly isSettlementDay: (day: number) => boolean;
}

/** From the opening, before the close; epoch ms, UTC. */
export interface Session {
  /** the local date that it counts for, as days since 1970-01-01 */
  readonly date: number;
  readonly openMs: number;
  readonly closeMs: number;
  readonly isHalfDay: boolean;
}
