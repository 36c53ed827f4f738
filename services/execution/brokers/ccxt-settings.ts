import type { Json } from "../../../domain/shared/json.ts";
import type { SettingFault } from "./account.ts";
import { closedLists } from "./ccxt-api.ts";
import { ccxtExchangeIds } from "../../../mixins/ccxt-library.ts";
import { type CcxtExchange, newCcxtExchange } from "./ccxt-exchange.ts";
import { whyUnusable } from "./ccxt-families.ts";

type Settings = { readonly [name: string]: Json };

const NAMES = ["exchange", "sandbox", "defaultType", "symbols", "host", "rateLimit", "stream"];
const MARKET_TYPES = ["spot", "swap", "future"];
const SYMBOLS_MAX = 500;

/**
 * What is wrong with an account at an exchange of ccxt. Settings:
 * - `exchange`: its id in ccxt, `binance`
 * - `sandbox`: the exchange's test network, where it has one
 * - `defaultType`: `spot` (unless given), `swap` or `future`: an account is of one kind of market
 * - `symbols`: our symbol → ccxt's, where they are not `BTC-USDT` and `BTC/USDT`
 * - `host`: scheme, host and port that take the place of the exchange's own in every address: a proxy, a test
 * - `rateLimit`: ms between calls of weight one, where the exchange's own limit is not ours
 * - `stream`: false where the exchange's stream is not to be used (a proxy without WebSockets): orders are asked for alone
 *
 * Credentials are those that ccxt says the exchange requires: `apiKey` and `secret`, `password`, `uid` …
 */
export function checkCcxtSettings(
  credentials: Readonly<Record<string, string>>,
  settings: Settings,
): readonly SettingFault[] {
  const { exchange: id } = settings;
  if (typeof id !== "string" || !ccxtExchangeIds().has(id))
    return [fault("settings.exchange", "must be the id of an exchange of ccxt, such as binance")];
  const exchange = newCcxtExchange(id);
  return [
    ...checkExchange(exchange),
    ...checkNames(settings),
    ...checkValues(exchange, settings),
    ...checkSymbols(settings["symbols"]),
    ...checkCredentials(exchange, credentials),
  ];
}

/** What orders cannot do without: whoever cannot be asked for them cannot be trusted with them. */
function checkExchange(exchange: CcxtExchange): readonly SettingFault[] {
  const { has, id } = exchange;
  const unusable = whyUnusable(id);
  if (unusable !== null) return [fault("settings.exchange", `${id} cannot be used: ${unusable}`)];
  const needed = ["createOrder", "cancelOrder", "fetchOrder", "fetchOpenOrders", "fetchMyTrades"];
  const missing = needed.filter((name) => has[name] !== true);
  const isComplete = closedLists(exchange).length > 0;
  const lacks = isComplete ? missing : [...missing, "fetchClosedOrders"];
  if (lacks.length === 0) return [];
  return [
    fault("settings.exchange", `${id} cannot be used: ccxt has no ${lacks.join(", ")} of it`),
  ];
}

function checkNames(settings: Settings): readonly SettingFault[] {
  return Object.keys(settings)
    .filter((name) => !NAMES.includes(name) && name !== "feeBps")
    .map((name) => fault(`settings.${name}`, `is not one of ${NAMES.join(", ")}`));
}

function checkValues(exchange: CcxtExchange, settings: Settings): readonly SettingFault[] {
  const { sandbox, defaultType, host, rateLimit, stream } = settings;
  const marketType = typeof defaultType === "string" ? defaultType : "spot";
  const faults: SettingFault[] = [];
  if (sandbox !== undefined && typeof sandbox !== "boolean")
    faults.push(fault("settings.sandbox", "must be true or false"));
  if (stream !== undefined && typeof stream !== "boolean")
    faults.push(fault("settings.stream", "must be true or false"));
  if (sandbox === true && exchange.urls.test === undefined)
    faults.push(fault("settings.sandbox", `${exchange.id} has no test network in ccxt`));
  if (defaultType !== undefined && !MARKET_TYPES.some((type) => type === defaultType))
    faults.push(fault("settings.defaultType", `must be one of ${MARKET_TYPES.join(", ")}`));
  else if (exchange.has[marketType] !== true)
    faults.push(fault("settings.defaultType", `${exchange.id} has no ${marketType} markets`));
  if (host !== undefined && !isHost(host))
    faults.push(fault("settings.host", "must be scheme, host and port: https://proxy.example:443"));
  if (rateLimit !== undefined && !isInterval(rateLimit))
    faults.push(fault("settings.rateLimit", "must be a whole number of ms from 1 to 60000"));
  return faults;
}

function isHost(value: Json): boolean {
  if (typeof value !== "string" || !URL.canParse(value)) return false;
  const { protocol, origin } = new URL(value);
  return (protocol === "https:" || protocol === "http:") && origin === value;
}

function isInterval(value: Json): boolean {
  return typeof value === "number" && Number.isInteger(value) && value >= 1 && value <= 60_000;
}

function checkSymbols(value: Json | undefined): readonly SettingFault[] {
  if (value === undefined) return [];
  const path = "settings.symbols";
  if (typeof value !== "object" || value === null || Array.isArray(value))
    return [fault(path, 'must be an object such as { "BTC-USDT": "BTC/USDT" }')];
  const pairs: readonly (readonly [string, unknown])[] = Object.entries(value);
  if (pairs.length > SYMBOLS_MAX) return [fault(path, `has more than ${SYMBOLS_MAX} symbols`)];
  const faults = pairs
    .filter(([, theirs]) => typeof theirs !== "string" || !/^[\w.-]+\/[\w.:-]+$/.test(theirs))
    .map(([ours]) => fault(`${path}.${ours}`, "must be a symbol of ccxt, such as BTC/USDT"));
  const isUnique = new Set(pairs.map(([, theirs]) => theirs)).size === pairs.length;
  return isUnique ? faults : [...faults, fault(path, "names one market twice")];
}

function checkCredentials(
  { id, requiredCredentials }: CcxtExchange,
  credentials: Readonly<Record<string, string>>,
): readonly SettingFault[] {
  const known = Object.keys(requiredCredentials);
  const missing = known
    .filter((name) => requiredCredentials[name] === true && (credentials[name] ?? "") === "")
    .map((name) => fault(`credentials.${name}`, `is required by ${id}`));
  const strange = Object.keys(credentials)
    .filter((name) => !known.includes(name))
    .map((name) => fault(`credentials.${name}`, `is not one of ${known.join(", ")}`));
  return [...missing, ...strange];
}

function fault(path: string, message: string): SettingFault {
  return { path, message };
}
