import { dayOfIso } from "../../../domain/market/calendars/day-rules.ts";
import { civilDate } from "../../../domain/market/civil-date.ts";
import type { FieldError } from "../readers.ts";
import { s } from "../schema.ts";
import type { CrossCheck, Schema } from "../schema.ts";

const DATE = /^(?:1[6-9]|[2-9]\d)\d{2}-\d{2}-\d{2}$/;
const HINT = "must be a date such as 2014-06-09, from the year 1600 on";

/** A day of the calendar, without a time. Whether it is one is for `realDates`, which a route that takes one needs. */
export function date(): Schema<string> {
  return s.string({ max: 10, pattern: DATE, hint: HINT, format: "date", example: "2014-06-09" });
}

/** Refuses what looks like a date and is none, such as 30 February. */
export function realDates(...fields: readonly string[]): CrossCheck {
  return (value) =>
    fields.flatMap((path): readonly FieldError[] => {
      const text = value[path];
      const isFalse = typeof text === "string" && DATE.test(text) && !isRealDate(text);
      return isFalse ? [{ path, code: "INVALID_VALUE", message: HINT }] : [];
    });
}

/** @param text of the form of a date */
export function isRealDate(text: string): boolean {
  const { month, day } = civilDate(dayOfIso(text));
  return month === Number(text.slice(5, 7)) && day === Number(text.slice(8));
}
