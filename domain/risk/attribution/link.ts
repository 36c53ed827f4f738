import type { Effects, PeriodAttribution } from "./brinson.ts";

export const LINKINGS = ["carino", "menchero", "grap", "frongello"] as const;
export type Linking = (typeof LINKINGS)[number];

export interface Linked {
  /** compounded */
  readonly portfolioReturn: number;
  readonly benchmarkReturn: number;
  /** by group, in the order of their first period */
  readonly groups: readonly (Effects & { readonly group: string })[];
}

/**
 * The arithmetic effects of single periods as effects on the compounded returns: they add up to Rₚ − R_b exactly.
 *
 * Carino (1999): each period's effects times k_t/k, with k_t = (ln(1 + Rₚₜ) − ln(1 + R_bt))/(Rₚₜ − R_bt) and k alike of the whole.
 * Menchero (2000): times M + αₜ, with the optimised constants of his eqs. 12 and 19.
 * GRAP (1997): times Π over earlier periods of 1 + Rₚ, and over later ones of 1 + R_b.
 * Frongello (2002): effect·Π over earlier periods of 1 + Rₚ, plus R_bt times what is linked so far.
 * @param periods oldest first; returns above −1
 */
export function linkEffects(periods: readonly PeriodAttribution[], linking: Linking): Linked {
  const [portfolioReturn, benchmarkReturn] = [
    compounded(periods.map((period) => period.portfolioReturn)),
    compounded(periods.map((period) => period.benchmarkReturn)),
  ];
  const linked = new Map<string, Effects>();
  const factors = linking === "frongello" ? null : factorsOf(periods, linking);
  for (const [t, period] of periods.entries()) {
    if (factors === null) carry(linked, period.benchmarkReturn);
    const factor = factors?.[t] ?? earlierGrowth(periods, t);
    for (const { group, ...effects } of period.groups)
      linked.set(group, plus(linked.get(group) ?? NONE, scaled(effects, factor)));
  }
  const groups = [...linked].map(([group, effects]) => ({ group, ...effects }));
  return { portfolioReturn, benchmarkReturn, groups };
}

/**
 * Geometric effects of single periods, compounded: (1 + A)(1 + S) = (1 + Rₚ)/(1 + R_b). By group they are scaled so that they
 * add up to the compounded totals.
 */
export function compoundGeometric(periods: readonly PeriodAttribution[]): Linked {
  const total = {
    allocation: compounded(periods.map((period) => period.total.allocation)),
    selection: compounded(periods.map((period) => period.total.selection)),
  };
  const sums = new Map<string, Effects>();
  for (const { groups } of periods)
    for (const { group, ...effects } of groups)
      sums.set(group, plus(sums.get(group) ?? NONE, effects));
  const all = [...sums.values()].reduce(plus, NONE);
  const scale = {
    allocation: total.allocation / all.allocation,
    selection: total.selection / all.selection,
  };
  return {
    portfolioReturn: compounded(periods.map((period) => period.portfolioReturn)),
    benchmarkReturn: compounded(periods.map((period) => period.benchmarkReturn)),
    groups: [...sums].map(([group, effects]) => ({
      group,
      allocation: part(effects.allocation, scale.allocation, total.allocation / sums.size),
      selection: part(effects.selection, scale.selection, total.selection / sums.size),
      interaction: 0,
    })),
  };
}

/** Where effects of opposite signs cancel out no scale makes them add up: the compounded total is then shared equally. */
function part(effect: number, scale: number, equalShare: number): number {
  const isUsable = Number.isFinite(scale) && scale > 0 && scale < 10;
  return isUsable ? effect * scale : equalShare;
}

const NONE: Effects = { allocation: 0, selection: 0, interaction: 0 };

function factorsOf(
  periods: readonly PeriodAttribution[],
  linking: Exclude<Linking, "frongello">,
): readonly number[] {
  switch (linking) {
    case "carino": {
      const whole = logRatio(
        compounded(periods.map((period) => period.portfolioReturn)),
        compounded(periods.map((period) => period.benchmarkReturn)),
      );
      return periods.map((one) => logRatio(one.portfolioReturn, one.benchmarkReturn) / whole);
    }
    case "menchero":
      return mencheroFactors(periods);
    case "grap":
      return periods.map((_, t) => earlierGrowth(periods, t) * laterGrowth(periods, t));
  }
}

/** (ln(1 + a) − ln(1 + b))/(a − b), and its limit where they meet. */
function logRatio(a: number, b: number): number {
  const gap = (a - b) / (1 + b);
  // Of gaps near 0 the difference of logarithms has lost its digits; log1p keeps them.
  return gap === 0 ? 1 / (1 + b) : Math.log1p(gap) / (a - b);
}

function mencheroFactors(periods: readonly PeriodAttribution[]): readonly number[] {
  const count = periods.length;
  const portfolio = compounded(periods.map((period) => period.portfolioReturn));
  const benchmark = compounded(periods.map((period) => period.benchmarkReturn));
  const roots = (1 + portfolio) ** (1 / count) - (1 + benchmark) ** (1 / count);
  const m =
    Math.abs(roots) < 1e-12
      ? (1 + benchmark) ** ((count - 1) / count)
      : (portfolio - benchmark) / count / roots;
  const active = periods.map((one) => one.portfolioReturn - one.benchmarkReturn);
  const sum = active.reduce((all, one) => all + one, 0);
  const squares = active.reduce((all, one) => all + one * one, 0);
  const rest = portfolio - benchmark - m * sum;
  return active.map((one) => m + (squares === 0 ? 0 : (rest / squares) * one));
}

function earlierGrowth(periods: readonly PeriodAttribution[], t: number): number {
  return 1 + compounded(periods.slice(0, t).map((period) => period.portfolioReturn));
}

function laterGrowth(periods: readonly PeriodAttribution[], t: number): number {
  return 1 + compounded(periods.slice(t + 1).map((period) => period.benchmarkReturn));
}

/** What is linked so far earns what the benchmark does. */
function carry(linked: Map<string, Effects>, benchmarkReturn: number): void {
  for (const [group, effects] of linked) linked.set(group, scaled(effects, 1 + benchmarkReturn));
}

function scaled(effects: Effects, factor: number): Effects {
  return {
    allocation: effects.allocation * factor,
    selection: effects.selection * factor,
    interaction: effects.interaction * factor,
  };
}

function plus(a: Effects, b: Effects): Effects {
  return {
    allocation: a.allocation + b.allocation,
    selection: a.selection + b.selection,
    interaction: a.interaction + b.interaction,
  };
}

function compounded(returns: readonly number[]): number {
  return returns.reduce((wealth, one) => wealth * (1 + one), 1) - 1;
}
