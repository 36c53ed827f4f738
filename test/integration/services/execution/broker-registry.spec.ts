import { randomBytes, randomUUID } from "node:crypto";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Work } from "../../../../mixins/actor/duty.ts";
import { Metrics } from "../../../../mixins/metrics.ts";
import { Dependencies } from "../../../../mixins/resilience/dependency.ts";
import { resilienceMetrics } from "../../../../mixins/resilience/metrics.ts";
import { changeAccount, findAccount, insertAccount } from "../../../../models/broker-accounts.ts";
import type { CredentialsConfig } from "../../../../services/config.ts";
import type { NodeContext } from "../../../../services/context.ts";
import type { BrokerAccount } from "../../../../services/execution/brokers/account.ts";
import type { Broker, BrokerAbilities } from "../../../../services/execution/brokers/broker.ts";
import type { Kinds } from "../../../../services/execution/brokers/kinds.ts";
import { BrokerRegistry } from "../../../../services/execution/brokers/registry.ts";
import { Secrets } from "../../../../services/execution/brokers/secrets.ts";
import { withDatabase } from "../../../support/database.ts";
import { ManualClock } from "../../../unit/mixins/actor/manual-clock.ts";

const KEY: CredentialsConfig = { kind: "key", key: randomBytes(32) };
const OWNER = { tenantId: "t-1", ownerId: "u-1" };
const USER = { tenantId: "t-1", userId: "u-1", role: "trader" };
const REFRESH_MS = 2_000;
const ABILITIES: BrokerAbilities = {
  ordTypes: ["market"],
  timesInForce: ["day"],
  trails: [],
  postOnly: false,
  reduceOnly: false,
  displayQty: false,
  replace: false,
};

describe("the registry of brokers", () => {
  const database = withDatabase();

  /** A node with as much as the registry needs; its duties are its own until it is told otherwise. */
  async function openNode(credentials: CredentialsConfig = KEY) {
    const clock = new ManualClock();
    const metrics = new Metrics();
    const made: BrokerAccount[] = [];
    const steps: string[] = [];
    const alarms: string[] = [];
    const log = {
      info: () => undefined,
      warn: () => undefined,
      error: (fields: { readonly alarm?: string }) => void alarms.push(fields.alarm ?? ""),
    };
    const node = {
      clock,
      log,
      pool: database.pool,
      config: { credentials, dataDir: "unused", databaseUrl: null },
      dependencies: new Dependencies(clock, resilienceMetrics(metrics)),
      actorSystem: {
        ownerOf: () => null,
        onDuty: (_ref: unknown, work: Work) => {
          const begun = work.start();
          return async () => {
            await begun;
            await work.stop();
          };
        },
      },
    };
    const create = (its: NodeContext, account: BrokerAccount): Broker => {
      made.push(account);
      // A second one of the account has to find the name free.
      its.dependencies.add({ name: `double:${account.accountId}`, timeoutMs: 1_000 });
      const label = `${account.credentials["key"]}`;
      return {
        name: "double",
        ids: { idUnique: "forever", queryByClientId: false, quietMs: 0 },
        abilities: ABILITIES,
        submit: async () => ({ outcome: "accepted" }),
        replace: async () => ({ outcome: "accepted" }),
        cancel: async () => undefined,
        updates: {
          start: async () => void steps.push(`start ${label}`),
          stop: async () => void steps.push(`stop ${label}`),
        },
      };
    };
    const kind = async () => ({ create, check: () => [] });
    const kinds: Kinds = { paper: kind, alpaca: kind, ccxt: kind, fix: kind };
    // sound: all of a node that they use
    const context = node as unknown as NodeContext;
    const secrets = new Secrets(context);
    await secrets.start();
    const registry = new BrokerRegistry(context, secrets, kinds);
    await registry.start([]);
    return { clock, secrets, registry, made, steps, alarms, metrics };
  }
  type OpenNode = Awaited<ReturnType<typeof openNode>>;

  async function add({ secrets }: OpenNode, key = "first"): Promise<string> {
    const accountId = randomUUID();
    const envelope = secrets.seal(
      { credentials: { key }, requestHash: null },
      { ...OWNER, accountId },
    );
    const account = { ...OWNER, accountId, broker: "alpaca", name: "Desk", settings: {} };
    const venue = `ALPACA:${accountId}`;
    const terms = { nowMs: 1_700_000_000_000, perOwnerMax: 1_000 };
    const outcome = await insertAccount(database.pool, { ...account, venue, ...envelope }, terms);
    expect(outcome).toBe("added");
    return accountId;
  }

  const rekey = ({ secrets }: OpenNode, accountId: string, key: string) =>
    changeAccount(database.pool, accountId, 1_700_000_000_001, (account) =>
      secrets.seal({ credentials: { key }, requestHash: null }, account),
    );

  const ask = { ...USER, venue: "anything" };

  it("routes to an account as soon as it is there, and makes its adapter once", async () => {
    const node = await openNode();
    const accountId = await add(node);
    for (let times = 0; times < 3; times++)
      expect(await node.registry.route({ ...ask, brokerAccountId: accountId })).toMatchObject({
        venue: `ALPACA:${accountId}`,
        accountId,
        abilities: ABILITIES,
        feeBps: "0",
      });
    expect(node.made.filter((account) => account.accountId === accountId)).toHaveLength(1);
    node.registry.stop();
  });

  it("has no account for another owner or tenant, and one for who oversees", async () => {
    const node = await openNode();
    const brokerAccountId = await add(node);
    const problemOf = async (changes: object) => {
      const route = await node.registry.route({ ...ask, brokerAccountId, ...changes });
      return "problem" in route ? route.problem : null;
    };
    expect(await problemOf({ userId: "u-2" })).toBe("BROKER_ACCOUNT_NOT_FOUND");
    expect(await problemOf({ tenantId: "t-2" })).toBe("BROKER_ACCOUNT_NOT_FOUND");
    expect(await problemOf({ tenantId: "t-2", role: "admin" })).toBe("BROKER_ACCOUNT_NOT_FOUND");
    expect(await problemOf({ userId: "u-2", role: "constructor" })).toBe(
      "BROKER_ACCOUNT_NOT_FOUND",
    );
    expect(await problemOf({ userId: "u-2", role: "risk_manager" })).toBeNull();
    expect(await problemOf({ brokerAccountId: randomUUID() })).toBe("BROKER_ACCOUNT_NOT_FOUND");
    expect(await problemOf({ brokerAccountId: undefined })).toBe("VENUE_NOT_FOUND");
    node.registry.stop();
  });

  it("drops the adapter of an account that was changed elsewhere, within seconds, and follows the new one", async () => {
    const [here, there] = [await openNode(), await openNode()];
    const accountId = await add(there);
    await there.registry.changed(accountId);
    await here.clock.advance(REFRESH_MS);
    const before = await here.registry.find({ venue: "", accountId });
    await rekey(there, accountId, "second");
    await here.clock.advance(REFRESH_MS);
    await here.registry.refresh();
    const after = await here.registry.find({ venue: "", accountId });
    expect(after).not.toBe(before);
    const keys = here.made
      .filter((it) => it.accountId === accountId)
      .map((it) => it.credentials["key"]);
    expect(keys).toEqual(["first", "second"]);
    await settled();
    expect(here.steps.filter((step) => /first|second/.test(step)).slice(-3)).toEqual([
      "start first",
      "stop first",
      "start second",
    ]);
    for (const node of [here, there]) node.registry.stop();
  });

  it("knows of no account that was deleted, and follows it no more; what was under way goes on", async () => {
    const node = await openNode();
    const accountId = await add(node, "gone");
    const broker = await node.registry.find({ venue: "", accountId });
    await changeAccount(database.pool, accountId, 0, () => "delete");
    await node.registry.changed(accountId);
    await settled();
    expect(await node.registry.find({ venue: "", accountId })).toBeNull();
    expect(node.steps.slice(-1)).toEqual(["stop gone"]);
    // What began with the old adapter ends with it.
    await expect(broker?.cancel({} as never)).resolves.toBeUndefined();
    node.registry.stop();
  });

  it("keeps a disabled account for what is open there, and routes nothing new to it", async () => {
    const node = await openNode();
    const accountId = await add(node);
    await changeAccount(database.pool, accountId, 0, () => ({ status: "disabled" }));
    await node.registry.changed(accountId);
    expect(await node.registry.route({ ...ask, brokerAccountId: accountId })).toMatchObject({
      problem: "BROKER_ACCOUNT_DISABLED",
    });
    expect(await node.registry.find({ venue: "", accountId })).not.toBeNull();
    node.registry.stop();
  });

  it("fails closed with a key that is not the right one, says so once, and is well when it is", async () => {
    const right = await openNode();
    const accountId = await add(right);
    const wrong = await openNode({ kind: "key", key: randomBytes(32) });
    const route = await wrong.registry.route({ ...ask, brokerAccountId: accountId });
    expect(route).toMatchObject({
      problem: "BROKER_ACCOUNT_DISABLED",
      message: expect.stringContaining("CREDENTIALS_KEY"),
    });
    const found = wrong.registry.find({ venue: "", accountId });
    await expect(found).rejects.toThrow("cannot be read");
    await settled();
    expect(
      wrong.alarms.filter((alarm) => alarm === "credentialsUnreadable").length,
    ).toBeGreaterThan(0);
    expect(await right.registry.find({ venue: "", accountId })).not.toBeNull();
    for (const node of [right, wrong]) node.registry.stop();
  });
});

describe("keys of credentials that are rotated", () => {
  const database = withDatabase();

  it("seal every account anew at the next start, and no adapter hears of it", async () => {
    const folder = await mkdtemp(join(tmpdir(), "qa-rotation-"));
    const path = `${folder}/keys.json`;
    const jwk = (kid: string) => ({
      kty: "oct",
      kid,
      k: Buffer.alloc(32, kid).toString("base64url"),
    });
    const start = async (...kids: readonly string[]) => {
      await writeFile(path, JSON.stringify({ keys: kids.map(jwk) }));
      const config = { credentials: { kind: "file", path }, dataDir: folder, databaseUrl: null };
      const log = { info: () => undefined, warn: () => undefined, error: () => undefined };
      // sound: all of a node that they use
      const secrets = new Secrets({ config, log, pool: database.pool } as unknown as NodeContext);
      await secrets.start();
      return secrets;
    };
    const before = await start("spring");
    const accountId = randomUUID();
    const sealed = { credentials: { key: "sesame" }, requestHash: "abc" };
    const account = { ...OWNER, accountId, broker: "fix", name: "x", venue: "v", settings: {} };
    await insertAccount(
      database.pool,
      { ...account, ...before.seal(sealed, { ...OWNER, accountId }) },
      { nowMs: 1, perOwnerMax: 1 },
    );
    await start("autumn", "spring");
    const after = await findAccount(database.pool, accountId);
    expect([after?.keyId, after?.version]).toEqual(["autumn", 1]);
    const alone = await start("autumn");
    if (after !== null) expect(alone.open(after)).toEqual(sealed);
    await rm(folder, { recursive: true });
  });

  it("an owner has no more accounts than are allowed, also when many are added at once", async () => {
    const add = () => {
      const accountId = randomUUID();
      const account = { ...OWNER, ownerId: "u-many", accountId, broker: "paper", name: "x" };
      const envelope = { venue: "v", settings: {}, sealed: "s", keyId: "autumn" };
      return insertAccount(
        database.pool,
        { ...account, ...envelope },
        { nowMs: 1, perOwnerMax: 5 },
      );
    };
    const outcomes = await Promise.all(Array.from({ length: 12 }, add));
    expect(outcomes.filter((outcome) => outcome === "added")).toHaveLength(5);
  });
});

/** Until what promises wake has come to rest. */
async function settled(): Promise<void> {
  for (let turns = 0; turns < 50; turns++) await new Promise(setImmediate);
}
