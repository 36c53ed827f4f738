import { randomBytes } from "node:crypto";
import { Client, escapeIdentifier } from "pg";

/**
 * The server that this run's databases live on, as the global set-up hands it to the tests through the environment:
 * an administrator's URL, and the migrated database from which each test's own is copied.
 */
export interface TestServer {
  readonly url: string;
  /** Every database of this run has a name that begins so. */
  readonly prefix: string;
  readonly template: string;
}

const URL_VARIABLE = "QA_TEST_POSTGRES_URL";
const PREFIX_VARIABLE = "QA_TEST_POSTGRES_PREFIX";

export function newTestServer(url: string): TestServer {
  return named(url, `qa_test_${randomBytes(4).toString("hex")}_`);
}

function named(url: string, prefix: string): TestServer {
  return { url, prefix, template: `${prefix}template` };
}

export function publishTestServer({ url, prefix }: TestServer): void {
  process.env[URL_VARIABLE] = url;
  process.env[PREFIX_VARIABLE] = prefix;
}

export function testServer(): TestServer {
  const url = process.env[URL_VARIABLE];
  const prefix = process.env[PREFIX_VARIABLE];
  if (url === undefined || prefix === undefined)
    throw new Error("no test server: this suite needs the integration or e2e project of jest");
  return named(url, prefix);
}

/** The URL of another database on the same server. */
export function databaseUrl({ url }: TestServer, database: string): string {
  const changed = new URL(url);
  changed.pathname = `/${database}`;
  return changed.toString();
}

/** Runs SQL as the administrator, on a connection of its own. */
export async function administer<Row extends object>(
  { url }: Pick<TestServer, "url">,
  sql: string,
): Promise<readonly Row[]> {
  const client = new Client({ connectionString: url });
  client.on("error", () => undefined);
  await client.connect();
  try {
    return (await client.query<Row>(sql)).rows;
  } finally {
    await client.end();
  }
}

export async function dropDatabase(server: TestServer, name: string): Promise<void> {
  await administer(server, `DROP DATABASE IF EXISTS ${escapeIdentifier(name)} WITH (FORCE)`);
}

/** Drops all databases of this run. */
export async function dropDatabases(server: TestServer): Promise<void> {
  const rows = await administer<{ datname: string }>(
    server,
    `SELECT datname FROM pg_database WHERE starts_with(datname, '${server.prefix}')`,
  );
  for (const { datname } of rows) await dropDatabase(server, datname);
}
