import { stdSerializers } from "pino";

const REDACTED = "[redacted]";
/** Deeper than anything we log on purpose; an object that contains a broker ends here. */
const MAX_DEPTH = 8;

/** Names of fields whose values are never written, however deep they lie, in any case and with any separators. */
const SECRET_NAME =
  /(password|passwordhash|passphrase|secret|secretkey|token|authorization|cookie|credentials?|apikey|apikeyid|privatekey|totp|sealed|credentialskey)$/;

function isSecret(name: string): boolean {
  return SECRET_NAME.test(name.toLowerCase().replaceAll(/[-_]/g, ""));
}

/** A copy of what is to be logged without what must not be. Errors become their type, message, stack and fields. */
export function redactFields(fields: object): Record<string, unknown> {
  return copyFields(fields, []);
}

function copyFields(fields: object, path: readonly object[]): Record<string, unknown> {
  const inside = [...path, fields];
  return Object.fromEntries(
    Object.entries(fields).map(([name, value]) => [
      name,
      isSecret(name) ? REDACTED : copy(value, inside),
    ]),
  );
}

function copy(value: unknown, path: readonly object[]): unknown {
  if (typeof value === "bigint") return String(value);
  if (typeof value !== "object" || value === null) return value;
  if (path.includes(value)) return "[circular]";
  if (path.length >= MAX_DEPTH) return "[too deep]";
  if (value instanceof Error) return copyFields(stdSerializers.err(value), [...path, value]);
  if (ArrayBuffer.isView(value)) return `[${value.byteLength} bytes]`;
  if (Array.isArray(value)) return value.map((item: unknown) => copy(item, [...path, value]));
  if ("toJSON" in value && typeof value.toJSON === "function") {
    return copy(value.toJSON(), [...path, value]);
  }
  return copyFields(value, path);
}

const BINDABLE_SECRETS = [
  "password",
  "secret",
  "token",
  "accessToken",
  "refreshToken",
  "authorization",
  "apiKey",
];

/**
 * Bindings of child loggers do not pass through `redactFields`: pino writes them once, when the child is made. These
 * catch the names that somebody might bind. `err` replaces pino's own, which would take our copy for an odd error.
 */
export const serializers = {
  ...Object.fromEntries(BINDABLE_SECRETS.map((name) => [name, () => REDACTED] as const)),
  err: (value: unknown): unknown => copy(value, []),
};

/** Secrets inside text, wherever they stand in a line: the password of a URL, credentials of a header, a JWT. */
export function redactText(line: string): string {
  return line
    .replaceAll(/(:\/\/[^\s:@/"]*:)[^\s@/"]+@/g, `$1${REDACTED}@`)
    .replaceAll(/\b(Bearer|Basic) [\w.~+/=-]{8,}/g, `$1 ${REDACTED}`)
    .replaceAll(/\beyJ[\w-]+\.[\w-]+\.[\w-]+/g, REDACTED);
}
