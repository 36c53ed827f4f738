import type { PortfolioSummary } from "../../../domain/portfolio/messages.ts";
import { levelOf, type Reading, readingsOf, warningsOf } from "../../../domain/risk/live/levels.ts";
import type { PortfolioLimits } from "../../../domain/risk/live/limit-fields.ts";
import {
  COUNT_LIMITS,
  type Limits,
  needsHistory,
  NUMBER_LIMITS,
  type RiskPolicy,
  TOTAL_LIMITS,
} from "../../../domain/risk/live/policy.ts";
import { dec, type DecimalString, text } from "../../../domain/shared/decimal.ts";
import type { Json } from "../../../domain/shared/json.ts";
import type { ActionMap } from "../../../mixins/rest/routes/index.ts";
import type { RiskLimitsView, ShownLimit } from "../../../mixins/rest/routes/risk-limits.ts";
import { isoTime } from "../../../mixins/rest/views.ts";
import type { Measured } from "./measure.ts";

type Put = ActionMap["limits.put"]["params"];
type PutTenant = ActionMap["limits.putTenant"]["params"];

const LEVELED = [...NUMBER_LIMITS, "maxOpenOrders"] as const;

/** What REST sets, as the portfolio keeps it. */
export function policyOf(params: Omit<Put, "portfolioId">): RiskPolicy {
  const breaches: { [name: string]: DecimalString | number } = {};
  const warnings: { [name: string]: DecimalString } = {};
  for (const name of LEVELED) {
    const { warning, breach } = levelsOf(params[name]);
    if (breach !== undefined) breaches[name] = name === "maxOpenOrders" ? Number(breach) : breach;
    if (warning !== undefined) warnings[name] = warning;
  }
  const { restrictedSymbols, allowedSymbols, allowedAssetClasses, maxOrdersPerMinute } = params;
  const limits = {
    ...breaches,
    ...(maxOrdersPerMinute !== undefined && { maxOrdersPerMinute }),
    ...(restrictedSymbols && { restrictedSymbols }),
    ...(allowedSymbols && { allowedSymbols }),
    ...(allowedAssetClasses && { allowedAssetClasses }),
  } satisfies PortfolioLimits;
  const { varConfidence, varLookback, markMaxAgeSeconds, alertCooldownSeconds } = params;
  return {
    limits,
    warnings,
    triggers: triggersOf(params.triggers),
    ...(varConfidence !== undefined && { varConfidence }),
    ...(varLookback !== undefined && { varLookback }),
    ...(markMaxAgeSeconds !== undefined && { markMaxAgeSeconds }),
    ...(alertCooldownSeconds !== undefined && { alertCooldownSeconds }),
  };
}

export function tenantPolicyOf(params: PutTenant): RiskPolicy {
  const policy = policyOf(params);
  const totals: { [name: string]: DecimalString } = {};
  const warnings: { [name: string]: DecimalString } = { ...policy.warnings };
  for (const name of TOTAL_LIMITS) {
    const { warning, breach } = levelsOf(params[name]);
    if (breach !== undefined) totals[name] = breach;
    if (warning !== undefined) warnings[name] = warning;
  }
  return { ...policy, totals, warnings };
}

type Leveled = Put["maxVarPct"];

function levelsOf(set: Leveled): {
  readonly warning?: DecimalString | undefined;
  readonly breach?: DecimalString | undefined;
} {
  if (set === undefined) return {};
  if (typeof set !== "object") return { breach: text(dec(set)) };
  return {
    ...(set.warning !== undefined && { warning: text(dec(set.warning)) }),
    ...(set.breach !== undefined && { breach: text(dec(set.breach)) }),
  };
}

function triggersOf(set: Put["triggers"] = {}): RiskPolicy["triggers"] {
  const triggers: { [name: string]: RiskPolicy["triggers"]["drawdown"] } = {};
  for (const [name, one] of Object.entries(set))
    if (one !== undefined)
      triggers[name] = {
        action: one.action,
        ...(one.cancelOpenOrders === true && { cancelOpenOrders: true }),
        ...(one.flatten === true && { flatten: true }),
      };
  return triggers;
}

/** As REST takes it. */
export function tenantLimitsJson({ limits, warnings, totals, ...rest }: RiskPolicy): Json {
  const shown: { [name: string]: Json } = {};
  for (const [name, value] of Object.entries({ ...limits, ...totals }))
    shown[name] = typeof value === "string" ? { breach: value } : (value as Json);
  for (const [name, warning] of Object.entries(warnings)) {
    const breach = { ...totals, ...limits }[name as "maxVarPct"];
    shown[name] = { warning, ...(breach !== undefined && { breach }) };
  }
  // sound: a policy is made of strings, numbers, arrays and objects of them
  return { ...shown, ...(rest as { [name: string]: Json }) };
}

export function toLimitsView(
  summary: PortfolioSummary,
  inForce: Limits,
  measured: Measured,
  nowMs: number,
): RiskLimitsView {
  const { risk, limits: own } = summary;
  const [desk, tenant] = [risk?.desk ?? null, risk?.tenant?.policy ?? null];
  const warnings = warningsOf([desk, tenant]);
  const readings = "missing" in measured ? [] : readingsOf(measured, inForce, warnings);
  const overrides = (risk?.overrides ?? []).filter(({ untilMs }) => untilMs > nowMs);
  const limitOf = (name: (typeof NUMBER_LIMITS)[number] | (typeof COUNT_LIMITS)[number]) => {
    const layers = [own, desk?.limits ?? {}, tenant?.limits ?? {}].map((layer) => layer[name]);
    const until = overrides.find(({ limit }) => limit === name)?.untilMs;
    return shownLimit(
      layers,
      warnings[name as keyof typeof warnings] ?? null,
      readings.find((reading) => reading.name === name),
      until === undefined ? null : isoTime(until),
    );
  };
  const known = "missing" in measured ? null : measured;
  const { limits } = inForce;
  return {
    portfolioId: summary.portfolioId,
    currency: summary.baseCurrency,
    maxOrderNotional: limitOf("maxOrderNotional"),
    maxPositionPct: limitOf("maxPositionPct"),
    maxDailyLossPct: limitOf("maxDailyLossPct"),
    priceCollarPct: limitOf("priceCollarPct"),
    maxGrossLeverage: limitOf("maxGrossLeverage"),
    maxNetLeverage: limitOf("maxNetLeverage"),
    maxDrawdownPct: limitOf("maxDrawdownPct"),
    maxVarPct: limitOf("maxVarPct"),
    maxExpectedShortfallPct: limitOf("maxExpectedShortfallPct"),
    maxSymbolNotional: limitOf("maxSymbolNotional"),
    maxConcentrationPct: limitOf("maxConcentrationPct"),
    maxSectorPct: limitOf("maxSectorPct"),
    maxOrdersPerMinute: limitOf("maxOrdersPerMinute"),
    maxOpenOrders: limitOf("maxOpenOrders"),
    restrictedSymbols: [...(limits.restrictedSymbols ?? [])],
    allowedSymbols: limits.allowedSymbols ? [...limits.allowedSymbols] : null,
    allowedAssetClasses: limits.allowedAssetClasses ? [...limits.allowedAssetClasses] : null,
    varConfidence: inForce.confidence,
    varLookback: inForce.lookback,
    markMaxAgeSeconds: inForce.markMaxAgeMs / 1_000,
    triggers: { ...tenant?.triggers, ...desk?.triggers },
    overrides: overrides.map(({ limit, untilMs, reason, by, atMs }) => ({
      limit,
      until: isoTime(untilMs),
      reason,
      by,
      at: isoTime(atMs),
    })),
    equity: known && text(known.equity),
    highWaterMark: known ? text(known.peak) : (risk?.highWater ?? null),
    dayStartEquity: known && text(known.dayOpen),
    grossExposure: known && text(known.exposure.gross),
    netExposure: known && text(known.exposure.net),
    valueAtRisk: moneyOf(known?.losses?.valueAtRisk),
    expectedShortfall: moneyOf(known?.losses?.expectedShortfall),
    missing: [...missingOf(measured, inForce)],
    method:
      "marked to the market, open orders at each symbol's worse outcome; historical simulation, type-7 quantile",
    sampleSize: known?.exposure.pnl.length ?? 0,
    source: "last prices heard of; stored daily bars, adjusted for splits and dividends",
    asOf: isoTime(nowMs),
  };
}

/** A history is missing only where a limit asks for it. */
function missingOf(measured: Measured, inForce: Limits): readonly string[] {
  if ("missing" in measured) return measured.missing;
  return needsHistory(inForce) ? measured.exposure.withoutHistory : [];
}

function moneyOf(value: number | undefined): DecimalString | null {
  return value === undefined ? null : text(dec(value.toFixed(8)));
}

const SOURCES = ["portfolio", "desk", "tenant"] as const;

function shownLimit(
  layers: readonly (DecimalString | number | undefined)[],
  warning: DecimalString | null,
  reading: Reading | undefined,
  overriddenUntil: string | null,
): ShownLimit {
  const set = layers.map((value) => (value === undefined ? null : dec(value)));
  let tightest = -1;
  for (const [i, value] of set.entries())
    if (value !== null && (set[tightest]?.greaterThan(value) ?? true)) tightest = i;
  const breach = set[tightest] ?? null;
  return {
    warning,
    breach: breach && text(breach),
    source: SOURCES[tightest] ?? null,
    current: reading?.observed ?? null,
    level:
      breach === null && warning === null
        ? "unset"
        : reading === undefined
          ? "unknown"
          : (levelOf(reading, "ok") ?? "unknown"),
    overriddenUntil,
  };
}
