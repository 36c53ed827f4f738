import { type ChildProcess, spawn } from "node:child_process";
import { randomUUID } from "node:crypto";
import { once } from "node:events";
import { accessSync, constants } from "node:fs";
import { cp, rm } from "node:fs/promises";
import { connect, createServer } from "node:net";
import type { AddressInfo } from "node:net";
import { delimiter, join } from "node:path";
import { eventually } from "./node-eventually.ts";
import { temporaryDirectory } from "./temporary.ts";
import type { TemporaryDirectory } from "./temporary.ts";

const BINARY = findBinary();

function findBinary(): string | null {
  const folders = [...(process.env["PATH"] ?? "").split(delimiter), "/usr/sbin", "/usr/local/bin"];
  return folders.map((folder) => join(folder, "nats-server")).find(isExecutable) ?? null;
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

/** `describe` where there is a nats-server to start. CI must have one; elsewhere it is skipped, and said so. */
export function describeWithNats(name: string, body: () => void): void {
  if (BINARY !== null) return describe(name, body);
  if (process.env["CI"]) throw new Error("CI needs the program nats-server");
  console.warn(`SKIPPED, because there is no program nats-server here: ${name}`);
  // oxlint-disable-next-line jest/no-disabled-tests -- said above, and refused in CI
  describe.skip(name, body);
}

/** A nats-server of a test's own with JetStream, on a port that stays the same over its restarts. */
export class NatsServer {
  readonly url: string;
  readonly #port: number;
  readonly #directory: TemporaryDirectory;
  #child: ChildProcess | null = null;

  private constructor(port: number, directory: TemporaryDirectory) {
    this.#port = port;
    this.#directory = directory;
    this.url = `nats://127.0.0.1:${port}`;
  }

  static async start(): Promise<NatsServer> {
    const server = new NatsServer(await freePort(), await temporaryDirectory());
    await server.resume();
    return server;
  }

  /** Starts it again where it was. */
  async resume(): Promise<void> {
    if (BINARY === null) throw new Error("there is no program nats-server");
    const place = ["-a", "127.0.0.1", "-p", String(this.#port)];
    this.#child = spawn(BINARY, [...place, "-js", "-sd", this.#directory.path], {
      stdio: "ignore",
    });
    await eventually("a NATS server", () => this.#answers());
  }

  /** Keeps what JetStream has on disk; only while it is dead. @returns brings that back */
  async keep(): Promise<() => Promise<void>> {
    const store = join(this.#directory.path, "jetstream");
    const copy = join(this.#directory.path, `kept-${randomUUID()}`);
    await cp(store, copy, { recursive: true });
    return async () => {
      await rm(store, { recursive: true });
      await cp(copy, store, { recursive: true });
    };
  }

  /** SIGKILL; `isEmptied` takes what JetStream had stored too. */
  async kill({ isEmptied = false }: { readonly isEmptied?: boolean } = {}): Promise<void> {
    const child = this.#child;
    this.#child = null;
    if (child !== null && child.exitCode === null && child.signalCode === null) {
      child.kill("SIGKILL");
      await once(child, "exit");
    }
    if (isEmptied) await rm(join(this.#directory.path, "jetstream"), { recursive: true });
  }

  /** Ends it and removes everything. */
  async remove(): Promise<void> {
    await this.kill();
    await this.#directory.remove();
  }

  #answers(): Promise<true | null> {
    return new Promise((resolve) => {
      const socket = connect(this.#port, "127.0.0.1");
      socket.once("error", () => resolve(null));
      // It greets with INFO.
      socket.once("data", () => {
        socket.destroy();
        resolve(true);
      });
    });
  }
}

async function freePort(): Promise<number> {
  const probe = createServer().listen(0, "127.0.0.1");
  await once(probe, "listening");
  // sound: a server that listens on TCP has such an address
  const { port } = probe.address() as AddressInfo;
  probe.close();
  await once(probe, "close");
  return port;
}
