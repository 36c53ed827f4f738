import type { RequestUser } from "../../types/contracts.ts";
import type { StreamMessage } from "./stream-channels.ts";
import { Frame, FRAMES } from "./stream-wire.ts";
import type { Protocol, Wire } from "./stream-wire.ts";

/** A message on its way to many: each protocol's frame of it is made once. */
export class Entry {
  readonly sequence: number;
  readonly message: StreamMessage;
  readonly #id: string;
  readonly #frames: { [P in Protocol]?: Frame } = {};

  constructor(sequence: number, id: string, message: StreamMessage) {
    this.sequence = sequence;
    this.message = message;
    this.#id = id;
  }

  frame(protocol: Protocol): Frame {
    const { channel, data } = this.message;
    return (this.#frames[protocol] ??= new Frame(FRAMES[protocol](channel, this.#id, data)));
  }
}

/** Of these only the newest counts: a client that cannot follow is told it, and not what came before. */
export function isConflated(channel: string): boolean {
  return channel.startsWith("quotes:") || channel.startsWith("books:");
}

/** Bytes of what has to be told in full, however slowly it is read. */
export function unconflatedBytes(entries: readonly Entry[], protocol: Protocol): number {
  let bytes = 0;
  for (const entry of entries)
    if (!isConflated(entry.message.channel)) bytes += entry.frame(protocol).bytes.length;
  return bytes;
}

/** What one client is still to be told. One write is under way at a time; what comes meanwhile waits here. */
export class StreamClient {
  readonly user: RequestUser;
  readonly wire: Wire;
  readonly channels = new Set<string>();
  readonly #maxWaitingBytes: number;
  readonly #queue: Entry[] = [];
  readonly #newest = new Map<string, Entry>();
  #queuedBytes = 0;
  #isSending = false;
  /** the same write was under way at the heartbeat before */
  #isOverdue = false;

  constructor(user: RequestUser, wire: Wire, maxWaitingBytes: number) {
    this.user = user;
    this.wire = wire;
    this.#maxWaitingBytes = maxWaitingBytes;
  }

  /** @returns false when it reads too slowly to be told everything */
  offer(entry: Entry): boolean {
    if (isConflated(entry.message.channel)) {
      this.#newest.set(entry.message.channel, entry);
      return true;
    }
    this.#queue.push(entry);
    this.#queuedBytes += entry.frame(this.wire.protocol).bytes.length;
    return this.#queuedBytes <= this.#maxWaitingBytes;
  }

  get canSend(): boolean {
    return !this.#isSending && this.#queue.length + this.#newest.size > 0;
  }

  /** Sends all that waits, in its order. @param then the wire is free again */
  flush(then: () => void): void {
    const entries = [...this.#queue.splice(0), ...this.#newest.values()];
    this.#newest.clear();
    this.#queuedBytes = 0;
    if (entries.length === 0) return;
    // What only the newest counts of was put aside: the order is that of their numbers.
    const frames = entries
      .toSorted((a, b) => a.sequence - b.sequence)
      .map((entry) => entry.frame(this.wire.protocol));
    this.#isSending = true;
    this.wire.send(frames, () => {
      this.#isSending = false;
      this.#isOverdue = false;
      then();
    });
  }

  /** @returns false when nothing has been taken for a whole heartbeat: nobody is there any more */
  beat(): boolean {
    if (this.#isSending && this.#isOverdue) return false;
    this.#isOverdue = this.#isSending;
    if (!this.#isSending) this.wire.beat();
    return true;
  }

  forgetChannel(channel: string): void {
    this.channels.delete(channel);
    this.#newest.delete(channel);
  }
}
