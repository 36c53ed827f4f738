import {
  ALWAYS,
  addSettlementDays,
  dateAt,
  findCalendar,
  FX,
} from "../market/calendars/calendars.ts";
import { dayOfIso } from "../market/calendars/day-rules.ts";
import type { TradingCalendar } from "../market/calendars/trading-calendar.ts";
import { XLON } from "../market/calendars/xlon.ts";
import { XNYS } from "../market/calendars/xnys.ts";
import { civilDate } from "../market/civil-date.ts";
import type { Instrument } from "../market/instrument.ts";
import { invariant } from "../shared/errors.ts";

interface Cycle {
  readonly fromDay: number;
  readonly days: number;
}

const DAY_MS = 86_400_000;

/**
 * Regular settlement cycles of shares, newest first. US: T+1 from 2024-05-28 (SEC release 34-96930), T+2 from 2017-09-05
 * (34-80295), T+3 from 1995-06-07 (33-7022, 34-33023), T+5 before. London: T+1 from 2027-10-11 (HM Treasury's answer to the
 * Accelerated Settlement Taskforce, 2025), T+2 from 2014-10-06 (CREST, ahead of Regulation (EU) 909/2014), T+3 from
 * 2001-02-05 (CREST), T+5 before.
 */
const US_CYCLES = cycles(["2024-05-28", 1], ["2017-09-05", 2], ["1995-06-07", 3], [null, 5]);
const UK_CYCLES = cycles(["2027-10-11", 1], ["2014-10-06", 2], ["2001-02-05", 3], [null, 5]);

/** What decides when a trade settles. */
export interface SettlementTerms {
  readonly assetClass: Instrument["assetClass"];
  /** name of the instrument's trading calendar; absent: the one that the asset class has by nature */
  readonly calendar?: string | undefined;
}

/**
 * The ISO date on which a trade settles: so many settlement days after the trade. Crypto settles at once, any day; spot fx at
 * T+2, weekends apart; futures and commodities by the variation margin of the next US settlement day.
 *
 * US shares settle on the days on which the Depository Trust Company does: the weekdays that are holidays neither of the
 * exchange nor, as Columbus Day and Veterans Day are, of the banks; see `XNYS`. A calendar that is not of an exchange, or not
 * known, does not change how shares settle: then they settle like those of the US.
 * @param tradeDay days since 1970-01-01 of the trade's date by the clocks of its exchange, see `tradeDateAt`
 */
export function settlementDate(terms: SettlementTerms, tradeDay: number): string {
  const { days, counted } = settlementRule(terms, tradeDay);
  return isoDate(addSettlementDays(counted, tradeDay, days));
}

/** The date of a trade, days since 1970-01-01, by the clocks of its exchange. */
export function tradeDateAt(terms: SettlementTerms, executedAtMs: number): number {
  return dateAt(calendarOf(terms), executedAtMs);
}

/**
 * The date of a trade at the open of a bar. Bars of a day and longer are stamped 00:00 UTC of their date, which is the evening
 * before in New York.
 */
export function tradeDateOfBar(
  terms: SettlementTerms,
  { startMs, endMs }: { readonly startMs: number; readonly endMs: number },
): number {
  return endMs - startMs >= DAY_MS ? Math.floor(startMs / DAY_MS) : tradeDateAt(terms, startMs);
}

/** The calendar that an instrument names, or else the one of its class. */
export function calendarOf({ assetClass, calendar }: SettlementTerms): TradingCalendar {
  const named = calendar === undefined ? null : findCalendar(calendar);
  if (named !== null) return named;
  if (assetClass === "crypto") return ALWAYS;
  return assetClass === "fx" ? FX : XNYS;
}

function settlementRule(
  { assetClass, calendar }: SettlementTerms,
  tradeDay: number,
): { readonly days: number; readonly counted: TradingCalendar } {
  switch (assetClass) {
    case "crypto":
      return { days: 0, counted: ALWAYS };
    case "fx":
      return { days: 2, counted: FX };
    case "future":
    case "commodity":
      return { days: 1, counted: XNYS };
    case "equity":
    case "index":
    case "etf":
      return calendar === XLON.name
        ? { days: daysIn(UK_CYCLES, tradeDay), counted: XLON }
        : { days: daysIn(US_CYCLES, tradeDay), counted: XNYS };
  }
}

function daysIn(known: readonly Cycle[], tradeDay: number): number {
  const found = known.find(({ fromDay }) => tradeDay >= fromDay);
  invariant(found !== undefined, `no settlement cycle on day ${tradeDay}`);
  return found.days;
}

function cycles(...terms: readonly (readonly [from: string | null, days: number])[]) {
  return terms.map(([from, days]) => ({
    fromDay: from === null ? -Infinity : dayOfIso(from),
    days,
  }));
}

/** `2024-05-28` from days since 1970-01-01. */
export function isoDate(epochDays: number): string {
  const { year, month, day } = civilDate(epochDays);
  return `${pad(year, 4)}-${pad(month, 2)}-${pad(day, 2)}`;
}

function pad(value: number, length: number): string {
  return String(value).padStart(length, "0");
}
