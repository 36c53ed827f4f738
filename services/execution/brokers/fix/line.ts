import { type Socket, connect as connectPlain, isIP } from "node:net";
import { connect as connectSecurely } from "node:tls";
import {
  type FixStore,
  type NumberedRequest,
  SessionTaken,
} from "../../../../models/fix-sessions.ts";
import type { Clock, Timer } from "../../../../mixins/clock.ts";
import type { Logger } from "../../../logging.ts";
import { type FixField, Splitter, encode } from "./codec.ts";
import type { Inbox } from "./inbox.ts";
import { firstTime, gapFill, header, onceMore } from "./composing.ts";
import { FixMessage } from "./message.ts";
import { Pace } from "./pace.ts";
import type { Instant, Session } from "./session.ts";
import type { Outgoing, SessionAction } from "./session-actions.ts";
import type { FixSettings } from "./settings.ts";
import { MSG } from "./tags.ts";

export interface LineParts {
  readonly settings: FixSettings;
  /** PEM */
  readonly certificates: Certificates;
  readonly clock: Clock;
  readonly log: Logger;
  readonly store: FixStore;
  readonly epoch: number;
  readonly session: Session;
  readonly inbox: Inbox;
  /** a message of the application, or the word that one of ours was not taken */
  readonly onMessage: (message: FixMessage) => Promise<void>;
  readonly onLoggedOn: () => void;
  readonly onSynchronised: () => void;
}

export interface Certificates {
  readonly ca?: string;
  readonly cert?: string;
  readonly key?: string;
}

export interface LineEnd {
  readonly why: string;
  /** the counterparty would not have us */
  readonly isRefusal: boolean;
  readonly wasUp: boolean;
  readonly cause?: unknown;
}

const CONNECT_MS = 10_000;
const TICK_MIN_MS = 50;
const TICK_MAX_MS = 1_000;
/** For what other nodes want to be sent. */
const POLL_MS = 500;
const BATCH = 100;
const END_MS = 2_000;
/** Beyond these the counterparty has to wait. */
const INBOX_MAX = 5_000;

/** One connection to the counterparty, from its beginning to its end. What is sent has a number in the store before. */
export class FixLine {
  readonly #parts: LineParts;
  readonly #splitter = new Splitter();
  readonly #end = Promise.withResolvers<LineEnd>();
  #socket: Socket | null = null;
  #timer: Timer | null = null;
  /** one thing is written after the other */
  #writing: Promise<void> = Promise.resolve();
  #isOpen = true;
  #wasUp = false;
  #isSynchronised = false;
  #isWoken = false;
  #polledMs = 0;
  readonly #pace: Pace;

  constructor(parts: LineParts) {
    this.#parts = parts;
    this.#pace = new Pace(parts.clock, parts.settings.messagesPerSecond);
  }

  /** Answers when it has ended, whatever ended it. */
  run(): Promise<LineEnd> {
    const { settings, clock } = this.#parts;
    const socket = this.#connect();
    this.#socket = socket;
    socket.setNoDelay(true);
    const patience = clock.setTimer(CONNECT_MS, () => this.#lose("nobody answers the connection"));
    socket.once(settings.tls ? "secureConnect" : "connect", () => {
      patience.cancel();
      this.#act(this.#parts.session.open(this.#now()));
      this.#tickLater();
    });
    socket.on("data", (bytes) => this.#take(bytes));
    socket.on("error", (error) => this.#lose(`the connection failed: ${error.message}`));
    socket.on("close", () => this.#lose("the connection was closed"));
    return this.#end.promise.finally(() => patience.cancel());
  }

  /** Takes leave of the counterparty. */
  close(text: string): void {
    if (this.#isOpen) this.#act(this.#parts.session.close(text, this.#now()));
  }

  /** Ends it without a word. */
  drop(): void {
    this.#lose("it was given up");
  }

  /** There may be something to send. */
  wake(): void {
    if (!this.#isSynchronised || this.#isWoken) return;
    this.#isWoken = true;
    this.#queue(() => {
      // Before it looks: what comes while it does wakes it again.
      this.#isWoken = false;
      return this.#dispatch();
    });
  }

  /** Sends what belongs to the session and not to an order. */
  send(message: Outgoing): void {
    this.#queue(() => this.#sendAdmin(message));
  }

  #connect(): Socket {
    const { settings, certificates } = this.#parts;
    const { host, port, tls, tlsServerName } = settings;
    if (!tls) return connectPlain({ host, port });
    // An address is no name to ask for (RFC 6066, 3).
    const servername = tlsServerName ?? (isIP(host) === 0 ? host : "");
    return connectSecurely({ host, port, servername, ...certificates });
  }

  #now(): Instant {
    const { clock } = this.#parts;
    return { wallMs: clock.now(), steadyMs: clock.monotonicMs() };
  }

  #tickLater(): void {
    const { clock, settings, session } = this.#parts;
    const inMs = Math.min(TICK_MAX_MS, Math.max(TICK_MIN_MS, settings.heartbeatMs / 4));
    this.#timer = clock.setTimer(inMs, () => {
      if (!this.#isOpen) return;
      this.#tickLater();
      this.#act(session.tick(this.#now()));
      this.#poll();
    });
  }

  #poll(): void {
    const nowMs = this.#parts.clock.monotonicMs();
    if (!this.#isSynchronised || nowMs - this.#polledMs < POLL_MS) return;
    this.#polledMs = nowMs;
    this.#queue(async () => {
      if (await this.#parts.store.isDue()) await this.#dispatch();
    });
  }

  #take(bytes: Uint8Array): void {
    for (const frame of this.#splitter.take(bytes)) {
      if (!this.#isOpen) return;
      if ("fields" in frame) {
        const message = new FixMessage(frame.fields);
        this.#act(this.#parts.session.receive(message, this.#now()));
      } else this.#parts.log.warn({ ...frame }, "garbled bytes from the FIX counterparty");
    }
  }

  #act(actions: readonly SessionAction[]): void {
    for (const action of actions) this.#do(action);
  }

  #do(action: SessionAction): void {
    const { inbox, store, epoch, onLoggedOn, onSynchronised } = this.#parts;
    switch (action.kind) {
      case "send":
        this.#queue(() => this.#sendAdmin(action.message));
        return;
      case "resend":
        this.#queue(() => this.#resend(action.from, action.to));
        return;
      case "deliver":
        this.#deliver(action.message, action.next);
        return;
      case "restart": {
        // After all that came under the old numbers is dealt with, before anything is sent under the new ones.
        const done = Promise.withResolvers<void>();
        inbox.push(() => this.#unlessTaken(() => store.reset(epoch).then(done.resolve)));
        this.#queue(() => done.promise);
        return;
      }
      case "loggedOn":
        this.#wasUp = true;
        onLoggedOn();
        return;
      case "synchronised":
        this.#isSynchronised = true;
        onSynchronised();
        this.wake();
        return;
      case "end":
        this.#queue(async () => this.#finish(action));
        // Even when what is to be written before cannot be recorded.
        this.#timer?.cancel();
        this.#timer = this.#parts.clock.setTimer(END_MS, () => this.#finish(action));
    }
  }

  #deliver(message: FixMessage | null, next: number): void {
    const { inbox, store, epoch, onMessage } = this.#parts;
    inbox.push(async () => {
      if (message !== null) await onMessage(message);
      // Others that wait behind it say so for it.
      if (message !== null || inbox.size <= 1)
        await this.#unlessTaken(() => store.processed(epoch, next));
    });
    if (inbox.size < INBOX_MAX) return;
    this.#socket?.pause();
    void inbox.drained().then(() => this.#socket?.resume());
  }

  /** Who has lost the session tries no more. */
  async #unlessTaken(work: () => Promise<void>): Promise<void> {
    try {
      await work();
    } catch (cause) {
      if (!(cause instanceof SessionTaken)) throw cause;
      this.#finish({ why: cause.message, isRefusal: false, cause });
    }
  }

  #queue(work: () => Promise<void>): void {
    this.#writing = this.#after(this.#writing, work);
  }

  async #after(before: Promise<void>, work: () => Promise<void>): Promise<void> {
    await before;
    if (!this.#isOpen) return;
    try {
      await work();
    } catch (cause) {
      this.#finish({ why: "a message could not be recorded", isRefusal: false, cause });
    }
  }

  async #sendAdmin({ type, body }: Outgoing): Promise<void> {
    const { store, epoch, clock, settings } = this.#parts;
    const seq = await store.takeNumber(epoch);
    this.#write([...header(settings, type, seq, clock.now()), ...body]);
  }

  async #dispatch(): Promise<void> {
    if (!this.#isSynchronised || !this.#parts.session.isUp) return;
    const { store, epoch, clock } = this.#parts;
    const room = this.#pace.take(BATCH);
    const requests = room === 0 ? [] : await store.dispatch(epoch, room, clock.now());
    for (const request of requests) this.#write(firstTime(this.#parts.settings, request));
    this.#pace.giveBack(room - requests.length);
    if (requests.length < room) return;
    // What is beyond the agreed rate goes with the next token.
    clock.setTimer(this.#pace.waitMs, () => this.wake());
  }

  /**
   * What has no answer goes again under its number; all else is passed over. A counterparty that has answered a request has
   * it, and one that has lost its memory must not execute it anew.
   */
  async #resend(from: number, to: number): Promise<void> {
    const { store, epoch, settings, clock } = this.#parts;
    const newest = (await store.nextOut(epoch)) - 1;
    const last = to === 0 ? newest : Math.min(to, newest);
    const requests = await store.between(from, last);
    let next = from;
    for (const request of requests.filter(isWorthRepeating)) {
      if (request.seq > next) this.#passOver(next, request.seq);
      this.#write(onceMore(settings, request, clock.now()));
      next = request.seq + 1;
    }
    if (next <= last) this.#passOver(next, last + 1);
  }

  #passOver(from: number, to: number): void {
    this.#write(gapFill(this.#parts.settings, from, to, this.#parts.clock.now()));
  }

  #write(fields: readonly FixField[]): void {
    if (!this.#isOpen) return;
    this.#socket?.write(encode(fields));
    this.#parts.session.sent(this.#now());
  }

  #lose(why: string): void {
    this.#finish({ why, isRefusal: false });
  }

  #finish(end: Omit<LineEnd, "wasUp">): void {
    if (!this.#isOpen) return;
    this.#isOpen = false;
    this.#isSynchronised = false;
    this.#timer?.cancel();
    // What was written before still goes out.
    this.#socket?.end();
    this.#socket?.destroySoon();
    this.#end.resolve({ ...end, wasUp: this.#wasUp });
  }
}

const WORTH_REPEATING: ReadonlySet<string> = new Set([
  MSG.newOrderSingle,
  MSG.orderCancelReplaceRequest,
  MSG.orderCancelRequest,
]);

function isWorthRepeating({ type, answer }: NumberedRequest): boolean {
  return WORTH_REPEATING.has(type) && answer === null;
}
