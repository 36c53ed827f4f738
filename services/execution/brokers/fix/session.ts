/**
 * The rules of a FIX 4.4 session from the side that begins it (volume 2, "Session protocol"). It decides and does nothing:
 * what came goes in, what is to be done comes out, so that every rule can be tried without a line, a store or a clock.
 */
import { BEGIN_STRING } from "./codec.ts";
import type { FixField } from "./codec.ts";
import { Gap } from "./gap.ts";
import {
  type ForeignField,
  type SessionOptions,
  checkOrigin,
  foreignField,
  isNumberReset,
} from "./session-header.ts";
import { FAULT, type FixMessage, MessageFault } from "./message.ts";
import {
  type SessionAction,
  notFollowed,
  rejection,
  resendAsked,
  send,
} from "./session-actions.ts";
import { APPLICATION_TYPES, MSG, TAG } from "./tags.ts";

/** When something happened: by the wall for what is written in messages, by the steady clock for what is waited for. */
export interface Instant {
  readonly wallMs: number;
  readonly steadyMs: number;
}

const LOGON_MS = 10_000;
const LOGOUT_MS = 2_000;
/** "some reasonable transmission time" beyond the interval of heartbeats, as a part of it. */
const GRACE = 0.2;
const FIRST_TEST = "synchronise";

type Phase = "idle" | "loggingOn" | "up" | "loggingOut" | "ended";

export class Session {
  readonly #options: SessionOptions;
  #expected: number;
  #phase: Phase = "idle";
  #phaseMs = 0;
  #heardMs = 0;
  #sentMs = 0;
  #testedMs: number | null = null;
  #isSynchronised = false;
  #firstTestMs = 0;
  readonly #gap = new Gap();

  /** @param expected the number that the counterparty's next message bears */
  constructor(options: SessionOptions, expected: number) {
    this.#options = options;
    this.#expected = options.resetting === "none" ? expected : 1;
  }

  get expected(): number {
    return this.#expected;
  }

  get isUp(): boolean {
    return this.#phase === "up";
  }

  /** The line stands. */
  open(at: Instant): readonly SessionAction[] {
    const { heartbeatMs, resetting, logonFields } = this.#options;
    this.#enter("loggingOn", at);
    this.#heardMs = at.steadyMs;
    const body: readonly FixField[] = [
      [TAG.EncryptMethod, "0"],
      [TAG.HeartBtInt, String(Math.round(heartbeatMs / 1_000))],
      ...(resetting === "asked" ? [[TAG.ResetSeqNumFlag, "Y"] as const] : []),
      ...logonFields,
    ];
    return [send(MSG.logon, body)];
  }

  /** Something was written to the line. */
  sent(at: Instant): void {
    this.#sentMs = at.steadyMs;
  }

  /** We leave in good order. */
  close(text: string, at: Instant): readonly SessionAction[] {
    if (this.#phase !== "up") return this.#end(text);
    this.#enter("loggingOut", at);
    return [send(MSG.logout, [[TAG.Text, text]])];
  }

  tick(at: Instant): readonly SessionAction[] {
    const waitedMs = at.steadyMs - this.#phaseMs;
    switch (this.#phase) {
      case "idle":
      case "ended":
        return [];
      case "loggingOn":
        return waitedMs > LOGON_MS ? this.#end("the logon was not answered") : [];
      case "loggingOut":
        return waitedMs > LOGOUT_MS ? this.#end("the logout was not answered") : [];
      case "up":
        return this.#tickUp(at);
    }
  }

  receive(message: FixMessage, at: Instant): readonly SessionAction[] {
    if (this.#phase === "idle" || this.#phase === "ended") return [];
    this.#heardMs = at.steadyMs;
    this.#testedMs = null;
    try {
      return this.#header(message, at) ?? this.#numbered(message, at);
    } catch (error) {
      if (error instanceof MessageFault) return this.#faulty(message, error);
      throw error;
    }
  }

  #enter(phase: Phase, at: Instant): void {
    this.#phase = phase;
    this.#phaseMs = at.steadyMs;
  }

  #end(why: string, isRefusal = false): readonly SessionAction[] {
    this.#phase = "ended";
    return [{ kind: "end", why, isRefusal }];
  }

  /** Says why, and leaves. */
  #leave(why: string): readonly SessionAction[] {
    const isRefusal = this.#phase === "loggingOn";
    return [send(MSG.logout, [[TAG.Text, why]]), ...this.#end(why, isRefusal)];
  }

  #tickUp(at: Instant): readonly SessionAction[] {
    const { heartbeatMs } = this.#options;
    const asked = this.#askGapAgain(at);
    if (this.#phase !== "up") return asked;
    // It may have been lost as any other: what is passed over in a resend is never answered.
    const isTestDue = !this.#isSynchronised && at.steadyMs - this.#firstTestMs > heartbeatMs;
    const test = isTestDue ? this.#firstTest(at) : [];
    return [...asked, ...test, ...this.#beat(at), ...this.#listen(at)];
  }

  #firstTest(at: Instant): readonly SessionAction[] {
    this.#firstTestMs = at.steadyMs;
    return [send(MSG.testRequest, [[TAG.TestReqID, FIRST_TEST]])];
  }

  #beat(at: Instant): readonly SessionAction[] {
    const isDue = at.steadyMs - this.#sentMs >= this.#options.heartbeatMs;
    return isDue ? [send(MSG.heartbeat, [])] : [];
  }

  #listen(at: Instant): readonly SessionAction[] {
    const patienceMs = this.#options.heartbeatMs * (1 + GRACE);
    if (this.#testedMs !== null)
      return at.steadyMs - this.#testedMs > patienceMs
        ? this.#end("the counterparty has fallen silent")
        : [];
    if (at.steadyMs - this.#heardMs <= patienceMs) return [];
    this.#testedMs = at.steadyMs;
    return [send(MSG.testRequest, [[TAG.TestReqID, String(at.wallMs)]])];
  }

  /** What says that it is not for us, or not in time. Null: nothing is wrong with the header. */
  #header(message: FixMessage, at: Instant): readonly SessionAction[] | null {
    const begin = message.get(TAG.BeginString);
    if (begin !== BEGIN_STRING) return this.#leave(`expected BeginString ${BEGIN_STRING}`);
    if (message.find(TAG.MsgSeqNum) === null) return this.#leave("MsgSeqNum is missing");
    if (this.#phase === "loggingOn" && message.type !== MSG.logon && message.type !== MSG.logout)
      return this.#end("the first message is no logon", true);
    const fault = foreignField(message, this.#options, at.wallMs);
    return fault === null ? null : this.#expel(message, fault);
  }

  #expel(message: FixMessage, { tag, reason }: ForeignField): readonly SessionAction[] {
    const why = `field ${tag} is not acceptable`;
    return [rejection(message, tag, reason, why), ...this.#passed(message), ...this.#leave(why)];
  }

  /** A message that was rejected counts as received when it is the one expected. */
  #passed(message: FixMessage): readonly SessionAction[] {
    if (message.find(TAG.MsgSeqNum) !== String(this.#expected)) return [];
    return [this.#deliver(null, this.#expected + 1)];
  }

  #faulty(
    message: FixMessage,
    { tag, reason, message: text }: MessageFault,
  ): readonly SessionAction[] {
    if (this.#phase === "loggingOn" || tag === TAG.MsgSeqNum || tag === TAG.BeginString)
      return this.#leave(text);
    return [rejection(message, tag, reason, text), ...this.#passed(message), ...this.#drain()];
  }

  #deliver(message: FixMessage | null, next: number): SessionAction {
    this.#expected = next;
    return { kind: "deliver", message, next };
  }

  #numbered(message: FixMessage, at: Instant): readonly SessionAction[] {
    const number = message.number(TAG.MsgSeqNum);
    if (isNumberReset(message)) return this.#reset(message);
    if (message.type === MSG.logon) return this.#logon(message, number, at);
    if (number < this.#expected) return this.#tooLow(message, number);
    if (message.type === MSG.logout) return this.#logout(message, number);
    checkOrigin(message);
    if (number === this.#expected) return [...this.#process(message), ...this.#drain()];
    return this.#tooHigh(message, number, at);
  }

  #tooLow(message: FixMessage, number: number): readonly SessionAction[] {
    if (message.flag(TAG.PossDupFlag)) return [];
    return this.#leave(`MsgSeqNum too low, expecting ${this.#expected} but received ${number}`);
  }

  /** A request for what we sent is answered at once: were both sides to wait for their gaps, neither would be filled. */
  #tooHigh(message: FixMessage, number: number, at: Instant): readonly SessionAction[] {
    const isRequest = message.type === MSG.resendRequest;
    const answer = isRequest ? [resendAsked(message)] : [];
    this.#gap.keep(number, isRequest ? null : message);
    return [...answer, ...this.#askGap(at)];
  }

  #askGap(at: Instant): readonly SessionAction[] {
    return this.#gap.open(this.#expected, at.steadyMs) ? [this.#gapRequest()] : [];
  }

  #gapRequest(): SessionAction {
    return send(MSG.resendRequest, [
      [TAG.BeginSeqNo, String(this.#expected)],
      [TAG.EndSeqNo, "0"],
    ]);
  }

  #askGapAgain(at: Instant): readonly SessionAction[] {
    switch (this.#gap.again(this.#expected, at.steadyMs, this.#options.heartbeatMs)) {
      case "wait":
        return [];
      case "ask":
        return [this.#gapRequest()];
      case "giveUp":
        return this.#leave(`what was sent from ${this.#expected} on is not sent again`);
    }
  }

  /** What was kept beyond a gap, as far as it follows now. */
  #drain(): readonly SessionAction[] {
    const actions: SessionAction[] = [];
    while (this.#phase !== "ended") {
      const message = this.#gap.take(this.#expected);
      if (message === undefined) break;
      actions.push(...this.#processKept(message));
    }
    return actions;
  }

  #processKept(message: FixMessage | null): readonly SessionAction[] {
    if (message === null) return [this.#deliver(null, this.#expected + 1)];
    try {
      return this.#process(message);
    } catch (error) {
      if (!(error instanceof MessageFault)) throw error;
      const { tag, reason, message: text } = error;
      return [rejection(message, tag, reason, text), this.#deliver(null, this.#expected + 1)];
    }
  }

  /** The message that is expected. */
  #process(message: FixMessage): readonly SessionAction[] {
    const done = (): SessionAction => this.#deliver(null, this.#expected + 1);
    switch (message.type) {
      case MSG.heartbeat:
        return [done(), ...this.#answered(message)];
      case MSG.testRequest: {
        const id = message.get(TAG.TestReqID);
        return [done(), send(MSG.heartbeat, [[TAG.TestReqID, id]])];
      }
      case MSG.resendRequest:
        return [resendAsked(message), done()];
      case MSG.sequenceReset:
        return this.#gapFill(message);
      case MSG.logon:
        throw new MessageFault(TAG.MsgType, FAULT.invalidMsgType, "a logon while logged on");
      default:
        return this.#application(message);
    }
  }

  #application(message: FixMessage): readonly SessionAction[] {
    const next = this.#expected + 1;
    if (HEARD.has(message.type)) return [this.#deliver(message, next)];
    if (!APPLICATION_TYPES.has(message.type))
      throw new MessageFault(TAG.MsgType, FAULT.invalidMsgType, "is not a type of FIX 4.4");
    return [this.#deliver(null, next), notFollowed(message)];
  }

  #answered(message: FixMessage): readonly SessionAction[] {
    if (this.#isSynchronised || message.find(TAG.TestReqID) !== FIRST_TEST) return [];
    this.#isSynchronised = true;
    return [{ kind: "synchronised" }];
  }

  #gapFill(message: FixMessage): readonly SessionAction[] {
    const next = message.number(TAG.NewSeqNo);
    if (next <= this.#expected)
      throw new MessageFault(
        TAG.NewSeqNo,
        FAULT.valueIncorrect,
        `expected more than ${this.#expected}`,
      );
    return [this.#deliver(null, next)];
  }

  /** The number of the message itself means nothing: it is for when numbers are in disorder. */
  #reset(message: FixMessage): readonly SessionAction[] {
    const next = message.number(TAG.NewSeqNo);
    if (next < this.#expected) {
      const text = `expected ${this.#expected} or more`;
      return [rejection(message, TAG.NewSeqNo, FAULT.valueIncorrect, text)];
    }
    return next === this.#expected ? [] : [this.#deliver(null, next), ...this.#drain()];
  }

  #logout(message: FixMessage, number: number): readonly SessionAction[] {
    const text = message.find(TAG.Text) ?? "no reason given";
    const passed = number === this.#expected ? this.#passed(message) : [];
    const { isRefused, isOurs } = {
      isRefused: this.#phase === "loggingOn",
      isOurs: this.#phase === "loggingOut",
    };
    const why = isRefused
      ? `the logon is refused: ${text}`
      : `the counterparty has logged out: ${text}`;
    const answer = isRefused || isOurs ? [] : [send(MSG.logout, [])];
    return [...passed, ...answer, ...this.#end(why, isRefused)];
  }

  #logon(message: FixMessage, number: number, at: Instant): readonly SessionAction[] {
    const isRestart = message.flag(TAG.ResetSeqNumFlag);
    if (this.#phase !== "loggingOn") return this.#logonAgain(message, number, isRestart, at);
    const isResetting = this.#options.resetting !== "none";
    if (isRestart && !isResetting)
      return this.#leave("numbers were not to be reset: see the setting resetOnLogon");
    if (number < this.#expected) return this.#tooLow(message, number);
    if (isResetting && number !== 1) return this.#leave("numbers were to be reset");
    this.#enter("up", at);
    if (number === this.#expected)
      return [this.#deliver(null, number + 1), { kind: "loggedOn" }, ...this.#firstTest(at)];
    // The number of the logon itself comes again with the gap, as one that is passed over.
    this.#gap.keep(number, null);
    return [{ kind: "loggedOn" }, ...this.#askGap(at), ...this.#firstTest(at)];
  }

  /** Numbers may begin anew on a standing line, for sessions that never end (volume 2, "ResetSeqNumFlag"). */
  #logonAgain(
    message: FixMessage,
    number: number,
    isRestart: boolean,
    at: Instant,
  ): readonly SessionAction[] {
    if (!isRestart || this.#phase !== "up") {
      if (number < this.#expected) return this.#tooLow(message, number);
      if (number > this.#expected) return this.#tooHigh(message, number, at);
      return [...this.#process(message), ...this.#drain()];
    }
    if (number !== 1) return this.#leave("a logon that resets numbers bears the number 1");
    this.#gap.clear();
    const answer: readonly FixField[] = [
      [TAG.EncryptMethod, "0"],
      [TAG.HeartBtInt, String(Math.round(this.#options.heartbeatMs / 1_000))],
      [TAG.ResetSeqNumFlag, "Y"],
    ];
    return [{ kind: "restart" }, this.#deliver(null, 2), send(MSG.logon, answer)];
  }
}

/** What the application listens to; of the session, the word that one of its messages was not taken. */
const HEARD: ReadonlySet<string> = new Set([
  MSG.executionReport,
  MSG.orderCancelReject,
  MSG.businessMessageReject,
  MSG.reject,
]);
