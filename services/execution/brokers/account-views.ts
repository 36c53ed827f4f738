import type { BrokerAccountView, BrokerOrdersView } from "../../../mixins/rest/routes/brokers.ts";
import { isoTime } from "../../../mixins/rest/views.ts";
import type { StoredAccount } from "../../../models/broker-accounts.ts";
import { brokerKindOf } from "./account.ts";
import type { BrokerAccount } from "./account.ts";
import type { BrokerOrder } from "./broker.ts";
import { orderIdOf } from "./client-ids.ts";
import { CredentialsUnreadable } from "./sealing.ts";
import type { Secrets } from "./secrets.ts";

const MASK = "****";
const TAIL = 4;
/** A tail must not be most of a short password. */
const TAIL_FROM = 16;

export function toAccountView(secrets: Secrets, account: StoredAccount): BrokerAccountView {
  const { accountId, name, venue, ownerId, status, settings, createdAtMs, updatedAtMs } = account;
  return {
    accountId,
    broker: brokerKindOf(account.broker),
    name,
    venue,
    ownerId,
    status,
    isBuiltIn: false,
    credentials: maskedOf(secrets, account),
    settings,
    createdAt: isoTime(createdAtMs),
    updatedAt: isoTime(updatedAtMs),
  };
}

/** Of the environment, which its operator can read where it stands. */
export function builtInView({
  accountId,
  broker,
  venue,
  settings,
}: Pick<BrokerAccount, "accountId" | "broker" | "venue" | "settings">): BrokerAccountView {
  return {
    accountId,
    broker,
    name: accountId,
    venue,
    ownerId: null,
    status: "enabled",
    isBuiltIn: true,
    credentials: {},
    settings,
    createdAt: null,
    updatedAt: null,
  };
}

function maskedOf(secrets: Secrets, account: StoredAccount): BrokerAccountView["credentials"] {
  try {
    const { credentials } = secrets.open(account);
    return Object.fromEntries(
      Object.entries(credentials).map(([name, text]) => [name, mask(text)]),
    );
  } catch (error) {
    if (error instanceof CredentialsUnreadable) return null;
    throw error;
  }
}

function mask(text: string): string {
  return text.length < TAIL_FROM ? MASK : MASK + text.slice(-TAIL);
}

export function toOrder(order: BrokerOrder): BrokerOrdersView["data"][number] {
  const { venueOrderId, clOrdId, symbol, side, ordType, ordStatus, orderQty, cumQty } = order;
  return {
    venueOrderId,
    orderId: clOrdId === null ? null : orderIdOf(clOrdId),
    symbol,
    side,
    type: ordType,
    status: ordStatus,
    quantity: orderQty,
    cumQuantity: cumQty,
    price: order.price,
    stopPrice: order.stopPx,
  };
}
