import { initialUnits, type Line } from "../../portfolio/margin/margin-state.ts";
import { dec, type Decimal, text } from "../../shared/decimal.ts";
import type { Facts, MarginContext } from "../order-facts.ts";
import { type OrderRule, deny, reduces } from "./rule.ts";

/**
 * Equity covers the initial margin of everything that is held and ordered, this order filled at its worst included. What only
 * makes a position smaller needs none. A margin that cannot be worked out denies.
 */
export const marginSuffices: OrderRule = (facts) => {
  const { margin } = facts.context;
  if (margin === null || reduces(facts)) return null;
  if (margin.missing.length > 0)
    return deny(
      "RISK_DATA_MISSING",
      `without the prices of ${margin.missing.join(", ")} the portfolio's margin is not known`,
      "a price of everything that is held",
      `none of ${margin.missing.join(", ")}`,
    );
  const { cash } = facts;
  if (cash === null) return null;
  const available = dec(margin.equity).minus(margin.othersInitial).minus(margin.reserved);
  const required = cash.plus(requiredWith(facts, margin));
  return required.greaterThan(available)
    ? deny(
        "INSUFFICIENT_MARGIN",
        `the margin of ${facts.order.symbol} with this order, its fees and its slippage is more than there is`,
        text(available),
        text(required),
      )
    : null;
};

export const noMarginCallIsOpen: OrderRule = (facts) =>
  facts.context.margin?.isCallOpen === true && !reduces(facts)
    ? deny(
        "MARGIN_CALL_OPEN",
        "until the margin call is met only orders that make a position smaller are taken",
        "no margin call",
        "a margin call",
      )
    : null;

function requiredWith({ order, quantity }: Facts, margin: MarginContext): Decimal {
  const { line, terms, mark, rate } = margin;
  const field = order.side === "buy" ? "openBuy" : "openSell";
  const after: Line = { ...line, [field]: text(quantity.plus(line[field])) };
  return initialUnits(after, terms).times(mark).times(line.margin.multiplier).times(rate);
}
