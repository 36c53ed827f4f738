import type { Json } from "../../../../../domain/shared/json.ts";
import {
  checkFixSettings,
  lastResetMs,
  readFixSettings,
} from "../../../../../services/execution/brokers/fix/settings.ts";

const NEEDED = { host: "fix.example.com", port: 9_876, senderCompId: "QA", targetCompId: "BROKER" };

const faults = (settings: { readonly [name: string]: Json }, credentials = {}) =>
  checkFixSettings(credentials, { ...NEEDED, ...settings }).map(({ path }) => path);

describe("settings of a FIX account", () => {
  it("need an address and two names", () => {
    expect(checkFixSettings({}, {}).map(({ path }) => path)).toEqual(
      Object.keys(NEEDED).map((name) => `settings.${name}`),
    );
    expect(faults({})).toEqual([]);
  });

  it.each<[string, Json]>([
    ["port", "9876"],
    ["port", 0],
    ["tls", "yes"],
    ["senderCompId", "a\u0001b"],
    ["heartbeatSeconds", 0],
    ["answerSeconds", 26],
    ["schedule", { resetAt: "24:00" }],
    ["schedule", { resetAt: "17:00", zone: "Mars" }],
    ["schedule", { resetAt: "17:00", colour: "red" }],
    ["symbols", { A: "X", B: "X" }],
    ["symbols", ["A"]],
    ["abilities", { ordTypes: ["limitIfTouched"] }],
    ["abilities", { reduceOnly: true }],
    ["abilities", { constructor: true }],
    ["constructor", 1],
  ])("refuse %s %j", (name, value) => {
    expect(faults({ [name]: value })).toEqual([`settings.${name}`]);
  });

  it("refuse credentials that there are not, and those that no line carries", () => {
    const wrong = { token: "x", password: "a\nb", clientKey: "none" };
    expect(faults({}, wrong)).toEqual([
      "credentials.token",
      "credentials.password",
      "credentials.clientKey",
    ]);
  });

  it("narrow what the standard can say, and widen nothing", () => {
    const { abilities } = readFixSettings({
      ...NEEDED,
      feeBps: "1",
      abilities: { ordTypes: ["limit"], trails: [], replace: false },
    });
    expect(abilities).toMatchObject({ ordTypes: ["limit"], trails: [], replace: false });
    expect(abilities).toMatchObject({ postOnly: true, reduceOnly: false });
    const all = readFixSettings(NEEDED).abilities;
    expect(all.ordTypes).not.toContain("limitIfTouched");
  });
});

describe("the day of a session", () => {
  const at = (resetAt: string, zone: string, now: string) => {
    const { schedule } = readFixSettings({ ...NEEDED, schedule: { resetAt, zone } });
    return schedule && new Date(lastResetMs(schedule, Date.parse(now))).toISOString();
  };

  it.each([
    ["17:00", "UTC", "2026-11-20T17:00:00Z", "2026-11-20T17:00:00.000Z"],
    ["17:00", "UTC", "2026-11-20T16:59:59Z", "2026-11-19T17:00:00.000Z"],
    // New York is five hours behind in winter and four in summer.
    ["17:00", "America/New_York", "2026-11-20T22:00:00Z", "2026-11-20T22:00:00.000Z"],
    ["17:00", "America/New_York", "2026-07-20T20:59:00Z", "2026-07-19T21:00:00.000Z"],
    ["00:00", "America/New_York", "2026-11-21T04:59:00Z", "2026-11-20T05:00:00.000Z"],
  ])("that begins at %s of %s began last, at %s, at %s", (resetAt, zone, now, expected) => {
    expect(at(resetAt, zone, now)).toBe(expected);
  });
});
