import { LeaseLapsed, StoreUnavailable } from "../../../domain/shared/errors.ts";
import type {
  LeaseHooks,
  LeaseSession,
  LeaseStore,
  NewMember,
} from "../../../domain/shared/journal.ts";
import type { Server } from "./append.ts";
import { STORE } from "./connection.ts";
import type { Connections } from "./connection.ts";
import type { ServerSession } from "./members.ts";

/** Leases as a process has them: a connection of its own, which holds the lock that tells the others that it lives. */
export function simulatedLeases(server: Server, connections: Connections): LeaseStore {
  return {
    open: async (member, hooks) => {
      const session = new Session(server, connections, member, hooks);
      await session.join();
      return session.asked;
    },
  };
}

class Session {
  readonly asked: LeaseSession;
  readonly #server: Server;
  readonly #connections: Connections;
  readonly #member: NewMember;
  readonly #hooks: LeaseHooks;
  /** the lock as the server has it */
  #lock: ServerSession | null = null;
  #isOpen = true;
  /** one statement after another, as on any connection */
  #last: Promise<unknown> = Promise.resolve();

  constructor(server: Server, connections: Connections, member: NewMember, hooks: LeaseHooks) {
    this.#server = server;
    this.#connections = connections;
    this.#member = member;
    this.#hooks = hooks;
    const { members } = server;
    const { nodeId, incarnation } = member;
    this.asked = {
      beat: (ttlMs) => this.#ask("beat", () => members.beat(nodeId, incarnation, ttlMs)),
      acquire: (shards) => this.#ask("acquire", () => members.acquire(nodeId, incarnation, shards)),
      release: (shards) => this.#ask("release", () => members.release(incarnation, shards)),
      announce: (state) =>
        this.#ask("announce", () => members.announce(nodeId, incarnation, state)),
      owners: () =>
        connections.run({ name: "owners", isWrite: false, execute: () => members.owners() }),
      close: () => this.#close(),
    };
  }

  /** @throws StoreUnavailable, also while another incarnation lives under the name */
  async join(): Promise<void> {
    const { members } = this.#server;
    try {
      await this.#ask("connect", () => this.#connect());
      const isJoined = await this.#ask("join", () => {
        // The server may have dropped the session since.
        const lock = this.#lock;
        return lock?.isOpen === true && members.join(this.#member, lock);
      });
      if (!isJoined) throw new StoreUnavailable(`another ${this.#member.nodeId} is alive`);
    } catch (error) {
      this.#shut();
      throw error;
    }
  }

  /** On the server. */
  #connect(): void {
    const { members } = this.#server;
    const { process, network } = this.#connections;
    const heard = (fn: () => void): void =>
      network.stream(STORE, process.nodeId, () => process.deliver(fn));
    const gone = (): void => {
      lock.isOpen = false;
      members.sessions.delete(lock);
    };
    const lock: ServerSession = {
      isOpen: true,
      by: process.name,
      notified: () => heard(() => this.#isOpen && this.#hooks.onChange()),
      end: () => {
        gone();
        if (!this.#connections.isHalfOpen()) heard(() => this.#lost());
      },
    };
    this.#lock = lock;
    members.sessions.add(lock);
    this.#hangUp = () => this.#connections.farewell(gone);
    process.onDeath(this.#hangUp);
    // It may have died, or given up, while this was on its way.
    if (!process.isAlive || !this.#isOpen) this.#hangUp();
  }

  #hangUp = (): void => undefined;

  #ask<T>(name: string, execute: () => T): Promise<T> {
    const answer = this.#last.then(() => this.#send(name, execute));
    this.#last = answer.catch(() => undefined);
    return answer;
  }

  async #send<T>(name: string, execute: () => T): Promise<T> {
    if (!this.#isOpen) throw new StoreUnavailable("the connection is closed");
    try {
      return await this.#connections.run({
        name,
        isWrite: false,
        execute: () => {
          if (this.#lock?.isOpen === false) throw new StoreUnavailable("the session has ended");
          return execute();
        },
      });
    } catch (error) {
      if (!(error instanceof LeaseLapsed)) this.#lost();
      throw error;
    }
  }

  #lost(): void {
    if (this.#shut()) this.#hooks.onLost();
  }

  /** @returns whether it was open */
  #shut(): boolean {
    const wasOpen = this.#isOpen;
    this.#isOpen = false;
    if (wasOpen) this.#hangUp();
    return wasOpen;
  }

  async #close(): Promise<void> {
    if (!this.#isOpen) return;
    const { nodeId, incarnation } = this.#member;
    try {
      await this.#ask("leave", () => this.#server.members.announce(nodeId, incarnation, "down"));
    } finally {
      this.#shut();
    }
  }
}
