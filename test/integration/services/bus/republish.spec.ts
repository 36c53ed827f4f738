import { execFile } from "node:child_process";
import { join } from "node:path";
import { promisify } from "node:util";
import { BusBusy } from "../../../../services/bus/distribution.ts";
import { eventually } from "../../../support/node-eventually.ts";
import { NatsServer, describeWithNats } from "../../../support/nats-server.ts";
import { expectOnceInOrder, namesOf, newIds, withBusNodes } from "./bus-nodes.ts";

const ROOT = join(__dirname, "../../../..");
const run = promisify(execFile);

describeWithNats("a republication", () => {
  const nodes = withBusNodes();
  let nats: NatsServer;
  beforeAll(async () => {
    nats = await NatsServer.start();
  });
  afterAll(() => nats.remove());

  it("publishes what was recorded since an instant", async () => {
    const node = await nodes.open({ servers: [nats.url], settings: { namespace: "since" } });
    await nodes.record(newIds(2), 5);
    await eventually("a connection", () => (node.bus.link?.state().ok ? true : null));
    // The node may be filling the new stream by itself as yet.
    const all = await eventually("a republication", () =>
      node.bus.link?.republish().catch((error: unknown) => {
        if (error instanceof BusBusy) return null;
        throw error;
      }),
    );
    const none = await node.bus.link?.republish(Date.now() + 60_000);
    expect(all).toMatchObject({ stream: "SINCE_EVENTS", events: 10 });
    expect(none).toMatchObject({ events: 0 });
  });

  it("is refused while another is under way, and without NATS", async () => {
    const node = await nodes.open({ servers: [nats.url], settings: { namespace: "busy" } });
    await nodes.record(newIds(2), 5);
    await eventually("a connection", () => (node.bus.link?.state().ok ? true : null));
    const outcomes = await Promise.allSettled(
      [1, 2, 3].map(async () => node.bus.link?.republish()),
    );
    const reasons = outcomes.flatMap((one) =>
      one.status === "rejected" ? String(one.reason) : [],
    );
    expect(new Set(reasons)).toEqual(new Set(["BusBusy: events are being republished already"]));
    const away = await nodes.open({ servers: ["nats://127.0.0.1:1"], consumer: "away" });
    await expect(away.bus.link?.republish()).rejects.toThrow("NATS is away");
  });

  it("is a command too, beside nodes that work", async () => {
    const node = await nodes.open({
      servers: [nats.url],
      settings: { namespace: "command" },
      consumer: "command",
    });
    const actors = await nodes.actors(node.bus);
    const ids = newIds(2);
    await actors.addAll(ids, 5);
    await eventually("all events", () => (node.handled.length >= 10 ? true : null));
    const { rows } = await nodes.database.pool.query<{ count: number }>(
      "SELECT count(*)::int AS count FROM act.event",
    );
    const env = { DATABASE_URL: nodes.database.url, NATS_URL: nats.url, NATS_NAMESPACE: "command" };
    const { stdout } = await run(process.execPath, ["scripts/republish.ts"], { cwd: ROOT, env });
    expect(stdout).toContain(`${rows[0]?.count} events published to COMMAND_EVENTS`);
    await actors.addAll(ids, 5);
    await eventually("all events", () => (node.handled.length >= 20 ? true : null));
    expectOnceInOrder(node.handled, namesOf(ids, 10));
  });

  it("says as a command what it needs", async () => {
    const asked = run(process.execPath, ["scripts/republish.ts"], { cwd: ROOT, env: {} });
    await expect(asked).rejects.toMatchObject({ code: 2 });
  });
});
