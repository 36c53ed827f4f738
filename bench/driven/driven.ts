import { startServer } from "../orders-process.ts";
import type { ServerProcess } from "../orders-process.ts";
import type { About, Measured } from "./contestant.ts";
import { commandPath, nthCommand } from "./keys.ts";
import type { Keys } from "./keys.ts";
import { WORKLOADS } from "./workloads.ts";
import type { Tally } from "./workloads.ts";

/** Keys whose last command is sent once more when the record is checked. */
const REPEATED = 8;

/** A contestant as the benchmark sees it: a process that can be driven, asked what is on record, and ended. */
export class Driven {
  readonly #name: string;
  readonly #server: ServerProcess;
  readonly #about: About;

  private constructor(name: string, server: ServerProcess, about: About) {
    this.#name = name;
    this.#server = server;
    this.#about = about;
  }

  /** @param file calls `contest` */
  static async start(
    name: string,
    file: URL,
    settings: Readonly<Record<string, string>>,
  ): Promise<Driven> {
    const server = await startServer(file, { NODE_NO_WARNINGS: "1", ...settings });
    const answer = await fetch(`${server.url}/about`);
    // sound: what contestant.ts answers there
    return new Driven(name, server, (await answer.json()) as About);
  }

  /** where commands are taken over HTTP */
  get commandsUrl(): string {
    return this.#about.commandsUrl;
  }

  cpuMs(): Promise<number> {
    return this.#server.cpuMs();
  }

  /** @returns what the contestant answers to this question */
  ask(question: string, body: unknown): Promise<unknown> {
    return post(`${this.#server.url}/${question}`, body);
  }

  /** Closed loop inside the process, a caller a key. */
  async measure(
    keys: Keys,
    durationMs: number,
    { isPatient = false }: { readonly isPatient?: boolean } = {},
  ): Promise<Measured> {
    const request = { ...keys, durationMs, isPatient };
    // sound: what contestant.ts answers there
    return (await this.ask("measure", request)) as Measured;
  }

  /** Ends the measurement that is under way. */
  async halt(): Promise<void> {
    await this.ask("halt", null);
  }

  /** @throws Error when it is not acknowledged */
  sendNth(keys: Keys, caller: number, n: number): Promise<unknown> {
    const { key, commandId, command } = nthCommand(keys, caller, n);
    const url = this.#about.commandsUrl + commandPath(keys.workload, key);
    return post(url, command, { "Idempotency-Key": commandId });
  }

  /**
   * Compares the record with what was acknowledged, twice: the second time after the last commands have been sent again.
   * @throws Error unless every key has as many commands on record as were acknowledged, and what they add up to
   */
  async check(keys: Keys): Promise<void> {
    await this.#checkOnce(keys);
    await this.#repeatLast(keys);
    await this.#checkOnce(keys);
  }

  /** To all processes of the contestant. */
  signal(name: NodeJS.Signals): void {
    for (const id of this.#about.processIds) process.kill(id, name);
  }

  /** In good order. */
  stop(): Promise<void> {
    return this.#server.stop();
  }

  async #checkOnce(keys: Keys): Promise<void> {
    // sound: what contestant.ts answers there
    const tallies = (await this.ask("tally", keys)) as readonly Tally[];
    const { workload, sent } = keys;
    for (const [caller, commands] of sent.entries()) {
      const expected = JSON.stringify(WORKLOADS[workload].expected(commands));
      const found = JSON.stringify(tallies[caller]);
      if (found !== expected)
        throw new Error(
          `${this.#name}, ${workload} ${caller}: acknowledged ${expected}, found ${found} on record`,
        );
    }
  }

  async #repeatLast(keys: Keys): Promise<void> {
    const last = keys.sent.slice(0, REPEATED).map((commands) => commands - 1);
    await Promise.all(
      last.map(async (n, caller) => {
        if (n >= 0) await this.sendNth(keys, caller, n);
      }),
    );
  }
}

async function post(
  url: string,
  body: unknown,
  headers: Readonly<Record<string, string>> = {},
): Promise<unknown> {
  const answer = await fetch(url, {
    method: "POST",
    headers: { ...headers, "Content-Type": "application/json" },
    body: JSON.stringify(body),
  });
  if (!answer.ok) throw new Error(`${url}: ${answer.status} ${await answer.text()}`);
  return answer.json();
}
