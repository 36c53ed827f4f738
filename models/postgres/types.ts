import { type CustomTypesConfig, types } from "pg";

type Parser = (text: string) => unknown;

const INT8 = 20;
const DATE = 1082;
const TIMESTAMP = 1114;
const TIMESTAMPTZ = 1184;
const NUMERIC = 1700;

/**
 * How values arrive from the server. Money stays text (`numeric`), `int8` becomes a number or refuses, instants
 * (`timestamptz`) become integer epoch milliseconds, and times without a zone, which are no instants, stay text; so do
 * the elements of arrays of these. Everything else is as `pg` has it: json parsed, float8 a number, bytea a Buffer.
 */
export const typesOnPurpose: CustomTypesConfig = {
  getTypeParser: (oid, format) =>
    (format === "binary" ? undefined : PARSERS.get(oid)) ?? types.getTypeParser(oid, format),
};

const asText: Parser = (text) => text;

const PARSERS = new Map<number, Parser>([
  [INT8, parseInt8],
  [NUMERIC, asText],
  [TIMESTAMPTZ, parseTimestamptz],
  [TIMESTAMP, asText],
  [DATE, asText],
  [1016, arrayOf(parseInt8)],
  [1231, arrayOf(asText)],
  [1185, arrayOf(parseTimestamptz)],
  [1115, arrayOf(asText)],
  [1182, arrayOf(asText)],
]);

/** @throws RangeError when a float64 cannot hold it exactly */
export function parseInt8(text: string): number {
  const value = Number(text);
  if (!Number.isSafeInteger(value))
    throw new RangeError(`int8 ${text} exceeds 2^53 − 1; select it as text`);
  return value;
}

const INSTANT =
  /^(\d{4,6})-(\d\d)-(\d\d) (\d\d):(\d\d):(\d\d)(?:\.(\d{1,6}))?([+-])(\d\d)(?::(\d\d))?(?::(\d\d))?$/;

/**
 * Epoch milliseconds, rounded down, of an instant in ISO style; ±Infinity for PostgreSQL's `infinity`.
 * @throws RangeError for another style, or a year before 100
 */
export function parseTimestamptz(text: string): number {
  const common = utcMs(text);
  if (!Number.isNaN(common)) return common;
  if (text === "infinity") return Infinity;
  if (text === "-infinity") return -Infinity;
  const match = INSTANT.exec(text);
  // Date.UTC takes a year below 100 for one of the twentieth century.
  if (!match || Number(match[1]) < 100)
    throw new RangeError(`timestamptz "${text}" is not an ISO instant after the year 99`);
  const [, year, month, day, hour, minute, second, fraction = "", sign, ...offset] = match;
  const local = Date.UTC(
    Number(year),
    Number(month) - 1,
    Number(day),
    Number(hour),
    Number(minute),
    Number(second),
    Number(fraction.padEnd(3, "0").slice(0, 3)),
  );
  return local - (sign === "-" ? -1 : 1) * offsetMs(offset);
}

/**
 * Of the form that our own sessions answer with, in UTC and with a year of four digits; NaN for every other. Taken apart place
 * by place: the expression above makes a dozen strings of each, and every event that is relayed has one.
 */
function utcMs(text: string): number {
  const end = text.length - 3;
  if (end < 19 || end > 26 || end === 20 || !text.endsWith("+00")) return Number.NaN;
  if (text[4] !== "-" || text[7] !== "-" || text[10] !== " ") return Number.NaN;
  if (text[13] !== ":" || text[16] !== ":" || (end > 19 && text[19] !== ".")) return Number.NaN;
  const year = digits(text, 0, 4);
  if (year < 100) return Number.NaN;
  const micros = digits(text, 20, end) * 10 ** (26 - end);
  return Date.UTC(
    year,
    digits(text, 5, 7) - 1,
    digits(text, 8, 10),
    digits(text, 11, 13),
    digits(text, 14, 16),
    digits(text, 17, 19),
    end === 19 ? 0 : Math.floor(micros / 1000),
  );
}

/** The whole number that stands there; NaN where anything but digits does. */
function digits(text: string, start: number, end: number): number {
  let value = 0;
  for (let i = start; i < end; i++) {
    const digit = text.charCodeAt(i) - ZERO_CODE;
    if (!(digit >= 0 && digit <= 9)) return Number.NaN;
    value = value * 10 + digit;
  }
  return value;
}

const ZERO_CODE = 48;

function offsetMs([hours = "0", minutes = "0", seconds = "0"]: readonly (string | undefined)[]) {
  return (Number(hours) * 3600 + Number(minutes) * 60 + Number(seconds)) * 1000;
}

const TEXT_ARRAY: number = 1009;

function splitArray(text: string): unknown {
  // oxlint-disable-next-line typescript/no-unsafe-enum-assignment -- pg-types parses arrays but names only scalars
  return types.getTypeParser(TEXT_ARRAY)(text);
}

function arrayOf(parse: Parser): Parser {
  // The parser of text[] gives strings, null for NULL, and arrays of these for further dimensions.
  const each = (item: unknown): unknown =>
    Array.isArray(item) ? item.map(each) : typeof item === "string" ? parse(item) : item;
  return (text) => each(splitArray(text));
}
