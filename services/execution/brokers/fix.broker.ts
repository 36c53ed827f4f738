import { FixStore } from "../../../models/fix-sessions.ts";
import type { NodeContext } from "../../context.ts";
import { RestError } from "../../../mixins/rest/rest-error.ts";
import type { BrokerAccount } from "./account.ts";
import { Breaks } from "./breaks.ts";
import type { Broker, BrokerAccountView, BrokerTest } from "./broker.ts";
import { Desk } from "./desk.ts";
import { FixBooks, brokerOrder } from "./fix/books.ts";
import { FixCalls } from "./fix/calls.ts";
import { FixDeskCalls } from "./fix/desk-calls.ts";
import { FixListener } from "./fix/listener.ts";
import { FixOwner } from "./fix/owner.ts";
import { type FixSettings, readFixSettings } from "./fix/settings.ts";
import { reconcileBooks } from "./reconciliation.ts";

export { checkFixSettings } from "./fix/settings.ts";

/** How long after it was sent an order may take to be found: requests are dealt with in the order of their numbers. */
const QUIET_MS = 5_000;
/** Beyond what a call waits for: the breaker's own patience must not be the shorter one. */
const MARGIN_MS = 500;

/**
 * Trading over a FIX 4.4 session (https://www.fixtrading.org/standards/fix-4-4/). What is asked is written into the store
 * under its id, and sent from there by the node that holds the session; see docs/adr/0017-fix-sessions.md.
 */
export function createFixBroker(node: NodeContext, account: BrokerAccount): Broker {
  const { accountId, venue, credentials } = account;
  const settings = readFixSettings(account.settings);
  const { senderCompId, targetCompId, answerMs, hasOrderStatus, abilities } = settings;
  const store = new FixStore(node.pool, `${accountId}:${senderCompId}:${targetCompId}`);
  const breaks = new Breaks(node, venue);
  const desk = new Desk(node, breaks);
  const counterparty = node.dependencies.add({
    name: `fix:${accountId}`,
    timeoutMs: answerMs + MARGIN_MS,
  });
  const { clock } = node;
  const wake = (): void => owner.wake();
  const calls = new FixCalls({ clock, store, counterparty, answerMs, wake });
  const deskCalls = new FixDeskCalls({ node, venue, settings, store, calls, desk });
  const books = new FixBooks({ node, venue, settings, store, calls, deskCalls });
  const canCompare = hasOrderStatus || settings.hasMassStatus;
  // One round after the other: what a round finds is compared with the one before.
  let round: Promise<unknown> = Promise.resolve();
  const reconcile = () => {
    const next = round.then(() => reconcileBooks({ node, venue, books, desk, breaks }));
    round = next.catch(() => undefined);
    return next;
  };
  const onWord = (clientId: string): void => calls.tell(clientId);
  const listener = new FixListener({ node, venue, store, desk, breaks, onWord });
  const owner = new FixOwner({
    node,
    settings,
    credentials,
    store,
    onMessage: (message, answer) => listener.hear(message, answer),
    compare: async () => {
      if (canCompare) await reconcile();
    },
  });
  return {
    name: "fix",
    isLineBound: true,
    ids: {
      // Not by the standard, which asks for uniqueness within a day: by the store, where every id is sent once.
      idUnique: "forever",
      queryByClientId: hasOrderStatus,
      quietMs: QUIET_MS,
    },
    abilities,
    updates: owner,
    submit: (order, sending) => deskCalls.submit(order, sending),
    replace: (order) => deskCalls.replace(order),
    cancel: (order) => deskCalls.cancel(order),
    ...(hasOrderStatus && { find: (order) => deskCalls.find(order) }),
    ...(canCompare && { reconcile }),
    account: accountView(store, books, settings),
  };
}

function accountView(
  store: FixStore,
  books: FixBooks,
  { hasMassStatus, symbols }: FixSettings,
): BrokerAccountView {
  return {
    test: () => test(store),
    openOrders: async () => {
      if (!hasMassStatus) throw notTold("orders, unless settings.massStatus says that it does");
      return (await books.list()).map((message) => brokerOrder(message, symbols));
    },
    fillsSince: async () => Promise.reject(notTold("past executions")),
    positions: async () => Promise.reject(notTold("positions")),
    balances: async () => Promise.reject(notTold("balances")),
  };
}

function notTold(what: string): RestError {
  return new RestError("BROKER_HAS_NO_VIEW", `a FIX session does not list ${what}`);
}

/** A logon of its own would disturb the numbers of the session: what is told is how that stands. */
async function test(store: FixStore): Promise<BrokerTest> {
  const state = await store.state();
  if (state === null) return { isUsable: false, text: "the session was never begun" };
  const since = new Date(state.toldAtMs).toISOString();
  const text = state.isUp ? `logged on since ${since}` : `down since ${since}: ${state.words}`;
  return { isUsable: state.isUp, text };
}
