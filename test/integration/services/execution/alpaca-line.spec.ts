import { createServer } from "node:http";
import { type Clock, systemClock } from "../../../../mixins/clock.ts";
import { Metrics } from "../../../../mixins/metrics.ts";
import { Dependencies } from "../../../../mixins/resilience/dependency.ts";
import { resilienceMetrics } from "../../../../mixins/resilience/metrics.ts";
import type { NodeContext } from "../../../../services/context.ts";
import {
  type AlpacaHttp,
  createAlpacaHttp,
} from "../../../../services/execution/brokers/alpaca-http.ts";
import { AlpacaStream } from "../../../../services/execution/brokers/alpaca-stream.ts";
import { createLogger } from "../../../../services/logging.ts";
import { AlpacaServer } from "../../../support/alpaca-server.ts";
import { eventually } from "../../../support/node-eventually.ts";
import { type TcpProxy, proxyTo } from "../../../support/tcp-proxy.ts";

const CALL = { method: "GET", path: "/v2/positions" } as const;

/** Time that passes twenty times as fast, and what was waited for in it. */
function fastClock(waits: number[] = []): Clock {
  const fast = (ms: number): number => {
    waits.push(ms);
    return ms / 20;
  };
  return {
    ...systemClock,
    setTimer: (ms, fn) => systemClock.setTimer(fast(ms), fn),
    sleep: (ms, signal) => systemClock.sleep(fast(ms), signal),
  };
}

function configOf({ url: baseUrl, keyId, secretKey }: AlpacaServer) {
  return { baseUrl, keyId, secretKey, name: "alpaca", venue: "ALPACA" };
}

function httpTo(config: ReturnType<typeof configOf>, clock: Clock): AlpacaHttp {
  const dependencies = new Dependencies(systemClock, resilienceMetrics(new Metrics()));
  // sound: all of a node that the line to the broker uses
  const node = { clock, dependencies } as unknown as NodeContext;
  return createAlpacaHttp(node, config);
}

describe("the broker's HTTP", () => {
  let server: AlpacaServer;

  beforeAll(async () => {
    server = await AlpacaServer.start();
  });

  beforeEach(() => server.control({ faults: [] }));

  afterAll(() => server.close());

  const limited = (headers: Readonly<Record<string, string>>, times?: number) =>
    server.control({
      faults: [
        { on: "GET", kind: "status", status: 429, headers, ...(times !== undefined && { times }) },
      ],
    });

  it("is left alone for as long as it wishes, and asked again", async () => {
    const waits: number[] = [];
    limited({ "retry-after": "2" }, 1);
    const { status } = await httpTo(configOf(server), fastClock(waits))(CALL);
    expect([status, waits]).toEqual([200, [2_000]]);
  });

  it("is left alone until its window ends, and no longer than its caller can wait", async () => {
    const waits: number[] = [];
    const reset = String(Math.ceil(Date.now() / 1_000) + 50);
    limited({ "x-ratelimit-reset": reset }, 1);
    await httpTo(configOf(server), fastClock(waits))(CALL);
    expect(waits).toEqual([4_000]);
  });

  it("hands on that there were too many calls when waiting does not help", async () => {
    const before = server.calls.length;
    limited({});
    const { status } = await httpTo(configOf(server), fastClock())(CALL);
    expect([status, server.calls.length - before]).toEqual([429, 3]);
  });

  it("is cut off by the signal of whoever asks", async () => {
    server.control({ faults: [{ on: "GET", kind: "delay", delayMs: 300 }] });
    const cut = new AbortController();
    const answer = httpTo(configOf(server), systemClock)(CALL, cut.signal);
    cut.abort(new Error("enough"));
    await expect(answer).rejects.toThrow("enough");
  });

  it("does not hand the keys to where it is sent on to", async () => {
    const seen: unknown[] = [];
    const elsewhere = createServer((request, response) => {
      seen.push(request.headers);
      response.end("{}");
    });
    await new Promise<void>((resolve) => void elsewhere.listen(0, "127.0.0.1", resolve));
    const address = elsewhere.address();
    const port = typeof address === "object" ? address?.port : 0;
    const headers = { location: `http://127.0.0.1:${port}/` };
    server.control({ faults: [{ on: "GET", kind: "status", status: 307, headers }] });
    await expect(httpTo(configOf(server), systemClock)(CALL)).rejects.toThrow("fetch failed");
    expect(seen).toEqual([]);
    elsewhere.close();
  });
});

describe("the broker's stream", () => {
  let server: AlpacaServer;
  let wire: TcpProxy;
  let stream: AlpacaStream;
  let log: string[];
  let heard: string[];

  beforeEach(async () => {
    server = await AlpacaServer.start();
    wire = await proxyTo(server.url);
    [log, heard] = [[], []];
    const logger = createLogger({
      level: "warn",
      format: "json",
      nodeId: "n",
      write: (line) => void log.push(line),
    });
    stream = new AlpacaStream({ ...configOf(server), baseUrl: wire.url }, fastClock(), logger, {
      onListening: () => void heard.push("listening"),
      onUpdate: ({ event }) => void heard.push(event),
    });
    stream.start();
    await listening(1);
  });

  afterEach(async () => {
    stream.stop();
    await wire.cut();
    await server.close();
  });

  const listening = (times: number) =>
    eventually("the stream", () =>
      heard.filter((word) => word === "listening").length >= times ? true : null,
    );

  it("tells of what happens, in frames of bytes", async () => {
    server.book.submit({ client_order_id: "a", symbol: "ACME", qty: "1", side: "buy" });
    await eventually("the event", () => (heard.length > 1 ? true : null));
    expect(heard).toEqual(["listening", "new"]);
  });

  it("is taken anew when it was cut, and says so", async () => {
    wire.breakAll();
    await listening(2);
    expect(log.join()).toContain("Alpaca's stream is lost");
  });

  it("is taken anew when it has fallen silent without a word", async () => {
    wire.freeze();
    await listening(2);
    expect(log.join()).toContain("it has fallen silent");
  });

  it("is asked for again and again while nobody answers", async () => {
    await wire.cut();
    await eventually("a few attempts", () => (log.length > 3 ? true : null));
    await wire.mend();
    await listening(2);
    await eventually("one line", () => (server.listeners === 1 ? true : null));
    expect(log.join()).toContain("it failed");
  });

  it("is left for good by a stop", async () => {
    stream.stop();
    await eventually("nobody listening", () => (server.listeners === 0 ? true : null));
    expect(log).toEqual([]);
  });
});
