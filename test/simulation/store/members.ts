import { LeaseLapsed } from "../../../domain/shared/errors.ts";
import type {
  AcquiredShard,
  Member,
  NewMember,
  ShardOwner,
} from "../../../domain/shared/journal.ts";

interface MemberRow {
  readonly incarnation: string;
  readonly session: ServerSession;
  readonly pools: readonly number[];
  state: Member["state"] | "down";
  leaseUntilMs: number;
}

interface ShardRow {
  owner: string | null;
  incarnation: string | null;
  epoch: number;
}

/** A session with its advisory lock, as the server has it. */
export interface ServerSession {
  isOpen: boolean;
  /** the process at its other end */
  readonly by: string;
  readonly notified: () => void;
  /** the server ends it */
  readonly end: () => void;
}

/** Who is up and who owns what: what the functions of the cluster migration do, each in one instant. */
export class Members {
  readonly sessions = new Set<ServerSession>();
  readonly #nowMs: () => number;
  readonly #acquired: (shard: number, epoch: number, by: string) => void;
  readonly #members = new Map<string, MemberRow>();
  readonly #shards: ShardRow[];
  #owners: readonly ShardOwner[] | null = null;

  constructor(
    shardCount: number,
    nowMs: () => number,
    acquired: (shard: number, epoch: number, by: string) => void,
  ) {
    this.#nowMs = nowMs;
    this.#acquired = acquired;
    this.#shards = Array.from({ length: shardCount }, () => ({
      owner: null,
      incarnation: null,
      epoch: 0,
    }));
  }

  /** Ends the sessions of a process, or all. */
  endSessions(by?: string): void {
    for (const session of this.sessions) if (by === undefined || session.by === by) session.end();
  }

  epochOf(shard: number): number | undefined {
    return this.#shards[shard]?.epoch;
  }

  /** False while another incarnation lives under the same name. */
  join({ nodeId, incarnation, pools, ttlMs }: NewMember, session: ServerSession): boolean {
    const known = this.#members.get(nodeId);
    if (known && this.#isAlive(known)) return false;
    const leaseUntilMs = this.#nowMs() + ttlMs;
    this.#members.set(nodeId, { incarnation, session, pools, state: "up", leaseUntilMs });
    this.#notify();
    return true;
  }

  /** @throws LeaseLapsed */
  beat(nodeId: string, incarnation: string, ttlMs: number): readonly Member[] {
    const own = this.#members.get(nodeId);
    const isOver =
      own?.incarnation !== incarnation || own.state === "down" || own.leaseUntilMs < this.#nowMs();
    if (isOver) throw new LeaseLapsed(`the lease of ${nodeId} has ended`);
    own.leaseUntilMs = this.#nowMs() + ttlMs;
    const dead = [...this.#members.values()].filter(
      (row) => row !== own && row.state !== "down" && !this.#isAlive(row),
    );
    for (const row of dead) row.state = "down";
    if (dead.length > 0) this.#notify();
    return this.#present();
  }

  acquire(
    nodeId: string,
    incarnation: string,
    shards: readonly number[],
  ): readonly AcquiredShard[] {
    const own = this.#members.get(nodeId);
    if (own?.incarnation !== incarnation || own.state !== "up") return [];
    this.#owners = null;
    return shards.flatMap((shard) => {
      const row = this.#shards[shard];
      if (row === undefined || this.#isOwned(row)) return [];
      const isOrphaned = row.owner !== null;
      Object.assign(row, { owner: nodeId, incarnation, epoch: row.epoch + 1 });
      this.#acquired(shard, row.epoch, own.session.by);
      return [{ shard, epoch: row.epoch, isOrphaned }];
    });
  }

  release(incarnation: string, shards: readonly number[]): void {
    let isFound = false;
    this.#owners = null;
    for (const shard of shards) {
      const row = this.#shards[shard];
      if (row?.incarnation !== incarnation) continue;
      Object.assign(row, { owner: null, incarnation: null });
      isFound = true;
    }
    if (isFound) this.#notify();
  }

  announce(nodeId: string, incarnation: string, state: MemberRow["state"]): void {
    const own = this.#members.get(nodeId);
    if (own?.incarnation !== incarnation || own.state === "down") return;
    own.state = state;
    this.#notify();
  }

  /** The same list until something changes: it is long, and asked for often. */
  owners(): readonly ShardOwner[] {
    this.#owners ??= this.#shards.map(({ owner, epoch }, shard) => ({ shard, owner, epoch }));
    return this.#owners;
  }

  #isAlive({ state, leaseUntilMs, session }: MemberRow): boolean {
    return state !== "down" && leaseUntilMs >= this.#nowMs() && session.isOpen;
  }

  /** By the row of its member, whatever the time: only a beat buries. */
  #isOwned({ owner, incarnation }: ShardRow): boolean {
    const member = owner === null ? undefined : this.#members.get(owner);
    return member !== undefined && member.incarnation === incarnation && member.state !== "down";
  }

  #present(): readonly Member[] {
    const present: Member[] = [];
    for (const [nodeId, { incarnation, pools, state }] of this.#members)
      if (state !== "down") present.push({ nodeId, incarnation, pools, state, pins: [] });
    return present.toSorted((a, b) => (a.nodeId < b.nodeId ? -1 : 1));
  }

  #notify(): void {
    for (const session of this.sessions) session.notified();
  }
}
