import { availableParallelism, hostname } from "node:os";
import { type AlternativeConfig, readAlternative } from "./config-alternative.ts";
import { readSources, type SourcesConfig } from "./config-sources.ts";
import { type Environment, EnvironmentReader } from "./env.ts";

const SERVICES = ["gateway", "data", "ai", "risk", "execution"] as const;
export type ServiceName = (typeof SERVICES)[number];

const LOG_LEVELS = ["fatal", "error", "warn", "info", "debug", "trace"] as const;
export type LogLevel = (typeof LOG_LEVELS)[number];
export type LogFormat = "json" | "text";

/** What a node was told by its environment. `null` is "not told": the embedded store, or something generated. */
export interface Config {
  readonly isProduction: boolean;
  readonly host: string;
  /** 0 lets the system choose */
  readonly port: number;
  /** embedded stores and generated keys */
  readonly dataDir: string;
  readonly databaseUrl: string | null;
  readonly redisUrl: string | null;
  readonly mongoUrl: string | null;
  readonly natsServers: readonly string[] | null;
  /** the stream of events in JetStream, where there is one */
  readonly bus: BusConfig;
  /** which of them this node runs, in the order of `SERVICES` */
  readonly services: readonly ServiceName[];
  /** unique among the nodes of one installation */
  readonly nodeId: string;
  readonly logLevel: LogLevel;
  readonly logFormat: LogFormat;
  readonly jwt: JwtConfig;
  readonly admin: { readonly email: string; readonly password: string | null };
  /** load the packaged market data and replay it as a live feed */
  readonly hasSampleData: boolean;
  /** bars a second */
  readonly replaySpeed: number;
  /** whose streams are played into the actors of symbols */
  readonly liveFeeds: readonly LiveFeedConfig[];
  /** streams (SSE, WebSocket) that a user may have open on this node */
  readonly streamsPerUser: number;
  /** how long the answer to a request may take */
  readonly requestTimeoutMs: number;
  /** worker threads for simulations and training; results never depend on it */
  readonly computeThreads: number;
  /** who may call from a browser page of another origin; `*` is everybody */
  readonly corsOrigins: readonly string[];
  /** null: nothing is traded at Alpaca */
  readonly alpaca: AlpacaConfig | null;
  /** vendors of market data */
  readonly sources: SourcesConfig;
  /** sources of news, filings, macro series and posts */
  readonly alternative: AlternativeConfig;
  /** what seals the credentials of broker accounts */
  readonly credentials: CredentialsConfig;
  /** `host` or `host:port` that broker accounts may name in their settings; `*` is every one */
  readonly brokerHosts: readonly string[];
}

const LIVE_KINDS = ["trades", "quotes", "bars", "books"] as const;
export interface LiveFeedConfig {
  /** e.g. `binance`, `alpaca`, `ccxt:kraken`, `simulation` */
  readonly sourceId: string;
  readonly symbols: readonly string[];
  readonly kinds: readonly (typeof LIVE_KINDS)[number][];
}

export interface BusConfig {
  /** first word of subjects; in capitals, of the stream's name */
  readonly namespace: string;
  readonly maxAgeMs: number;
  readonly maxBytes: number;
  readonly replicas: number;
}

export interface AlpacaConfig {
  readonly keyId: string;
  readonly secretKey: string;
  readonly baseUrl: string;
}

export type CredentialsConfig =
  | { readonly kind: "file"; readonly path: string }
  /** 32 bytes */
  | { readonly kind: "key"; readonly key: Buffer }
  | { readonly kind: "generated" };

export type JwtConfig =
  | { readonly kind: "file"; readonly path: string }
  | { readonly kind: "secret"; readonly secret: string }
  | { readonly kind: "generated" };

/**
 * Reads the environment once, at start. `.env.example` explains each variable.
 * @throws ConfigError naming every variable that is wrong, not only the first
 */
export function readConfig(env: Environment): Config {
  const reader = new EnvironmentReader(env);
  const isProduction =
    reader.oneOf("NODE_ENV", ["production", "development", "test"], null) === "production";
  const databaseUrl = readDatabaseUrl(reader);
  const redisUrl = readRedisUrl(reader);
  const mongoUrl = readUrl(reader, "MONGO_URL", ["mongodb:", "mongodb+srv:"]);
  const natsServers = readNatsServers(reader);
  const mayEmbed = reader.oneOf("ALLOW_EMBEDDED", ["0", "1"], "0") === "1";
  if (isProduction && !mayEmbed) refuseEmbedded(reader);
  const config: Config = {
    isProduction,
    host: reader.text("HOST") ?? "127.0.0.1",
    port: reader.number("PORT", PORT_OR_ANY, 3000),
    dataDir: reader.text("DATA_DIR") ?? "./data",
    databaseUrl,
    redisUrl,
    mongoUrl,
    natsServers,
    bus: readBus(reader),
    services: readServices(reader),
    nodeId: readNodeId(reader),
    logLevel: reader.oneOf("LOG_LEVEL", LOG_LEVELS, "info"),
    logFormat: reader.oneOf("LOG_FORMAT", ["json", "text"], isProduction ? "json" : "text"),
    jwt: readJwt(reader),
    admin: readAdmin(reader),
    hasSampleData:
      reader.oneOf("SAMPLE_DATA", ["on", "off"], databaseUrl === null ? "on" : "off") === "on",
    replaySpeed: reader.number("REPLAY_SPEED", POSITIVE, 4),
    liveFeeds: readLiveFeeds(reader),
    streamsPerUser: reader.number("STREAMS_PER_USER", COUNT, 50),
    requestTimeoutMs: reader.number("REQUEST_TIMEOUT_MS", TIMEOUT, 5_000),
    computeThreads: reader.number(
      "COMPUTE_THREADS",
      COUNT,
      Math.max(1, availableParallelism() - 1),
    ),
    corsOrigins: readOrigins(reader),
    alpaca: readAlpaca(reader),
    sources: readSources(reader),
    alternative: readAlternative(reader),
    credentials: readCredentials(reader),
    brokerHosts: readBrokerHosts(reader),
  };
  reader.check();
  return config;
}

const PORT = {
  what: "a port between 1 and 65535",
  accepts: (value: number) => Number.isInteger(value) && value >= 1 && value <= 65_535,
};
const PORT_OR_ANY = {
  what: "a port between 0 and 65535",
  accepts: (value: number) => value === 0 || PORT.accepts(value),
};
const COUNT = {
  what: "a whole number above 0",
  accepts: (value: number) => Number.isSafeInteger(value) && value > 0,
};
const TIMEOUT = {
  what: "a whole number of milliseconds from 100 to 120000",
  accepts: (value: number) => Number.isSafeInteger(value) && value >= 100 && value <= 120_000,
};
const POSITIVE = { what: "a number above 0", accepts: (value: number) => value > 0 };

const LIVE_FEED = /^([a-z][a-z0-9-]{0,62}(?::[a-z][a-z0-9]*)?):([A-Za-z0-9^._/=,-]+):([a-z,]+)$/;

/** `binance:BTCUSDT,ETHUSDT:trades,books;simulation:DEMO:trades`: source, symbols and kinds, source by source. */
function readLiveFeeds(reader: EnvironmentReader): readonly LiveFeedConfig[] {
  const found = reader.text("LIVE_FEEDS");
  if (found === null) return [];
  const feeds = found.split(";").map(readLiveFeed);
  const isUnique = new Set(feeds.map((feed) => feed?.sourceId)).size === feeds.length;
  if (isUnique && feeds.every((feed) => feed !== null)) return feeds;
  reader.expected(
    "LIVE_FEEDS",
    "source:SYMBOL,SYMBOL:trades,quotes,bars,books; each source once",
    found,
  );
  return [];
}

function readLiveFeed(text: string): LiveFeedConfig | null {
  const [, sourceId, symbols = "", names = ""] = LIVE_FEED.exec(text.trim()) ?? [];
  if (sourceId === undefined) return null;
  const kinds = LIVE_KINDS.filter((kind) => names.split(",").includes(kind));
  const isWhole = kinds.length === names.split(",").length && !symbols.split(",").includes("");
  return isWhole ? { sourceId, symbols: symbols.split(","), kinds } : null;
}

function readDatabaseUrl(reader: EnvironmentReader): string | null {
  const url = readUrl(reader, "DATABASE_URL", ["postgres:", "postgresql:"]);
  const host = reader.text("DB_HOST");
  const name = reader.text("DB_NAME");
  const user = reader.text("DB_USER");
  const port = readPort(reader, "DB_PORT", host);
  const password = reader.secret("DB_PASSWORD");
  const parts = {
    DB_HOST: host,
    DB_PORT: port,
    DB_NAME: name,
    DB_USER: user,
    DB_PASSWORD: password,
  };
  if (Object.values(parts).every((part) => part === null)) return url;
  if (reader.text("DATABASE_URL") !== null) {
    reader.refuse("DATABASE_URL", "set it or DB_HOST and its companions, not both");
    return null;
  }
  for (const part of ["DB_HOST", "DB_NAME", "DB_USER"]) {
    if (reader.text(part) === null) reader.refuse(part, "expected a value beside the other DB_*");
  }
  if (!host || !name || !user) return null;
  const login = encodeURIComponent(user) + (password ? `:${encodeURIComponent(password)}` : "");
  return `postgres://${login}@${address(host, port ?? 5432)}/${encodeURIComponent(name)}`;
}

/** A path is the folder of a unix socket; pg takes it percent-encoded in the place of the host. */
function address(host: string, port: number): string {
  if (host.startsWith("/")) return `${encodeURIComponent(host)}:${port}`;
  return `${host.includes(":") ? `[${host}]` : host}:${port}`;
}

function readRedisUrl(reader: EnvironmentReader): string | null {
  const url = readUrl(reader, "REDIS_URL", ["redis:", "rediss:"]);
  const host = reader.text("REDIS_HOST");
  const port = readPort(reader, "REDIS_PORT", host);
  if (host === null && port === null) return url;
  if (reader.text("REDIS_URL") !== null) {
    reader.refuse("REDIS_URL", "set it or REDIS_HOST and REDIS_PORT, not both");
    return null;
  }
  if (host === null) {
    reader.refuse("REDIS_HOST", "expected a host name beside REDIS_PORT");
    return null;
  }
  return `redis://${address(host, port ?? 6379)}`;
}

/** Kubernetes by itself sets REDIS_PORT to `tcp://…` when a service is called redis: nobody has set it for us then. */
function readPort(reader: EnvironmentReader, variable: string, host: string | null): number | null {
  if (host === null && reader.text(variable)?.startsWith("tcp://")) return null;
  return reader.number(variable, PORT, null);
}

function readNatsServers(reader: EnvironmentReader): readonly string[] | null {
  const text = reader.text("NATS_URL");
  if (text === null) return null;
  const servers = text.split(",").map((server) => server.trim());
  if (servers.every((server) => hasProtocol(server, ["nats:", "tls:"]))) return servers;
  reader.refuse("NATS_URL", "expected nats:// or tls:// with a host, several parted by commas");
  return null;
}

const REPLICAS = {
  what: "1, 3 or 5",
  accepts: (value: number) => [1, 3, 5].includes(value),
};
const BYTES = {
  what: "1048576 or more",
  accepts: (value: number) => Number.isSafeInteger(value) && value >= 1_048_576,
};

function readBus(reader: EnvironmentReader): BusConfig {
  const namespace = reader.text("NATS_NAMESPACE") ?? "qa";
  if (!/^[a-z][a-z0-9-]{0,31}$/.test(namespace)) {
    reader.expected("NATS_NAMESPACE", "small letters, digits and hyphens, 32 at most", namespace);
  }
  return {
    namespace,
    maxAgeMs: reader.number("NATS_EVENTS_HOURS", POSITIVE, 168) * 3_600_000,
    maxBytes: reader.number("NATS_EVENTS_BYTES", BYTES, 1_073_741_824),
    replicas: reader.number("NATS_EVENTS_REPLICAS", REPLICAS, 1),
  };
}

/** A URL may carry a password, so what was found is not repeated. */
function readUrl(
  reader: EnvironmentReader,
  variable: string,
  protocols: readonly string[],
): string | null {
  const url = reader.text(variable);
  if (url === null || hasProtocol(url, protocols)) return url;
  reader.refuse(variable, `expected a URL that starts with ${protocols.join("// or ")}//`);
  return null;
}

function hasProtocol(text: string, protocols: readonly string[]): boolean {
  const url = URL.parse(text);
  return url !== null && protocols.includes(url.protocol) && text.includes("://");
}

/** A production node that loses its volume, or starts a second time, must not find itself with an empty store. */
function refuseEmbedded(reader: EnvironmentReader): void {
  const isUnset = (...variables: readonly string[]): boolean =>
    variables.every((variable) => reader.text(variable) === null);
  const required = "expected a value in production; ALLOW_EMBEDDED=1 runs without";
  if (isUnset("DATABASE_URL", "DB_HOST")) reader.refuse("DATABASE_URL", required);
  if (isUnset("REDIS_URL", "REDIS_HOST")) reader.refuse("REDIS_URL", required);
  if (isUnset("MONGO_URL")) reader.refuse("MONGO_URL", required);
  if (isUnset("NATS_URL")) reader.refuse("NATS_URL", required);
}

function readServices(reader: EnvironmentReader): readonly ServiceName[] {
  const text = reader.text("SERVICES");
  if (text === null) return SERVICES;
  const asked = new Set(text.split(",").map((name) => name.trim()));
  const unknown = [...asked].filter((name) => !SERVICES.some((service) => service === name));
  if (unknown.length > 0) {
    reader.expected("SERVICES", `names of ${SERVICES.join(", ")}`, unknown.join(","));
  }
  return SERVICES.filter((service) => asked.has(service));
}

function readNodeId(reader: EnvironmentReader): string {
  const nodeId = reader.text("NODE_ID") ?? `${hostname().toLowerCase()}-${process.pid}`;
  // It becomes part of NATS subjects, where blanks, `*` and `>` have meanings.
  if (!/^[\w.-]{1,128}$/.test(nodeId)) {
    reader.expected("NODE_ID", "letters, digits, dots, hyphens and underscores", nodeId);
  }
  return nodeId;
}

function readJwt(reader: EnvironmentReader): JwtConfig {
  const path = reader.text("JWT_KEYS_FILE");
  const secret = reader.secret("JWT_SECRET_KEY");
  if (path !== null && secret !== null) {
    reader.refuse("JWT_SECRET_KEY", "set it or JWT_KEYS_FILE, not both");
  }
  // RFC 7518 §3.2: a key for HS256 is no shorter than its hash.
  if (secret !== null && Buffer.byteLength(secret) < 32) {
    reader.refuse("JWT_SECRET_KEY", "expected at least 32 bytes");
  }
  if (path !== null) return { kind: "file", path };
  return secret === null ? { kind: "generated" } : { kind: "secret", secret };
}

function readAdmin(reader: EnvironmentReader): Config["admin"] {
  const email = reader.text("ADMIN_EMAIL") ?? "admin@localhost";
  const password = reader.secret("ADMIN_PASSWORD");
  if (!/^[^\s@]+@[^\s@]+$/.test(email)) reader.expected("ADMIN_EMAIL", "an e-mail address", email);
  if (password !== null && password.length < 12) {
    reader.refuse("ADMIN_PASSWORD", "expected at least 12 characters");
  }
  return { email, password };
}

function readOrigins(reader: EnvironmentReader): readonly string[] {
  const text = reader.text("CORS_ORIGINS");
  if (text === null) return [];
  const origins = text.split(",").map((origin) => origin.trim());
  for (const origin of origins) {
    if (origin === "*" || URL.parse(origin)?.origin === origin) continue;
    reader.expected("CORS_ORIGINS", "origins like https://desk.example.com, or *", origin);
  }
  return origins;
}

/** Paper trading unless told otherwise: real money is asked for by name. */
function readAlpaca(reader: EnvironmentReader): AlpacaConfig | null {
  const keyId = reader.secret("ALPACA_KEY_ID");
  const secretKey = reader.secret("ALPACA_SECRET_KEY");
  const baseUrl = readUrl(reader, "ALPACA_BASE_URL", ["https:", "http:"]);
  if (keyId !== null && secretKey !== null)
    return { keyId, secretKey, baseUrl: baseUrl ?? "https://paper-api.alpaca.markets" };
  const needed = "expected a value beside the other ALPACA_*";
  if (keyId !== null || baseUrl !== null) reader.refuse("ALPACA_SECRET_KEY", needed);
  if (keyId === null && (secretKey !== null || baseUrl !== null))
    reader.refuse("ALPACA_KEY_ID", needed);
  return null;
}

function readCredentials(reader: EnvironmentReader): CredentialsConfig {
  const path = reader.text("CREDENTIALS_KEY_FILE");
  const text = reader.secret("CREDENTIALS_KEY");
  if (path !== null && text !== null)
    reader.refuse("CREDENTIALS_KEY", "set it or CREDENTIALS_KEY_FILE, not both");
  if (path !== null) return { kind: "file", path };
  if (text === null) return { kind: "generated" };
  const key = Buffer.from(text, /^[0-9a-fA-F]{64}$/.test(text) ? "hex" : "base64");
  // Buffer.from skips what is no base64: a key that was cut or mistyped must not pass for another one.
  const isWhole = /^(?:[0-9a-fA-F]{64}|[A-Za-z0-9+/_-]{43}=?)$/.test(text) && key.length === 32;
  if (!isWhole) reader.refuse("CREDENTIALS_KEY", "expected 32 bytes in base64 or hexadecimal");
  return { kind: "key", key };
}

function readBrokerHosts(reader: EnvironmentReader): readonly string[] {
  const hosts = (reader.text("BROKER_HOSTS") ?? "").split(",").map((host) => host.trim());
  const named = hosts.filter((host) => host !== "");
  for (const host of named)
    if (!/^(?:\*|(?:[A-Za-z0-9._-]+|\[[0-9A-Fa-f:.]+\])(?::\d{1,5})?)$/.test(host))
      reader.expected(
        "BROKER_HOSTS",
        "hosts like fix.example.com or fix.example.com:9876, or *",
        host,
      );
  return named;
}
