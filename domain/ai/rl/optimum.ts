import { normalCdf } from "../../numeric/distributions.ts";
import { OU_POSITIONS, ouDeviation, type OuMarket } from "./env/ou.ts";

/** An action for each place of x on the grid and each position held: at place·3 + position. */
export type GridPolicy = Uint8Array;

export interface Optimum {
  /** reward a step in the long run */
  readonly gain: number;
  readonly policy: GridPolicy;
  readonly sweeps: number;
}

const POSITIONS = OU_POSITIONS.length;
/** The grid reaches so many long-run deviations to either side. */
const REACH = 6;
const TOLERANCE = 1e-9;
const SWEEPS_MAX = 100_000;

/** The market with x on a grid of whole places, an odd number of them: a chain whose optimum can be computed. */
export class OuGrid {
  readonly places: number;
  readonly #market: OuMarket;
  readonly #x: Float64Array;
  /** the first place that can be reached from each, and how likely each from there on is */
  readonly #rows: readonly { readonly from: number; readonly chances: Float64Array }[];

  constructor(market: OuMarket, places = 401) {
    this.places = places;
    this.#market = market;
    const reach = REACH * ouDeviation(market);
    const step = (2 * reach) / (places - 1);
    this.#x = Float64Array.from({ length: places }, (_, i) => i * step - reach);
    this.#rows = Array.from(this.#x, (x) => chancesOf(market, this.#x, step, x));
  }

  /** x at a place. */
  x(place: number): number {
    return this.#x[place] ?? Number.NaN;
  }

  /** Relative value iteration (Puterman 1994, §8.5): until the values of all states rise alike. */
  optimum(): Optimum {
    const policy = new Uint8Array(this.places * POSITIONS);
    const { gain, sweeps } = this.#iterate((worth, place, held) => {
      const action = this.#best(worth, place, held);
      policy[place * POSITIONS + held] = action;
      return action;
    });
    return { gain, policy, sweeps };
  }

  /** What a policy earns a step in the long run. */
  gainOf(policy: GridPolicy): number {
    return this.#iterate((_, place, held) => policy[place * POSITIONS + held] ?? 0).gain;
  }

  #iterate(choose: (worth: Float64Array, place: number, held: number) => number) {
    let values = new Float64Array(this.places * POSITIONS);
    for (let sweeps = 1; sweeps <= SWEEPS_MAX; sweeps += 1) {
      const worth = this.#expected(values);
      const next = values.map((_, state) => {
        const place = Math.floor(state / POSITIONS);
        const held = state % POSITIONS;
        return this.#valueOf(worth, place, held, choose(worth, place, held));
      });
      const rises = next.map((value, state) => value - (values[state] ?? 0));
      const low = rises.reduce((least, rise) => Math.min(least, rise), Infinity);
      const high = rises.reduce((most, rise) => Math.max(most, rise), -Infinity);
      if (high - low < TOLERANCE) return { gain: (low + high) / 2, sweeps };
      const base = next[0] ?? 0;
      values = next.map((value) => value - base);
    }
    throw new RangeError(`expected the values to settle within ${SWEEPS_MAX} sweeps`);
  }

  #best(worth: Float64Array, place: number, held: number): number {
    let best = 0;
    let most = -Infinity;
    for (let action = 0; action < POSITIONS; action += 1) {
      const value = this.#valueOf(worth, place, held, action);
      if (value > most) {
        most = value;
        best = action;
      }
    }
    return best;
  }

  #valueOf(worth: Float64Array, place: number, held: number, action: number): number {
    const { kappa, cost } = this.#market;
    const position = OU_POSITIONS[action] ?? 0;
    const turnover = Math.abs(action - held);
    const earned = -kappa * this.x(place) * position;
    return earned - cost * turnover + (worth[place * POSITIONS + action] ?? 0);
  }

  /** Of each place and position taken there, what the state after is worth on average. */
  #expected(values: Float64Array): Float64Array {
    const worth = new Float64Array(values.length);
    for (const [place, { from, chances }] of this.#rows.entries())
      for (let k = 0; k < chances.length; k += 1) {
        const chance = chances[k] ?? 0;
        for (let position = 0; position < POSITIONS; position += 1) {
          const at = place * POSITIONS + position;
          worth[at] = (worth[at] ?? 0) + chance * (values[(from + k) * POSITIONS + position] ?? 0);
        }
      }
    return worth;
  }
}

/** The normal law of the next x, each place standing for the cell about it; the outer ones for all beyond. */
function chancesOf(
  { kappa, sigma }: OuMarket,
  places: Float64Array,
  step: number,
  x: number,
): { readonly from: number; readonly chances: Float64Array } {
  const centre = (1 - kappa) * x;
  const low = places[0] ?? 0;
  const last = places.length - 1;
  const near = (value: number): number =>
    Math.min(last, Math.max(0, Math.round((value - low) / step)));
  const from = near(centre - 8 * sigma);
  const to = near(centre + 8 * sigma);
  const below = (place: number): number =>
    place > to ? 1 : place <= from ? 0 : normalCdf((low + (place - 0.5) * step - centre) / sigma);
  return {
    from,
    chances: Float64Array.from(
      { length: to - from + 1 },
      (_, k) => below(from + k + 1) - below(from + k),
    ),
  };
}
