import type { IncomingMessage, ServerResponse } from "node:http";
import type { RequestUser } from "../../types/contracts.ts";
import type { Clock, Timer } from "../clock.ts";
import { RestError, unavailable } from "./rest-error.ts";
import { isVisible } from "./stream-channels.ts";
import type { StreamMessage, StreamSource } from "./stream-channels.ts";
import { Ring } from "./stream-ring.ts";

export interface StreamOptions {
  readonly source: StreamSource;
  readonly clock: Clock;
  readonly heartbeatMs?: number;
  /** how many messages of each kind are kept for those who come back */
  readonly keptMessages?: number;
  /** a client that reads slower than this fills up is disconnected: it may come back and resume */
  readonly maxBufferedBytes?: number;
  readonly maxStreamsPerUser?: number;
}

export interface Subscription {
  readonly user: RequestUser;
  readonly channels: ReadonlySet<string>;
  /** of the access token */
  readonly expiresAtMs: number;
  readonly lastEventId: string | null;
}

interface Entry {
  readonly sequence: number;
  readonly message: StreamMessage;
}

interface Client extends Subscription {
  readonly res: ServerResponse;
  readonly expiry: Timer;
}

/** Whoever was told to go is cut off when the farewell does not get through. */
const FAREWELL_MS = 500;

/**
 * Server-Sent Events to many clients from one source. Events are numbered per process, and the last ones are kept, so that
 * a client that lost its connection goes on where it was; when that is not possible it is told of a gap.
 */
export class StreamHub {
  readonly #options: Required<StreamOptions>;
  /** tells this process's numbering from that of another, or of the one before a restart */
  readonly #incarnation: string;
  /** quotes come in floods and must not wash away what happened to orders */
  readonly #market: Ring<Entry>;
  readonly #accounts: Ring<Entry>;
  readonly #clients = new Set<Client>();
  readonly #byChannel = new Map<string, Set<Client>>();
  #sequence = 0;
  #unsubscribe: (() => void) | null = null;
  #isOpen = false;
  #heartbeat: Timer | null = null;

  constructor(options: StreamOptions) {
    this.#options = {
      heartbeatMs: 15_000,
      keptMessages: 10_000,
      maxBufferedBytes: 1_048_576,
      maxStreamsPerUser: 50,
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

  /** From the first stream on: until somebody has listened nobody can come back, and telling has its price. */
  #listen(): void {
    this.#unsubscribe ??= this.#options.source.subscribe((message) => this.#publish(message));
  }

  /** Ends every stream; resolves within half a second. */
  async close(): Promise<void> {
    this.#isOpen = false;
    this.#unsubscribe?.();
    this.#unsubscribe = null;
    this.#heartbeat?.cancel();
    await Promise.all([...this.#clients].map((client) => this.#end(client, ": closing\n\n")));
  }

  /** Ends the streams of a session that was revoked. */
  endSession(sessionId: string): void {
    for (const client of this.#clients) {
      if (client.user.sessionId === sessionId) void this.#end(client, EXPIRED);
    }
  }

  /**
   * Answers a request with a stream.
   * @throws RestError 503 while shutting down, 429 when the user has too many streams
   */
  add(req: IncomingMessage, res: ServerResponse, subscription: Subscription): void {
    this.#admit(subscription.user.userId);
    this.#listen();
    res.writeHead(200, HEADERS);
    if (req.method === "HEAD") return void res.end();
    const leftMs = subscription.expiresAtMs - this.#options.clock.now();
    const expiry = this.#options.clock.setTimer(leftMs, () => void this.#end(client, EXPIRED));
    const client: Client = { ...subscription, res, expiry };
    this.#register(client);
    res.on("close", () => this.#forget(client));
    res.on("error", () => this.#forget(client));
    const since = this.#resumePoint(client);
    // Its id must not claim what is still to be told: a client that is cut off here comes back with it.
    res.write(`retry: 2000\n${this.#frame("open", since ?? this.#sequence, null)}`);
    this.#resume(client, since);
  }

  #admit(userId: string): void {
    if (!this.#isOpen) throw unavailable("this node is shutting down");
    let streams = 0;
    for (const client of this.#clients) if (client.user.userId === userId) streams += 1;
    if (streams < this.#options.maxStreamsPerUser) return;
    throw new RestError("RATE_LIMITED", `${streams} streams are open already`, { retryAfterS: 10 });
  }

  #register(client: Client): void {
    this.#clients.add(client);
    for (const channel of client.channels) {
      const listeners = this.#byChannel.get(channel) ?? new Set();
      this.#byChannel.set(channel, listeners.add(client));
    }
  }

  #forget(client: Client): void {
    client.expiry.cancel();
    this.#clients.delete(client);
    for (const channel of client.channels) {
      const listeners = this.#byChannel.get(channel);
      listeners?.delete(client);
      if (listeners?.size === 0) this.#byChannel.delete(channel);
    }
  }

  #publish(message: StreamMessage): void {
    this.#sequence += 1;
    const ring = isMarket(message.channel) ? this.#market : this.#accounts;
    ring.push({ sequence: this.#sequence, message });
    const listeners = this.#byChannel.get(message.channel);
    if (listeners === undefined) return;
    const frame = this.#frame(message.channel, this.#sequence, message.data);
    for (const client of listeners) if (isVisible(message, client.user)) this.#send(client, frame);
  }

  #send(client: Client, frame: string): void {
    client.res.write(frame);
    if (client.res.writableLength > this.#options.maxBufferedBytes) client.res.destroy();
  }

  /** Null when it begins now, or what it has missed is no longer here. */
  #resumePoint({ lastEventId, channels }: Client): number | null {
    const since = lastEventId === null ? null : this.#sequenceOf(lastEventId);
    if (since === null) return null;
    return this.#ringsOf([...channels]).every((ring) => ring.hasAllAfter(since)) ? since : null;
  }

  #resume(client: Client, since: number | null): void {
    if (client.lastEventId === null) return;
    if (since === null) {
      const data = { lastEventId: client.lastEventId };
      client.res.write(this.#frame("gap", this.#sequence, data));
      return;
    }
    const missed = this.#ringsOf([...client.channels]).flatMap((ring) => ring.after(since));
    for (const { sequence, message } of missed.toSorted((a, b) => a.sequence - b.sequence)) {
      if (!client.channels.has(message.channel) || !isVisible(message, client.user)) continue;
      client.res.write(this.#frame(message.channel, sequence, message.data));
    }
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

  #frame(event: string, sequence: number, data: StreamMessage["data"]): string {
    return `id: ${this.#incarnation}-${sequence}\nevent: ${event}\ndata: ${JSON.stringify(data)}\n\n`;
  }

  #beat(): void {
    this.#heartbeat = this.#options.clock.setTimer(this.#options.heartbeatMs, () => {
      for (const client of this.#clients) this.#send(client, ": alive\n\n");
      this.#beat();
    });
  }

  #end(client: Client, farewell: string): Promise<void> {
    this.#forget(client);
    return new Promise((resolve) => {
      const cutOff = this.#options.clock.setTimer(FAREWELL_MS, () => client.res.destroy());
      client.res.once("close", () => {
        cutOff.cancel();
        resolve();
      });
      client.res.end(farewell);
      if (client.res.destroyed) resolve();
    });
  }
}

const EXPIRED = "event: expired\ndata: null\n\n";

const HEADERS = {
  "Content-Type": "text/event-stream; charset=utf-8",
  "Cache-Control": "no-cache, no-transform",
  // nginx would hold events back to fill its buffers
  "X-Accel-Buffering": "no",
};

function isMarket(channel: string): boolean {
  return channel.startsWith("quotes:") || channel.startsWith("bars:");
}
