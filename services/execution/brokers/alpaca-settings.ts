import type { Json } from "../../../domain/shared/json.ts";
import type { AlpacaConfig } from "../../config.ts";
import type { BrokerAccount, SettingFault } from "./account.ts";

const CREDENTIALS = ["keyId", "secretKey"];
const ENVIRONMENTS: Readonly<Record<string, string>> = {
  paper: "https://paper-api.alpaca.markets",
  live: "https://api.alpaca.markets",
};
/** Headers carry them. */
const HEADER_TEXT = /^[\x21-\x7e]{1,256}$/;

/** Where and as whom to speak to Alpaca. */
export interface AlpacaAccess extends AlpacaConfig {
  /** of metrics and messages: `alpaca`, or with the account's id */
  readonly name: string;
  readonly venue: string;
}

/**
 * `credentials { keyId, secretKey }`; `settings { environment: paper | live }`, or a `baseUrl` of another server that speaks
 * the same. Unless told otherwise it is paper trading: real money is asked for by name.
 */
export function checkAlpacaSettings(
  credentials: Readonly<Record<string, string>>,
  settings: { readonly [name: string]: Json },
): readonly SettingFault[] {
  const faults: SettingFault[] = [];
  for (const name of CREDENTIALS)
    if (!HEADER_TEXT.test(credentials[name] ?? ""))
      faults.push({ path: `credentials.${name}`, message: "must be 1 to 256 visible characters" });
  for (const name of Object.keys(credentials))
    if (!CREDENTIALS.includes(name))
      faults.push({ path: `credentials.${name}`, message: "is not a credential of Alpaca" });
  return [...faults, ...Object.entries(settings).flatMap(faultOf), ...conflictIn(settings)];
}

function faultOf([name, value]: readonly [string, Json | undefined]): readonly SettingFault[] {
  const path = `settings.${name}`;
  switch (name) {
    case "environment": {
      const isKnown = typeof value === "string" && Object.hasOwn(ENVIRONMENTS, value);
      return isKnown ? [] : [{ path, message: "must be one of: paper, live" }];
    }
    case "baseUrl": {
      const url = typeof value === "string" ? URL.parse(value) : null;
      const isPlain = url !== null && /^https?:$/.test(url.protocol) && url.pathname === "/";
      const hasNothingElse = isPlain && url.search + url.hash + url.username + url.password === "";
      return hasNothingElse ? [] : [{ path, message: "must be an http(s) URL without a path" }];
    }
  }
  return [{ path, message: "is not a setting of Alpaca" }];
}

function conflictIn({
  environment,
  baseUrl,
}: {
  readonly [name: string]: Json;
}): readonly SettingFault[] {
  if (environment === undefined || baseUrl === undefined) return [];
  return [{ path: "settings.baseUrl", message: "must not stand beside environment" }];
}

export function alpacaAccessOf(account: BrokerAccount): AlpacaAccess {
  const { accountId, venue, credentials, settings } = account;
  const { keyId = "", secretKey = "" } = credentials;
  const { baseUrl, environment } = settings;
  const known = ENVIRONMENTS[typeof environment === "string" ? environment : "paper"];
  const url = typeof baseUrl === "string" ? baseUrl : known;
  if (keyId === "" || secretKey === "" || url === undefined)
    throw new Error(`expected keys and an environment of Alpaca account ${accountId}`);
  const name = accountId === venue ? "alpaca" : `alpaca:${accountId}`;
  return { keyId, secretKey, baseUrl: url, name, venue };
}
