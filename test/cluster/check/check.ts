import { Decimal } from "../../../domain/shared/decimal.ts";
import type { Ended } from "../load/history.ts";
import type { Evidence, Fill, Placement, Standing } from "./evidence.ts";

/**
 * `lost`: acknowledged, and not on record as it was acknowledged. `duplicated`: one key, several orders; or one client id that
 * the broker took, or filled, twice. `stale`: a commit by a former owner. `ledger`: what the books say is not the fold of the
 * fills, or does not balance. `record`: the record itself is broken, or knows what nobody asked for. `unfinished`: still not
 * done in quiet.
 */
export type ViolationKind = "lost" | "duplicated" | "stale" | "ledger" | "record" | "unfinished";

export interface Violation {
  readonly kind: ViolationKind;
  readonly text: string;
}

/** Holds what the clients saw against what stores and broker say. */
export function check(history: readonly Ended[], evidence: Evidence): readonly Violation[] {
  const found: Violation[] = [];
  const say = (kind: ViolationKind, texts: Iterable<string>): void => {
    for (const text of texts) found.push({ kind, text });
  };
  say("lost", lostOrders(history, evidence));
  say("lost", lostCancels(history, evidence));
  say("lost", lostAmendments(history, evidence));
  say("lost", unseen(history));
  say("duplicated", duplicatedKeys(evidence));
  say("duplicated", duplicatedAmendments(history, evidence));
  say("duplicated", duplicatedAtBroker(evidence));
  say("stale", evidence.staleCommits);
  say("ledger", wrongTrades(evidence));
  say("ledger", wrongStandings(evidence));
  say("ledger", evidence.ledgerFaults);
  say("record", evidence.recordFaults);
  say("record", uncalledFor(history, evidence));
  say("unfinished", evidence.unfinished);
  return found;
}

/** Acknowledged means on record, under the id and with the terms that were acknowledged. */
function* lostOrders(history: readonly Ended[], { placements, deniedKeys }: Evidence) {
  const byKey = Map.groupBy(placements, ({ key }) => key);
  for (const { kind, key, outcome, code, orderId, order } of history) {
    if (kind !== "order" || outcome === "info") continue;
    if (outcome === "fail") {
      if (code === "ORDER_DENIED" && !deniedKeys.has(key))
        yield `order ${key} was told denied, and no denial is on record`;
      continue;
    }
    const [placed] = byKey.get(key) ?? [];
    if (placed === undefined) yield `order ${key} was acknowledged and is not there`;
    else if (placed.orderId !== orderId)
      yield `order ${key} was acknowledged as ${orderId}, found ${placed.orderId}`;
    else if (!hasTerms(placed, order)) yield `order ${key} is on record with other terms`;
  }
}

function hasTerms({ order }: Placement, asked: Ended["order"]): boolean {
  return (
    order.symbol === asked?.symbol &&
    order.side === asked.side &&
    new Decimal(order.quantity).equals(asked.quantity)
  );
}

function* lostCancels(history: readonly Ended[], { cancelWishes }: Evidence) {
  for (const { kind, outcome, orderId } of history) {
    if (kind === "cancel" && outcome === "ok" && !cancelWishes.has(orderId ?? ""))
      yield `the cancel of ${orderId} was acknowledged and is not on record`;
  }
}

/** No two amendments of an order ask for the same terms, so the terms name it. */
function* lostAmendments(history: readonly Ended[], { amendments }: Evidence) {
  const known = new Set(amendments.map(amendmentName));
  for (const { kind, outcome, orderId, changes } of history) {
    if (kind !== "amend" || outcome !== "ok" || changes === undefined) continue;
    const name = amendmentName({ orderId: orderId ?? "", ...changes });
    if (!known.has(name)) yield `amendment ${name} was acknowledged and is not on record`;
  }
}

/** Each is sent once, and the broker has done each once at most. */
function* duplicatedAmendments(history: readonly Ended[], evidence: Evidence) {
  const { amendments, brokerAmendments } = evidence;
  for (const [name, same] of Map.groupBy(amendments, amendmentName))
    if (same.length > 1) yield `amendment ${name} was sent ${same.length} times`;
  const revisions = Map.groupBy(brokerAmendments, (one) => `${one.orderId} r${one.revision}`);
  for (const [name, same] of revisions)
    if (same.length > 1) yield `the broker amended ${name} ${same.length} times`;
  const asked = new Set(
    history.flatMap(({ kind, orderId, changes }) =>
      kind === "amend" && changes ? [amendmentName({ orderId: orderId ?? "", ...changes })] : [],
    ),
  );
  for (const amendment of amendments) {
    const name = amendmentName(amendment);
    if (!asked.has(name)) yield `amendment ${name} was never asked for`;
  }
}

function amendmentName({
  orderId,
  quantity,
  price,
}: Pick<Evidence["amendments"][number], "orderId" | "quantity" | "price">): string {
  return `${orderId} to ${new Decimal(quantity).toFixed()} at ${new Decimal(price ?? 0).toFixed()}`;
}

/** Only acknowledged orders are read or canceled: "not found" has forgotten one. */
function* unseen(history: readonly Ended[]) {
  for (const { kind, status, orderId, id } of history) {
    if (kind !== "order" && status === 404)
      yield `order ${orderId} was acknowledged, and later not found (operation ${id})`;
  }
}

function* duplicatedKeys({ placements }: Evidence) {
  for (const [key, births] of Map.groupBy(placements, (placement) => placement.key)) {
    if (births.length > 1) yield `order ${key} was born ${births.length} times`;
  }
}

function* duplicatedAtBroker({ brokerOrders, brokerFills }: Evidence) {
  for (const [id, taken] of Map.groupBy(brokerOrders, (each) => each)) {
    if (taken.length > 1) yield `the broker took ${id} as a new order ${taken.length} times`;
  }
  for (const [execId, fills] of Map.groupBy(brokerFills, (fill) => fill.execId)) {
    if (fills.length > 1) yield `the broker filled ${execId} ${fills.length} times`;
  }
}

/** Every fill of the broker is booked, once, as it was, and nothing else is. */
function* wrongTrades({ brokerFills, trades }: Evidence) {
  const booked = Map.groupBy(trades, ({ execId }) => execId);
  for (const fill of brokerFills) {
    const [trade, ...others] = booked.get(fill.execId) ?? [];
    if (trade === undefined) yield `fill ${fill.execId} of ${fill.orderId} was never booked`;
    else if (others.length > 0) yield `fill ${fill.execId} was booked ${others.length + 1} times`;
    else if (!isSame(trade, fill)) yield `fill ${fill.execId} was booked as something else`;
  }
  const filled = new Set(brokerFills.map(({ execId }) => execId));
  for (const { execId } of trades) if (!filled.has(execId)) yield `no broker filled ${execId}`;
}

function isSame(trade: Fill, fill: Omit<Fill, "portfolioId">): boolean {
  const isText = (["orderId", "symbol", "side"] as const).every(
    (name) => trade[name] === fill[name],
  );
  const numbers = ["quantity", "price", "fees"] as const;
  return isText && numbers.every((name) => new Decimal(trade[name]).equals(fill[name]));
}

/** Cash and positions are the fold of all fills that the broker made. */
function* wrongStandings({ standings, placements, brokerFills }: Evidence) {
  const portfolioOf = new Map(placements.map(({ orderId, portfolioId }) => [orderId, portfolioId]));
  const fills = Map.groupBy(brokerFills, ({ orderId }) => portfolioOf.get(orderId) ?? "");
  for (const standing of standings) {
    const own = fills.get(standing.portfolioId) ?? [];
    yield* differences(standing, own);
  }
  for (const { execId } of fills.get("") ?? []) yield `fill ${execId} is of an order nobody placed`;
}

function* differences(standing: Standing, fills: readonly Omit<Fill, "portfolioId">[]) {
  const { portfolioId, initialCash, cash, positions } = standing;
  let expected = new Decimal(initialCash);
  const held = new Map<string, Decimal>();
  for (const { symbol, side, quantity, price, fees } of fills) {
    const signed = side === "buy" ? new Decimal(quantity) : new Decimal(quantity).negated();
    expected = expected.minus(signed.times(price)).minus(fees);
    held.set(symbol, signed.plus(held.get(symbol) ?? 0));
  }
  if (!expected.equals(cash))
    yield `portfolio ${portfolioId}: expected cash ${expected.toFixed()}, found ${cash}`;
  const found = new Map(positions.map(({ symbol, quantity }) => [symbol, quantity]));
  for (const symbol of new Set([...held.keys(), ...found.keys()])) {
    const want = held.get(symbol) ?? new Decimal(0);
    if (!want.equals(found.get(symbol) ?? 0))
      yield `portfolio ${portfolioId}: expected ${want.toFixed()} ${symbol}, found ${found.get(symbol) ?? 0}`;
  }
}

/** Nothing is on record, or at the broker, that no client asked for. */
function* uncalledFor(history: readonly Ended[], { placements, brokerOrders }: Evidence) {
  const asked = new Set(history.map(({ key }) => key));
  for (const { key, orderId } of placements)
    if (!asked.has(key)) yield `order ${orderId} (${key}) was never asked for`;
  const placed = new Set(placements.map(({ orderId }) => orderId));
  for (const id of brokerOrders)
    if (!placed.has(id)) yield `the broker took ${id}, which is no order`;
}
