import { readFileSync } from "node:fs";
import { availableParallelism } from "node:os";
import path from "node:path";
import { type Config, readConfig } from "../../../services/config.ts";
import { ConfigError, type ConfigProblem, type Environment } from "../../../services/env.ts";

function problemsOf(env: Environment): readonly ConfigProblem[] {
  try {
    readConfig(env);
  } catch (error) {
    if (error instanceof ConfigError) return error.problems;
    throw error;
  }
  return [];
}

const refusedVariables = (env: Environment): readonly string[] =>
  problemsOf(env).map(({ variable }) => variable);

const SECRET = "s".repeat(32);

const DEFAULT_SOURCES: Config["sources"] = {
  alpaca: {
    url: "https://data.alpaca.markets",
    streamUrl: "wss://stream.data.alpaca.markets",
    feed: "iex",
  },
  binance: {
    url: "https://data-api.binance.vision",
    streamUrl: "wss://stream.binance.com:9443",
  },
  binanceFutures: { url: "https://fapi.binance.com", streamUrl: "wss://fstream.binance.com" },
  polygon: { url: "https://api.polygon.io", key: null },
  tiingo: { url: "https://api.tiingo.com", key: null },
  alphaVantage: { url: "https://www.alphavantage.co", key: null },
  yahoo: { url: "https://query1.finance.yahoo.com" },
  stooq: { url: "https://stooq.com", key: null },
  ccxt: { exchanges: [], url: null, streamUrl: null },
  filesDir: null,
};

const DEFAULT_ALTERNATIVE: Config["alternative"] = {
  newsFeeds: [],
  newsApi: { url: "https://newsapi.org", key: null },
  edgar: { url: "https://www.sec.gov", dataUrl: "https://data.sec.gov", userAgent: null },
  fred: { url: "https://api.stlouisfed.org", key: null },
  treasury: { url: "https://home.treasury.gov" },
  reddit: {
    url: "https://oauth.reddit.com",
    signInUrl: "https://www.reddit.com",
    clientId: null,
    clientSecret: null,
    userAgent: null,
  },
  stocktwits: { url: "https://api.stocktwits.com" },
  webhooks: new Map(),
};

describe("an empty environment", () => {
  it("is one process with everything embedded", () => {
    const { nodeId, ...config } = readConfig({});
    expect(nodeId).toMatch(/^.+-\d+$/);
    expect(config).toEqual({
      isProduction: false,
      host: "127.0.0.1",
      port: 3000,
      dataDir: "./data",
      databaseUrl: null,
      redisUrl: null,
      mongoUrl: null,
      natsServers: null,
      bus: { namespace: "qa", maxAgeMs: 604_800_000, maxBytes: 1_073_741_824, replicas: 1 },
      services: ["gateway", "data", "ai", "risk", "execution"],
      logLevel: "info",
      logFormat: "text",
      jwt: { kind: "generated" },
      admin: { email: "admin@localhost", password: null },
      hasSampleData: true,
      replaySpeed: 4,
      liveFeeds: [],
      streamsPerUser: 50,
      requestTimeoutMs: 5000,
      computeThreads: Math.max(1, availableParallelism() - 1),
      corsOrigins: [],
      alpaca: null,
      sources: DEFAULT_SOURCES,
      alternative: DEFAULT_ALTERNATIVE,
      credentials: { kind: "generated" },
      brokerHosts: [],
    } satisfies Omit<Config, "nodeId">);
  });

  it("is the same as one of empty variables, as compose files make them", () => {
    const empty = Object.fromEntries(variablesRead().map((variable) => [variable, ""]));
    expect(readConfig(empty)).toEqual(readConfig({}));
  });
});

describe("a full environment", () => {
  it("is read into its types", () => {
    const config = readConfig({
      NODE_ENV: "production",
      HOST: "0.0.0.0",
      PORT: "8080",
      DATA_DIR: "/var/lib/qa",
      DATABASE_URL: "postgresql://qa:pw@db/qa",
      REDIS_URL: "rediss://cache:6380/1",
      MONGO_URL: "mongodb://docs/qa",
      NATS_URL: "nats://a:4222, tls://b:4222",
      NATS_NAMESPACE: "desk-1",
      NATS_EVENTS_HOURS: "0.5",
      NATS_EVENTS_BYTES: "2097152",
      NATS_EVENTS_REPLICAS: "3",
      SERVICES: "risk, data,risk",
      NODE_ID: "node-7",
      LOG_LEVEL: "debug",
      LOG_FORMAT: "text",
      JWT_SECRET_KEY: SECRET,
      ADMIN_EMAIL: "ops@example.com",
      ADMIN_PASSWORD: "correct horse battery",
      SAMPLE_DATA: "on",
      REPLAY_SPEED: "0.5",
      LIVE_FEEDS: "binance:BTCUSDT,ETHUSDT:trades,books; ccxt:kraken:BTC/USD:quotes",
      STREAMS_PER_USER: "1000",
      REQUEST_TIMEOUT_MS: "8000",
      COMPUTE_THREADS: "3",
      CORS_ORIGINS: "https://desk.example.com,http://localhost:5173",
      ALPACA_KEY_ID: "PK1",
      ALPACA_SECRET_KEY: "s3cret",
      ALPACA_BASE_URL: "https://api.alpaca.markets",
      CREDENTIALS_KEY: "ab".repeat(32),
      BROKER_HOSTS: "fix.example.com:9876, 10.0.0.7",
    });
    expect(config).toEqual({
      isProduction: true,
      host: "0.0.0.0",
      port: 8080,
      dataDir: "/var/lib/qa",
      databaseUrl: "postgresql://qa:pw@db/qa",
      redisUrl: "rediss://cache:6380/1",
      mongoUrl: "mongodb://docs/qa",
      natsServers: ["nats://a:4222", "tls://b:4222"],
      bus: { namespace: "desk-1", maxAgeMs: 1_800_000, maxBytes: 2_097_152, replicas: 3 },
      services: ["data", "risk"],
      nodeId: "node-7",
      logLevel: "debug",
      logFormat: "text",
      jwt: { kind: "secret", secret: SECRET },
      admin: { email: "ops@example.com", password: "correct horse battery" },
      hasSampleData: true,
      replaySpeed: 0.5,
      liveFeeds: [
        { sourceId: "binance", symbols: ["BTCUSDT", "ETHUSDT"], kinds: ["trades", "books"] },
        { sourceId: "ccxt:kraken", symbols: ["BTC/USD"], kinds: ["quotes"] },
      ],
      streamsPerUser: 1000,
      requestTimeoutMs: 8000,
      computeThreads: 3,
      corsOrigins: ["https://desk.example.com", "http://localhost:5173"],
      alpaca: { keyId: "PK1", secretKey: "s3cret", baseUrl: "https://api.alpaca.markets" },
      sources: DEFAULT_SOURCES,
      alternative: DEFAULT_ALTERNATIVE,
      credentials: { kind: "key", key: Buffer.alloc(32, 0xab) },
      brokerHosts: ["fix.example.com:9876", "10.0.0.7"],
    } satisfies Config);
  });

  it("an own database means no sample data, unless asked for", () => {
    expect(readConfig({ DATABASE_URL: "postgres://db/qa" }).hasSampleData).toBe(false);
  });

  it("production logs JSON", () => {
    const config = readConfig({ NODE_ENV: "production", ALLOW_EMBEDDED: "1" });
    expect(config.logFormat).toBe("json");
  });
});

describe("the key of credentials", () => {
  const bytes = Buffer.alloc(32, 0xfb);

  it.each(["hex", "base64", "base64url"] as const)("may be written in %s", (encoding) => {
    const env = { CREDENTIALS_KEY: bytes.toString(encoding) };
    expect(readConfig(env).credentials).toEqual({ kind: "key", key: bytes });
  });

  it.each(["short", "zz".repeat(32), bytes.toString("base64").slice(1), "ab".repeat(31)])(
    "%s is refused, and not repeated",
    (CREDENTIALS_KEY) => {
      const [problem, ...others] = problemsOf({ CREDENTIALS_KEY });
      expect([problem?.variable, others]).toEqual(["CREDENTIALS_KEY", []]);
      expect(problem?.message).not.toContain(CREDENTIALS_KEY);
    },
  );

  it("is one key or a file of keys, not both", () => {
    const env = { CREDENTIALS_KEY: bytes.toString("hex"), CREDENTIALS_KEY_FILE: "/run/keys.json" };
    expect(refusedVariables(env)).toEqual(["CREDENTIALS_KEY"]);
    expect(readConfig({ CREDENTIALS_KEY_FILE: "/run/keys.json" }).credentials).toEqual({
      kind: "file",
      path: "/run/keys.json",
    });
  });
});

it("hosts of brokers are hosts, not URLs", () => {
  expect(refusedVariables({ BROKER_HOSTS: "https://fix.example.com" })).toEqual(["BROKER_HOSTS"]);
  expect(readConfig({ BROKER_HOSTS: "*,[::1]:9876" }).brokerHosts).toEqual(["*", "[::1]:9876"]);
});

describe("a database in parts", () => {
  const parts = { DB_HOST: "db", DB_NAME: "qa", DB_USER: "trader" };

  it.each([
    [parts, "postgres://trader@db:5432/qa"],
    [{ ...parts, DB_PORT: "6432" }, "postgres://trader@db:6432/qa"],
    [{ ...parts, DB_PASSWORD: "p@ss/w:rd" }, "postgres://trader:p%40ss%2Fw%3Ard@db:5432/qa"],
    [{ ...parts, DB_HOST: "::1" }, "postgres://trader@[::1]:5432/qa"],
    [{ ...parts, DB_HOST: "/run/pg" }, "postgres://trader@%2Frun%2Fpg:5432/qa"],
  ])("%j becomes %s", (env, url) => {
    expect(readConfig(env).databaseUrl).toBe(url);
  });

  it("needs host, name and user, and says which is missing", () => {
    expect(refusedVariables({ DB_PASSWORD: "pw" })).toEqual(["DB_HOST", "DB_NAME", "DB_USER"]);
  });

  it("beside a DATABASE_URL is refused: one of the two would be ignored", () => {
    expect(refusedVariables({ ...parts, DATABASE_URL: "postgres://db/qa" })).toEqual([
      "DATABASE_URL",
    ]);
  });
});

describe("a Redis in parts", () => {
  it.each([
    [{ REDIS_HOST: "cache" }, "redis://cache:6379"],
    [{ REDIS_HOST: "cache", REDIS_PORT: "7000" }, "redis://cache:7000"],
  ])("%j becomes %s", (env, url) => {
    expect(readConfig(env).redisUrl).toBe(url);
  });

  it("the ports that Kubernetes makes of services named redis and db are not ours", () => {
    const links = { REDIS_PORT: "tcp://10.0.0.1:6379", DB_PORT: "tcp://10.0.0.2:5432" };
    const urls = { REDIS_URL: "redis://cache", DATABASE_URL: "postgres://store/qa" };
    expect(readConfig({ ...links, ...urls })).toMatchObject({
      redisUrl: urls.REDIS_URL,
      databaseUrl: urls.DATABASE_URL,
    });
    expect(refusedVariables({ ...links, REDIS_HOST: "cache" })).toEqual(["REDIS_PORT"]);
  });

  it("a port without a host is refused, and so are parts beside a URL", () => {
    expect(refusedVariables({ REDIS_PORT: "6379" })).toEqual(["REDIS_HOST"]);
    expect(refusedVariables({ REDIS_HOST: "a", REDIS_URL: "redis://b" })).toEqual(["REDIS_URL"]);
  });
});

describe("a bad value", () => {
  it.each([
    ["NODE_ENV", "prodution"],
    ["ALLOW_EMBEDDED", "yes"],
    ["PORT", "70000"],
    ["PORT", "-1"],
    ["PORT", "3000.5"],
    ["PORT", "0x10"],
    ["DATABASE_URL", "mysql://db/qa"],
    ["DATABASE_URL", "db:5432"],
    ["REDIS_URL", "localhost:6379"],
    ["MONGO_URL", "localhost:27017"],
    ["NATS_URL", "nats://a:4222,b"],
    ["NATS_NAMESPACE", "a.b"],
    ["NATS_NAMESPACE", "Desk"],
    ["NATS_EVENTS_HOURS", "0"],
    ["NATS_EVENTS_BYTES", "1000"],
    ["NATS_EVENTS_REPLICAS", "2"],
    ["SERVICES", "data,backtests"],
    ["SERVICES", "data,"],
    ["NODE_ID", "a b"],
    ["NODE_ID", "node.>"],
    ["LOG_LEVEL", "verbose"],
    ["LOG_FORMAT", "pretty"],
    ["JWT_SECRET_KEY", "short"],
    ["ADMIN_EMAIL", "admin"],
    ["ADMIN_PASSWORD", "12345678901"],
    ["SAMPLE_DATA", "true"],
    ["REPLAY_SPEED", "0"],
    ["REPLAY_SPEED", "fast"],
    ["LIVE_FEEDS", "binance"],
    ["LIVE_FEEDS", "binance:BTCUSDT:ticks"],
    ["LIVE_FEEDS", "binance:BTCUSDT:trades,trades"],
    ["LIVE_FEEDS", "binance:A:trades;binance:B:trades"],
    ["STREAMS_PER_USER", "0"],
    ["COMPUTE_THREADS", "0"],
    ["STREAMS_PER_USER", "1.5"],
    ["REQUEST_TIMEOUT_MS", "99"],
    ["REQUEST_TIMEOUT_MS", "1e9"],
    ["CORS_ORIGINS", "https://desk.example.com/"],
    ["CORS_ORIGINS", "desk.example.com"],
  ])("%s=%s is refused", (variable, value) => {
    expect(refusedVariables({ [variable]: value })).toEqual([variable]);
  });

  it("is told together with every other one, with what was expected", () => {
    const env = { PORT: "x", LOG_LEVEL: "loud", SERVICES: "brokers" };
    expect(() => readConfig(env)).toThrow(
      [
        "the configuration cannot be used:",
        '  PORT: expected a port between 0 and 65535, found "x"',
        '  SERVICES: expected names of gateway, data, ai, risk, execution, found "brokers"',
        '  LOG_LEVEL: expected one of fatal, error, warn, info, debug, trace, found "loud"',
      ].join("\n"),
    );
  });

  it("that may hold a secret is not repeated", () => {
    const env = {
      DATABASE_URL: "mysql://root:hunter2@db/qa",
      REDIS_URL: "http://:hunter2@cache",
      NATS_URL: "http://u:hunter2@bus",
      JWT_SECRET_KEY: "hunter2",
      ADMIN_PASSWORD: "hunter2",
    };
    expect(problemsOf(env)).toHaveLength(5);
    expect(JSON.stringify(problemsOf(env))).not.toContain("hunter2");
  });

  it("two sources of keys are refused", () => {
    const env = { JWT_KEYS_FILE: "/keys.json", JWT_SECRET_KEY: SECRET };
    expect(refusedVariables(env)).toEqual(["JWT_SECRET_KEY"]);
    expect(readConfig({ JWT_KEYS_FILE: "/keys.json" }).jwt).toEqual({
      kind: "file",
      path: "/keys.json",
    });
  });
});

describe("production", () => {
  it("does not start on embedded stores", () => {
    const unset = ["DATABASE_URL", "REDIS_URL", "MONGO_URL", "NATS_URL"];
    expect(refusedVariables({ NODE_ENV: "production" })).toEqual(unset);
  });

  it("accepts stores in parts", () => {
    const env = { DB_HOST: "db", DB_NAME: "qa", DB_USER: "qa", REDIS_HOST: "cache" };
    const missing = ["MONGO_URL", "NATS_URL"];
    expect(refusedVariables({ NODE_ENV: "production", ...env })).toEqual(missing);
  });

  it("starts on embedded stores when that is said to be meant", () => {
    const config = readConfig({ NODE_ENV: "production", ALLOW_EMBEDDED: "1" });
    expect(config).toMatchObject({ isProduction: true, databaseUrl: null });
  });
});

/** Every variable that `readConfig` asks for. */
function variablesRead(): readonly string[] {
  const asked = new Set<string>();
  readConfig(
    new Proxy<Environment>(
      {},
      {
        get: (_env, variable) => {
          asked.add(String(variable));
          return undefined;
        },
      },
    ),
  );
  return [...asked];
}

it(".env.example documents exactly the variables that are read", () => {
  const example = readFileSync(path.join(__dirname, "../../../.env.example"), "utf8");
  const documented = [...example.matchAll(/^([A-Z_]+)=/gm)].map(([, name]) => name);
  expect(new Set(documented)).toEqual(new Set(variablesRead()));
});

describe("sources of alternative data", () => {
  it("are read by name", () => {
    const secret = "x".repeat(32);
    const { alternative } = readConfig({
      NEWS_FEEDS: "fed=https://a.example/feed?x=1, ecb=http://b.example",
      ALTERNATIVE_WEBHOOKS: `desk:${secret};lab:${secret}:y`,
    });
    expect(alternative.newsFeeds).toEqual([
      { name: "rss-fed", url: "https://a.example/feed?x=1" },
      { name: "rss-ecb", url: "http://b.example" },
    ]);
    expect([...alternative.webhooks]).toEqual([
      ["desk", secret],
      ["lab", `${secret}:y`],
    ]);
  });

  it.each([
    ["NEWS_FEEDS", "https://a.example"],
    ["NEWS_FEEDS", "a=ftp://a.example"],
    ["NEWS_FEEDS", "a=https://a.example,a=https://b.example"],
    ["ALTERNATIVE_WEBHOOKS", "desk:short-and-secret"],
    ["ALTERNATIVE_WEBHOOKS", "x".repeat(40)],
    ["EDGAR_USER_AGENT", "name\u0000"],
    ["FRED_URL", "api.stlouisfed.org"],
  ])("%s=%s is refused by name, and a secret is not repeated", (variable, value) => {
    expect(() => readConfig({ [variable]: value })).toThrow(variable);
    expect(() => readConfig({ [variable]: value })).not.toThrow("short-and-secret");
  });
});
