import { Decimal, dec, type DecimalString, text, ZERO } from "../../shared/decimal.ts";
import type { Exposure } from "./live-book.ts";
import type { Losses } from "./losses.ts";
import {
  type Limits,
  type RiskPolicy,
  type TotalLimit,
  WATCHED_LIMITS,
  type WatchedLimit,
} from "./policy.ts";

export type Level = "ok" | "warning" | "breach";

/** A portfolio at the market, as its limits look at it. Money is in the base currency. */
export interface Standings {
  readonly equity: Decimal;
  readonly exposure: Exposure;
  /** null: no history */
  readonly losses: Losses | null;
  /** the highest equity that is known, this one counted */
  readonly peak: Decimal;
  /** equity as the day began (UTC) */
  readonly dayOpen: Decimal;
  readonly openOrders: number;
}

/** One limit, where it is set and where the portfolio stands, or its tenant's portfolios together. Fractions to 8 decimals, rounded up. */
export interface Reading {
  readonly name: WatchedLimit | TotalLimit;
  /** null: not set */
  readonly breach: DecimalString | null;
  readonly warning: DecimalString | null;
  /** null: not known, or not defined as equity is not positive */
  readonly observed: DecimalString | null;
  /** of equity that is not positive: beyond every limit of what stands over it */
  readonly isBeyond: boolean;
}

export function readingsOf(
  now: Standings,
  { limits }: Pick<Limits, "limits">,
  warnings: RiskPolicy["warnings"],
): readonly Reading[] {
  return WATCHED_LIMITS.map((name) => {
    const set = limits[name];
    const value = observedOf(name, now);
    return {
      name,
      breach: set === undefined ? null : String(set),
      warning: warnings[name] ?? null,
      observed: value instanceof Decimal ? text(value) : null,
      isBeyond: value === "beyond",
    };
  });
}

/** The tightest warning of each limit. */
export function warningsOf(policies: readonly (RiskPolicy | null)[]): RiskPolicy["warnings"] {
  const lowest: { [name in WatchedLimit]?: DecimalString } = {};
  for (const policy of policies)
    for (const name of WATCHED_LIMITS) {
      const set = policy?.warnings[name];
      if (set !== undefined) lowest[name] = text(Decimal.min(set, lowest[name] ?? set));
    }
  return lowest;
}

type Observed = Decimal | "beyond" | null;

function observedOf(name: WatchedLimit, now: Standings): Observed {
  const { equity, exposure, losses, peak, dayOpen } = now;
  switch (name) {
    case "maxGrossLeverage":
      return over(exposure.gross, equity);
    case "maxNetLeverage":
      return over(exposure.net, equity);
    case "maxConcentrationPct":
      return over(exposure.largest?.gross ?? ZERO, equity);
    case "maxSectorPct":
      return over(Decimal.max(ZERO, ...exposure.bySector.values()), equity);
    case "maxVarPct":
      return losses && over(money(losses.valueAtRisk), equity);
    case "maxExpectedShortfallPct":
      return losses && over(money(losses.expectedShortfall), equity);
    case "maxDrawdownPct":
      return fallen(peak, equity);
    case "maxDailyLossPct":
      return fallen(dayOpen, equity);
    case "maxSymbolNotional":
      return exposure.largest?.gross ?? ZERO;
    case "maxOpenOrders":
      return dec(now.openOrders);
  }
}

/** A statistic becomes money here. */
function money(value: number): Decimal {
  return dec(value.toFixed(8));
}

function over(value: Decimal, equity: Decimal): Observed {
  if (equity.greaterThan(ZERO)) return value.dividedBy(equity).toDecimalPlaces(8, Decimal.ROUND_UP);
  return value.isZero() ? ZERO : "beyond";
}

function fallen(from: Decimal, to: Decimal): Observed {
  if (!from.greaterThan(ZERO)) return null;
  const loss = from.minus(to).dividedBy(from).toDecimalPlaces(8, Decimal.ROUND_UP);
  return Decimal.max(loss, ZERO);
}

/** What lies this close below a limit that was passed is still beyond it: a price that trembles is one condition and not many. */
const RELEASE = "0.98";

/** Where the portfolio stands with a limit, given where it stood before. Null: not known, so that it stays where it was. */
export function levelOf(
  { breach, warning, observed, isBeyond }: Reading,
  before: Level,
): Level | null {
  if (breach === null && warning === null) return "ok";
  if (isBeyond) return "breach";
  if (observed === null) return null;
  if (isPast(observed, breach, before === "breach")) return "breach";
  return isPast(observed, warning, before !== "ok") ? "warning" : "ok";
}

function isPast(observed: DecimalString, limit: DecimalString | null, wasPast: boolean): boolean {
  if (limit === null) return false;
  if (dec(observed).greaterThan(limit)) return true;
  return wasPast && dec(observed).greaterThan(dec(limit).times(RELEASE));
}
