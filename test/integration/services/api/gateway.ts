import type { Server } from "node:http";
import type { AddressInfo } from "node:net";
import { createSecretKey, randomBytes } from "node:crypto";
import { ServiceBroker } from "moleculer";
import type { ServiceSchema } from "moleculer";
import { systemClock } from "../../../../mixins/clock.ts";
import type { StreamMessage } from "../../../../mixins/rest/stream-channels.ts";
import { openMemoryStore } from "../../../../models/cache/memory.ts";
import { createApiService } from "../../../../services/api.service.ts";
import type { ApiConfig } from "../../../../services/api.service.ts";
import type { Readiness } from "../../../../services/gateway/ports.ts";
import { AccessTokens } from "../../../../services/auth/tokens.ts";
import type { UserRole } from "../../../../types/contracts.ts";

export interface TestGateway {
  readonly url: string;
  readonly broker: ServiceBroker;
  readonly tokens: AccessTokens;
  /** what the store says of a session; others are of a trader */
  readonly sessions: Map<string, UserRole | null>;
  readonly lookups: string[];
  readiness: Readiness;
  publish(message: Partial<StreamMessage>): void;
  tokenFor(role: UserRole, sessionId?: string): string;
  /** as a trader, unless the headers say otherwise */
  fetch(path: string, init?: RequestInit): Promise<Response>;
  stop(): Promise<void>;
}

/** A gateway on a free port, with stand-ins for the services behind it. */
export async function startGateway(
  services: readonly ServiceSchema[],
  config: Partial<ApiConfig> = {},
): Promise<TestGateway> {
  const broker = new ServiceBroker({
    logger: false,
    requestTimeout: 5000,
    registry: { stopDelay: 0 },
    tracking: { enabled: true, shutdownTimeout: 3000 },
  });
  const key = createSecretKey(randomBytes(32));
  const keys = { signing: { keyId: "k1", key }, byId: new Map([["k1", key]]) };
  const tokens = new AccessTokens(keys, systemClock);
  const sessions = new Map<string, UserRole | null>();
  const lookups: string[] = [];
  const listeners = new Set<(message: StreamMessage) => void>();
  const store = openMemoryStore({ clock: systemClock, onError: () => undefined });
  const gateway: Pick<TestGateway, "readiness"> = { readiness: { ready: true, dependencies: {} } };
  const find = (sessionId: string) => {
    lookups.push(sessionId);
    const role = sessions.has(sessionId) ? sessions.get(sessionId) : "trader";
    return Promise.resolve(role ? { role } : null);
  };
  const api = createApiService({
    config: { host: "127.0.0.1", port: 0, version: "0.0.0", cors: null, ...config },
    tokens,
    sessions: { find },
    limiter: store.limiter,
    streamSource: {
      subscribe(listener) {
        listeners.add(listener);
        return () => listeners.delete(listener);
      },
    },
    metrics: { render: () => "up 1\n" },
    jobs: { find: () => Promise.resolve(null) },
    readiness: { check: () => Promise.resolve(gateway.readiness) },
    clock: systemClock,
  });
  const server = Reflect.get(broker.createService(api), "server") as Server;
  for (const schema of services) broker.createService(schema);
  await broker.start();
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const tokenFor = (role: UserRole, sessionId = `session-of-${role}`): string => {
    if (!sessions.has(sessionId)) sessions.set(sessionId, role);
    return tokens.issue({
      userId: `u-${role}`,
      tenantId: "t1",
      email: `${role}@x.test`,
      sessionId,
    });
  };
  return Object.assign(gateway, {
    url,
    broker,
    tokens,
    sessions,
    lookups,
    tokenFor,
    publish: (message: Partial<StreamMessage>) => {
      const nobody = { tenantId: null, portfolioId: null, ownerId: null, data: null };
      for (const listener of listeners) listener({ channel: "", ...nobody, ...message });
    },
    fetch: (path: string, init: RequestInit = {}) => {
      const headers = new Headers(init.headers);
      if (!headers.has("authorization")) {
        headers.set("authorization", `Bearer ${tokenFor("trader")}`);
      }
      return fetch(url + path, { ...init, headers });
    },
    stop: () => broker.stop(),
  });
}

export function post(body: unknown, headers: Record<string, string> = {}): RequestInit {
  return {
    method: "POST",
    headers: { "content-type": "application/json", ...headers },
    body: typeof body === "string" ? body : JSON.stringify(body),
  };
}
