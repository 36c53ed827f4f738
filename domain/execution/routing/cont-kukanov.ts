/**
 * How to divide an order between a market order and limit orders at several venues.
 * Source: R. Cont and A. Kukanov, "Optimal order placement in limit order markets", Quantitative Finance 17 (2017), 21–39;
 * arXiv 1210.1625. Float64: expectations are statistics.
 *
 * S to trade by a deadline: M by market order at the half-spread h and the fee f, L_k resting at venue k behind a queue Q_k,
 * with the rebate r_k. The queue moves by the outflow ξ_k, so that min(L_k, (ξ_k − Q_k)⁺) of L_k fills. A = M + all that fills.
 * Cost = (h + f)·M − Σ (h + r_k)·filled_k + λᵤ·(S − A)⁺ + λₒ·(A − S)⁺, and its expectation is minimised.
 */
import { pairsOf, point, strides, tail, tuplesOf } from "./grid.ts";
import { type Outflow, outflowQuantile, outflowReaches, outflowCdf } from "./outflow.ts";

export interface SplitTerms {
  /** S, units */
  readonly quantity: number;
  /** h, money per unit */
  readonly halfSpread: number;
  /** f, money per unit */
  readonly takerFee: number;
  /** λᵤ: what a unit too few costs, money */
  readonly underPenalty: number;
  /** λₒ: what a unit too many costs, money */
  readonly overPenalty: number;
  readonly venues: readonly QueueVenue[];
}

export interface QueueVenue {
  readonly name: string;
  /** Q_k, units ahead of ours */
  readonly queue: number;
  /** r_k, money per unit; negative is a maker fee */
  readonly rebate: number;
  /** of this venue, independent of the others */
  readonly outflow: Outflow;
}

export interface Split {
  readonly market: number;
  /** in the order of the venues */
  readonly limits: readonly number[];
  readonly expectedCost: number;
}

/**
 * One venue, in closed form (Proposition 2): all by limit when λᵤ ≤ (2h + f + r)/F(Q + S) − (h + r), all by market order when
 * λᵤ ≥ (2h + f + r)/F(Q) − (h + r), else F(Q + L) = (2h + f + r)/(λᵤ + h + r) and M = S − L.
 * @throws RangeError unless there is exactly one venue
 */
export function splitOneVenue(terms: SplitTerms): Omit<Split, "expectedCost"> {
  const [venue, ...others] = terms.venues;
  if (venue === undefined || others.length > 0) {
    throw new RangeError(`venues: expected 1, found ${String(terms.venues.length)}`);
  }
  const { quantity, halfSpread, takerFee, underPenalty } = terms;
  const { queue, rebate, outflow } = venue;
  const crossing = 2 * halfSpread + takerFee + rebate;
  // λ ≤ c/F − (h + r) as (λ + h + r)·F ≤ c, which holds for F = 0 too.
  const price = (x: number): number =>
    (underPenalty + halfSpread + rebate) * outflowCdf(outflow, x);
  if (price(queue + quantity) <= crossing) return { market: 0, limits: [quantity] };
  if (price(queue) >= crossing) return { market: quantity, limits: [0] };
  const level = outflowQuantile(outflow, crossing / (underPenalty + halfSpread + rebate));
  const limit = Math.min(quantity, Math.max(0, level - queue));
  return { market: quantity - limit, limits: [limit] };
}

/** The grid on which several venues are solved: the answer is exact in steps of S / STEPS_MAX, or of one lot when that is more. */
const STEPS_MAX = 100;

/**
 * Several venues, numerically and deterministically, on a grid of `steps` steps and within the set that the paper shows to hold
 * an optimum: M ≤ S, L_k ≤ S − M, and at least S in all. The expectation is exact on the grid, with fills counted in whole
 * steps. A grid of up to 20,000 points is enumerated. A finer one is searched by descent: for every M the L_k are improved
 * one at a time, each to its best given the others, then by exchanges between two, until neither helps; begun from the best
 * point of the finest grid that can be enumerated, from nothing, from all, and from equal parts. The cost need not be
 * convex, so that on such a grid what is found is a point that no such change improves, the best of all starts.
 * @param steps from 1 to STEPS_MAX
 */
export function splitVenues(terms: SplitTerms, steps: number): Split {
  if (!Number.isInteger(steps) || steps < 1 || steps > STEPS_MAX) {
    throw new RangeError(`steps: expected 1 to ${String(STEPS_MAX)}, found ${String(steps)}`);
  }
  const coarse = enumerableSteps(terms.venues.length, steps);
  const scout = new Grid(terms, coarse).enumerated();
  if (coarse === steps) return splitOf(terms, steps, scout);
  const grid = new Grid(terms, steps);
  const toFine = (x: number): number => x * (steps / coarse);
  const refined = grid.settle(toFine(scout.market), scout.limits.map(toFine));
  const descents = Array.from({ length: steps + 1 }, (_, market) => grid.best(market));
  const { market, limits } = descents.reduce(cheaper);
  return splitOf(terms, steps, cheaper(refined, grid.settle(market, limits)));
}

/** The finest grid whose points lie on the grid of `steps`, and of which every point can be tried. */
function enumerableSteps(venues: number, steps: number): number {
  const most = Math.max(1, Math.floor(ENUMERATED_MAX ** (1 / (venues + 1))) - 1);
  let coarse = Math.min(steps, most);
  while (steps % coarse !== 0) coarse -= 1;
  return coarse;
}

/** Ties, up to rounding, keep the earlier. */
function cheaper(a: GridPoint, b: GridPoint): GridPoint {
  return b.cost < a.cost - NOISE * Math.abs(a.cost) ? b : a;
}

function splitOf(
  { quantity }: SplitTerms,
  steps: number,
  { market, limits, cost }: GridPoint,
): Split {
  const unit = quantity / steps;
  return { market: market * unit, limits: limits.map((limit) => limit * unit), expectedCost: cost };
}

/** E[cost] of a split that lies on the grid. */
export function splitCost(
  terms: SplitTerms,
  steps: number,
  split: Omit<Split, "expectedCost">,
): number {
  const unit = terms.quantity / steps;
  const inSteps = (x: number): number => Math.round(x / unit);
  return new Grid(terms, steps).cost(inSteps(split.market), split.limits.map(inSteps));
}

/** Orders that do not settle within so many rounds exchange differences below rounding. */
const ROUNDS_MAX = 50;
/** Grids of so many points are enumerated. */
const ENUMERATED_MAX = 20_000;
/** Differences below it are rounding. */
const NOISE = 1e-12;

interface GridPoint {
  readonly market: number;
  readonly limits: readonly number[];
  readonly cost: number;
}

/** Everything in steps. A distribution is p[0 … steps], with all that is more lumped into the last. */
class Grid {
  readonly #terms: SplitTerms;
  readonly #steps: number;
  readonly #unit: number;
  /** of each venue: that at least j of our steps would fill, j = 0 … steps */
  readonly #reaches: readonly (readonly number[])[];

  constructor(terms: SplitTerms, steps: number) {
    this.#terms = terms;
    this.#steps = steps;
    this.#unit = terms.quantity / steps;
    this.#reaches = terms.venues.map(({ queue, outflow }) =>
      Array.from({ length: steps + 1 }, (_, j) =>
        j === 0 ? 1 : outflowReaches(outflow, queue + j * this.#unit),
      ),
    );
  }

  /** The cheapest of all points of the set. */
  enumerated(): GridPoint {
    const venues = this.#terms.venues.length;
    let best = this.#pointAt(
      this.#steps,
      Array.from({ length: venues }, () => 0),
    );
    for (let market = this.#steps - 1; market >= 0; market -= 1) {
      for (const limits of tuplesOf(venues, this.#steps - market)) {
        best = cheaper(best, this.#pointAt(market, limits));
      }
    }
    return best;
  }

  /** The best for one M that changes of one order at a time lead to. */
  best(market: number): GridPoint {
    const rest = this.#steps - market;
    const starts = [0, rest, Math.ceil(rest / this.#terms.venues.length)];
    return starts
      .map((limit) =>
        this.#improved(
          market,
          this.#terms.venues.map(() => limit),
        ),
      )
      .reduce(cheaper);
  }

  #pointAt(market: number, limits: readonly number[]): GridPoint {
    return { market, limits, cost: this.cost(market, limits) };
  }

  /** One order at a time, then in pairs; from the start again whenever a pair has found something. */
  settle(market: number, start: readonly number[]): GridPoint {
    let found = this.#improved(market, start);
    for (let round = 0; round < ROUNDS_MAX; round += 1) {
      const exchanged = this.#exchanged(found);
      if (exchanged === null) return found;
      found = this.#improved(market, exchanged.limits);
    }
    return found;
  }

  #improved(market: number, start: readonly number[]): GridPoint {
    const limits = [...start];
    let changed = true;
    for (let round = 0; changed && round < ROUNDS_MAX; round += 1) {
      changed = false;
      for (let venue = 0; venue < limits.length; venue += 1) {
        const best = this.#bestLimit(market, limits, venue);
        if (best === limits[venue]) continue;
        limits[venue] = best;
        changed = true;
      }
    }
    return this.#pointAt(market, limits);
  }

  /**
   * The cheapest point at which one venue's order is smaller and another's larger by as much; null when none is cheaper. Where
   * all orders together are just S, either change alone costs more and both together may not.
   */
  #exchanged({ market, limits, cost }: GridPoint): GridPoint | null {
    let best: GridPoint | null = null;
    const moves = pairsOf(limits.length).flatMap(([from, to]) => {
      const room = Math.min(limits[from] ?? 0, this.#steps - market - (limits[to] ?? 0));
      return strides(room).map((by) => ({ from, to, by }));
    });
    for (const { from, to, by } of moves) {
      const moved = limits.with(from, (limits[from] ?? 0) - by).with(to, (limits[to] ?? 0) + by);
      const movedCost = this.cost(market, moved);
      const bar = best?.cost ?? cost;
      if (movedCost < bar - NOISE * Math.abs(bar))
        best = { market, limits: moved, cost: movedCost };
    }
    return best;
  }

  /**
   * The marginal cost of the next step of L_k is its chance to fill times −(h + r) − λᵤ·P(short) + λₒ·P(not short), where the
   * second factor grows with L_k: the first L_k at which it is no longer negative is the best. Never fewer than make up S.
   */
  #bestLimit(market: number, limits: readonly number[], venue: number): number {
    const others = this.#filled(limits, venue);
    const rest = this.#steps - market;
    const elsewhere = limits.reduce((sum, x, index) => (index === venue ? sum : sum + x), 0);
    let limit = Math.max(0, rest - elsewhere);
    while (limit < rest && this.#gain(venue, tail(others, rest - limit)) < 0) limit += 1;
    return limit;
  }

  /** Per unit, given that it fills. @param enough P(A ≥ S) without it */
  #gain(venue: number, enough: number): number {
    const { halfSpread, underPenalty, overPenalty, venues } = this.#terms;
    const rebate = venues[venue]?.rebate ?? 0;
    return -(halfSpread + rebate) - underPenalty * (1 - enough) + overPenalty * enough;
  }

  /** Venue by venue, step by step, the expected change of the cost. */
  cost(market: number, limits: readonly number[]): number {
    const { halfSpread, takerFee, underPenalty, quantity } = this.#terms;
    const rest = this.#steps - market;
    let sum =
      (halfSpread + takerFee) * market * this.#unit +
      underPenalty * (quantity - market * this.#unit);
    let filled = point(this.#steps);
    limits.forEach((limit, venue) => {
      for (let step = 0; step < limit; step += 1) {
        const chance = this.#reaches[venue]?.[step + 1] ?? 0;
        sum += chance * this.#unit * this.#gain(venue, tail(filled, rest - step));
      }
      filled = this.#add(filled, venue, limit);
    });
    return sum;
  }

  #filled(limits: readonly number[], except: number): readonly number[] {
    return limits.reduce<readonly number[]>(
      (sum, limit, venue) => (venue === except ? sum : this.#add(sum, venue, limit)),
      point(this.#steps),
    );
  }

  /** The distribution of a sum: that of `before`, and what fills of `limit` steps at the venue. */
  #add(before: readonly number[], venue: number, limit: number): readonly number[] {
    if (limit === 0) return before;
    const reaches = this.#reaches[venue] ?? [];
    const after = before.map(() => 0);
    for (let fill = 0; fill <= limit; fill += 1) {
      const chance = (reaches[fill] ?? 0) - (fill < limit ? (reaches[fill + 1] ?? 0) : 0);
      if (chance === 0) continue;
      before.forEach((p, j) => {
        const at = Math.min(j + fill, this.#steps);
        after[at] = (after[at] ?? 0) + p * chance;
      });
    }
    return after;
  }
}
