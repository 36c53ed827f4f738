import { findVenueOrder } from "../../../../models/venue-orders.ts";
import type { FixRequest, FixStore } from "../../../../models/fix-sessions.ts";
import type { NodeContext } from "../../../context.ts";
import type { Breaks } from "../breaks.ts";
import type { Desk } from "../desk.ts";
import type { FixField } from "./codec.ts";
import { latestOf } from "./chain.ts";
import { type FixMessage, MessageFault } from "./message.ts";
import {
  type Heard,
  type Known,
  hear,
  hearCancelReject,
  nameOf,
  refusalReport,
  timeOf,
} from "./reports.ts";
import { readRequestId } from "./request-ids.ts";
import { type Outgoing, rejection } from "./session-actions.ts";
import { MSG, TAG } from "./tags.ts";
import type { Word } from "./words.ts";

export interface ListenerParts {
  readonly node: NodeContext;
  readonly venue: string;
  readonly store: FixStore;
  readonly desk: Desk;
  readonly breaks: Breaks;
  /** a request has its word: whoever waits for it on this node is woken */
  readonly onWord: (clientId: string) => void;
}

type Named = NonNullable<ReturnType<typeof nameOf>>;

const QUESTIONS: ReadonlySet<string> = new Set([
  MSG.orderStatusRequest,
  MSG.orderMassStatusRequest,
]);
/** Requests that the end of their order settles. */
const OF_ORDERS = [MSG.newOrderSingle, MSG.orderCancelReplaceRequest, MSG.orderCancelRequest];
const STATUS = "I";
const UNKNOWN_ORDER = "5";
/** Lists that have begun; one that never ends is not kept for ever. */
const LISTS_MAX = 100;

/** Hands what the counterparty says to the orders, and then to whoever asked. */
export class FixListener {
  readonly #parts: ListenerParts;
  readonly #lists = new Map<string, (readonly FixField[])[]>();

  constructor(parts: ListenerParts) {
    this.#parts = parts;
  }

  /** @throws when it may be repeated: the orders cannot be reached, or the store */
  async hear(message: FixMessage, answer: (message: Outgoing) => void): Promise<void> {
    try {
      await this.#hear(message);
    } catch (error) {
      if (!(error instanceof MessageFault)) throw error;
      const { tag, reason, message: text } = error;
      this.#parts.breaks.note("reportRefused", idOf(message), { type: message.type, text });
      const refusal = rejection(message, tag, reason, text);
      if (refusal.kind === "send") answer(refusal.message);
    }
  }

  async #hear(message: FixMessage): Promise<void> {
    switch (message.type) {
      case MSG.executionReport:
        await this.#execution(message);
        return;
      case MSG.orderCancelReject:
        await this.#cancelReject(message);
        return;
      case MSG.reject:
      case MSG.businessMessageReject:
        await this.#refusal(message);
    }
  }

  async #execution(message: FixMessage): Promise<void> {
    if (await this.#isAnswer(message)) return;
    const name = nameOf(message);
    // Somebody else's, through the same session.
    if (name === null) return;
    const request = await this.#parts.store.find(name.clientId);
    const known = await this.#known(name, request);
    if (known === null) return;
    const heard = hear(message, known);
    if (name.kind === "order" && heard.word === "refused" && isRepeated(request)) {
      await this.#tellWord(name.clientId, doubt(message));
      return;
    }
    await this.#tell(name, heard);
  }

  /** The answer to a question goes to who asked, who tells the order of it. */
  async #isAnswer(message: FixMessage): Promise<boolean> {
    const list = message.find(TAG.MassStatusReqID);
    if (list !== null) return this.#listed(list, message);
    const isStatus = message.find(TAG.ExecType) === STATUS;
    const isUnknown = message.find(TAG.OrdRejReason) === UNKNOWN_ORDER;
    const question = message.find(TAG.OrdStatusReqID);
    if (question === null && !isStatus && !isUnknown) return false;
    const status: Word = { word: "status", messages: [message.fields] };
    const asked = question === null ? await this.#openQuestions(message) : [question];
    for (const id of asked) await this.#tellWord(id, status);
    // Of its own accord, or too late: what it says of the order counts all the same.
    return asked.length > 0 || isUnknown || nameOf(message) === null;
  }

  /** Some do not say which question they answer. */
  async #openQuestions(message: FixMessage): Promise<readonly string[]> {
    const name = nameOf(message);
    if (name === null) return [];
    const requests = await this.#parts.store.ofOrder(name.orderId);
    const open = requests.filter(
      ({ type, answer, sendings }) => QUESTIONS.has(type) && answer === null && sendings > 0,
    );
    return open.map(({ clientId }) => clientId);
  }

  async #listed(id: string, message: FixMessage): Promise<boolean> {
    const messages = this.#lists.get(id) ?? [];
    const total =
      message.find(TAG.TotNumReports) === null ? null : message.number(TAG.TotNumReports, 0);
    if (total !== 0) messages.push(message.fields);
    this.#lists.set(id, messages);
    const isWhole =
      message.flag(TAG.LastRptRequested) || (total !== null && messages.length >= total);
    if (isWhole) {
      this.#lists.delete(id);
      await this.#tellWord(id, { word: "status", messages });
    } else if (this.#lists.size > LISTS_MAX) {
      const oldest = this.#lists.keys().next();
      if (!oldest.done) this.#lists.delete(oldest.value);
    }
    return true;
  }

  async #cancelReject(message: FixMessage): Promise<void> {
    const name = nameOf(message);
    if (name !== null) await this.#tell(name, hearCancelReject(message, this.#parts.venue));
  }

  /** A Reject or BusinessMessageReject: what we sent was not understood, or cannot be dealt with. */
  async #refusal(message: FixMessage): Promise<void> {
    const { store, venue, node, desk } = this.#parts;
    const seq = message.number(TAG.RefSeqNum);
    const [request] = await store.between(seq, seq);
    const text = message.find(TAG.Text) ?? "not understood by the broker";
    if (request === undefined) {
      node.log.error({ session: store.sessionId, seq, text }, "a FIX message of ours was rejected");
      return;
    }
    const { clientId, type } = request;
    const name = readRequestId(clientId);
    if (QUESTIONS.has(type) || name === null) {
      await this.#tellWord(clientId, { word: "failed", text });
      return;
    }
    if (name.kind === "order" && isRepeated(request)) {
      await this.#tellWord(clientId, { word: "doubtful", reason: "rejectedByVenue", text });
      return;
    }
    await desk.tell(refusalReport(name, venue, { reason: null, text, atMs: timeOf(message) }));
    await this.#tellWord(clientId, { word: "refused" });
  }

  async #known(name: Named, request: FixRequest | null): Promise<Known | null> {
    const { node, venue, store, breaks } = this.#parts;
    const { orderId } = name;
    const ours = await findVenueOrder(node.pool, orderId);
    if (ours === null || ours.currency === null || ours.assetClass === null) {
      breaks.note("orderUnknown", orderId);
      return null;
    }
    const { currency, assetClass } = ours;
    const asked = request?.terms ?? latestOf(await store.ofOrder(orderId))?.terms ?? null;
    return { venue, currency, assetClass, asked };
  }

  async #tell({ orderId, clientId }: Named, heard: Heard): Promise<void> {
    const { desk, breaks, store } = this.#parts;
    for (const { kind, facts } of heard.breaks) breaks.note(kind, orderId, facts);
    await desk.tellAll(heard.reports);
    if (heard.word !== "none") await this.#tellWord(clientId, { word: heard.word });
    if (!heard.hasEnded) return;
    const answered = await store.answerAll(orderId, OF_ORDERS, { word: "taken" });
    for (const id of answered) this.#parts.onWord(id);
  }

  async #tellWord(clientId: string, word: Word): Promise<void> {
    await this.#parts.store.answer(clientId, word);
    this.#parts.onWord(clientId);
  }
}

function isRepeated(request: FixRequest | null): boolean {
  return request !== null && request.sendings > 1;
}

function doubt(message: FixMessage): Word {
  const text = message.find(TAG.Text) ?? "rejected by the broker";
  return { word: "doubtful", reason: "rejectedByVenue", text };
}

function idOf({ fields }: FixMessage): string {
  return fields.find(([tag]) => tag === TAG.ClOrdID)?.[1] ?? "";
}
