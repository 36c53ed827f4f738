import { type ChildProcess, fork } from "node:child_process";
import { join } from "node:path";
import type { Json } from "../../domain/shared/json.ts";
import type { CrashPlan, FromChild, KnownCommand, ToChild } from "./crash-protocol.ts";

const NUDGE_MS = 500;
const CHILD = join(__dirname, "crash-child.ts");

/** A process that hosts the actors, as its parent sees it. */
class Child {
  readonly #process: ChildProcess;
  readonly ended: Promise<NodeJS.Signals | number | null>;
  #onMessage: (message: FromChild) => void = () => undefined;
  #stderr = "";

  constructor() {
    this.#process = fork(CHILD, { stdio: ["ignore", "ignore", "pipe", "ipc"] });
    this.#process.stderr?.on("data", (chunk: Buffer) => (this.#stderr += chunk.toString()));
    // The child speaks this protocol and no other.
    this.#process.on("message", (message) => this.#onMessage(message as FromChild));
    this.ended = new Promise((resolve) => {
      this.#process.once("exit", (code, signal) => resolve(signal ?? code));
    });
  }

  get stderr(): string {
    return this.#stderr;
  }

  /** @returns once the child is ready, or has ended */
  async start(url: string, crash: CrashPlan | null, hear: (message: FromChild) => void) {
    const ready = new Promise<void>((resolve) => {
      this.#onMessage = (message) => {
        if (message.type === "ready") resolve();
        else hear(message);
      };
    });
    this.#tell({ type: "start", url, crash });
    await Promise.race([ready, this.ended]);
  }

  send(commands: readonly KnownCommand[]): void {
    this.#tell({ type: "send", commands });
  }

  stop(): void {
    this.#tell({ type: "stop" });
  }

  async kill(): Promise<void> {
    this.#process.kill("SIGKILL");
    await this.ended;
  }

  #tell(message: ToChild): void {
    // A child that has died in this moment hears nothing, which its end tells.
    if (this.#process.connected) this.#process.send(message, () => undefined);
  }
}

/**
 * Children on call: one more than is used is always loading, because most of a restart is the loading of modules. Whoever
 * makes a nursery clears it: no child may outlive its test.
 */
export class Nursery {
  readonly #all = new Set<Child>();
  #spare: Child | null = null;

  take(): Child {
    const child = this.#spare ?? this.#bear();
    this.#spare = this.#bear();
    return child;
  }

  async clear(): Promise<void> {
    await Promise.all([...this.#all].map((child) => child.kill()));
  }

  #bear(): Child {
    const child = new Child();
    this.#all.add(child);
    void child.ended.then(() => this.#all.delete(child));
    return child;
  }
}

/**
 * A client that never gives up: it knows which of its commands have been acknowledged, and sends all others again, under
 * the same ids, to each process that takes the place of a dead one.
 */
export class PersistentClient {
  readonly acknowledged = new Map<string, Json>();
  readonly #commands: KnownCommand[] = [];
  readonly #nursery: Nursery;
  readonly #url: string;

  constructor(nursery: Nursery, url: string) {
    this.#nursery = nursery;
    this.#url = url;
  }

  /**
   * Sends the new commands and all that are open to a process that will crash; more of them when it has not crashed after a
   * while, because how often it passes a step depends on how much it does at once.
   * @throws when it ends in another way
   */
  async untilCrash(
    plan: CrashPlan,
    commands: readonly KnownCommand[],
    more: () => readonly KnownCommand[],
  ): Promise<void> {
    this.#commands.push(...commands);
    const child = this.#nursery.take();
    await child.start(this.#url, plan, (message) => this.#hear(message));
    child.send(this.#open());
    const nudging = setInterval(() => {
      this.#commands.push(...more());
      child.send(this.#open());
    }, NUDGE_MS);
    const end = await child.ended.finally(() => clearInterval(nudging));
    if (end !== "SIGKILL")
      throw new Error(`expected a crash at ${plan.point}, found ${end}: ${child.stderr}`);
  }

  /** Sends what is open to a process that lives until all is acknowledged and `isDone`, and then stops gracefully. */
  async untilDone(
    commands: readonly KnownCommand[],
    isDone: () => Promise<boolean>,
  ): Promise<void> {
    this.#commands.push(...commands);
    const child = this.#nursery.take();
    const died = child.ended.then((end) => {
      throw new Error(`the process ended too early (${end}): ${child.stderr}`);
    });
    died.catch(() => undefined);
    const all = Promise.withResolvers<void>();
    await child.start(this.#url, null, (message) => {
      this.#hear(message);
      if (message.type === "failed")
        all.reject(new Error(`${message.commandId}: ${message.error}`));
      if (this.#open().length === 0) all.resolve();
    });
    child.send(this.#open());
    await Promise.race([this.#open().length === 0 ? undefined : all.promise, died]);
    while (!(await Promise.race([isDone(), died])))
      await new Promise((resolve) => setTimeout(resolve, 20));
    child.stop();
    const end = await child.ended;
    if (end !== 0) throw new Error(`expected a graceful end, found ${end}: ${child.stderr}`);
  }

  #open(): readonly KnownCommand[] {
    return this.#commands.filter(({ commandId }) => !this.acknowledged.has(commandId));
  }

  #hear(message: FromChild): void {
    if (message.type === "acknowledged") this.acknowledged.set(message.commandId, message.reply);
  }
}
