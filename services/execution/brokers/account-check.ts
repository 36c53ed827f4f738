import type { Json } from "../../../domain/shared/json.ts";
import { unprocessable } from "../../../mixins/rest/rest-error.ts";
import type { Config } from "../../config.ts";
import type { BrokerKind, SettingFault } from "./account.ts";
import { KINDS, checkCommon } from "./kinds.ts";

type Settings = { readonly [name: string]: Json };

const PATH_MAX = 100;

/** @throws RestError 422 naming each setting or credential that is wrong */
export async function checkAccount(
  config: Pick<Config, "brokerHosts">,
  broker: BrokerKind,
  credentials: Readonly<Record<string, string>>,
  settings: Settings,
): Promise<void> {
  const { check } = await KINDS[broker]();
  const { feeBps: _common, ...own } = settings;
  const faults = [
    ...checkCommon(broker, settings),
    ...check(credentials, own),
    ...checkHosts(config.brokerHosts, own),
  ];
  if (faults.length === 0) return;
  throw unprocessable(
    faults.map(({ path, message }) => ({
      path: path.slice(0, PATH_MAX),
      code: "INVALID_VALUE",
      message,
    })),
  );
}

/**
 * An account makes this node connect to where it says: without a list of the operator's, anybody with an account could make it
 * knock at doors inside the installation's own network.
 */
function checkHosts(allowed: readonly string[], settings: Settings): readonly SettingFault[] {
  if (allowed.includes("*")) return [];
  const port = typeof settings["port"] === "number" ? settings["port"] : null;
  return Object.entries(settings).flatMap(([name, value]) => {
    if (typeof value !== "string" || !/(?:host|url)$/i.test(name)) return [];
    const place = placeOf(name, value, port);
    const isAllowed = place !== null && place.some((one) => allowed.includes(one));
    const message = "must be one of the hosts that the operator allows (BROKER_HOSTS)";
    return isAllowed ? [] : [{ path: `settings.${name}`, message }];
  });
}

/** `host` and `host:port` of a setting, which may be a URL whatever its name; null when it is none. */
function placeOf(name: string, value: string, port: number | null): readonly string[] | null {
  const url = value.includes("://") ? URL.parse(value) : null;
  if (url !== null) return [url.hostname, url.host];
  return /host$/i.test(name) && !value.includes("/") ? [value, `${value}:${port}`] : null;
}
