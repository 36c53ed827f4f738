import type { Instrument } from "../market/instrument.ts";
import type { ApprovedOrder, Denial, Hold, NewOrder, RiskApproved } from "../order/new-order.ts";
import { particularsOf } from "../order/particulars.ts";
import { dec, text } from "../shared/decimal.ts";
import { invariant } from "../shared/errors.ts";
import { type Facts, findFacts, type OrderContext, routeOf } from "./order-facts.ts";
import { ORDER_RULES } from "./order-rules.ts";

/** The fields behind the promise, so that the compiler still asks for each of them. */
type WithoutBrand<T> = T extends RiskApproved<infer Fields> ? Fields : never;

type OrderCheck = { readonly approved: ApprovedOrder } | { readonly denied: readonly Denial[] };

/**
 * The pre-trade check: approves with the hold that must be taken in the same turn, or denies with every reason, each with
 * its limit and the observed value. A rule that cannot be checked (no instrument, no price) denies. The only maker of
 * `ApprovedOrder`.
 * @throws Error when a number in order or context is not a decimal
 */
export function checkOrder(order: NewOrder, context: OrderContext): OrderCheck {
  const facts = findFacts(order, context);
  const denied = ORDER_RULES.map((rule) => rule(facts)).filter((denial) => denial !== null);
  return denied.length > 0 ? { denied } : { approved: approve(facts) };
}

function approve(facts: Facts): ApprovedOrder {
  const { order, instrument } = facts;
  invariant(instrument !== null, `order ${order.orderId} passed the check without an instrument`);
  const fields: WithoutBrand<ApprovedOrder> = {
    ...withoutExtras(order),
    hold: makeHold(facts),
    venue: routeOf(facts)?.venue ?? instrument.venue,
    currency: instrument.currency,
    multiplier: instrument.multiplier,
    ...baseRateTerms(facts),
    lotSize: instrument.lotSize,
    assetClass: instrument.assetClass,
    ...(instrument.sector !== undefined && { sector: instrument.sector }),
    ...(facts.context.margin !== null && { margins: marginsOf(instrument) }),
    ...(isPlain(order) ? {} : { tickSize: instrument.tickSize, calendar: instrument.calendar }),
  };
  // The brand exists in types only; every rule passed on the line that called this function.
  return fields as ApprovedOrder; // oxlint-disable-line typescript/no-unsafe-type-assertion -- the one place that makes the promise
}

/** An order in the base currency does not mention it. */
function baseRateTerms({ instrument, context, baseRate }: Facts) {
  const isForeign = instrument !== null && instrument.currency !== context.baseCurrency;
  return isForeign && baseRate !== null ? { baseRate: text(baseRate) } : {};
}

function marginsOf({ initialMargin, maintenanceMargin }: Instrument) {
  return { initial: initialMargin ?? null, maintenance: maintenanceMargin ?? null };
}

/** Market and limit orders of the day or until canceled are matched without a calendar of their own; most orders are. */
function isPlain({ ordType, timeInForce }: NewOrder): boolean {
  const isPlainType = ordType === "market" || ordType === "limit";
  return isPlainType && ["gtc", "ioc", "fok"].includes(timeInForce);
}

function makeHold({ order, context, quantity, terms, cash, funding }: Facts): Hold {
  invariant(
    order.side === "sell" || terms !== null,
    `buy ${order.orderId} passed the check without a worst price`,
  );
  return {
    orderId: order.orderId,
    symbol: order.symbol,
    side: order.side,
    quantity: text(quantity),
    cash: cash === null ? "0" : text(cash),
    currency: funding?.currency ?? context.baseCurrency,
    worstPrice: terms === null ? null : text(terms.worstPrice),
    ...(funding?.isForeign === true && { isForeign: true }),
    ...(funding?.conversion && { conversion: funding.conversion }),
  };
}

/** The order's own fields and nothing else that a sender may have put into the message. */
export function withoutExtras(order: NewOrder): NewOrder {
  return {
    orderId: order.orderId,
    clOrdId: order.clOrdId,
    tenantId: order.tenantId,
    portfolioId: order.portfolioId,
    symbol: order.symbol,
    side: order.side,
    ordType: order.ordType,
    orderQty: text(dec(order.orderQty)),
    ...(order.price === undefined ? {} : { price: text(dec(order.price)) }),
    timeInForce: order.timeInForce,
    ...particularsOf(order),
    ...(order.exDestination === undefined ? {} : { exDestination: order.exDestination }),
    ...(order.brokerAccountId === undefined ? {} : { brokerAccountId: order.brokerAccountId }),
    ...(order.parent === undefined ? {} : { parent: order.parent }),
    placedBy: order.placedBy,
    ...(order.signalId === undefined ? {} : { signalId: order.signalId }),
  };
}
