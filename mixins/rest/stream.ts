import type { Json } from "../../domain/shared/json.ts";
import type { RequestUser } from "../../types/contracts.ts";
import type { Clock, Timer } from "../clock.ts";
import { RestError, unavailable } from "./rest-error.ts";
import { isVisible } from "./stream-channels.ts";
import type { Hearing, StreamMessage, StreamSource } from "./stream-channels.ts";
import { Entry, isConflated, StreamClient, unconflatedBytes } from "./stream-client.ts";
import { loopPace } from "./stream-pace.ts";
import type { Pace } from "./stream-pace.ts";
import { Ring } from "./stream-ring.ts";
import { Frame, FRAMES } from "./stream-wire.ts";
import type { Farewell, Wire } from "./stream-wire.ts";

export interface StreamOptions {
  readonly source: StreamSource;
  readonly clock: Clock;
  readonly heartbeatMs?: number;
  /** how many messages of each kind are kept for those who come back */
  readonly keptMessages?: number;
  /** a client for whom more than this waits is disconnected: it may come back and resume */
  readonly maxWaitingBytes?: number;
  readonly maxStreamsPerUser?: number;
  readonly pace?: Pace;
}

export interface Subscription {
  readonly user: RequestUser;
  readonly channels: ReadonlySet<string>;
  /** of the access token */
  readonly expiresAtMs: number;
  readonly lastEventId: string | null;
}

/** A client's own handle on its stream. */
export interface OpenStream {
  readonly channels: ReadonlySet<string>;
  subscribe(channels: ReadonlySet<string>, lastEventId: string | null): void;
  unsubscribe(channels: Iterable<string>): void;
  /** With a newer access token of the same user. */
  prolong(expiresAtMs: number): void;
}

/** Whoever was told to go is cut off when the farewell does not get through. */
const FAREWELL_MS = 500;
/** What a telling costs comes due after it was asked for, so that it is counted and not timed. */
const CLIENTS_PER_SLICE = 64;

/**
 * One source told to many clients, over Server-Sent Events or a WebSocket. Events are numbered per process, and the last ones
 * are kept, so that a client that lost its connection goes on where it was; when that is not possible it is told of a gap.
 */
export class StreamHub {
  readonly #options: Required<StreamOptions>;
  /** tells this process's numbering from that of another, or of the one before a restart */
  readonly #incarnation: string;
  /** quotes come in floods and must not wash away what happened to orders */
  readonly #market: Ring<Entry>;
  readonly #accounts: Ring<Entry>;
  readonly #expiries = new Map<StreamClient, Timer>();
  readonly #byChannel = new Map<string, Set<StreamClient>>();
  /** the newest of channels of which only that counts, not yet handed to their listeners */
  readonly #changed = new Map<string, Entry>();
  readonly #ready = new Set<StreamClient>();
  #sequence = 0;
  #unsubscribe: (() => void) | null = null;
  #hearing: Hearing | null = null;
  /** what happened to accounts is kept from this number on */
  #accountsFrom = Infinity;
  #isOpen = false;
  #isPumping = false;
  #heartbeat: Timer | null = null;

  constructor(options: StreamOptions) {
    this.#options = {
      heartbeatMs: 15_000,
      keptMessages: 10_000,
      maxWaitingBytes: 1_048_576,
      maxStreamsPerUser: 50,
      pace: loopPace(),
      ...options,
    };
    this.#incarnation = options.clock.now().toString(36);
    this.#market = new Ring(this.#options.keptMessages);
    this.#accounts = new Ring(this.#options.keptMessages);
  }

  open(): void {
    this.#isOpen = true;
    this.#beat();
  }

  /** Ends every stream; resolves within half a second. */
  async close(): Promise<void> {
    this.#isOpen = false;
    this.#unsubscribe?.();
    this.#unsubscribe = null;
    this.#heartbeat?.cancel();
    await Promise.all([...this.#expiries.keys()].map((client) => this.#end(client, "closing")));
  }

  /** Ends the streams of a session that was revoked. */
  endSession(sessionId: string): void {
    for (const client of this.#expiries.keys()) {
      if (client.user.sessionId === sessionId) void this.#end(client, "expired");
    }
  }

  /**
   * Begins a stream.
   * @throws RestError 503 while shutting down, 429 when the user has too many streams
   */
  add(wire: Wire, { user, channels, expiresAtMs, lastEventId }: Subscription): OpenStream {
    this.#admit(user.userId);
    wire.open();
    const client = new StreamClient(user, wire, this.#options.maxWaitingBytes);
    this.#expireAt(client, expiresAtMs);
    wire.onClosed(() => this.#forget(client));
    const since = this.#resumePoint(lastEventId, channels);
    // Its id must not claim what is still to be told: a client that is cut off here comes back with it.
    this.#say(client, "open", since ?? this.#sequence, null);
    this.#subscribe(client, channels, lastEventId);
    return {
      channels: client.channels,
      subscribe: (more, after) => this.#subscribe(client, more, after),
      unsubscribe: (less) => this.#leave(client, less),
      prolong: (untilMs) => this.#expireAt(client, untilMs),
    };
  }

  /** From the first stream on: until somebody has listened nobody can come back, and telling has its price. */
  #listen(channels: Iterable<string>): void {
    const wanted = [...channels].every(isMarket) ? "markets" : "everything";
    if (this.#hearing === "everything" || this.#hearing === wanted) return;
    this.#hearing = wanted;
    if (wanted === "everything") this.#accountsFrom = this.#sequence;
    this.#unsubscribe?.();
    const publish = (message: StreamMessage): void => this.#publish(message);
    this.#unsubscribe = this.#options.source.subscribe(publish, wanted);
  }

  #admit(userId: string): void {
    if (!this.#isOpen) throw unavailable("this node is shutting down");
    let streams = 0;
    for (const { user } of this.#expiries.keys()) if (user.userId === userId) streams += 1;
    if (streams < this.#options.maxStreamsPerUser) return;
    throw new RestError("RATE_LIMITED", `${streams} streams are open already`, { retryAfterS: 10 });
  }

  #expireAt(client: StreamClient, atMs: number): void {
    const { clock } = this.#options;
    this.#expiries.get(client)?.cancel();
    const expire = (): void => void this.#end(client, "expired");
    this.#expiries.set(client, clock.setTimer(atMs - clock.now(), expire));
  }

  #forget(client: StreamClient): void {
    this.#expiries.get(client)?.cancel();
    this.#expiries.delete(client);
    this.#ready.delete(client);
    this.#leave(client, [...client.channels]);
  }

  #leave(client: StreamClient, channels: Iterable<string>): void {
    for (const channel of channels) {
      client.forgetChannel(channel);
      const listeners = this.#byChannel.get(channel);
      listeners?.delete(client);
      if (listeners?.size === 0) this.#byChannel.delete(channel);
    }
  }

  #publish(message: StreamMessage): void {
    this.#sequence += 1;
    const { channel } = message;
    const entry = new Entry(this.#sequence, `${this.#incarnation}-${this.#sequence}`, message);
    (isMarket(channel) ? this.#market : this.#accounts).push(entry);
    if (!this.#byChannel.has(channel)) return;
    if (isConflated(channel)) this.#changed.set(channel, entry);
    else this.#handOut(entry);
    this.#pumpSoon();
  }

  #handOut(entry: Entry): void {
    for (const client of this.#byChannel.get(entry.message.channel) ?? [])
      if (isVisible(entry.message, client.user)) this.#offer(client, entry);
  }

  #offer(client: StreamClient, entry: Entry): void {
    if (!client.offer(entry)) client.wire.destroy();
    else if (client.canSend) this.#ready.add(client);
  }

  #pumpSoon(): void {
    if (this.#isPumping) return;
    this.#isPumping = true;
    queueMicrotask(() => this.#pump());
  }

  /** Before anybody is sent anything, everybody has been handed what came before: numbers only rise. */
  #pump(): void {
    for (const entry of this.#changed.values()) this.#handOut(entry);
    this.#changed.clear();
    let sent = 0;
    for (const client of this.#ready) {
      this.#ready.delete(client);
      this.#flush(client);
      sent += 1;
      if (sent === CLIENTS_PER_SLICE) break;
    }
    const pauseMs = this.#options.pace(sent);
    this.#isPumping = this.#ready.size > 0 || pauseMs > 0;
    if (this.#isPumping) this.#options.clock.setTimer(pauseMs, () => this.#pump());
  }

  #flush(client: StreamClient): void {
    client.flush(() => {
      if (!client.canSend || !this.#expiries.has(client)) return;
      this.#ready.add(client);
      this.#pumpSoon();
    });
  }

  #subscribe(
    client: StreamClient,
    channels: ReadonlySet<string>,
    lastEventId: string | null,
  ): void {
    this.#listen(channels);
    for (const channel of channels) {
      client.channels.add(channel);
      const listeners = this.#byChannel.get(channel) ?? new Set();
      this.#byChannel.set(channel, listeners.add(client));
    }
    if (lastEventId !== null) this.#resume(client, channels, lastEventId);
  }

  /** Null when it begins now, or what it has missed is no longer here. */
  #resumePoint(lastEventId: string | null, channels: ReadonlySet<string>): number | null {
    const since = lastEventId === null ? null : this.#sequenceOf(lastEventId);
    if (since === null) return null;
    if (since < this.#accountsFrom && ![...channels].every(isMarket)) return null;
    return this.#ringsOf([...channels]).every((ring) => ring.hasAllAfter(since)) ? since : null;
  }

  #resume(client: StreamClient, channels: ReadonlySet<string>, lastEventId: string): void {
    const missed = this.#missed(client, channels, lastEventId);
    if (missed === null) return this.#say(client, "gap", this.#sequence, { lastEventId });
    for (const entry of missed) this.#offer(client, entry);
    this.#pumpSoon();
  }

  /** Null as well where it is more than may wait: cut off for that, a client would come back for the same again and again. */
  #missed({ user, wire }: StreamClient, channels: ReadonlySet<string>, lastEventId: string) {
    const since = this.#resumePoint(lastEventId, channels);
    if (since === null) return null;
    const missed = this.#ringsOf([...channels])
      .flatMap((ring) => ring.after(since))
      .filter(({ message }) => channels.has(message.channel) && isVisible(message, user))
      .toSorted((a, b) => a.sequence - b.sequence);
    const bytes = unconflatedBytes(missed, wire.protocol);
    return bytes > this.#options.maxWaitingBytes ? null : missed;
  }

  #ringsOf(channels: readonly string[]): readonly Ring<Entry>[] {
    const hasMarket = channels.some(isMarket);
    const hasAccounts = !channels.every(isMarket);
    return [...(hasMarket ? [this.#market] : []), ...(hasAccounts ? [this.#accounts] : [])];
  }

  #sequenceOf(eventId: string): number | null {
    const [incarnation, sequence] = eventId.split("-");
    const isOurs = incarnation === this.#incarnation && /^\d{1,15}$/.test(sequence ?? "");
    return isOurs && Number(sequence) <= this.#sequence ? Number(sequence) : null;
  }

  /** About the stream itself, at once: it belongs before whatever waits. */
  #say({ wire }: StreamClient, event: string, sequence: number, data: Json): void {
    const id = `${this.#incarnation}-${sequence}`;
    wire.send([new Frame(FRAMES[wire.protocol](event, id, data))], () => undefined);
  }

  #beat(): void {
    this.#heartbeat = this.#options.clock.setTimer(this.#options.heartbeatMs, () => {
      for (const client of this.#expiries.keys()) if (!client.beat()) client.wire.destroy();
      this.#beat();
    });
  }

  #end(client: StreamClient, farewell: Farewell): Promise<void> {
    this.#forget(client);
    if (client.canSend) client.flush(() => undefined);
    return new Promise((resolve) => {
      const cutOff = this.#options.clock.setTimer(FAREWELL_MS, () => client.wire.destroy());
      client.wire.onClosed(() => {
        cutOff.cancel();
        resolve();
      });
      client.wire.end(farewell);
    });
  }
}

function isMarket(channel: string): boolean {
  return /^(?:quotes|bars|books|ticks):/.test(channel);
}
