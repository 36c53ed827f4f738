import {
  NEW_YORK,
  UTC,
  instantOf,
  localDay,
} from "../../../../domain/market/calendars/time-zone.ts";
import type { TimeZone } from "../../../../domain/market/calendars/time-zone.ts";
import { TIMES_IN_FORCE } from "../../../../domain/order/new-order.ts";
import type { OrderType } from "../../../../domain/order/new-order.ts";
import type { Json } from "../../../../domain/shared/json.ts";
import type { SettingFault } from "../account.ts";
import type { BrokerAbilities } from "../broker.ts";

/** How to reach the counterparty, and what was agreed with it. */
export interface FixSettings {
  readonly host: string;
  readonly port: number;
  readonly tls: boolean;
  /** the name in the counterparty's certificate, where it is not the host */
  readonly tlsServerName: string | null;
  readonly senderCompId: string;
  readonly targetCompId: string;
  readonly senderSubId: string | null;
  readonly targetSubId: string | null;
  readonly heartbeatMs: number;
  /** Account (1) of orders */
  readonly account: string | null;
  readonly handlInst: string;
  readonly exDestination: string | null;
  /** numbers begin at 1 with every logon */
  readonly isResetOnLogon: boolean;
  /** numbers begin at 1 with the first logon after this time of every day; null: they go on */
  readonly schedule: Schedule | null;
  /** our symbols → theirs, where they differ */
  readonly symbols: ReadonlyMap<string, string>;
  /** it answers OrderStatusRequest */
  readonly hasOrderStatus: boolean;
  /** it answers OrderMassStatusRequest */
  readonly hasMassStatus: boolean;
  readonly messagesPerSecond: number;
  /** how long a call waits for the counterparty's word */
  readonly answerMs: number;
  readonly abilities: BrokerAbilities;
}

export interface Schedule {
  /** since the midnight of the zone */
  readonly resetAtMs: number;
  readonly zone: TimeZone;
}

const MINUTE_MS = 60_000;

/** When numbers last had to begin anew by the schedule, epoch ms. */
export function lastResetMs({ resetAtMs, zone }: Schedule, nowMs: number): number {
  const today = localDay(zone, nowMs);
  const candidates = [today + 1, today, today - 1].map((day) => instantOf(zone, day, resetAtMs));
  return candidates.find((atMs) => atMs <= nowMs) ?? nowMs;
}

/** FIX 4.4 has no limit-if-touched and no reduce-only. */
const ORD_TYPES: readonly OrderType[] = [
  "market",
  "limit",
  "stop",
  "stopLimit",
  "trailingStop",
  "marketIfTouched",
];
const TRAILS = ["amount", "bps", "ticks"] as const;

/** What the standard can say; a counterparty may take less of it. */
const STANDARD: BrokerAbilities = {
  ordTypes: ORD_TYPES,
  timesInForce: TIMES_IN_FORCE,
  trails: TRAILS,
  postOnly: true,
  reduceOnly: false,
  displayQty: true,
  replace: true,
};

const ZONES: Readonly<Record<string, TimeZone>> = { UTC, "America/New_York": NEW_YORK };

/** What a value must be like, and whether it is. */
interface Rule {
  readonly accepts: (value: Json) => boolean;
  readonly message: string;
  readonly isNeeded?: true;
}

const compId: Rule = rule("must be 1 to 64 visible characters", (value) =>
  matches(value, /^[\x21-\x7e]{1,64}$/),
);
const flag: Rule = rule("must be true or false", (value) => typeof value === "boolean");

const RULES: Readonly<Record<string, Rule>> = {
  host: needed(
    rule("must be a host name or an address", (v) => matches(v, /^[A-Za-z0-9.:_-]{1,253}$/)),
  ),
  port: needed(whole(1, 65_535)),
  tls: flag,
  tlsServerName: rule("must be a host name", (v) => matches(v, /^[A-Za-z0-9._-]{1,253}$/)),
  senderCompId: needed(compId),
  targetCompId: needed(compId),
  senderSubId: compId,
  targetSubId: compId,
  heartbeatSeconds: whole(1, 3_600),
  account: compId,
  handlInst: rule('must be "1", "2" or "3"', (v) => matches(v, /^[123]$/)),
  exDestination: compId,
  resetOnLogon: flag,
  schedule: rule('must be { resetAt: "HH:MM" } with zone "UTC" or "America/New_York"', isSchedule),
  symbols: rule("must map our symbols to theirs, each 1 to 64 visible characters", isSymbols),
  orderStatus: flag,
  massStatus: flag,
  messagesPerSecond: whole(1, 10_000),
  answerSeconds: whole(1, 25),
  abilities: rule("must name less of what FIX 4.4 can say", isNarrowing),
};

const SECRETS = new Set([
  "username",
  "password",
  "rawData",
  "caCertificate",
  "clientCertificate",
  "clientKey",
]);
const PEM = new Set(["caCertificate", "clientCertificate", "clientKey"]);

/**
 * `credentials { username?, password?, rawData?, caCertificate?, clientCertificate?, clientKey? }`, the last three as PEM;
 * `settings { host, port, senderCompId, targetCompId, … }` as `FixSettings` has them.
 */
export function checkFixSettings(
  credentials: Readonly<Record<string, string>>,
  settings: { readonly [name: string]: Json },
): readonly SettingFault[] {
  const named = Object.entries(settings).flatMap(([name, value]) => faultOf(name, value));
  const missing = Object.entries(RULES)
    .filter(([name, { isNeeded }]) => isNeeded === true && settings[name] === undefined)
    .map(([name, { message }]) => ({ path: `settings.${name}`, message }));
  return [...missing, ...named, ...Object.entries(credentials).flatMap(secretFault)];
}

function faultOf(name: string, value: Json | undefined): readonly SettingFault[] {
  const path = `settings.${name}`;
  const known = Object.hasOwn(RULES, name) ? RULES[name] : undefined;
  if (known === undefined) return [{ path, message: "is not a setting of FIX" }];
  return value === undefined || known.accepts(value) ? [] : [{ path, message: known.message }];
}

function secretFault([name, value]: readonly [string, string]): readonly SettingFault[] {
  const path = `credentials.${name}`;
  if (!SECRETS.has(name)) return [{ path, message: "is not a credential of FIX" }];
  if (PEM.has(name))
    return value.includes("-----BEGIN ") && value.length <= 65_536
      ? []
      : [{ path, message: "must be PEM" }];
  const message = "must be 1 to 256 visible characters";
  return /^[\x20-\x7e]{1,256}$/.test(value) ? [] : [{ path, message }];
}

/** @throws Error when they were stored without having been checked */
export function readFixSettings(all: { readonly [name: string]: Json }): FixSettings {
  const { feeBps: _, ...settings } = all;
  const [fault] = checkFixSettings({}, settings);
  if (fault !== undefined) throw new Error(`${fault.path} ${fault.message}`);
  const text = (name: string): string | null => textOf(settings[name]);
  const number = (name: string, otherwise: number): number => {
    const value = settings[name];
    return typeof value === "number" ? value : otherwise;
  };
  return {
    host: text("host") ?? "",
    port: number("port", 0),
    tls: settings["tls"] === true,
    tlsServerName: text("tlsServerName"),
    senderCompId: text("senderCompId") ?? "",
    targetCompId: text("targetCompId") ?? "",
    senderSubId: text("senderSubId"),
    targetSubId: text("targetSubId"),
    heartbeatMs: number("heartbeatSeconds", 30) * 1_000,
    account: text("account"),
    handlInst: text("handlInst") ?? "1",
    exDestination: text("exDestination"),
    isResetOnLogon: settings["resetOnLogon"] === true,
    schedule: readSchedule(settings["schedule"]),
    symbols: readSymbols(settings["symbols"]),
    hasOrderStatus: settings["orderStatus"] !== false,
    hasMassStatus: settings["massStatus"] === true,
    messagesPerSecond: number("messagesPerSecond", 50),
    answerMs: number("answerSeconds", 10) * 1_000,
    abilities: narrowed(settings["abilities"]),
  };
}

function textOf(value: Json | undefined): string | null {
  return typeof value === "string" ? value : null;
}

type Fields = { readonly [name: string]: Json | undefined };

function fieldsOf(value: Json | undefined): Fields | null {
  if (typeof value !== "object" || value === null || Array.isArray(value)) return null;
  // sound: an object that is no array
  return value as Fields;
}

function isSchedule(value: Json): boolean {
  const fields = fieldsOf(value);
  if (fields === null) return false;
  const { resetAt, zone = "UTC", ...rest } = fields;
  const isTime = matches(resetAt, /^([01]\d|2[0-3]):[0-5]\d$/);
  return isTime && typeof zone === "string" && Object.hasOwn(ZONES, zone) && isEmpty(rest);
}

function readSchedule(value: Json | undefined): Schedule | null {
  const { resetAt, zone } = fieldsOf(value) ?? {};
  const [hours, minutes] = (textOf(resetAt) ?? "").split(":");
  if (hours === undefined || minutes === undefined) return null;
  const resetAtMs = (Number(hours) * 60 + Number(minutes)) * MINUTE_MS;
  return { resetAtMs, zone: ZONES[textOf(zone) ?? "UTC"] ?? UTC };
}

function isSymbols(value: Json): boolean {
  const names = Object.values(fieldsOf(value) ?? { none: null });
  return names.every((name) => matches(name, /^[\x21-\x7e]{1,64}$/)) && isOneToOne(names);
}

/** What comes back is told by their symbol only. */
function isOneToOne(names: readonly (Json | undefined)[]): boolean {
  return new Set(names).size === names.length;
}

function readSymbols(value: Json | undefined): ReadonlyMap<string, string> {
  const entries = Object.entries(fieldsOf(value) ?? {});
  return new Map(entries.map(([ours, theirs]) => [ours, textOf(theirs) ?? ours]));
}

const SWITCHES = ["postOnly", "displayQty", "replace"] as const;
const LISTS = { ordTypes: ORD_TYPES, timesInForce: TIMES_IN_FORCE, trails: TRAILS } as const;

function isNarrowing(value: Json): boolean {
  const fields = fieldsOf(value);
  if (fields === null) return false;
  return Object.entries(fields).every(([name, part]) => {
    if (SWITCHES.some((known) => known === name)) return typeof part === "boolean";
    const standard: readonly string[] | undefined = Object.hasOwn(LISTS, name)
      ? // sound: it is one of them
        LISTS[name as keyof typeof LISTS]
      : undefined;
    return standard !== undefined && isListOf(part, standard);
  });
}

function isListOf(value: Json | undefined, standard: readonly string[]): boolean {
  return Array.isArray(value) && value.every((one) => standard.some((known) => known === one));
}

function narrowed(value: Json | undefined): BrokerAbilities {
  const fields = fieldsOf(value) ?? {};
  const among = <T extends string>(name: string, standard: readonly T[]): readonly T[] => {
    const wanted = fields[name];
    return Array.isArray(wanted) ? standard.filter((one) => wanted.includes(one)) : standard;
  };
  return {
    ...STANDARD,
    ordTypes: among("ordTypes", ORD_TYPES),
    timesInForce: among("timesInForce", TIMES_IN_FORCE),
    trails: among("trails", TRAILS),
    postOnly: fields["postOnly"] !== false,
    displayQty: fields["displayQty"] !== false,
    replace: fields["replace"] !== false,
  };
}

function matches(value: Json | undefined, pattern: RegExp): boolean {
  return typeof value === "string" && pattern.test(value);
}

function isEmpty(fields: object): boolean {
  return Object.keys(fields).length === 0;
}

function rule(message: string, accepts: Rule["accepts"]): Rule {
  return { message, accepts };
}

function needed(one: Rule): Rule {
  return { ...one, isNeeded: true };
}

function whole(least: number, most: number): Rule {
  return rule(
    `must be a whole number from ${least} to ${most}`,
    (value) => Number.isInteger(value) && Number(value) >= least && Number(value) <= most,
  );
}
