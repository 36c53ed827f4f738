import { createServer } from "node:http";
import type { IncomingMessage, ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import type { Message } from "../../domain/shared/decider.ts";
import { closedLoop } from "../closed-loop.ts";
import type { Outcome } from "../closed-loop.ts";
import { serve } from "../orders-process.ts";
import type { Served } from "../orders-process.ts";
import { nthCommand } from "./keys.ts";
import type { Keys } from "./keys.ts";
import type { Tally, WorkloadName } from "./workloads.ts";

/** Connections of every contestant that uses PostgreSQL. */
export const POOL_MAX = 20;

const RETRY_MS = 10;
const GIVE_UP_MS = 60_000;

/** Something that carries out commands durably. */
export interface Contestant {
  /** Resolves with the reply once the command is on record; a repeat of the command id gets the reply of the first. */
  send(workload: WorkloadName, key: string, commandId: string, command: Message): Promise<unknown>;
  tally(workload: WorkloadName, key: string): Promise<Tally>;
  stop(): Promise<void>;
  /** where commands go over HTTP, when the contestant has a server of its own; as `commandPath` has it */
  readonly url?: string;
  /** what must be killed with this process */
  readonly processIds?: readonly number[];
  /** what else it can be asked, by name */
  readonly questions?: Readonly<Record<string, (body: unknown) => Promise<unknown>>>;
}

interface MeasureRequest extends Keys {
  readonly durationMs: number;
  /** a command that fails is sent again under its id until it is acknowledged */
  readonly isPatient: boolean;
}

export interface Measured extends Outcome {
  /** by key, what was before included */
  readonly sent: readonly number[];
  /** by key, of one command until it was acknowledged */
  readonly longestMs: readonly number[];
}

export interface About {
  readonly commandsUrl: string;
  readonly processIds: readonly number[];
}

/** Ends the measurement that is under way. */
let halt = new AbortController();

/** Makes this process a contestant: it takes commands over HTTP, drives itself when asked to, and says what is on record. */
export function contest(open: () => Promise<Contestant>): void {
  serve(async (): Promise<Served> => {
    const contestant = await open();
    const server = createServer((request, response) => {
      answer(contestant, request).then(
        (body) => respond(response, 200, body),
        (error: unknown) =>
          respond(response, 500, String(error instanceof Error ? error.stack : error)),
      );
    });
    server.keepAliveTimeout = 0;
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    // sound: it listens on TCP
    const { port } = server.address() as AddressInfo;
    return {
      url: `http://127.0.0.1:${port}`,
      stop: async () => {
        server.closeAllConnections();
        server.close();
        await contestant.stop();
      },
    };
  });
}

async function answer(contestant: Contestant, request: IncomingMessage): Promise<unknown> {
  const body = await read(request);
  const [, first = "", key = ""] = (request.url ?? "").split("/");
  switch (first) {
    case "about":
      return about(contestant, request);
    case "measure":
      // sound: the benchmark sends no other
      return measure(contestant, body as MeasureRequest);
    case "halt":
      halt.abort();
      return null;
    case "tally":
      // sound: the benchmark sends no other
      return tally(contestant, body as Keys);
    default: {
      const ask = contestant.questions?.[first];
      if (ask !== undefined) return ask(body);
      // sound: the benchmark sends no other path, and a workload's own commands
      return contestant.send(first as WorkloadName, key, commandIdOf(request), body as Message);
    }
  }
}

function about(contestant: Contestant, request: IncomingMessage): About {
  return {
    commandsUrl: contestant.url ?? `http://${request.headers.host}`,
    processIds: [...(contestant.processIds ?? []), process.pid],
  };
}

async function measure(contestant: Contestant, request: MeasureRequest): Promise<Measured> {
  const { workload, durationMs, isPatient } = request;
  const sent = [...request.sent];
  const longestMs = sent.map(() => 0);
  const sendNext = async (caller: number): Promise<void> => {
    const n = sent[caller] ?? 0;
    const { key, commandId, command } = nthCommand(request, caller, n);
    const send = () => contestant.send(workload, key, commandId, command);
    const sentMs = performance.now();
    await (isPatient ? untilTaken(send) : send());
    longestMs[caller] = Math.max(longestMs[caller] ?? 0, performance.now() - sentMs);
    sent[caller] = n + 1;
  };
  halt = new AbortController();
  const outcome = await closedLoop(sent.length, durationMs, sendNext, halt.signal);
  return { ...outcome, sent, longestMs };
}

/** @throws Error when it fails for longer than anything here may last */
async function untilTaken(send: () => Promise<unknown>): Promise<unknown> {
  const giveUpMs = performance.now() + GIVE_UP_MS;
  for (;;) {
    try {
      return await send();
    } catch (error) {
      if (performance.now() > giveUpMs) throw error;
      await sleep(RETRY_MS);
    }
  }
}

function tally(contestant: Contestant, { workload, names }: Keys): Promise<readonly Tally[]> {
  return Promise.all(names.map((key) => contestant.tally(workload, key)));
}

function commandIdOf(request: IncomingMessage): string {
  return String(request.headers["idempotency-key"]);
}

/** By events: iterating over a request costs several times as much. */
async function read(request: IncomingMessage): Promise<unknown> {
  const text = await new Promise<string>((resolve, reject) => {
    let received = "";
    request.setEncoding("utf8").on("data", (chunk: string) => {
      received += chunk;
    });
    request.once("end", () => resolve(received)).once("error", reject);
  });
  return text === "" ? null : JSON.parse(text);
}

function respond(response: ServerResponse, status: number, body: unknown): void {
  const text = JSON.stringify(body);
  response
    .writeHead(status, {
      "Content-Type": "application/json",
      "Content-Length": Buffer.byteLength(text),
    })
    .end(text);
}
