import type { ReplacePayload } from "../../../domain/order/messages.ts";
import { dec } from "../../../domain/shared/decimal.ts";
import type { Clock } from "../../../mixins/clock.ts";
import type { AlpacaApi } from "./alpaca-api.ts";
import { type AlpacaDesk, newestOf } from "./alpaca-desk.ts";
import { classifySubmit } from "./alpaca-errors.ts";
import { type AlpacaOrder, parseExact, readOrder } from "./alpaca-messages.ts";
import { meaningOf } from "./alpaca-reports.ts";
import { changedTerms } from "./alpaca-terms.ts";
import type { AlpacaUpdates } from "./alpaca-updates.ts";
import type { ReplaceOutcome } from "./broker.ts";
import { clientIdOf } from "./client-ids.ts";

const ACCEPTED: ReplaceOutcome = { outcome: "accepted" };
/** Until the order that was amended has given way, or the new one was refused; after that it is asked for later. */
const SETTLE_TRIES = 10;
const SETTLE_GAP_MS = 200;

export interface AmendParts {
  readonly api: AlpacaApi;
  readonly desk: AlpacaDesk;
  readonly clock: Clock;
  readonly venue: string;
  readonly updates: Pick<AlpacaUpdates, "expect">;
}

/**
 * Amending makes a new order there (https://docs.alpaca.markets/reference/patchorderbyorderid-1), under a client order id that
 * is the order's with its revision. That the call was accepted does not mean that it came to pass: should the old order be
 * filled before, the new one is rejected. So it is looked for first, sent where it is not there, and told when it is settled.
 */
export async function amend(parts: AmendParts, payload: ReplacePayload): Promise<ReplaceOutcome> {
  const { api } = parts;
  const clientId = clientIdOf(payload.before.orderId, payload.revision);
  const made = (await api.orderByClientId(clientId)) ?? (await send(parts, payload, clientId));
  if ("outcome" in made) return made;
  await settle(parts, payload, made);
  return ACCEPTED;
}

async function send(
  { api }: AmendParts,
  payload: ReplacePayload,
  clientId: string,
): Promise<AlpacaOrder | ReplaceOutcome> {
  const { before, after } = payload;
  const first = await api.orderByClientId(before.orderId);
  if (first === null) throw new Error(`Alpaca does not show order ${before.orderId}`);
  const current = await newestOf(api, first);
  const refusal = refusalOf(current, payload);
  if (refusal !== null) return refusal;
  const changes = { client_order_id: clientId, ...changedTerms(before, after) };
  const answer = await api.patch(current.id, changes);
  const verdict = classifySubmit(answer);
  switch (verdict.verdict) {
    case "accepted":
      return readOrder(parseExact(answer.body));
    case "duplicate":
    case "rejected": {
      // An earlier sending, whose answer was lost, may be what this one was refused for.
      const made = await api.orderByClientId(clientId);
      if (made !== null) return made;
      if (verdict.verdict === "duplicate")
        throw new Error(`Alpaca knows the client order id ${clientId}, but not the order`);
      return { outcome: "rejected", reason: verdict.reason, text: verdict.text };
    }
    case "limited":
      throw new Error("Alpaca takes no more calls for now");
    case "unknown":
      throw new Error(`Alpaca answered ${verdict.text}`);
  }
}

/** What is known to be refused, or must not be tried. */
function refusalOf(current: AlpacaOrder, { before, after }: ReplacePayload): ReplaceOutcome | null {
  if (meaningOf(current) !== "live")
    return { outcome: "rejected", reason: "orderClosed", text: `it is ${current.status} there` };
  const isResized = !dec(before.orderQty).equals(after.orderQty);
  if (!isResized || dec(current.filledQty).isZero()) return null;
  // The documentation does not say whether the quantity of a replacement counts what was filled before it.
  const text = "Alpaca does not say what becomes of the part that is filled";
  return { outcome: "rejected", reason: "partlyFilled", text };
}

/** @throws Error while it is not known which of the two stands */
async function settle(
  parts: AmendParts,
  payload: ReplacePayload,
  sent: AlpacaOrder,
): Promise<void> {
  const { api, desk, clock, venue, updates } = parts;
  const { orderId } = payload.before;
  for (let tries = 0; tries < SETTLE_TRIES; tries++) {
    if (tries > 0) await clock.sleep(SETTLE_GAP_MS);
    const made = (tries === 0 ? null : await api.orderById(sent.id)) ?? sent;
    const base = { venue, orderId, clOrdId: orderId, transactTimeMs: made.submittedAtMs };
    const { revision, after } = payload;
    if (meaningOf(made) === "rejected") {
      const text = "the venue refused the amendment";
      const execId = `replaceRejected:${made.id}`;
      await desk.tell({ ...base, execId, execType: "replaceRejected", revision, text });
      return;
    }
    if (!(await hasGivenWay(api, made))) continue;
    const { orderQty, price, stopPx = null } = after;
    const terms = { venueOrderId: made.id, orderQty, price, stopPx };
    const execId = `replaced:${made.id}`;
    await desk.tell({ ...base, execId, execType: "replaced", revision, ...terms });
    updates.expect(made);
    return;
  }
  throw new Error(`Alpaca has not settled amendment ${payload.revision} of order ${orderId} yet`);
}

async function hasGivenWay(api: AlpacaApi, { replaces }: AlpacaOrder): Promise<boolean> {
  if (replaces === null) return false;
  const old = await api.orderById(replaces);
  return old !== null && meaningOf(old) === "replaced";
}
