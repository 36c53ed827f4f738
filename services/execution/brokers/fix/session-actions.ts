import type { FixField } from "./codec.ts";
import type { FixMessage } from "./message.ts";
import { MSG, TAG } from "./tags.ts";

export interface Outgoing {
  readonly type: string;
  readonly body: readonly FixField[];
}

/** What a session wants to be done, in this order. */
export type SessionAction =
  /** to be given the next number and sent */
  | { readonly kind: "send"; readonly message: Outgoing }
  /** what was sent under these numbers is wanted again; `to` 0: and all since */
  | { readonly kind: "resend"; readonly from: number; readonly to: number }
  /** in the order of their numbers; once it is dealt with, `next` is the number that is expected */
  | { readonly kind: "deliver"; readonly message: FixMessage | null; readonly next: number }
  /** both sides begin at 1 again; comes before the answer that says so */
  | { readonly kind: "restart" }
  | { readonly kind: "loggedOn" }
  /** the counterparty has heard all that we said, and we all that it said */
  | { readonly kind: "synchronised" }
  /** after all that was to be sent */
  | { readonly kind: "end"; readonly why: string; readonly isRefusal: boolean };

export function send(type: string, body: readonly FixField[]): SessionAction {
  return { kind: "send", message: { type, body } };
}

/** The counterparty asks for what we sent. */
export function resendAsked(message: FixMessage): SessionAction {
  return {
    kind: "resend",
    from: message.number(TAG.BeginSeqNo),
    to: message.number(TAG.EndSeqNo, 0),
  };
}

export function rejection(
  message: FixMessage,
  tag: number,
  reason: number,
  text: string,
): SessionAction {
  return send(MSG.reject, [
    [TAG.RefSeqNum, message.find(TAG.MsgSeqNum) ?? "0"],
    [TAG.RefTagID, String(tag)],
    ...(message.type === "" ? [] : [[TAG.RefMsgType, message.type] as const]),
    [TAG.SessionRejectReason, String(reason)],
    [TAG.Text, text],
  ]);
}

const UNSUPPORTED_TYPE = "3";

export function notFollowed(message: FixMessage): SessionAction {
  return send(MSG.businessMessageReject, [
    [TAG.RefSeqNum, message.get(TAG.MsgSeqNum)],
    [TAG.RefMsgType, message.type],
    [TAG.BusinessRejectReason, UNSUPPORTED_TYPE],
    [TAG.Text, "this type of message is not followed here"],
  ]);
}
