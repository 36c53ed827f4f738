import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { ProbePoint } from "../../mixins/actor/ports.ts";
import { postmasterPid, serverProcesses, until } from "./embedded.ts";
import { eventually } from "./node-eventually.ts";
import { HttpClient } from "./http.ts";

const ROOT = join(import.meta.dirname, "../..");
const STARTED_WITHIN_MS = 90_000;

export interface ChildOptions {
  readonly dataDir: string;
  readonly env?: Readonly<Record<string, string>>;
}

/** Where a node is to kill itself. */
export interface CrashPoint {
  /** a step of the actor layer, or one about a statement of a pool, by its name and perhaps a word of its values */
  readonly at: ProbePoint | `${"before" | "after"} ${string}`;
  /** the first time, the second … */
  readonly time: number;
  /** counted from when this statement has found rows; absent: from the start */
  readonly from?: string;
}

export interface Exit {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly tookMs: number;
}

/** Shared by all nodes of all runs: starting one takes half the time. */
const COMPILE_CACHE = join(tmpdir(), "qa-test-compile-cache");

/** `node services/main.ts` as a process of its own, with embedded stores in `dataDir`. */
export class ChildNode {
  readonly #child: ChildProcess;
  readonly #dataDir: string;
  readonly #startedMs = performance.now();
  #output = "";
  /** until the banner was printed */
  startMs = 0;

  private constructor({ dataDir, env = {} }: ChildOptions, script = "services/main.ts") {
    this.#dataDir = dataDir;
    const { PATH = "", HOME = "" } = process.env;
    this.#child = spawn(process.execPath, [script], {
      cwd: ROOT,
      // Nothing of ours: neither a DATABASE_URL nor a log level of the caller's shell.
      env: {
        PATH,
        HOME,
        DATA_DIR: dataDir,
        PORT: "0",
        LOG_FORMAT: "json",
        REQUEST_TIMEOUT_MS: "30000",
        NODE_COMPILE_CACHE: COMPILE_CACHE,
        ...env,
      },
      stdio: ["ignore", "pipe", "pipe"],
    });
    const take = (chunk: Buffer): void => void (this.#output += String(chunk));
    this.#child.stdout?.on("data", take);
    this.#child.stderr?.on("data", take);
  }

  /** Resolves when the banner is there. */
  static async start(options: ChildOptions): Promise<ChildNode> {
    const child = new ChildNode(options);
    try {
      await eventually("the banner", () => child.#banner(), STARTED_WITHIN_MS);
    } catch (error) {
      await child.kill();
      throw new Error(`no banner from the node: ${child.output}`, { cause: error });
    }
    child.startMs = performance.now() - child.#startedMs;
    return child;
  }

  /** Runs a node until it has killed itself. @throws Error when it did not come to that */
  static async crash(
    { dataDir, env = {} }: ChildOptions,
    { at, time, from = "" }: CrashPoint,
  ): Promise<void> {
    const crashing = { ...env, CRASH_AT: at, CRASH_TIME: String(time), CRASH_FROM: from };
    const child = new ChildNode({ dataDir, env: crashing }, "test/support/child-node-probe.ts");
    try {
      await eventually(`a crash at ${at}, time ${time}`, () => (child.#isOver ? true : null));
      if (child.#child.signalCode !== "SIGKILL")
        throw new Error(`expected a crash at ${at}, found an end: ${child.output}`);
    } finally {
      await child.kill();
    }
  }

  #banner(): true | null {
    if (this.#isOver) throw new Error(`the node has ended: ${this.output}`);
    return /^ {2}health /m.test(this.#output) ? true : null;
  }

  get #isOver(): boolean {
    return this.#child.exitCode !== null || this.#child.signalCode !== null;
  }

  /** everything that it printed */
  get output(): string {
    return this.#output;
  }

  /** What stands after a word in the banner; null when the banner does not have it. */
  told(word: string): string | null {
    return new RegExp(`^ {2}${word} +(.*)$`, "m").exec(this.#output)?.[1] ?? null;
  }

  get client(): HttpClient {
    return new HttpClient((this.told("API") ?? "").replace(/\/api$/, ""));
  }

  /** Lines of its log of a level or worse. */
  logged(level: "warn" | "error"): readonly string[] {
    const levels = level === "warn" ? ["warn", "error", "fatal"] : ["error", "fatal"];
    return this.#output
      .split("\n")
      .filter((line) => levels.some((name) => line.includes(`"level":"${name}"`)));
  }

  /** SIGKILL, and with `andStore` the database's processes too, as when the machine goes; waits until all are gone. */
  async kill({ andStore = false }: { readonly andStore?: boolean } = {}): Promise<void> {
    const directory = join(this.#dataDir, "postgres");
    const victims = andStore ? [postmasterPid(directory), ...serverProcesses(directory)] : [];
    this.#child.kill("SIGKILL");
    for (const pid of victims) killIfThere(pid);
    if (!this.#isOver) await once(this.#child, "exit");
    await until("the database is gone", () => serverProcesses(directory).length === 0);
  }

  /** SIGTERM, and how it ended. */
  async stop(): Promise<Exit> {
    const askedMs = performance.now();
    if (!this.#isOver) {
      this.#child.kill("SIGTERM");
      await once(this.#child, "exit");
    }
    const { exitCode: code, signalCode: signal } = this.#child;
    return { code, signal, tookMs: performance.now() - askedMs };
  }
}

function killIfThere(pid: number): void {
  try {
    process.kill(pid, "SIGKILL");
  } catch {
    // It ended by itself in the meantime.
  }
}
