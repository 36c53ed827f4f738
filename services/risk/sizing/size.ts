import type { Side } from "../../../domain/order/new-order.ts";
import { capQuantity, type AppliedCap } from "../../../domain/risk/sizing/caps.ts";
import { type Sized, unitsFor, unitsRisking } from "../../../domain/risk/sizing/quantity.ts";
import { partOf, type Target, targetOf } from "../../../domain/risk/sizing/target.ts";
import { type Decimal, dec, text } from "../../../domain/shared/decimal.ts";
import { insufficientData, unprocessable } from "../../../mixins/rest/rest-error.ts";
import type { PositionSizeView } from "../../../mixins/rest/routes/risk-sizing.ts";
import { isoTime } from "../../../mixins/rest/views.ts";
import type { RequestContext } from "../../../types/contracts.ts";
import type { PortfolioAccess } from "../../access.ts";
import type { NodeContext } from "../../context.ts";
import {
  entryOf,
  inCurrency,
  type Owner,
  ownerOf,
  type SizingParams,
  type Traded,
  tradedOf,
} from "./basis.ts";
import { capsOf } from "./caps.ts";
import { prepare } from "./inputs.ts";
import { proposalOf } from "./proposal.ts";
import { positionsOf } from "./weights.ts";

/** Digits of a quantity that is not rounded to lots. */
const RAW_DECIMALS = 12;

/** Sizes a position, or the positions of several assets. @throws RestError 404, 422 */
export async function sizePosition(
  node: NodeContext,
  access: PortfolioAccess,
  ctx: RequestContext<SizingParams>,
): Promise<PositionSizeView> {
  const { params } = ctx;
  const { sizing, sampleSize, source } = await prepare(node.compute, ctx, params);
  const target = targetOf(sizing);
  if (typeof target === "string") throw noTarget(target);
  const { portfolioId, symbol } = params;
  const owner = portfolioId === undefined ? null : await ownerOf(node, access, ctx, portfolioId);
  const traded = symbol === undefined ? null : await tradedOf(ctx, symbol);
  const side = sideOf(params);
  const entry = await priceOf(ctx, params, traded, side);
  refuseStop(params, entry, side);
  const unit = unitOf(params, traded);
  const currency = traded?.instrument.currency ?? owner?.summary.baseCurrency ?? null;
  const equity = await equityOf(ctx, params, owner, currency);
  const sized = sizeOf(target, { params, entry, equity, ...unit });
  const caps =
    sized === null || entry === null
      ? []
      : await capsOf(ctx, { owner, traded, side, entry, pointValue: unit.pointValue });
  const capped = sized === null ? null : capQuantity(sized.quantity, unit.lotSize, caps);
  const quantity = capped?.quantity ?? null;
  const notional =
    quantity === null || entry === null ? null : quantity.times(entry).times(unit.pointValue);
  const distance =
    params.stop === undefined || entry === null ? null : entry.minus(params.stop).abs();
  return {
    method: params.method,
    quantity: shown(quantity),
    rawQuantity: shown(sized?.rawQuantity.toDecimalPlaces(RAW_DECIMALS) ?? null),
    notional: shown(notional),
    riskAmount: shown(
      quantity === null || distance === null
        ? null
        : quantity.times(distance).times(unit.pointValue),
    ),
    ...fractionsOf(target, notional, equity),
    ...(target.kind === "weights" &&
      params.symbols !== undefined &&
      owner !== null && {
        positions: await positionsOf(ctx, owner, params.symbols, target.weights),
      }),
    side,
    equity: shown(equity),
    entry: shown(entry),
    stop: params.stop ?? null,
    ...unit,
    currency,
    appliedLimits: [...(capped?.applied ?? [])] satisfies AppliedCap[],
    proposal: proposalOf(params, { side, quantity, entry }),
    asOf: isoTime(node.clock.now()),
    sampleSize,
    source,
  };
}

interface Terms {
  readonly params: SizingParams;
  readonly entry: Decimal | null;
  readonly equity: Decimal | null;
  readonly pointValue: string;
  readonly lotSize: string;
}

/** Null where the method gives weights, or the price or the equity is not known. */
function sizeOf(target: Target, terms: Terms): Sized | null {
  const { params, entry, equity } = terms;
  switch (target.kind) {
    case "weights":
      return null;
    case "amount":
      return entry === null ? null : unitsFor(target.amount, { ...terms, entry });
    case "units":
      return equity === null
        ? null
        : unitsFor(target.perEquity.times(equity), {
            entry: dec(1),
            pointValue: "1",
            lotSize: terms.lotSize,
          });
    case "risk": {
      const distance = target.distance ?? stopDistance(params, entry);
      if (equity === null || distance === null) return null;
      return unitsRisking(partOf(equity, target.fraction), distance, terms);
    }
    case "fraction": {
      if (equity === null || entry === null) return null;
      const money = partOf(equity, target.fraction);
      const distance = target.isStake ? stopDistance(params, entry) : null;
      return distance === null
        ? unitsFor(money, { ...terms, entry })
        : unitsRisking(money, distance, terms);
    }
  }
}

function stopDistance({ stop }: SizingParams, entry: Decimal | null): Decimal | null {
  return stop === undefined || entry === null ? null : entry.minus(stop).abs();
}

function fractionsOf(target: Target, notional: Decimal | null, equity: Decimal | null) {
  const weight =
    notional === null || equity === null || equity.isZero()
      ? null
      : notional.dividedBy(equity).toNumber();
  switch (target.kind) {
    case "weights":
      return { fraction: null, weight, weights: target.weights };
    case "units":
      return { fraction: target.fraction, weight, terminalWealth: finite(target.terminalWealth) };
    case "amount":
    case "fraction":
    case "risk":
      return { fraction: target.fraction, weight };
  }
}

/** A product of very many trades may leave float64. */
function finite(value: number): number {
  return Math.min(value, Number.MAX_VALUE);
}

function sideOf({ side, stop, entry }: SizingParams): Side {
  if (side !== undefined) return side;
  return stop !== undefined && entry !== undefined && dec(stop).greaterThan(entry) ? "sell" : "buy";
}

async function priceOf(
  ctx: RequestContext,
  { entry }: SizingParams,
  traded: Traded | null,
  side: Side,
): Promise<Decimal | null> {
  if (entry !== undefined) return dec(entry);
  return traded === null ? null : entryOf(ctx, traded, side);
}

function refuseStop({ stop, method }: SizingParams, entry: Decimal | null, side: Side): void {
  if (stop === undefined) return;
  if (entry === null)
    throw unprocessable([
      {
        path: "entry",
        code: "REQUIRED",
        message: `or symbol is required for ${method} with a stop`,
      },
    ]);
  const isRight = side === "buy" ? entry.greaterThan(stop) : entry.lessThan(stop);
  if (isRight) return;
  const message = `must be ${side === "buy" ? "below" : "above"} the entry of a ${side}, ${text(entry)}`;
  throw unprocessable([{ path: "stop", code: "INVALID_VALUE", message }]);
}

function unitOf({ lotSize, pointValue }: SizingParams, traded: Traded | null) {
  return {
    lotSize: lotSize ?? traded?.instrument.lotSize ?? "1",
    pointValue: pointValue ?? traded?.instrument.multiplier ?? "1",
  };
}

/** In the currency of what is traded. */
async function equityOf(
  ctx: RequestContext,
  { equity }: SizingParams,
  owner: Owner | null,
  currency: string | null,
): Promise<Decimal | null> {
  if (equity !== undefined) return dec(equity);
  if (owner === null) return null;
  const { baseCurrency } = owner.summary;
  return inCurrency(ctx, owner.equity, baseCurrency, currency ?? baseCurrency);
}

function noTarget(reason: Exclude<ReturnType<typeof targetOf>, Target>) {
  switch (reason) {
    case "SINGULAR_COVARIANCE":
      return unprocessable([
        { path: "covariance", code: "INVALID_VALUE", message: "must be positive definite" },
      ]);
    case "NO_LOSING_TRADE":
      return insufficientData("optimal f needs a trade that lost: without one it has no maximum");
    case "NO_VOLATILITY_AND_NO_CAP":
      return unprocessable([
        { path: "maxLeverage", code: "REQUIRED", message: "is required where realizedVol is 0" },
      ]);
  }
}

function shown(value: Decimal | null): string | null {
  return value === null ? null : text(value);
}
