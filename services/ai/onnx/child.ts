import { type ChildProcess, fork } from "node:child_process";
import { dirname } from "node:path";
import { fileURLToPath } from "node:url";
import { type Answer, type Request, TOO_MUCH_MEMORY } from "./wire.ts";

const MAIN = fileURLToPath(new URL("./child-main.ts", import.meta.url));

/** The process is gone, with whatever it was asked. */
export class OnnxLost extends Error {
  override readonly name = "OnnxLost";
}

interface Asked {
  resolve(answer: Answer): void;
  reject(error: OnnxLost): void;
}

/** One process that holds ONNX Runtime, asked one thing at a time. What ends it does not touch this one. */
export class OnnxChild {
  readonly #process: ChildProcess;
  readonly #exit = Promise.withResolvers<void>();
  #asked: Asked | null = null;
  #lost: OnnxLost | null = null;

  /** @param rssMaxBytes beyond it the process ends itself */
  constructor(rssMaxBytes: number) {
    this.#process = fork(MAIN, [String(rssMaxBytes)], {
      // What reads files from strangers knows none of our secrets, and stands in a folder without data.
      env: { NODE_ENV: "production" },
      cwd: dirname(MAIN),
      execArgv: [],
      serialization: "advanced",
      stdio: ["ignore", "ignore", "ignore", "ipc"],
    });
    this.#process.on("message", (answer: Answer) => this.#take(answer));
    this.#process.on("error", (error) => this.#lose(error.message));
    this.#process.on("exit", (code, signal) => this.#lose(reasonOf(code, signal)));
    this.#unref();
  }

  get pid(): number | undefined {
    return this.#process.pid;
  }

  get isLost(): boolean {
    return this.#lost !== null;
  }

  /** @throws OnnxLost */
  ask(request: Request): Promise<Answer> {
    if (this.#lost !== null) return Promise.reject(this.#lost);
    if (this.#asked !== null) throw new Error("expected one question at a time");
    return new Promise((resolve, reject) => {
      this.#asked = { resolve, reject };
      this.#process.ref();
      this.#process.channel?.ref();
      this.#process.send(request, (error) => {
        if (error !== null) this.#lose(error.message);
      });
    });
  }

  /** Ends the process, whatever it does; resolves when it has gone. */
  async end(why: string): Promise<void> {
    this.#lose(why);
    // Else a process with nothing left to do would end before it has seen this one go.
    this.#process.ref();
    await this.#exit.promise;
  }

  #take(answer: Answer): void {
    const asked = this.#asked;
    this.#asked = null;
    this.#unref();
    asked?.resolve(answer);
  }

  #lose(why: string): void {
    if (this.#process.exitCode !== null || this.#process.signalCode !== null || !this.#process.pid)
      this.#exit.resolve();
    else this.#process.kill("SIGKILL");
    if (this.#lost !== null) return;
    this.#lost = new OnnxLost(why);
    this.#asked?.reject(this.#lost);
    this.#asked = null;
  }

  /** It holds up the end of this process only while it is asked something. */
  #unref(): void {
    this.#process.unref();
    this.#process.channel?.unref();
  }
}

function reasonOf(code: number | null, signal: NodeJS.Signals | null): string {
  if (signal === TOO_MUCH_MEMORY) return "the model took too much memory";
  return `the process of ONNX Runtime ended with ${signal ?? code}`;
}
