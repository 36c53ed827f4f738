import { Metrics } from "../../../../mixins/metrics.ts";
import { Dependencies } from "../../../../mixins/resilience/dependency.ts";
import { resilienceMetrics } from "../../../../mixins/resilience/metrics.ts";
import type { NodeContext } from "../../../../services/context.ts";
import { createAlpacaHttp } from "../../../../services/execution/brokers/alpaca-http.ts";
import { AlpacaServer } from "../../../support/alpaca-server.ts";
import { ManualClock } from "../../../unit/mixins/actor/manual-clock.ts";

const CALL = { method: "GET", path: "/v2/positions" } as const;
const CALLS_JUDGED = 10;
const OPEN_MS = 5_000;
const PROBES = 3;

async function line() {
  const server = await AlpacaServer.start();
  const { url: baseUrl, keyId, secretKey, port } = server;
  const clock = new ManualClock();
  const metrics = new Metrics();
  const dependencies = new Dependencies(clock, resilienceMetrics(metrics));
  // sound: all of a node that the line to the broker uses
  const node = { clock, dependencies } as unknown as NodeContext;
  const access = { baseUrl, keyId, secretKey, name: "alpaca", venue: "ALPACA" };
  const http = createAlpacaHttp(node, access);
  const state = () =>
    /circuit_breaker_state\{dependency="alpaca"\} (\d)/.exec(metrics.render())?.[1];
  return { server, port, clock, http, state };
}

type Line = Awaited<ReturnType<typeof line>>;

async function expectToCloseAgain({ clock, http, state }: Line): Promise<void> {
  await clock.advance(OPEN_MS);
  expect(state()).toBe("1");
  for (let probe = 0; probe < PROBES; probe++) await http(CALL);
  expect(state()).toBe("0");
}

describe("the breaker before Alpaca", () => {
  it("opens while nobody listens there, and closes when somebody does", async () => {
    const it = await line();
    await it.server.close();
    for (let i = 0; i < CALLS_JUDGED; i++)
      await expect(it.http(CALL)).rejects.toThrow("fetch failed");
    expect(it.state()).toBe("2");
    const server = await AlpacaServer.start({ port: it.port });
    await expect(it.http(CALL)).rejects.toThrow("alpaca keeps failing");
    expect(server.calls).toEqual([]);
    await expectToCloseAgain(it);
    await server.close();
  });

  it("opens while calls hang, and closes when they are answered", async () => {
    const it = await line();
    it.server.control({ faults: [{ on: "GET", kind: "delay", delayMs: 500 }] });
    const calls = Array.from({ length: CALLS_JUDGED }, () => it.http(CALL));
    const outcomes = Promise.allSettled(calls);
    await it.clock.advance(5_000);
    expect((await outcomes).map(({ status }) => status)).toEqual(
      Array(CALLS_JUDGED).fill("rejected"),
    );
    expect(it.state()).toBe("2");
    it.server.control({ faults: [] });
    await expectToCloseAgain(it);
    await it.server.close();
  });

  it("stays closed while it refuses what it is asked", async () => {
    const it = await line();
    for (const status of [422, 403, 404]) {
      it.server.control({ faults: [{ on: "GET", kind: "status", status }] });
      for (let i = 0; i < CALLS_JUDGED; i++) await it.http(CALL);
    }
    expect(it.state()).toBe("0");
    await it.server.close();
  });
});
