/** What the header of a message says of its place in a session (volume 2, "Message header"). Pure. */
import type { FixField } from "./codec.ts";
import { FAULT, type FixMessage, MessageFault } from "./message.ts";
import { MSG, TAG } from "./tags.ts";

/** Whether numbers begin at 1 with this logon: `asked` says so in it, `agreed` was agreed on beforehand. */
export type Resetting = "none" | "agreed" | "asked";

export interface SessionOptions {
  readonly senderCompId: string;
  readonly targetCompId: string;
  readonly heartbeatMs: number;
  readonly resetting: Resetting;
  /** further fields of the logon: the credentials */
  readonly logonFields: readonly FixField[];
}

/** Volume 2 leaves the accuracy to agreement; two minutes is what engines ask for. */
const SENDING_TIME_MS = 120_000;

/** A field that belongs to another session, or to another time, and why (SessionRejectReason). */
export interface ForeignField {
  readonly tag: number;
  readonly reason: number;
}

export function foreignField(
  message: FixMessage,
  { senderCompId, targetCompId }: Pick<SessionOptions, "senderCompId" | "targetCompId">,
  nowMs: number,
): ForeignField | null {
  if (message.get(TAG.SenderCompID) !== targetCompId)
    return { tag: TAG.SenderCompID, reason: FAULT.compIdProblem };
  if (message.get(TAG.TargetCompID) !== senderCompId)
    return { tag: TAG.TargetCompID, reason: FAULT.compIdProblem };
  const offMs = Math.abs(nowMs - message.time(TAG.SendingTime));
  return offMs > SENDING_TIME_MS
    ? { tag: TAG.SendingTime, reason: FAULT.sendingTimeProblem }
    : null;
}

export function isNumberReset(message: FixMessage): boolean {
  return message.type === MSG.sequenceReset && !message.flag(TAG.GapFillFlag);
}

/** What may have come before says when it was first sent, which is not after it was sent again. */
export function checkOrigin(message: FixMessage): void {
  if (message.type === MSG.sequenceReset || !message.flag(TAG.PossDupFlag)) return;
  if (message.time(TAG.OrigSendingTime) > message.time(TAG.SendingTime))
    throw new MessageFault(TAG.OrigSendingTime, FAULT.sendingTimeProblem, "is after SendingTime");
}
