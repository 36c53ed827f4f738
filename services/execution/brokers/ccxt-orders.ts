import type { CancelPayload, SubmitPayload } from "../../../domain/order/messages.ts";
import type { NodeContext } from "../../context.ts";
import type { SubmitOutcome } from "./broker.ts";
import type { CcxtApi } from "./ccxt-api.ts";
import { CcxtFailure } from "./ccxt-errors.ts";
import type { CcxtFamily } from "./ccxt-families.ts";
import type { CcxtLookup } from "./ccxt-lookup.ts";
import { Unplaceable } from "./ccxt-placing.ts";
import { cancelRefusal, meaningOf, takenReport } from "./ccxt-reports.ts";
import type { CcxtSymbols } from "./ccxt-symbols.ts";
import type { Desk } from "./desk.ts";

export interface CcxtOrdersParts {
  readonly node: NodeContext;
  readonly venue: string;
  readonly api: CcxtApi;
  readonly family: CcxtFamily;
  readonly symbols: CcxtSymbols;
  readonly lookup: CcxtLookup;
  readonly desk: Desk;
  readonly quietMs: number;
  /** something was done that the venue will have an answer to */
  readonly expect: () => void;
}

const ACCEPTED: SubmitOutcome = { outcome: "accepted" };
/** Ids of orders that this process has sent, so that a second sending asks first. */
const REMEMBERED = 10_000;

/** What orders ask of an exchange. */
export class CcxtOrders {
  readonly #parts: CcxtOrdersParts;
  readonly #sent = new Set<string>();

  constructor(parts: CcxtOrdersParts) {
    this.#parts = parts;
  }

  async submit(order: SubmitPayload): Promise<SubmitOutcome> {
    const { api, family, lookup } = this.#parts;
    const sendByMs = api.turnByMs();
    try {
      if (this.#sent.has(order.orderId) && (await this.find(order))) return ACCEPTED;
      const placing = await lookup.placing(order, family.clientIdOf(order.orderId, 0));
      this.#remember(order.orderId);
      return await this.#taken(order, await api.create(placing, sendByMs));
    } catch (error) {
      if (error instanceof Unplaceable) return rejected(error.reason, error.message);
      if (!(error instanceof CcxtFailure)) throw error;
      return this.#failed(order, error);
    }
  }

  /** Whether the exchange has the order. What it has come to is told by whoever follows the account: its fills come first. */
  async find(order: SubmitPayload): Promise<boolean> {
    const found = await this.#parts.lookup.order(order);
    if (found === null) return false;
    await this.#taken(order, found.id);
    return true;
  }

  /** What cannot be canceled any more has ended, or says why not by staying open. */
  async cancel({ orderId, venueOrderId, symbol }: CancelPayload): Promise<void> {
    const { api, family, symbols, lookup, desk, expect, venue } = this.#parts;
    const theirs = symbols.theirs(symbol);
    const clientId = family.clientIdOf(orderId, 0);
    const id = venueOrderId ?? (await lookup.revision({ orderId, symbol }, clientId))?.id;
    // The reconciliation looks for it, and alarms when it stays away.
    if (id === undefined) return;
    const words = await this.#tryCancel(id, theirs);
    expect();
    if (words === null) return;
    const order = await api.orderById(id, theirs);
    if (order === null || meaningOf(order) !== "live" || order.status === "canceling") return;
    const occasion = String(order.updatedAtMs ?? order.createdAtMs);
    await desk.tell(cancelRefusal({ order, orderId, revision: 0, venue }, occasion, words));
  }

  /** @returns the venue's words when it refuses */
  async #tryCancel(id: string, symbol: string): Promise<string | null> {
    try {
      await this.#parts.api.cancel(id, symbol);
      return null;
    } catch (error) {
      if (!(error instanceof CcxtFailure)) throw error;
      const { verdict } = error;
      const isRefusal =
        verdict.verdict === "notFound" ||
        (verdict.verdict === "rejected" &&
          verdict.reason !== "notAuthorized" &&
          verdict.reason !== "forbidden");
      if (!isRefusal) throw error;
      return error.message;
    }
  }

  async #taken({ orderId }: SubmitPayload, venueOrderId: string): Promise<SubmitOutcome> {
    const { node, venue, desk, expect } = this.#parts;
    await desk.tell(takenReport({ orderId, venue }, venueOrderId, node.clock.now()));
    expect();
    return ACCEPTED;
  }

  async #failed(order: SubmitPayload, failure: CcxtFailure): Promise<SubmitOutcome> {
    const { verdict } = failure;
    switch (verdict.verdict) {
      case "duplicate":
        if (await this.find(order)) return ACCEPTED;
        throw new Error(`the exchange knows the id of order ${order.orderId}, but not the order`);
      case "rejected":
        // An earlier sending may be what this one was refused for: it has taken the funds, say.
        if (failure.wasSent && (await this.find(order))) return ACCEPTED;
        return rejected(verdict.reason, failure.message);
      case "clock":
      case "notFound":
      case "limited":
      case "unknown":
        throw failure;
    }
  }

  #remember(orderId: string): void {
    this.#sent.add(orderId);
    if (this.#sent.size <= REMEMBERED) return;
    const oldest = this.#sent.values().next();
    if (!oldest.done) this.#sent.delete(oldest.value);
  }
}

export function rejected(reason: string, text: string): SubmitOutcome {
  return { outcome: "rejected", reason, text };
}
