/**
 * One record as a person reads it: time, level, message, the fields as `name=value`, the stack of an error below.
 * @param line one line of pino's JSON
 */
export function readableLine(line: string): string {
  const { time, level, msg, err, ...fields } = recordOf(line);
  const head = `${textOf(time)} ${textOf(level).toUpperCase().padEnd(5)} ${textOf(msg)}`;
  const pairs = Object.entries(fields).map(([name, value]) => ` ${name}=${textOf(value)}`);
  return `${head}${pairs.join("")}${err === undefined ? "" : `\n${errorText(err)}`}\n`;
}

interface LogRecord {
  readonly time?: unknown;
  readonly level?: unknown;
  readonly msg?: unknown;
  readonly err?: unknown;
  readonly [field: string]: unknown;
}

function recordOf(line: string): LogRecord {
  const record: unknown = JSON.parse(line);
  return isRecord(record) ? record : { msg: record };
}

function isRecord(value: unknown): value is LogRecord {
  return typeof value === "object" && value !== null;
}

function textOf(value: unknown): string {
  if (value === undefined) return "";
  if (typeof value !== "string") return JSON.stringify(value);
  return value;
}

/** The stack names type and message; what else the error carries stands under it. */
function errorText(err: unknown): string {
  if (!isRecord(err)) return `    ${textOf(err)}`;
  const { stack, type: _type, message, ...rest } = err;
  const fields = Object.keys(rest).length > 0 ? `\n${JSON.stringify(rest)}` : "";
  return `${textOf(stack ?? message)}${fields}`.replaceAll(/^/gm, "    ");
}
