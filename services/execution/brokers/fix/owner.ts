import {
  type ClaimedSession,
  type FixStore,
  SessionTaken,
} from "../../../../models/fix-sessions.ts";
import type { Work } from "../../../../mixins/actor/duty.ts";
import type { Timer } from "../../../../mixins/clock.ts";
import type { NodeContext } from "../../../context.ts";
import type { FixField } from "./codec.ts";
import { Inbox } from "./inbox.ts";
import { type Certificates, FixLine, type LineEnd } from "./line.ts";
import type { FixMessage } from "./message.ts";
import { Session } from "./session.ts";
import type { Resetting } from "./session-header.ts";
import type { Outgoing } from "./session-actions.ts";
import { type FixSettings, lastResetMs } from "./settings.ts";
import { MSG, TAG } from "./tags.ts";

export interface OwnerParts {
  readonly node: NodeContext;
  readonly settings: FixSettings;
  readonly credentials: Readonly<Record<string, string>>;
  readonly store: FixStore;
  /** deals with a message of the application; tried again until it succeeds */
  readonly onMessage: (message: FixMessage, answer: (message: Outgoing) => void) => Promise<void>;
  /** the counterparty and we have heard all of each other */
  readonly compare: () => Promise<void>;
}

const BACKOFF_MIN_MS = 500;
const BACKOFF_MAX_MS = 30_000;
/** Who refuses a logon does not take the next one sooner. */
const REFUSED_MIN_MS = 2_500;
/** Longer than two owners of one shard may overlap. */
const TAKEN_MS = 7_000;
const STOP_MS = 3_000;
const COMPARE_MS = 300_000;
const SCHEDULE_MS = 1_000;
/** The longest that an order lives, and more. */
const KEPT_DAYS = 400;

/**
 * Holds the session: one node at a time does. Should two overlap, the one that claimed it later wins: what the other wants to
 * number or count as received is refused by the store.
 */
export class FixOwner implements Work {
  readonly #parts: OwnerParts;
  readonly #inbox: Inbox;
  #claim: ClaimedSession | null = null;
  /** the number of the next message that goes into the inbox */
  #expected = 1;
  #line: FixLine | null = null;
  #abort = new AbortController();
  #running: Promise<void> | null = null;
  #comparing: Promise<void> | null = null;
  #compareTimer: Timer | null = null;

  constructor(parts: OwnerParts) {
    this.#parts = parts;
    this.#inbox = new Inbox(parts.node.clock, parts.node.log);
  }

  async start(): Promise<void> {
    this.#abort = new AbortController();
    this.#claim = null;
    this.#running = this.#run(this.#abort.signal);
  }

  /** Takes leave of the counterparty, and answers when nothing goes on any more. */
  async stop(): Promise<void> {
    this.#compareTimer?.cancel();
    const line = this.#line;
    this.#abort.abort();
    const timer = this.#parts.node.clock.setTimer(STOP_MS, () => line?.drop());
    await this.#running;
    timer.cancel();
    await this.#inbox.stop();
    await this.#comparing;
  }

  /** There is something to send. */
  wake(): void {
    this.#line?.wake();
  }

  async #run(signal: AbortSignal): Promise<void> {
    let losses = 0;
    while (!signal.aborted) {
      const end = await this.#session(signal);
      if (signal.aborted) break;
      losses = end.wasUp ? 1 : losses + 1;
      const retryInMs = patience(end, losses);
      this.#tell(end, retryInMs);
      await this.#parts.node.clock.sleep(retryInMs, signal).catch(() => undefined);
    }
  }

  #tell({ why, isRefusal, cause }: LineEnd, retryInMs: number): void {
    const { node, store } = this.#parts;
    const facts = {
      session: store.sessionId,
      why,
      retryInMs,
      ...(cause !== undefined && { err: cause }),
    };
    if (isRefusal)
      node.log.error({ alarm: "fixLogonRefused", ...facts }, "the FIX counterparty refuses us");
    else node.log.warn(facts, "the FIX session is down");
  }

  async #session(signal: AbortSignal): Promise<LineEnd> {
    try {
      const claim = (this.#claim ??= await this.#take());
      const resetting = await this.#resetIfDue(claim);
      signal.throwIfAborted();
      const end = await this.#hold(claim, resetting, signal);
      if (end.cause instanceof SessionTaken) this.#claim = null;
      else await this.#parts.store.setState(claim.epoch, false, end.why);
      return end;
    } catch (cause) {
      if (cause instanceof SessionTaken) this.#claim = null;
      return { why: "the session could not begin", isRefusal: false, wasUp: false, cause };
    }
  }

  async #take(): Promise<ClaimedSession> {
    const { store } = this.#parts;
    // Of a time before another had it: that one has dealt with it, or will.
    await this.#inbox.stop();
    const claim = await store.claim();
    this.#expected = claim.nextIn;
    await store.prune(KEPT_DAYS, LASTING);
    return claim;
  }

  /** Whoever loses reports by it has them from what came before: nothing is reset before that is dealt with. */
  async #resetIfDue(claim: ClaimedSession): Promise<Resetting> {
    const { settings, store, node } = this.#parts;
    const isScheduled = this.#isResetDue(claim);
    if (!settings.isResetOnLogon && !isScheduled) return "none";
    await Promise.race([this.#inbox.drained(), aborted(this.#abort.signal)]);
    await store.reset(claim.epoch);
    this.#claim = { ...claim, nextIn: 1, resetAtMs: node.clock.now() };
    this.#expected = 1;
    return settings.isResetOnLogon ? "asked" : "agreed";
  }

  #isResetDue({ resetAtMs }: ClaimedSession): boolean {
    const { settings, node } = this.#parts;
    return (
      settings.schedule !== null && resetAtMs < lastResetMs(settings.schedule, node.clock.now())
    );
  }

  async #hold(claim: ClaimedSession, resetting: Resetting, signal: AbortSignal): Promise<LineEnd> {
    const { node, settings, credentials, store, onMessage } = this.#parts;
    const { senderCompId, targetCompId, heartbeatMs } = settings;
    const logonFields = logonFieldsOf(credentials);
    const session = new Session(
      { senderCompId, targetCompId, heartbeatMs, resetting, logonFields },
      this.#expected,
    );
    const line = new FixLine({
      settings,
      certificates: certificatesOf(credentials),
      clock: node.clock,
      log: node.log,
      store,
      epoch: claim.epoch,
      session,
      inbox: this.#inbox,
      onMessage: (message) => onMessage(message, (answer) => line.send(answer)),
      onLoggedOn: () => this.#loggedOn(claim),
      onSynchronised: () => this.#compareSoon(),
    });
    this.#line = line;
    const curfew = this.#endOnSchedule(line);
    const onAbort = (): void => line.close("the session moves or ends");
    signal.addEventListener("abort", onAbort, { once: true });
    const end = await line.run();
    signal.removeEventListener("abort", onAbort);
    curfew.cancel();
    this.#line = null;
    this.#compareTimer?.cancel();
    this.#expected = session.expected;
    return end;
  }

  /** A line that stands when the numbers are to begin anew ends, and the next one begins with 1. */
  #endOnSchedule(line: FixLine): Timer {
    const { clock } = this.#parts.node;
    let timer: Timer;
    const look = (): void => {
      const claim = this.#claim;
      if (claim !== null && this.#isResetDue(claim)) line.close("the session's day has ended");
      else timer = clock.setTimer(SCHEDULE_MS, look);
    };
    timer = clock.setTimer(SCHEDULE_MS, look);
    return { cancel: () => timer.cancel() };
  }

  #loggedOn({ epoch }: ClaimedSession): void {
    const { node, store } = this.#parts;
    node.log.info({ session: store.sessionId }, "the FIX session is up");
    store.setState(epoch, true, "logged on").catch((err: unknown) => {
      node.log.warn({ err }, "the state of the FIX session could not be recorded");
    });
  }

  /** After all that the counterparty said before. */
  #compareSoon(): void {
    this.#inbox.push(async () => {
      this.#comparing ??= this.#compare().finally(() => {
        this.#comparing = null;
      });
    });
  }

  async #compare(): Promise<void> {
    const { node, compare } = this.#parts;
    try {
      await compare();
    } catch (err) {
      if (!this.#abort.signal.aborted)
        node.log.warn({ err }, "the books of the FIX counterparty could not be compared");
    }
    this.#compareTimer?.cancel();
    if (this.#line !== null && !this.#abort.signal.aborted)
      this.#compareTimer = node.clock.setTimer(COMPARE_MS, () => this.#compareSoon());
  }
}

const LASTING = [MSG.newOrderSingle, MSG.orderCancelReplaceRequest, MSG.orderCancelRequest];

function patience({ isRefusal, cause }: LineEnd, losses: number): number {
  if (cause instanceof SessionTaken) return TAKEN_MS;
  const leastMs = isRefusal ? REFUSED_MIN_MS : BACKOFF_MIN_MS;
  return Math.min(BACKOFF_MAX_MS, leastMs * 2 ** Math.min(losses - 1, 10));
}

function logonFieldsOf({
  username,
  password,
  rawData,
}: Readonly<Record<string, string>>): readonly FixField[] {
  return [
    ...(rawData === undefined
      ? []
      : [[TAG.RawDataLength, String(rawData.length)] as const, [TAG.RawData, rawData] as const]),
    ...(username === undefined ? [] : [[TAG.Username, username] as const]),
    ...(password === undefined ? [] : [[TAG.Password, password] as const]),
  ];
}

function certificatesOf({
  caCertificate: ca,
  clientCertificate: cert,
  clientKey: key,
}: Readonly<Record<string, string>>): Certificates {
  return {
    ...(ca !== undefined && { ca }),
    ...(cert !== undefined && { cert }),
    ...(key !== undefined && { key }),
  };
}

function aborted(signal: AbortSignal): Promise<never> {
  return new Promise((_, reject) => {
    const onAbort = (): void => reject(signal.reason);
    if (signal.aborted) onAbort();
    else signal.addEventListener("abort", onAbort, { once: true });
  });
}
