/** Our orders in the words of FIX 4.4 (volume 4): bodies of messages, without the header. Pure. */
import type { Instrument } from "../../../../domain/market/instrument.ts";
import type { SubmitPayload } from "../../../../domain/order/messages.ts";
import type { OrderType, Side, TimeInForce, Trail } from "../../../../domain/order/new-order.ts";
import { dec } from "../../../../domain/shared/decimal.ts";
import type { FixField } from "./codec.ts";
import type { FixSettings } from "./settings.ts";
import { TAG } from "./tags.ts";
import { writeTimestamp } from "./times.ts";

type Terms = Pick<FixSettings, "account" | "handlInst" | "exDestination" | "symbols">;

/** OrdType (40). A trailing stop is a peg with an instruction of its own; there is no limit-if-touched. */
const ORD_TYPE: Readonly<Record<Exclude<OrderType, "limitIfTouched">, string>> = {
  market: "1",
  limit: "2",
  stop: "3",
  stopLimit: "4",
  trailingStop: "P",
  marketIfTouched: "J",
};

/** TimeInForce (59). */
const TIME_IN_FORCE: Readonly<Record<TimeInForce, string>> = {
  day: "0",
  gtc: "1",
  opg: "2",
  ioc: "3",
  fok: "4",
  gtd: "6",
  cls: "7",
};

const TRAILING_STOP_PEG = "a";
const PARTICIPATE_DONT_INITIATE = "6";

/** SecurityType (167), where the standard has a word for it. */
const SECURITY_TYPE: Readonly<Partial<Record<Instrument["assetClass"], string>>> = {
  equity: "CS",
  etf: "CS",
  fx: "FOR",
  future: "FUT",
};

/** NewOrderSingle (D). @throws RangeError for an order that FIX 4.4 has no words for */
export function newOrderBody(
  order: SubmitPayload,
  terms: Terms,
  nowMs: number,
): readonly FixField[] {
  return [[TAG.ClOrdID, order.clOrdId], ...orderFields(order, terms, nowMs)];
}

/** What names the order that a request is about. */
export interface Target {
  readonly clientId: string;
  readonly origClientId: string;
  /** null before the counterparty has told its id */
  readonly venueOrderId: string | null;
}

/** OrderCancelReplaceRequest (G): the whole order as it shall stand. */
export function replaceBody(
  target: Target,
  after: SubmitPayload,
  terms: Terms,
  nowMs: number,
): readonly FixField[] {
  return [...targetFields(target), ...orderFields(after, terms, nowMs)];
}

/** OrderCancelRequest (F). @param sent the body of the order's last sending, which it must agree with */
export function cancelBody(
  target: Target,
  sent: readonly FixField[],
  nowMs: number,
): readonly FixField[] {
  const same = sent.filter(([tag]) => CANCEL_FIELDS.has(tag));
  return [...targetFields(target), ...same, [TAG.TransactTime, writeTimestamp(nowMs)]];
}

const CANCEL_FIELDS: ReadonlySet<number> = new Set([
  TAG.Account,
  TAG.Symbol,
  TAG.SecurityType,
  TAG.Side,
  TAG.OrderQty,
]);

/** OrderStatusRequest (H). */
export function statusBody(
  questionId: string,
  target: Omit<Target, "origClientId">,
  sent: readonly FixField[],
): readonly FixField[] {
  return [
    [TAG.ClOrdID, target.clientId],
    ...(target.venueOrderId === null ? [] : [[TAG.OrderID, target.venueOrderId] as const]),
    [TAG.OrdStatusReqID, questionId],
    ...sent.filter(([tag]) => tag !== TAG.OrderQty && CANCEL_FIELDS.has(tag)),
  ];
}

const ALL_ORDERS = "7";

/** OrderMassStatusRequest (AF) for every open order of the session. */
export function massStatusBody(
  questionId: string,
  { account }: Pick<FixSettings, "account">,
): readonly FixField[] {
  return [
    [TAG.MassStatusReqID, questionId],
    [TAG.MassStatusReqType, ALL_ORDERS],
    ...(account === null ? [] : [[TAG.Account, account] as const]),
  ];
}

function targetFields({ clientId, origClientId, venueOrderId }: Target): readonly FixField[] {
  return [
    [TAG.OrigClOrdID, origClientId],
    ...(venueOrderId === null ? [] : [[TAG.OrderID, venueOrderId] as const]),
    [TAG.ClOrdID, clientId],
  ];
}

function orderFields(order: SubmitPayload, terms: Terms, nowMs: number): readonly FixField[] {
  const { account, handlInst, exDestination, symbols } = terms;
  const { symbol, side, orderQty, timeInForce, expireAtMs, displayQty, currency } = order;
  const instructions = instructionsOf(order);
  return [
    ...some(TAG.Account, account),
    [TAG.HandlInst, handlInst],
    ...(instructions === "" ? [] : [[TAG.ExecInst, instructions] as const]),
    ...some(TAG.MaxFloor, displayQty),
    ...some(TAG.ExDestination, exDestination),
    [TAG.Symbol, symbols.get(symbol) ?? symbol],
    ...some(TAG.SecurityType, SECURITY_TYPE[order.assetClass]),
    [TAG.Side, SIDE[side]],
    [TAG.TransactTime, writeTimestamp(nowMs)],
    [TAG.OrderQty, orderQty],
    ...priceFields(order),
    [TAG.Currency, currency],
    [TAG.TimeInForce, TIME_IN_FORCE[timeInForce]],
    ...some(TAG.ExpireTime, expireAtMs === undefined ? null : writeTimestamp(expireAtMs)),
    ...(order.trail === undefined ? [] : trailFields(order.trail, side)),
  ];
}

const SIDE: Readonly<Record<Side, string>> = { buy: "1", sell: "2" };

function some(tag: number, value: string | null | undefined): readonly FixField[] {
  return value === null || value === undefined ? [] : [[tag, value]];
}

function instructionsOf({ ordType, postOnly }: SubmitPayload): string {
  return [
    ...(ordType === "trailingStop" ? [TRAILING_STOP_PEG] : []),
    ...(postOnly === true ? [PARTICIPATE_DONT_INITIATE] : []),
  ].join(" ");
}

/**
 * A market or stop buy goes with a limit at the worst price that its hold covers: the hold is a promise that no fill costs
 * more. It fills at the market all the same. Trailing and touched orders have no such form in FIX 4.4.
 */
function priceFields(order: SubmitPayload): readonly FixField[] {
  const { ordType, price, worstPrice } = order;
  if (ordType === "limitIfTouched") throw new RangeError("FIX 4.4 has no limit-if-touched order");
  const isBounded = ordType === "market" || ordType === "stop";
  const limit = price ?? (isBounded ? worstPrice : null);
  return [
    [TAG.OrdType, limit === null ? ORD_TYPE[ordType] : LIMITED[ordType]],
    ...some(TAG.Price, limit),
    ...some(TAG.StopPx, order.stopPx),
  ];
}

/** The same with a limit. */
const LIMITED: Readonly<Record<Exclude<OrderType, "limitIfTouched">, string>> = {
  ...ORD_TYPE,
  market: ORD_TYPE.limit,
  stop: ORD_TYPE.stopLimit,
};

/** PegOffsetValue (211) is signed: the stop of a sell is below the market, that of a buy above. */
function trailFields(trail: Trail, side: Side): readonly FixField[] {
  const [value, measure] =
    "amount" in trail
      ? [trail.amount, "0"]
      : "bps" in trail
        ? [trail.bps, "1"]
        : [trail.ticks, "2"];
  const offset = dec(value).abs();
  return [
    [TAG.PegOffsetValue, (side === "sell" ? offset.negated() : offset).toFixed()],
    [TAG.PegOffsetType, measure],
  ];
}
