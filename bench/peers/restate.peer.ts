import { spawn } from "node:child_process";
import type { ChildProcess } from "node:child_process";
import { once } from "node:events";
import { createServer } from "node:http2";
import { createRequire } from "node:module";
import { setTimeout as sleep } from "node:timers/promises";
import * as restate from "@restatedev/restate-sdk";
import type { Message } from "../../domain/shared/decider.ts";
import { contest } from "../driven/contestant.ts";
import type { Contestant } from "../driven/contestant.ts";
import { commandPath } from "../driven/keys.ts";
import { tallyOf } from "./plain-store.ts";
import { takeTurn } from "./turn.ts";
import type { Kept } from "./turn.ts";
import { WORKLOADS, WORKLOAD_NAMES } from "../driven/workloads.ts";
import type { Tally, WorkloadName } from "../driven/workloads.ts";

const START_MS = 60_000;
const ANSWER_MS = 30_000;

/** A virtual object a key. Its state comes with the request; the event is in the invocation's journal. */
function virtualObject(workload: WorkloadName) {
  return restate.object({
    name: workload,
    handlers: {
      run: async (context: restate.ObjectContext, command: Message): Promise<unknown> => {
        const kept = await context.get<Kept>("kept");
        const { kind } = WORKLOADS[workload];
        const turn = takeTurn(kind, context.key, kept, context.request().id, command);
        const { state, version, event, reply } = turn;
        context.set("kept", { state, version });
        context.set("event", event);
        return reply;
      },
      tally: restate.handlers.object.shared(
        async (context: restate.ObjectSharedContext): Promise<Tally> =>
          tallyOf(workload, context.key, await context.get<Kept>("kept")),
      ),
    },
  });
}

async function open(): Promise<Contestant> {
  const { DATA_DIR = "", PORTS = "" } = process.env;
  const [ingress = 0, admin = 0, node = 0, endpoint = 0] = PORTS.split(",").map(Number);
  await listen(endpoint);
  const server = startServer(DATA_DIR, { ingress, admin, node });
  await register(`http://127.0.0.1:${admin}`, `http://127.0.0.1:${endpoint}`);
  const url = `http://127.0.0.1:${ingress}`;
  return {
    url,
    processIds: server.pid === undefined ? [] : [server.pid],
    send: (workload, key, commandId, command) =>
      post(url + commandPath(workload, key), command, { "Idempotency-Key": commandId }),
    tally: async (workload, key) =>
      // sound: what the handler of that name returns
      (await post(`${url}/${workload}/${key}/tally`)) as Tally,
    stop: async () => {
      server.kill("SIGTERM");
      await once(server, "exit");
    },
  };
}

/** The handlers, for the server alone. */
async function listen(port: number): Promise<void> {
  const services = WORKLOAD_NAMES.map(virtualObject);
  const handler = restate.createEndpointHandler({ services, logger: () => undefined });
  const endpoint = createServer(handler).listen(port, "127.0.0.1");
  await once(endpoint, "listening");
}

/** With the defaults of one node, which flush the log to disk before they acknowledge; only telemetry is off. */
function startServer(
  directory: string,
  ports: { readonly ingress: number; readonly admin: number; readonly node: number },
): ChildProcess {
  const server = spawn(binary(), ["--no-logo", "--listen-mode", "tcp"], {
    env: {
      RESTATE_BASE_DIR: directory,
      RESTATE_NODE_NAME: "bench",
      RESTATE_CLUSTER_NAME: "bench",
      RESTATE_BIND_IP: "127.0.0.1",
      RESTATE_BIND_PORT: String(ports.node),
      RESTATE_INGRESS__BIND_PORT: String(ports.ingress),
      RESTATE_ADMIN__BIND_PORT: String(ports.admin),
      RESTATE_DISABLE_TELEMETRY: "true",
      // It looks for new releases of itself, in vain where nothing but packages can be had.
      RESTATE_LOG_FILTER: "error,octocrab=off",
    },
    stdio: ["ignore", "inherit", "inherit"],
  });
  process.once("exit", () => server.kill("SIGKILL"));
  return server;
}

function binary(): string {
  const require = createRequire(import.meta.url);
  const name = `@restatedev/restate-server-${process.platform}-${process.arch}`;
  return require.resolve(`${name}/bin/restate-server`);
}

/** Tells the server where the handlers are, once it answers. */
async function register(admin: string, endpoint: string): Promise<void> {
  const giveUpMs = performance.now() + START_MS;
  for (;;) {
    try {
      await post(`${admin}/deployments`, { uri: endpoint, force: true });
      return;
    } catch (error) {
      if (performance.now() > giveUpMs) throw error;
      await sleep(100);
    }
  }
}

async function post(
  url: string,
  body?: unknown,
  headers: Readonly<Record<string, string>> = {},
): Promise<unknown> {
  const answer = await fetch(url, {
    method: "POST",
    headers: { ...headers, ...(body !== undefined && { "Content-Type": "application/json" }) },
    ...(body !== undefined && { body: JSON.stringify(body) }),
    signal: AbortSignal.timeout(ANSWER_MS),
  });
  if (!answer.ok) throw new Error(`${url}: ${answer.status} ${await answer.text()}`);
  return answer.json();
}

contest(open);
