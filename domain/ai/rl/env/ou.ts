import type { RandomStream } from "../../../numeric/random.ts";
import type { Environment, Outcome } from "./environment.ts";

/**
 * A price that returns to 0: x′ = x − κ·x + σ·ε, ε standard normal. Who holds the position p ∈ {−1, 0, 1} over the step earns p·(x′ − x),
 * and each unit that the position changes by costs `cost`.
 */
export interface OuMarket {
  readonly kappa: number;
  readonly sigma: number;
  readonly cost: number;
}

/** By action. */
export const OU_POSITIONS = [-1, 0, 1] as const;

/** Mean reversion whose optimum can be computed (`optimum.ts`): what agents are tried on. The observation is (x in its long-run deviations, position). */
export class OuEnvironment implements Environment {
  readonly width = 2;
  readonly actions = OU_POSITIONS.length;
  readonly levels = [null, OU_POSITIONS];
  readonly #market: OuMarket;
  readonly #episodeSteps: number;
  readonly #deviation: number;
  #x = 0;
  #position = 0;
  #step = 0;

  constructor(market: OuMarket, episodeSteps: number) {
    this.#market = market;
    this.#episodeSteps = episodeSteps;
    this.#deviation = ouDeviation(market);
  }

  reset(random: RandomStream, observation: Float64Array): void {
    this.#x = this.#deviation * random.normal();
    this.#position = 0;
    this.#step = 0;
    this.#observe(observation);
  }

  step(action: number, random: RandomStream, observation: Float64Array): Outcome {
    const { kappa, sigma, cost } = this.#market;
    const position = OU_POSITIONS[action] ?? 0;
    const change = sigma * random.normal() - kappa * this.#x;
    const reward = position * change - cost * Math.abs(position - this.#position);
    this.#x += change;
    this.#position = position;
    this.#step += 1;
    this.#observe(observation);
    return { reward, isTerminal: false, isTruncated: this.#step >= this.#episodeSteps };
  }

  save(): Float64Array {
    return Float64Array.of(this.#x, this.#position, this.#step);
  }

  restore(saved: Float64Array): void {
    const [x, position, step] = saved;
    if (x === undefined || position === undefined || step === undefined)
      throw new RangeError(`expected 3 numbers of an OU market, found ${saved.length}`);
    this.#x = x;
    this.#position = position;
    this.#step = step;
  }

  #observe(observation: Float64Array): void {
    observation[0] = this.#x / this.#deviation;
    observation[1] = this.#position;
  }
}

/** Of x in the long run. */
export function ouDeviation({ kappa, sigma }: OuMarket): number {
  return sigma / Math.sqrt(1 - (1 - kappa) * (1 - kappa));
}
