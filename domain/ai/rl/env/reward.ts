import type { RewardKind } from "./terms.ts";

/** How fast the differential Sharpe ratio forgets. */
const ETA = 0.01;
/** Its variance is not taken to be smaller than this part of the market's: to hold nothing for long would make any return look huge. */
const VARIANCE_FLOOR = 0.01;

/**
 * What a step's return is worth to who learns, in numbers of about 1.
 * `logReturn`: log(1 + r) in deviations of the training range. `volatilityScaled`: r in deviations as they are known to be at the time
 * (Zhang, Zohren & Roberts 2020, without their target). `differentialSharpe`: how much r raises the Sharpe ratio (Moody & Saffell 2001).
 */
export class Reward {
  readonly #kind: RewardKind;
  readonly #unit: number;
  #mean = 0;
  #square: number;

  /** @param unit deviation of the market's log returns over the training range */
  constructor(kind: RewardKind, unit: number) {
    this.#kind = kind;
    this.#unit = unit;
    this.#square = unit * unit;
  }

  begin(): void {
    this.#mean = 0;
    this.#square = this.#unit * this.#unit;
  }

  /**
   * @param net       simple return of the step after costs, above −1
   * @param deviation of the market's returns, as known at its beginning
   */
  of(net: number, deviation: number): number {
    switch (this.#kind) {
      case "logReturn":
        return Math.log(1 + net) / this.#unit;
      case "volatilityScaled":
        return net / deviation;
      case "differentialSharpe":
        return this.#differential(net);
    }
  }

  #differential(net: number): number {
    const [mean, square] = [this.#mean, this.#square];
    const [up, upSquare] = [net - mean, net * net - square];
    const floor = VARIANCE_FLOOR * this.#unit * this.#unit;
    const variance = Math.max(square - mean * mean, floor);
    this.#mean += ETA * up;
    this.#square += ETA * upSquare;
    return (square * up - 0.5 * mean * upSquare) / (variance * Math.sqrt(variance));
  }

  save(): readonly [number, number] {
    return [this.#mean, this.#square];
  }

  restore(mean: number, square: number): void {
    this.#mean = mean;
    this.#square = square;
  }
}
