import type { Json } from "../../domain/shared/json.ts";
import type { RequestUser } from "../../types/contracts.ts";
import { isPermitted, mayRead } from "./permissions.ts";
import type { Permission } from "./permissions.ts";
import { RestError, unprocessable } from "./rest-error.ts";

/** A fact on its way to whoever listens. `tenantId` null is public: market data. */
export interface StreamMessage {
  readonly channel: string;
  readonly tenantId: string | null;
  readonly portfolioId: string | null;
  readonly ownerId: string | null;
  readonly data: Json;
}

export type Hearing = "markets" | "everything";

export interface StreamSource {
  /**
   * @param hearing what is wanted: putting the events of accounts into words has its price, and news of markets are words already
   * @returns ends the subscription
   */
  subscribe(listener: (message: StreamMessage) => void, hearing: Hearing): () => void;
}

const CHANNELS: readonly (readonly [pattern: RegExp, permission: Permission])[] = [
  [/^orders$/, "orders.read"],
  [/^trades$/, "trades.read"],
  [/^signals$/, "signals.read"],
  [/^alerts$/, "risk.read"],
  [/^portfolio:[A-Za-z0-9_{}:.-]+$/, "portfolios.read"],
  [/^quotes:[A-Za-z0-9.^=:_-]+$/, "market-data.read"],
  [/^ticks:[A-Za-z0-9.^=:_/-]+$/, "market-data.read"],
  [/^books:[A-Za-z0-9.^=:_/-]+$/, "market-data.read"],
  [/^bars:[A-Za-z0-9.^=:_-]+:\w+$/, "market-data.read"],
  [/^jobs:[A-Za-z0-9_{}:.-]+$/, "jobs.read"],
];

/**
 * The channels that were asked for, each known and permitted.
 * @throws RestError 422 for one that is not known, 403 for one that the role may not read
 */
export function checkChannels(
  channels: readonly string[],
  { role }: Pick<RequestUser, "role">,
): ReadonlySet<string> {
  for (const [index, channel] of channels.entries()) {
    const permission = CHANNELS.find(([pattern]) => pattern.test(channel))?.[1];
    if (permission === undefined) throw unknownChannel(index);
    if (!isPermitted(role, permission)) {
      throw new RestError("FORBIDDEN", `${channel} needs the permission ${permission}`);
    }
  }
  return new Set(channels);
}

function unknownChannel(index: number): RestError {
  const message =
    "must be orders, trades, signals, alerts, portfolio:{id}, quotes:{symbol}, ticks:{symbol}, books:{symbol}, bars:{symbol}:{timeframe} or jobs:{id}";
  return unprocessable([{ path: `channels[${index}]`, code: "UNSUPPORTED_VALUE", message }]);
}

/** Whether this user may see this message; who owns nothing in particular is everybody of the tenant. */
export function isVisible(
  message: Omit<StreamMessage, "data">,
  user: Pick<RequestUser, "userId" | "tenantId" | "role">,
): boolean {
  const { tenantId, ownerId, portfolioId } = message;
  if (tenantId === null) return true;
  if (ownerId === null && portfolioId === null) return tenantId === user.tenantId;
  return mayRead(user, { tenantId, ownerId });
}
