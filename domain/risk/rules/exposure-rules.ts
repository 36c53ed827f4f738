import type { DenialCode } from "../../order/new-order.ts";
import { Decimal, dec, type DecimalString, text, ZERO } from "../../shared/decimal.ts";
import { NO_SECTOR } from "../live/lines.ts";
import type { AfterOrder, Unknown } from "../live/order-risk.ts";
import type { PortfolioLimits } from "../live/limit-fields.ts";
import type { Losses } from "../live/losses.ts";
import { needsHistory, needsPrices, TOTAL_LIMITS } from "../live/policy.ts";
import type { Facts } from "../order-facts.ts";
import { deny, type OrderRule, reduces } from "./rule.ts";

/**
 * The limits of what a portfolio may have at risk, this order counted as filled. What only makes a position smaller passes
 * them all. A limit that cannot be checked denies, with `riskDataIsThere`.
 */
function known(facts: Facts): AfterOrder | null {
  const { after } = facts.context.risk;
  return after === null || "missing" in after || reduces(facts) ? null : after;
}

export const riskDataIsThere: OrderRule = (facts) => {
  const { after, inForce, isFlattening } = facts.context.risk;
  if (after === null || isFlattening || reduces(facts)) return null;
  if ("missing" in after)
    return needsPrices(inForce) || isHoldingOthers(facts, after) ? unpriced(after) : null;
  if (needsHistory(inForce) && after.losses !== null && "missing" in after.losses)
    return withoutHistory(after.losses);
  const hasTotals = TOTAL_LIMITS.some((name) => inForce.totals[name] !== undefined);
  return hasTotals && after.others === null
    ? deny(
        "RISK_DATA_MISSING",
        "what the tenant's other portfolios hold is not known now",
        "news of all portfolios of the last 5 s",
        "none",
      )
    : null;
};

/** The loss of a day needs the prices of whatever is held beside the order's symbol. */
function isHoldingOthers({ order }: Facts, { missing }: Unknown): boolean {
  return missing.some((symbol) => symbol !== order.symbol);
}

function unpriced({ missing }: Unknown) {
  return deny(
    "RISK_DATA_MISSING",
    `without the prices of ${missing.join(", ")} the portfolio's limits cannot be checked`,
    "a price of everything that is held",
    `none of ${missing.join(", ")}`,
  );
}

function withoutHistory({ missing }: Unknown) {
  return deny(
    "RISK_DATA_MISSING",
    `without the daily returns of ${missing.join(", ")} the value at risk is not known`,
    "a history of everything that is held",
    `none of ${missing.join(", ")}`,
  );
}

type RatioLimit = Extract<
  keyof PortfolioLimits,
  | "maxGrossLeverage"
  | "maxNetLeverage"
  | "maxConcentrationPct"
  | "maxSectorPct"
  | "maxVarPct"
  | "maxExpectedShortfallPct"
>;

/** Something over equity that may not be above its limit. */
function ratioIsInside(
  name: RatioLimit,
  code: DenialCode,
  message: string,
  valueOf: (after: AfterOrder, facts: Facts) => Decimal | null,
): OrderRule {
  return (facts) => {
    const limit = facts.context.risk.inForce.limits[name];
    const after = known(facts);
    if (limit === undefined || after === null) return null;
    const value = valueOf(after, facts);
    if (value === null || value.lessThanOrEqualTo(after.equity.times(limit))) return null;
    return deny(code, message, limit, overEquity(value, after.equity));
  };
}

/** Rounded up, as it is above its limit. */
function overEquity(value: Decimal, equity: Decimal): string {
  return equity.greaterThan(ZERO)
    ? text(value.dividedBy(equity).toDecimalPlaces(8, Decimal.ROUND_UP))
    : `equity of ${text(equity)}`;
}

export const grossLeverageIsInside = ratioIsInside(
  "maxGrossLeverage",
  "LEVERAGE_EXCEEDS_LIMIT",
  "all positions together would be too large for the portfolio's equity",
  ({ exposure }) => exposure.gross,
);

export const netLeverageIsInside = ratioIsInside(
  "maxNetLeverage",
  "NET_LEVERAGE_EXCEEDS_LIMIT",
  "positions would lean too far to one side for the portfolio's equity",
  // What leans back from the other side is no worse than it was.
  ({ exposure: { ifBought, ifSold } }, { order }) =>
    Decimal.max(order.side === "buy" ? ifBought : ifSold.negated(), ZERO),
);

export const concentrationIsInside = ratioIsInside(
  "maxConcentrationPct",
  "CONCENTRATION_EXCEEDS_LIMIT",
  "the largest position would be too large a part of equity",
  ({ exposure }) => exposure.largest?.gross ?? ZERO,
);

export const sectorIsInside = ratioIsInside(
  "maxSectorPct",
  "SECTOR_EXCEEDS_LIMIT",
  "positions of the order's sector would be too large a part of equity",
  ({ exposure }, { instrument }) => exposure.bySector.get(instrument?.sector ?? NO_SECTOR) ?? ZERO,
);

export const valueAtRiskIsInside = ratioIsInside(
  "maxVarPct",
  "VAR_EXCEEDS_LIMIT",
  "the portfolio's value at risk of a day would be too large a part of equity",
  (after) => lossOf(after, "valueAtRisk"),
);

export const shortfallIsInside = ratioIsInside(
  "maxExpectedShortfallPct",
  "SHORTFALL_EXCEEDS_LIMIT",
  "the portfolio's expected shortfall of a day would be too large a part of equity",
  (after) => lossOf(after, "expectedShortfall"),
);

/**
 * A statistic becomes money here: to the 8 decimals that observed values are told with. Null where the order makes it
 * smaller: a hedge is taken, however much is at risk.
 */
function lossOf({ losses, lossesBefore }: AfterOrder, which: keyof Losses): Decimal | null {
  if (losses === null || "missing" in losses) return null;
  if (lossesBefore !== null && losses[which] <= lossesBefore[which]) return null;
  return dec(losses[which].toFixed(8));
}

export const drawdownIsInside: OrderRule = (facts) => {
  const limit = facts.context.risk.inForce.limits.maxDrawdownPct;
  const after = known(facts);
  if (limit === undefined || after === null || !after.peak.greaterThan(ZERO)) return null;
  const drawdown = after.peak.minus(after.equity).dividedBy(after.peak);
  return drawdown.greaterThan(limit)
    ? deny(
        "DRAWDOWN_EXCEEDED",
        "the portfolio has fallen too far from its highest equity",
        limit,
        text(drawdown.toDecimalPlaces(8, Decimal.ROUND_UP)),
      )
    : null;
};

export const openOrdersAreInside: OrderRule = ({ context: { risk } }) => {
  const { maxOpenOrders } = risk.inForce.limits;
  return maxOpenOrders !== undefined && !risk.isFlattening && risk.openOrders >= maxOpenOrders
    ? deny(
        "OPEN_ORDERS_EXCEEDED",
        "too many orders of the portfolio are open",
        String(maxOpenOrders),
        String(risk.openOrders + 1),
      )
    : null;
};

export const symbolNotionalIsInside: OrderRule = (facts) => {
  const limit = facts.context.risk.inForce.limits.maxSymbolNotional;
  const value = known(facts)?.exposure.grossOf(facts.order.symbol);
  return limit !== undefined && value?.greaterThan(limit) === true
    ? deny(
        "SYMBOL_NOTIONAL_EXCEEDS_LIMIT",
        `the position in ${facts.order.symbol} would be worth too much`,
        limit,
        text(value),
      )
    : null;
};

export const symbolIsAmongAllowed: OrderRule = (facts) =>
  isAmong(facts, "allowedSymbols", facts.order.symbol)
    ? null
    : deny(
        "SYMBOL_NOT_ALLOWED",
        `${facts.order.symbol} is not among what may be traded`,
        listOf(facts.context.risk.inForce.limits.allowedSymbols),
        facts.order.symbol,
      );

export const assetClassIsAmongAllowed: OrderRule = (facts) => {
  const { instrument } = facts;
  return instrument === null || isAmong(facts, "allowedAssetClasses", instrument.assetClass)
    ? null
    : deny(
        "ASSET_CLASS_NOT_ALLOWED",
        `instruments of the class ${instrument.assetClass} may not be traded`,
        listOf(facts.context.risk.inForce.limits.allowedAssetClasses),
        instrument.assetClass,
      );
};

/** What is held from before may still be given away. */
function isAmong(
  facts: Facts,
  name: "allowedSymbols" | "allowedAssetClasses",
  value: string,
): boolean {
  const { inForce, isFlattening } = facts.context.risk;
  const allowed: readonly string[] | undefined = inForce.limits[name];
  return allowed === undefined || allowed.includes(value) || isFlattening || reduces(facts);
}

function listOf(allowed: readonly string[] = []): string {
  return allowed.length === 0 ? "none" : `one of ${allowed.join(", ")}`;
}

export const tenantNotionalIsInside: OrderRule = (facts) => {
  const after = known(facts);
  const limit = facts.context.risk.inForce.totals.maxGrossNotional;
  if (after === null || after.others === null || limit === undefined) return null;
  return aboveTotal(
    "TENANT_NOTIONAL_EXCEEDS_LIMIT",
    "the positions of all the tenant's portfolios together would be worth too much",
    limit,
    after.others.gross.plus(after.exposure.gross),
  );
};

export const tenantLossIsInside: OrderRule = (facts) => {
  const after = known(facts);
  const limit = facts.context.risk.inForce.totals.maxDailyLoss;
  if (after === null || after.others === null || limit === undefined) return null;
  const own = dec(facts.context.dayStartEquity).minus(after.equity);
  return aboveTotal(
    "TENANT_LOSS_EXCEEDED",
    "all the tenant's portfolios together have lost too much today",
    limit,
    after.others.dayLoss.plus(own),
  );
};

function aboveTotal(code: DenialCode, message: string, limit: DecimalString, value: Decimal) {
  return value.greaterThan(limit) ? deny(code, message, limit, text(value)) : null;
}
