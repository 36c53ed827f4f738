import type { ActorRef } from "../../domain/shared/decider.ts";
import type { Member } from "../../domain/shared/journal.ts";
import type { Router } from "./client.ts";
import type { Answer, Envelope } from "./envelope.ts";
import { ActorError } from "./errors.ts";
import type { ActorHost } from "./host.ts";
import type { Ownership } from "./ownership.ts";
import type { ActorPorts } from "./ports.ts";

/** Owners are read from the store this often at most, however many calls went astray. */
const REFRESH_MS = 25;

/** Brings messages to other nodes. Absent in a process without a transporter: there is no other node. */
export interface Transport {
  /** @throws ActorError, Refusal as the other node's; ActorError OWNER_UNREACHABLE or OUTCOME_UNKNOWN of its own */
  send(nodeId: string, envelope: Envelope): Promise<Answer>;
  /** Waits until the effects of these actors that are under way over there are done, `patienceMs` at most. */
  settle(nodeId: string, refs: readonly ActorRef[], patienceMs: number): Promise<void>;
}

type Abort = (error: ActorError) => void;

/**
 * Routes by the leases: to this node's host when it owns the shard; otherwise to the owner that the store named, or, while
 * nothing is known, to the one that should be. Wrong guesses are answered NOT_OWNER and cost a retry.
 */
export class OwnerRouter implements Router {
  readonly #nodeId: string;
  readonly #clock: ActorPorts["clock"];
  readonly #host: ActorHost;
  readonly #ownership: Ownership;
  readonly #transport: Transport | undefined;
  /** calls under way, by the node that they went to */
  readonly #calls = new Map<string, Set<Abort>>();
  #owners = new Map<number, string>();
  #refreshing: Promise<void> | null = null;
  #refreshedAtMs = Number.NEGATIVE_INFINITY;

  constructor(
    nodeId: string,
    clock: ActorPorts["clock"],
    host: ActorHost,
    ownership: Ownership,
    transport: Transport | undefined,
  ) {
    this.#nodeId = nodeId;
    this.#clock = clock;
    this.#host = host;
    this.#ownership = ownership;
    this.#transport = transport;
  }

  async send(envelope: Envelope): Promise<Answer> {
    const shard = this.#host.shardOf(envelope.ref);
    const owner = this.ownerOf(shard);
    if (owner === this.#nodeId) return this.#host.deliver(envelope);
    if (!this.#ownership.isConnected)
      throw new ActorError("STORE_UNAVAILABLE", "this node has lost the store and owns nothing");
    if (owner === null)
      throw new ActorError("NOT_OWNER", `no node that is up hosts ${envelope.ref.type} actors`);
    if (!this.#transport)
      throw new ActorError("NOT_OWNER", `shard ${shard} is ${owner}'s, which cannot be reached`);
    return this.#watched(owner, this.#transport.send(owner, envelope));
  }

  /** The node to ask for the shard: this one, the one that the store named, or the one that should own it. */
  ownerOf(shard: number): string | null {
    if (this.#ownership.epochOf(shard) !== null) return this.#nodeId;
    return this.#owners.get(shard) ?? this.#ownership.likelyOwner(shard);
  }

  refresh(): Promise<void> {
    this.#refreshing ??= this.#readOwners().finally(() => {
      this.#refreshing = null;
    });
    return this.#refreshing;
  }

  /** Who is gone will not answer: calls to it are ended, so that their senders ask its heirs under the same id. */
  membersChanged(members: readonly Member[], before: readonly Member[]): void {
    const present = new Map(members.map(({ nodeId, incarnation }) => [nodeId, incarnation]));
    const wasAnother = new Set(
      before.filter((m) => present.get(m.nodeId) !== m.incarnation).map(({ nodeId }) => nodeId),
    );
    for (const [shard, owner] of this.#owners) if (!present.has(owner)) this.#owners.delete(shard);
    for (const [nodeId, aborts] of this.#calls) {
      if (!wasAnother.has(nodeId)) continue;
      const error = new ActorError("OUTCOME_UNKNOWN", `${nodeId} is gone`);
      for (const abort of aborts) abort(error);
    }
  }

  #watched(nodeId: string, answer: Promise<Answer>): Promise<Answer> {
    return new Promise((resolve, reject) => {
      const aborts = this.#calls.get(nodeId) ?? new Set<Abort>();
      this.#calls.set(nodeId, aborts);
      aborts.add(reject);
      const over = () => {
        aborts.delete(reject);
        if (aborts.size === 0) this.#calls.delete(nodeId);
      };
      answer.then(resolve, reject);
      answer.then(over, over);
    });
  }

  async #readOwners(): Promise<void> {
    const waitMs = this.#refreshedAtMs + REFRESH_MS - this.#clock.monotonicMs();
    if (waitMs > 0) await this.#clock.sleep(waitMs);
    try {
      const owners = await this.#ownership.owners();
      const present = new Set(this.#ownership.members.map(({ nodeId }) => nodeId));
      this.#owners = new Map(
        owners.flatMap(({ shard, owner }) =>
          owner !== null && present.has(owner) ? [[shard, owner] as const] : [],
        ),
      );
    } catch {
      // Who owns what is a hint; the retry that follows finds out.
    }
    this.#refreshedAtMs = this.#clock.monotonicMs();
  }
}
