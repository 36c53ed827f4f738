import type { TradingState } from "../live/limit-fields.ts";

/**
 * A stop that was set from outside a portfolio: for all of its tenant's, or for itself, and of these for one symbol or for
 * all. A type alias, so that it is assignable to Json.
 */
export type Switch = {
  /** newer ones of the same key take the place of older ones */
  readonly seq: number;
  readonly scope: "global" | "portfolio";
  /** null: all symbols */
  readonly symbol: string | null;
  readonly state: TradingState;
  readonly reason: string;
  /** a user, or what of the portfolio set it off: `trigger:drawdown` */
  readonly by: string;
  readonly atMs: number;
  /** epoch ms: from then on it is as if it were not there; null: until it is changed */
  readonly expiresAtMs: number | null;
};

const SEVERITY: { readonly [state in TradingState]: number } = {
  active: 0,
  reducing: 1,
  halted: 2,
};

/** What a portfolio may do in a symbol, and the switch that says so; null: the portfolio's own state does. */
export interface Standing {
  readonly state: TradingState;
  readonly by: Switch | null;
}

/** The strictest of the portfolio's own state and of the switches in force; of equally strict ones the portfolio's own, then the first. */
export function standingOf(
  own: TradingState,
  switches: readonly Switch[],
  symbol: string,
  nowMs: number,
): Standing {
  let standing: Standing = { state: own, by: null };
  for (const one of switches) {
    const isOfSymbol = one.symbol === null || one.symbol === symbol;
    if (!isOfSymbol || !isInForce(one, nowMs)) continue;
    if (SEVERITY[one.state] > SEVERITY[standing.state]) standing = { state: one.state, by: one };
  }
  return standing;
}

export function isInForce({ state, expiresAtMs }: Switch, nowMs: number): boolean {
  return state !== "active" && (expiresAtMs === null || expiresAtMs > nowMs);
}

export function isSameKey(
  a: Pick<Switch, "scope" | "symbol">,
  b: Pick<Switch, "scope" | "symbol">,
) {
  return a.scope === b.scope && a.symbol === b.symbol;
}

/** The switches with this one in the place of an older one of its key; the same when it is not newer. */
export function withSwitch(switches: readonly Switch[], one: Switch): readonly Switch[] {
  const at = switches.findIndex((other) => isSameKey(other, one));
  if (at < 0) return [...switches, one];
  return (switches[at]?.seq ?? 0) >= one.seq ? switches : switches.with(at, one);
}

/** Who has halted trading and why, for whoever is denied. */
export function tellsWhy({ by, reason, expiresAtMs, scope, symbol }: Switch): string {
  const what = symbol === null ? (scope === "global" ? "all trading" : "the portfolio") : symbol;
  const until = expiresAtMs === null ? "" : `, until ${expiresAtMs}`;
  return `${what} was stopped by ${by}: ${reason}${until}`;
}
