import type { CancelPayload, SubmitPayload } from "../../../domain/order/messages.ts";
import type { NodeContext } from "../../context.ts";
import type { BrokerAccount } from "./account.ts";
import { alpacaAccountView, asked } from "./alpaca-account.ts";
import { amend } from "./alpaca-amend.ts";
import { AlpacaApi } from "./alpaca-api.ts";
import { AlpacaDesk, newestOf } from "./alpaca-desk.ts";
import { type AlpacaAnswer, classifySubmit } from "./alpaca-errors.ts";
import { createAlpacaHttp } from "./alpaca-http.ts";
import { type AlpacaOrder, UnreadableAnswer, parseExact, readOrder } from "./alpaca-messages.ts";
import { cancelRefusal, meaningOf } from "./alpaca-reports.ts";
import { alpacaAccessOf } from "./alpaca-settings.ts";
import { ALPACA_ABILITIES, notSendable } from "./alpaca-terms.ts";
import { AlpacaUpdates } from "./alpaca-updates.ts";
import type { Broker, SubmitOutcome } from "./broker.ts";

/**
 * Alpaca refuses a client order id that it has ever seen, so sending one again is harmless by itself. The quiet period is as
 * long as a call may be under way: what is not found after it was lost before it came there.
 */
const IDS = { idUnique: "forever", queryByClientId: true, quietMs: 5_000 } as const;

const ACCEPTED: SubmitOutcome = { outcome: "accepted" };

/** Real or paper trading at Alpaca (https://docs.alpaca.markets): which of them is a matter of base URL and keys. */
export function createAlpacaBroker(node: NodeContext, account: BrokerAccount): Broker {
  const access = alpacaAccessOf(account);
  const http = createAlpacaHttp(node, access);
  const api = new AlpacaApi(http);
  const { venue } = access;
  const desk = new AlpacaDesk(node, null, api, venue);
  const updates = new AlpacaUpdates(node, access, http);
  const take = async (order: AlpacaOrder): Promise<SubmitOutcome> => {
    await desk.tellStatus(order);
    updates.expect(order);
    return ACCEPTED;
  };
  const find = async ({ clOrdId }: SubmitPayload): Promise<boolean> => {
    const order = await api.orderByClientId(clOrdId);
    if (order !== null) await take(order);
    return order !== null;
  };
  return {
    name: "alpaca",
    ids: IDS,
    abilities: ALPACA_ABILITIES,
    account: alpacaAccountView(api),
    updates,
    reconcile: () => asked(() => updates.reconcile()),
    find,
    submit: async (order, sending) => {
      const impossible = notSendable(order);
      if (impossible !== null)
        return {
          outcome: "rejected",
          reason: "unsupported",
          text: `Alpaca does not take ${impossible}`,
        };
      const answer = await api.post(order);
      const verdict = classifySubmit(answer);
      switch (verdict.verdict) {
        case "accepted":
          return take(acceptedOrder(order, answer));
        case "duplicate":
          if (await find(order)) return ACCEPTED;
          throw new Error(`Alpaca knows the client order id ${order.clOrdId}, but not the order`);
        case "rejected": {
          const { reason, text } = verdict;
          // An earlier sending may be what this one was refused for: it has taken the buying power, say.
          const mayBeThere = sending.isRepeat || reason !== "notAuthorized";
          if (mayBeThere && (await find(order))) return ACCEPTED;
          return { outcome: "rejected", reason, text };
        }
        case "limited":
          throw new Error("Alpaca takes no more calls for now");
        case "unknown":
          throw new Error(`Alpaca answered ${verdict.text}`);
      }
    },
    replace: (order) => amend({ api, desk, updates, clock: node.clock, venue }, order),
    cancel: (order) => cancel({ api, desk, updates, venue }, order),
  };
}

/** An answer that speaks of another order is none to this question. */
function acceptedOrder({ clOrdId }: SubmitPayload, { body }: AlpacaAnswer): AlpacaOrder {
  const order = readOrder(parseExact(body));
  if (order.clientOrderId !== clOrdId)
    throw new UnreadableAnswer(`order ${clOrdId}`, order.clientOrderId);
  return order;
}

interface CancelParts {
  readonly api: AlpacaApi;
  readonly desk: AlpacaDesk;
  readonly updates: AlpacaUpdates;
  readonly venue: string;
}

/** What cannot be canceled any more has ended, or says why not by staying open. */
async function cancel(
  { api, desk, updates, venue }: CancelParts,
  { clOrdId, venueOrderId }: CancelPayload,
): Promise<void> {
  const id = venueOrderId ?? (await newest(api, clOrdId))?.id;
  if (id !== undefined && (await api.cancel(id)) === "taken") return;
  const order = await newest(api, clOrdId);
  // The reconciliation looks for it, and alarms when it stays away.
  if (order === null) return;
  // Amended meanwhile: what stands in its place is canceled.
  if (order.id !== id && meaningOf(order) === "live" && (await api.cancel(order.id)) === "taken")
    return;
  updates.expect(order);
  const isLive = meaningOf(order) === "live";
  if (isLive && order.status !== "pending_cancel")
    await desk.tell(cancelRefusal(venue, order, order.updatedAt, "the broker does not cancel it"));
  else await desk.tellStatus(order);
}

async function newest(api: AlpacaApi, clOrdId: string): Promise<AlpacaOrder | null> {
  const order = await api.orderByClientId(clOrdId);
  return order === null ? null : newestOf(api, order);
}
