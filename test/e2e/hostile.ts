import type { AnyRoute } from "../../mixins/rest/route.ts";
import type { HttpRequest, RouteInput } from "../support/http.ts";

/** Values that no field may fall over, as JSON texts: a JSON number may say more than JavaScript can hold. */
const HOSTILE_JSON = [
  "null",
  "true",
  "{}",
  "[]",
  "[[[[[[[[[[1]]]]]]]]]]",
  '{"__proto__":{"isAdmin":true}}',
  '{"constructor":{"prototype":{}}}',
  "-1",
  "0",
  "-0",
  "1.5",
  "1e309",
  "-1e309",
  "1e21",
  "9007199254740993",
  "0.1000000000000000055511151231257827",
  '""',
  '" "',
  '"\\u0000"',
  '"ACME\\u0000"',
  '"\\ud800"',
  '"__proto__"',
  '"constructor"',
  '"NaN"',
  '"Infinity"',
  '"-1"',
  '"1e5"',
  '"0x10"',
  '"9999999999999999999999999999999999"',
  '"123456789012345678901234.123456789012345678"',
  '"2020-02-30"',
  '"99999-01-01T00:00:00Z"',
  '"\' OR 1=1; DROP TABLE act.event; --"',
  '"../../../etc/passwd"',
  '"$where"',
  '"🦄"',
  JSON.stringify("x".repeat(5_000)),
  JSON.stringify("[".repeat(500)),
  '["ACME","ACME"]',
] as const;

/** The same as texts in an address: NUL, overlong and broken UTF-8 among them. */
const HOSTILE_TEXT = [
  "",
  "%20",
  "%00",
  "ACME%00",
  "%ff",
  "%c0%80",
  "%ed%a0%80",
  "..%2f..%2f..%2fetc%2fpasswd",
  "__proto__",
  "constructor",
  "null",
  "true",
  "-1",
  "0",
  "1.5",
  "1e309",
  "NaN",
  "9007199254740993",
  "99999999999999999999",
  "-99999999999999",
  "2020-02-30",
  "%27%20OR%201=1;--",
  "%7B%7D",
  "a,b,,c",
  ",",
  "%F0%9F%A6%84",
  "x".repeat(3_000),
] as const;

/** Every field of a route with every hostile value, the others as they should be. */
export function hostileRequests(route: AnyRoute, input: RouteInput): readonly HttpRequest[] {
  const { method } = route;
  return [
    ...Object.keys(route.body ?? {}).flatMap((field) =>
      HOSTILE_JSON.map((json) => ({
        method,
        path: pathOf(route, input),
        body: bodyText(route, input, { [field]: json }),
      })),
    ),
    ...Object.keys({ ...route.params, ...route.query }).flatMap((field) =>
      HOSTILE_TEXT.map((text) => ({
        method,
        path: pathOf(route, input, { [field]: text }),
        ...(route.body !== null && { body: bodyText(route, input) }),
      })),
    ),
  ];
}

/** @param raw values that go into the address as they are */
export function pathOf(
  { path, params, query }: AnyRoute,
  input: RouteInput,
  raw: Readonly<Record<string, string>> = {},
): string {
  const text = (name: string): string => raw[name] ?? encodeURIComponent(String(input[name]));
  const filled = Object.keys(params).reduce(
    (so, name) => so.replace(`{${name}}`, text(name)),
    path,
  );
  const asked = Object.keys(query).filter((name) => name in input || name in raw);
  return asked.length === 0
    ? filled
    : `${filled}?${asked.map((name) => `${name}=${text(name)}`).join("&")}`;
}

/** @param raw JSON texts that stand for values */
export function bodyText(
  { body }: AnyRoute,
  input: RouteInput,
  raw: Readonly<Record<string, string>> = {},
): string {
  const members = Object.keys(body ?? {})
    .filter((name) => name in input || name in raw)
    .map((name) => `${JSON.stringify(name)}:${raw[name] ?? JSON.stringify(input[name])}`);
  return `{${members.join(",")}}`;
}

/** What a cursor of ours may hold, in all lists, with values that none of them ever gave. */
export function forgedCursors(): readonly string[] {
  const numbers = [0, -1, 0.5, Number.MAX_SAFE_INTEGER, Number.MIN_SAFE_INTEGER, 1e300, null];
  const texts = ["", "x", "\u0000", "\ud800", "'", "x".repeat(600), 7];
  const positions = [
    ...numbers.flatMap((atMs) => texts.map((id) => ({ atMs, id }))),
    ...numbers.flatMap((asOfMs) => texts.map((signalId) => ({ asOfMs, signalId }))),
    ...numbers.flatMap((n) => [{ seq: n }, { startMs: n }, { sequence: n }, { atMs: n }]),
    ...texts.map((symbol) => ({ symbol })),
    {},
    [],
    null,
    1,
    "text",
    { __proto__: null, seq: 1, more: 2 },
  ];
  const encoded = positions.map((one) => Buffer.from(JSON.stringify(one)).toString("base64url"));
  return [...encoded, "%", "AAAA", "e30", "not-a-cursor"];
}
