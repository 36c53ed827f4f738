import type { PortfolioLimits } from "./limit-fields.ts";
import { Decimal, type DecimalString, text } from "../../shared/decimal.ts";

/** The limits that are a number which may not be exceeded; of several that are set the lowest counts. */
export const NUMBER_LIMITS = [
  "maxOrderNotional",
  "maxPositionPct",
  "maxDailyLossPct",
  "priceCollarPct",
  "maxGrossLeverage",
  "maxNetLeverage",
  "maxDrawdownPct",
  "maxVarPct",
  "maxExpectedShortfallPct",
  "maxSymbolNotional",
  "maxConcentrationPct",
  "maxSectorPct",
] as const satisfies readonly (keyof PortfolioLimits)[];
type NumberLimit = (typeof NUMBER_LIMITS)[number];

export const COUNT_LIMITS = [
  "maxOrdersPerMinute",
  "maxOpenOrders",
] as const satisfies readonly (keyof PortfolioLimits)[];

export const LIST_LIMITS = [
  "restrictedSymbols",
  "allowedSymbols",
  "allowedAssetClasses",
] as const satisfies readonly (keyof PortfolioLimits)[];

export const LIMIT_NAMES = [...NUMBER_LIMITS, ...COUNT_LIMITS, ...LIST_LIMITS] as const;
export type LimitName = (typeof LIMIT_NAMES)[number];

/** The limits of all of a tenant's portfolios together, in money. */
export const TOTAL_LIMITS = ["maxGrossNotional", "maxDailyLoss"] as const;
export type TotalLimit = (typeof TOTAL_LIMITS)[number];

/** What can be looked at as prices move, with a warning below the limit. */
export const WATCHED_LIMITS = [
  "maxGrossLeverage",
  "maxNetLeverage",
  "maxDailyLossPct",
  "maxDrawdownPct",
  "maxVarPct",
  "maxExpectedShortfallPct",
  "maxSymbolNotional",
  "maxConcentrationPct",
  "maxSectorPct",
  "maxOpenOrders",
] as const satisfies readonly LimitName[];
export type WatchedLimit = (typeof WATCHED_LIMITS)[number];

/** What may set off a halt by itself. */
export const TRIGGERS = ["dailyLoss", "drawdown", "valueAtRisk", "reconciliation"] as const;
export type Trigger = (typeof TRIGGERS)[number];

/** A type alias, so that it is assignable to Json. */
export type TriggerAction = {
  readonly action: "warn" | "reducing" | "halted";
  readonly cancelOpenOrders?: true;
  readonly flatten?: true;
};

/** What the desk of risk, or the tenant, sets for a portfolio beside what its owner does. Absent means not limited. */
export type RiskPolicy = {
  readonly limits: PortfolioLimits;
  /** below the limit of the same name */
  readonly warnings: { readonly [name in WatchedLimit | TotalLimit]?: DecimalString };
  readonly triggers: { readonly [name in Trigger]?: TriggerAction };
  /** of the value at risk and the expected shortfall that are limited, in (0, 1) */
  readonly varConfidence?: number;
  /** daily returns that they are taken from */
  readonly varLookback?: number;
  /** how long a price that nothing newer was heard after is still gone by */
  readonly markMaxAgeSeconds?: number;
  /** how long an alert stays silent after it was given */
  readonly alertCooldownSeconds?: number;
  /** of a tenant: over all its portfolios */
  readonly totals?: { readonly [name in TotalLimit]?: DecimalString };
};

const DEFAULT_CONFIDENCE = 0.95;
/** A year of trading days. */
const DEFAULT_LOOKBACK = 252;
/** A long weekend: what is held trades in other hours than what is ordered. */
const DEFAULT_MARK_MAX_AGE_SECONDS = 345_600;

/** Somebody who may has let a limit be passed over for a while. */
export type Override = {
  readonly limit: LimitName | TotalLimit;
  /** epoch ms */
  readonly untilMs: number;
  readonly reason: string;
  readonly by: string;
  readonly atMs: number;
};

/** All that limits a portfolio, put together. */
export interface Limits {
  readonly limits: PortfolioLimits;
  readonly totals: NonNullable<RiskPolicy["totals"]>;
  readonly confidence: number;
  readonly lookback: number;
  readonly markMaxAgeMs: number;
}

/** Where a portfolio's limits come from. */
export interface LimitSources {
  /** the owner's */
  readonly own: PortfolioLimits;
  readonly desk: RiskPolicy | null;
  readonly tenant: RiskPolicy | null;
  readonly overrides: readonly Override[];
}

/** Of each limit the tightest that owner, desk or tenant has set; none that is overridden at `nowMs`. */
export function limitsInForce(
  { own, desk, tenant, overrides }: LimitSources,
  nowMs: number,
): Limits {
  const layers = [desk, tenant].filter((layer) => layer !== null);
  const tightest = layers.reduce((limits, layer) => tighter(limits, layer.limits), own);
  const lifted = overrides.filter(({ untilMs }) => untilMs > nowMs).map(({ limit }) => limit);
  const totals = tenant?.totals ?? {};
  return {
    limits: lifted.length === 0 ? tightest : without(tightest, lifted),
    totals: lifted.length === 0 ? totals : without(totals, lifted),
    confidence:
      Math.max(0, ...layers.map((layer) => layer.varConfidence ?? 0)) || DEFAULT_CONFIDENCE,
    lookback: desk?.varLookback ?? tenant?.varLookback ?? DEFAULT_LOOKBACK,
    markMaxAgeMs:
      1_000 *
      Math.min(
        ...layers.map((layer) => layer.markMaxAgeSeconds ?? DEFAULT_MARK_MAX_AGE_SECONDS),
        DEFAULT_MARK_MAX_AGE_SECONDS,
      ),
  };
}

function without<T extends object>(limits: T, names: readonly string[]): T {
  // sound: every field of limits may be absent
  return Object.fromEntries(Object.entries(limits).filter(([name]) => !names.includes(name))) as T;
}

function tighter(a: PortfolioLimits, b: PortfolioLimits): PortfolioLimits {
  const lowest: { [name in NumberLimit]?: DecimalString } = {};
  for (const name of NUMBER_LIMITS) {
    const set = [a[name], b[name]].filter((value) => value !== undefined);
    if (set.length > 0) lowest[name] = text(Decimal.min(...set));
  }
  const count = (name: (typeof COUNT_LIMITS)[number]) => {
    const set = [a[name], b[name]].filter((value) => value !== undefined);
    return set.length === 0 ? {} : { [name]: Math.min(...set) };
  };
  const restricted = [...(a.restrictedSymbols ?? []), ...(b.restrictedSymbols ?? [])];
  return {
    ...lowest,
    ...count("maxOrdersPerMinute"),
    ...count("maxOpenOrders"),
    ...(restricted.length > 0 && { restrictedSymbols: [...new Set(restricted)] }),
    ...allowed("allowedSymbols", a, b),
    ...allowed("allowedAssetClasses", a, b),
  };
}

/** What both allow. */
function allowed(
  name: "allowedSymbols" | "allowedAssetClasses",
  a: PortfolioLimits,
  b: PortfolioLimits,
): PortfolioLimits {
  const [one, other] = [a[name], b[name]];
  if (one === undefined && other === undefined) return {};
  const others: readonly string[] | undefined = other;
  const both = (one ?? other ?? []).filter((item) => others === undefined || others.includes(item));
  return { [name]: both };
}

/** The limits that cannot be checked without prices of all that is held. */
const LIVE_LIMITS = [
  "maxGrossLeverage",
  "maxNetLeverage",
  "maxDrawdownPct",
  "maxVarPct",
  "maxExpectedShortfallPct",
  "maxSymbolNotional",
  "maxConcentrationPct",
  "maxSectorPct",
] as const satisfies readonly WatchedLimit[];

/** Whether they could be checked better, or only, with prices of all that is held. */
export function wantsPrices(limits: Pick<Limits, "limits" | "totals">): boolean {
  return needsPrices(limits) || limits.limits.maxDailyLossPct !== undefined;
}

export function needsPrices({ limits, totals }: Pick<Limits, "limits" | "totals">): boolean {
  return (
    LIVE_LIMITS.some((name) => limits[name] !== undefined) ||
    TOTAL_LIMITS.some((name) => totals[name] !== undefined)
  );
}

export function needsHistory({ limits }: Pick<Limits, "limits">): boolean {
  return limits.maxVarPct !== undefined || limits.maxExpectedShortfallPct !== undefined;
}
