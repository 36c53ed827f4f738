export const ATTRIBUTION_METHODS = ["brinsonHoodBeebower", "brinsonFachler", "geometric"] as const;
export type AttributionMethod = (typeof ATTRIBUTION_METHODS)[number];

/** A group (a sector, a class, a symbol) over one period, in the portfolio and in its benchmark. Fractions. */
export interface GroupPeriod {
  readonly group: string;
  /** at the period's beginning */
  readonly portfolioWeight: number;
  readonly benchmarkWeight: number;
  /** null: there is none of the group in it, and its weight is 0 */
  readonly portfolioReturn: number | null;
  readonly benchmarkReturn: number | null;
}

/** What a decision added to the return, a fraction. */
export interface Effects {
  readonly allocation: number;
  readonly selection: number;
  /** 0 of the geometric method, whose selection has it */
  readonly interaction: number;
}

export interface PeriodAttribution {
  readonly portfolioReturn: number;
  readonly benchmarkReturn: number;
  /** by group, in the order given */
  readonly groups: readonly (Effects & { readonly group: string })[];
  /** of all groups */
  readonly total: Effects;
}

/**
 * What made the difference between a portfolio's return and its benchmark's over one period.
 *
 * Brinson, Hood & Beebower (1986): allocation (wₚ − w_b)·r_b, selection w_b·(rₚ − r_b), interaction (wₚ − w_b)(rₚ − r_b).
 * Brinson & Fachler (1985): allocation (wₚ − w_b)(r_b − R_b), the others alike. Both add up to Rₚ − R_b.
 * Geometric (Bacon 2008, ch. 5): allocation (wₚ − w_b)((1 + r_b)/(1 + R_b) − 1), selection wₚ·(rₚ − r_b)/(1 + R_s) with the
 * semi-notional return R_s = Σwₚr_b; (1 + ΣA)(1 + ΣS) = (1 + Rₚ)/(1 + R_b).
 *
 * A group that one side lacks has there the other side's return, so that nobody is said to have selected what he did not hold.
 * Where neither is known it is 0.
 * @param groups weights of each side add up to 1
 */
export function attribute(
  groups: readonly GroupPeriod[],
  method: AttributionMethod,
): PeriodAttribution {
  const known = groups.map(completed);
  const sum = (of: (one: Known) => number) => known.reduce((all, one) => all + of(one), 0);
  const portfolioReturn = sum(({ wp, rp }) => wp * rp);
  const benchmarkReturn = sum(({ wb, rb }) => wb * rb);
  const notional = sum(({ wp, rb }) => wp * rb);
  const effects = known.map((one) => ({
    group: one.group,
    ...effectsOf(one, method, benchmarkReturn, notional),
  }));
  return { portfolioReturn, benchmarkReturn, groups: effects, total: addUp(effects) };
}

interface Known {
  readonly group: string;
  readonly wp: number;
  readonly wb: number;
  readonly rp: number;
  readonly rb: number;
}

function completed(one: GroupPeriod): Known {
  const { group, portfolioWeight: wp, benchmarkWeight: wb } = one;
  const rp = one.portfolioReturn ?? one.benchmarkReturn ?? 0;
  const rb = one.benchmarkReturn ?? one.portfolioReturn ?? 0;
  return { group, wp, wb, rp, rb };
}

function effectsOf(
  { wp, wb, rp, rb }: Known,
  method: AttributionMethod,
  benchmarkReturn: number,
  notional: number,
): Effects {
  const tilt = wp - wb;
  switch (method) {
    case "brinsonHoodBeebower":
      return { allocation: tilt * rb, selection: wb * (rp - rb), interaction: tilt * (rp - rb) };
    case "brinsonFachler":
      return {
        allocation: tilt * (rb - benchmarkReturn),
        selection: wb * (rp - rb),
        interaction: tilt * (rp - rb),
      };
    case "geometric":
      return {
        allocation: tilt * ((1 + rb) / (1 + benchmarkReturn) - 1),
        selection: (wp * (rp - rb)) / (1 + notional),
        interaction: 0,
      };
  }
}

export function addUp(effects: readonly Effects[]): Effects {
  let [allocation, selection, interaction] = [0, 0, 0];
  for (const one of effects) {
    allocation += one.allocation;
    selection += one.selection;
    interaction += one.interaction;
  }
  return { allocation, selection, interaction };
}
