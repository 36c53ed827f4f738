import type { ChildProcess } from "node:child_process";
import { once } from "node:events";
import { rm } from "node:fs/promises";
import net from "node:net";
import { join } from "node:path";
import { eventually } from "../../support/node-eventually.ts";
import { findProgram, killChild, startChild } from "./child.ts";
import type { Cleanup } from "./cleanup.ts";
import { freePort } from "./ports.ts";

/** A nats-server of the run's own, with JetStream, on a port that stays. */
export class OwnNats {
  readonly port: number;
  readonly #directory: string;
  readonly #program: string;
  #child: ChildProcess | null = null;

  private constructor(port: number, directory: string, program: string) {
    this.port = port;
    this.#directory = directory;
    this.#program = program;
  }

  static async create(directory: string, cleanup: Cleanup): Promise<OwnNats> {
    const program = await findProgram("nats-server");
    if (program === null) throw new Error("there is no nats-server in PATH");
    const nats = new OwnNats(await freePort(), directory, program);
    cleanup.add(() => nats.kill());
    await nats.start();
    return nats;
  }

  get url(): string {
    return `nats://127.0.0.1:${this.port}`;
  }

  async start(): Promise<void> {
    this.#child = await startChild({
      command: this.#program,
      args: ["-a", "127.0.0.1", "-p", String(this.port), "-js", "-sd", this.#store],
      env: { PATH: process.env["PATH"] ?? "" },
      cwd: this.#directory,
      logFile: join(this.#directory, "nats.log"),
    });
    await eventually("nats-server", async () => ((await this.#answers()) ? true : null));
  }

  async kill(): Promise<void> {
    if (this.#child !== null) await killChild(this.#child);
    this.#child = null;
  }

  /** Its streams are gone with its store; call it while the server is down. */
  async empty(): Promise<void> {
    await rm(this.#store, { recursive: true, force: true });
  }

  get #store(): string {
    return join(this.#directory, "jetstream");
  }

  async #answers(): Promise<boolean> {
    const socket = net.connect(this.port, "127.0.0.1");
    try {
      // The server speaks first.
      await once(socket, "data");
      return true;
    } catch {
      return false;
    } finally {
      socket.destroy();
    }
  }
}
