import { StoreUnavailable, UnknownOutcome } from "../../../domain/shared/errors.ts";
import type { Process, Settle } from "../machine.ts";
import type { Network } from "../network.ts";
import type { Random } from "../random.ts";
import type { Scheduler } from "../scheduler.ts";
import type { Trace } from "../trace.ts";
import type { Database } from "./database.ts";
import { Aborted } from "./transactions.ts";

/** As long as the adapters of PostgreSQL wait. */
const ANSWER_MS = 5_000;
export const STORE = "store";

export interface Statement<T> {
  readonly name: string;
  /** a write whose loss leaves its outcome unknown; all else can be repeated */
  readonly isWrite: boolean;
  readonly execute: () => T | Promise<T>;
}

/** The statements of one process on their way to the store and back; each on a connection of its own. */
export class Connections {
  readonly process: Process;
  readonly network: Network;
  readonly #database: Database;
  readonly #random: Random;
  readonly #trace: Trace;
  readonly #scheduler: Scheduler;
  /** how often a connection breaks under a statement */
  readonly #breaks: number;

  constructor(parts: {
    readonly process: Process;
    readonly network: Network;
    readonly database: Database;
    readonly random: Random;
    readonly trace: Trace;
    readonly scheduler: Scheduler;
    readonly breaks: number;
  }) {
    this.process = parts.process;
    this.network = parts.network;
    this.#database = parts.database;
    this.#random = parts.random;
    this.#trace = parts.trace;
    this.#scheduler = parts.scheduler;
    this.#breaks = parts.breaks;
  }

  /** @throws StoreUnavailable, UnknownOutcome, and what the statement throws */
  run<T>(statement: Statement<T>): Promise<T> {
    const { process, network } = this;
    return process.promise<T>((settle) => {
      if (!this.#database.isUp) {
        const refused = (): void => settle.reject(new StoreUnavailable("connection refused"));
        // Answered by the machine itself, or, behind a cut, by nobody.
        if (network.isCut(process.nodeId, STORE)) process.clock.setTimer(ANSWER_MS, refused);
        else network.stream(STORE, process.nodeId, refused);
        return;
      }
      const call = this.#open(statement, settle.reject);
      const arrive = (): void => {
        if (call.arrives()) void this.#execute(statement, call.close, settle);
      };
      network.stream(process.nodeId, STORE, () => {
        if (call.delayMs === 0) arrive();
        else this.#scheduler.after(call.delayMs, arrive);
      });
    });
  }

  /** Whether word of a connection's end gets lost, so that only its next use tells. */
  isHalfOpen(): boolean {
    return this.#random.chance(0.5);
  }

  /** The end of a connection as the server sees it. */
  farewell(ended: () => void): void {
    this.network.stream(this.process.nodeId, STORE, ended);
  }

  #open<T>(statement: Statement<T>, reject: (error: unknown) => void) {
    let isOpen = true;
    const close = (): void => {
      isOpen = false;
      timer.cancel();
      this.#database.connections.delete(connected);
    };
    const lose = (why: string): void => {
      if (!isOpen) return;
      close();
      reject(
        statement.isWrite
          ? new UnknownOutcome(`${statement.name}: ${why}`)
          : new StoreUnavailable(`${statement.name}: ${why}`),
      );
    };
    const timer = this.process.clock.setTimer(ANSWER_MS, () => lose("timeout"));
    let isDropped = false;
    const dropped = (): void => {
      isDropped = true;
      this.network.stream(STORE, this.process.nodeId, () => lose("connection terminated"));
    };
    const connected = { dropped };
    this.#database.connections.add(connected);
    const breach = this.#breakSometimes(statement, lose);
    // What was sent may still arrive when whoever sent it has given up.
    const arrives = (): boolean =>
      this.#database.isUp &&
      breach !== "lost" &&
      !isDropped &&
      ((isOpen && this.process.isAlive) || this.#random.chance(0.5));
    return { close, arrives, delayMs: breach === "held" ? this.#random.between(20, 2_000) : 0 };
  }

  /** @returns what became of a statement whose connection broke: something on the way may hold it for a while */
  #breakSometimes(
    { name, isWrite }: { readonly name: string; readonly isWrite: boolean },
    lose: (why: string) => void,
  ): "lost" | "held" | "sent" | null {
    // Writes are where it matters.
    if (!this.#random.chance(isWrite ? 4 * this.#breaks : this.#breaks)) return null;
    const breach = this.#random.pick(["lost", "held", "sent"] as const);
    this.#trace.fault("broken connection", `${name} ${breach}`);
    this.process.clock.setTimer(this.#random.between(0, 8), () => lose("connection reset"));
    return breach;
  }

  async #execute<T>(
    { name, execute }: Statement<T>,
    close: () => void,
    settle: Settle<T>,
  ): Promise<void> {
    const { process, network } = this;
    const reply = (say: () => void): void =>
      network.stream(STORE, process.nodeId, () => {
        close();
        say();
      });
    try {
      const answer = await execute();
      this.#trace.step(`${process.name} ${name}`);
      reply(() => settle.resolve(answer));
    } catch (error) {
      // The server is gone: the other end has been told.
      if (!(error instanceof Aborted)) reply(() => settle.reject(error));
    }
  }
}
