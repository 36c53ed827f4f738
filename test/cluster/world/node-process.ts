import type { ChildProcess } from "node:child_process";
import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { eventually } from "../../support/node-eventually.ts";
import { isRunning, killChild, startChild, untilEnded } from "./child.ts";

const ROOT = join(import.meta.dirname, "../../..");
const RESTART_MS = 300;
const READY_WITHIN_MS = 60_000;

export interface NodeOptions {
  readonly nodeId: string;
  readonly port: number;
  /** its log and its data are below it */
  readonly directory: string;
  readonly env: Readonly<Record<string, string>>;
  /** absent: the product's */
  readonly script?: string;
}

/** A node as a process of its own. As under any process manager, it is started again when it ends by itself. */
export class NodeProcess {
  readonly nodeId: string;
  readonly url: string;
  /** how often it ended although nobody had ended it */
  unexpectedEnds = 0;
  readonly #options: NodeOptions;
  #child: ChildProcess | null = null;
  #isWanted = false;

  constructor(options: NodeOptions) {
    this.nodeId = options.nodeId;
    this.url = `http://127.0.0.1:${options.port}`;
    this.#options = options;
  }

  get isUp(): boolean {
    return this.#child !== null && isRunning(this.#child);
  }

  get pid(): number {
    return this.#child?.pid ?? 0;
  }

  /** @param env beside the node's usual one, for this life only */
  async start(env: Readonly<Record<string, string>> = {}): Promise<void> {
    if (this.isUp) return;
    const { nodeId, port, directory, script = "services/main.ts" } = this.#options;
    const dataDir = join(directory, nodeId);
    await mkdir(dataDir, { recursive: true });
    this.#isWanted = true;
    const child = await startChild({
      command: process.execPath,
      args: [script],
      cwd: ROOT,
      env: {
        PATH: process.env["PATH"] ?? "",
        HOME: process.env["HOME"] ?? "",
        HOST: "127.0.0.1",
        PORT: String(port),
        NODE_ID: nodeId,
        DATA_DIR: dataDir,
        ...this.#options.env,
        ...env,
      },
      logFile: join(directory, `${nodeId}.log`),
    });
    this.#child = child;
    child.once("exit", () => void this.#watch(child, env));
  }

  /** Answers requests and holds the shards that it should hold. */
  async ready(withinMs = READY_WITHIN_MS): Promise<void> {
    const ask = async () => ((await this.isReady()) ? true : null);
    await eventually(`${this.nodeId} to be ready`, ask, withinMs);
  }

  async isReady(): Promise<boolean> {
    try {
      const signal = AbortSignal.timeout(2_000);
      const { ok, body } = await fetch(`${this.url}/health/ready`, { signal });
      await body?.cancel();
      return ok;
    } catch {
      return false;
    }
  }

  /** `kill -9` */
  async kill(): Promise<void> {
    this.#isWanted = false;
    if (this.#child !== null) await killChild(this.#child);
  }

  freeze(): void {
    this.#child?.kill("SIGSTOP");
  }

  thaw(): void {
    this.#child?.kill("SIGCONT");
  }

  /** SIGTERM; resolves when it has ended, with its exit code. */
  async stop(): Promise<number | null> {
    this.#isWanted = false;
    const child = this.#child;
    if (child === null || !isRunning(child)) return null;
    child.kill("SIGTERM");
    await untilEnded(child);
    return child.exitCode;
  }

  async #watch(child: ChildProcess, env: Readonly<Record<string, string>>): Promise<void> {
    if (child !== this.#child || !this.#isWanted) return;
    this.unexpectedEnds += 1;
    await sleep(RESTART_MS);
    if (child === this.#child && this.#isWanted) await this.start(env);
  }
}
