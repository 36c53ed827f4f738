/** Whole messages, from the header on (volume 1, "Standard message header"). Pure. */
import type { NumberedRequest } from "../../../../models/fix-sessions.ts";
import type { FixField } from "./codec.ts";
import type { FixSettings } from "./settings.ts";
import { MSG, TAG } from "./tags.ts";
import { writeTimestamp } from "./times.ts";

type Parties = Pick<FixSettings, "senderCompId" | "targetCompId" | "senderSubId" | "targetSubId">;

export function header(
  { senderCompId, targetCompId, senderSubId, targetSubId }: Parties,
  type: string,
  seq: number,
  sentAtMs: number,
): readonly FixField[] {
  return [
    [TAG.MsgType, type],
    [TAG.SenderCompID, senderCompId],
    ...(senderSubId === null ? [] : [[TAG.SenderSubID, senderSubId] as const]),
    [TAG.TargetCompID, targetCompId],
    ...(targetSubId === null ? [] : [[TAG.TargetSubID, targetSubId] as const]),
    [TAG.MsgSeqNum, String(seq)],
    [TAG.SendingTime, writeTimestamp(sentAtMs)],
  ];
}

/** A request under its number; one that was sent under another before says so. */
export function firstTime(parties: Parties, request: NumberedRequest): readonly FixField[] {
  const { type, seq, sentAtMs, body } = request;
  return [...header(parties, type, seq, sentAtMs), ...possResend(request), ...body];
}

/** The same under the same number, because it was asked for. */
export function onceMore(
  parties: Parties,
  request: NumberedRequest,
  nowMs: number,
): readonly FixField[] {
  const { type, seq, sentAtMs, body } = request;
  return [
    ...header(parties, type, seq, nowMs),
    [TAG.PossDupFlag, "Y"],
    ...possResend(request),
    [TAG.OrigSendingTime, writeTimestamp(sentAtMs)],
    ...body,
  ];
}

function possResend({ sendings }: NumberedRequest): readonly FixField[] {
  return sendings > 1 ? [[TAG.PossResend, "Y"]] : [];
}

/** Nothing of what bore these numbers comes again. @param to the number that comes next */
export function gapFill(
  parties: Parties,
  from: number,
  to: number,
  nowMs: number,
): readonly FixField[] {
  return [
    ...header(parties, MSG.sequenceReset, from, nowMs),
    [TAG.PossDupFlag, "Y"],
    [TAG.OrigSendingTime, writeTimestamp(nowMs)],
    [TAG.GapFillFlag, "Y"],
    [TAG.NewSeqNo, String(to)],
  ];
}
