import type { NodeContext } from "../../context.ts";
import type { BrokerAccount } from "./account.ts";
import { Breaks } from "./breaks.ts";
import type { Broker, BrokerAbilities } from "./broker.ts";
import { ccxtAccountView, refusing } from "./ccxt-account.ts";
import { CcxtAmendments } from "./ccxt-amendments.ts";
import { CcxtApi, type CcxtParts } from "./ccxt-api.ts";
import { ccxtBooks } from "./ccxt-books.ts";
import { type CcxtHttpAnswer, type CcxtSetup, openCcxtExchange } from "./ccxt-exchange.ts";
import { type CcxtFamily, ccxtFamily } from "./ccxt-families.ts";
import { type CcxtFeatures, ccxtFeatures } from "./ccxt-features.ts";
import { CcxtFills } from "./ccxt-fills.ts";
import { CALL_MS, CcxtHttp, QUEUE_MS } from "./ccxt-http.ts";
import { hear } from "./ccxt-hearing.ts";
import { hasCcxtStream } from "./ccxt-line.ts";
import { CcxtLookup } from "./ccxt-lookup.ts";
import { CcxtOrders } from "./ccxt-orders.ts";
import { CcxtStream } from "./ccxt-stream.ts";
import { CcxtSymbols } from "./ccxt-symbols.ts";
import { CcxtUpdates } from "./ccxt-updates.ts";
import { Desk } from "./desk.ts";

export { checkCcxtSettings } from "./ccxt-settings.ts";

/** A call may wait for its turn, then be under way, and the venue may take it as long after it was signed (`recvWindow`). */
const RECEIVE_MS = 3_000;
const QUIET_MS = QUEUE_MS + CALL_MS + RECEIVE_MS;

/**
 * Most exchanges refuse a repeated id only while the first order is open, and none of those that do more says so of every
 * kind of order: so each is asked before anything is sent again.
 */
const IDS = { idUnique: "whileOpen", queryByClientId: true, quietMs: QUIET_MS } as const;

/** Trading at an exchange of ccxt (https://docs.ccxt.com). Settings: see `checkCcxtSettings`. */
export function createCcxtBroker(node: NodeContext, account: BrokerAccount): Broker {
  const { venue, settings, credentials } = account;
  const marketType = textOf(settings["defaultType"]) ?? "spot";
  const isSpot = marketType === "spot";
  const { parts, setup } = openParts(node, account, marketType);
  const { family, features, exchange, secrets } = parts;
  const symbols = new CcxtSymbols(settings, marketType);
  const breaks = new Breaks(node, venue);
  const desk = new Desk(node, breaks);
  // Unlike the calls that orders wait for, what merely looks is cut off by a stop.
  const looking = new CcxtApi(parts, () => updates.until);
  const fills = new CcxtFills({ node, venue, api: looking, family, symbols, desk, breaks });
  const books = { node, venue, api: looking, family, features, symbols, fills, isSpot };
  const updates: CcxtUpdates = new CcxtUpdates({
    node,
    venue,
    desk,
    breaks,
    books: (isThorough) => ccxtBooks(books, isThorough),
    stream:
      settings["stream"] === false || !hasCcxtStream(exchange.id)
        ? null
        : (listener) =>
            new CcxtStream({ node, venue, setup, exchange, api: looking, secrets }, listener),
    hear: (news) => hear({ node, venue, family, fills, desk }, news),
    lateMs: () => fills.lateMs,
  });
  const api = new CcxtApi(parts);
  const sending = {
    node,
    venue,
    api,
    family,
    symbols,
    lookup: new CcxtLookup({ node, api, family, symbols }),
    // What an order will not hear is for the caller to know.
    desk: new Desk(node, null),
    quietMs: QUIET_MS,
    expect: () => updates.expect(),
  };
  const orders = new CcxtOrders(sending);
  const amendments = new CcxtAmendments(sending);
  return {
    name: "ccxt",
    ids: IDS,
    abilities: abilitiesOf(family, features, isSpot),
    submit: (order) => orders.submit(order),
    find: (order) => orders.find(order),
    replace: (order) => amendments.replace(order),
    cancel: (order) => orders.cancel(order),
    account: ccxtAccountView({ node, venue, api, family, features, symbols, isSpot, credentials }),
    reconcile: () => refusing(() => updates.reconcile()),
    updates,
  };
}

function openParts(
  node: NodeContext,
  account: BrokerAccount,
  marketType: string,
): { readonly parts: CcxtParts; readonly setup: CcxtSetup } {
  const { accountId, settings, credentials } = account;
  const id = textOf(settings["exchange"]) ?? "";
  const dependency = node.dependencies.add<CcxtHttpAnswer>({
    name: `ccxt:${accountId}`,
    timeoutMs: CALL_MS,
    isFailedAnswer: ({ status }) => status >= 500,
  });
  const http = new CcxtHttp(dependency, node.clock);
  const rateLimit = settings["rateLimit"];
  const setup: CcxtSetup = {
    exchange: id,
    credentials,
    isSandbox: settings["sandbox"] === true,
    marketType,
    host: textOf(settings["host"]),
    rateLimit: typeof rateLimit === "number" ? rateLimit : null,
    receiveMs: RECEIVE_MS,
    fetch: http.fetch,
  };
  const exchange = openCcxtExchange(setup);
  const parts = {
    exchange,
    http,
    family: ccxtFamily(id, marketType),
    features: ccxtFeatures(exchange, marketType),
    clock: node.clock,
    secrets: Object.values(credentials),
    loaded: { atMs: null },
  };
  return { parts, setup };
}

function abilitiesOf(
  family: CcxtFamily,
  { ioc, fok, postOnly }: CcxtFeatures,
  isSpot: boolean,
): BrokerAbilities {
  return {
    ordTypes: ["market", "limit", ...family.triggered],
    timesInForce: ["gtc", ...(ioc ? (["ioc"] as const) : []), ...(fok ? (["fok"] as const) : [])],
    trails: family.hasTrailingBps ? ["bps"] : [],
    postOnly,
    reduceOnly: !isSpot,
    displayQty: family.hasDisplayQty,
    replace: family.edit !== "none",
  };
}

function textOf(value: unknown): string | null {
  return typeof value === "string" ? value : null;
}
